"""The mesh graph leaves a step of MediaPipe's own out and finds the same."""

import numpy as np

from depx.extract.synth.warp import Moment, render
from depx.features.face.finding.crop import SIDE_PX, cut_out
from depx.features.face.finding.detector import Detector
from depx.features.face.finding.graphs import Graph
from depx.features.face.finding.mesh import MeshModel, landmarks

THEIRS = """
input_stream: "image"
input_stream: "whole"
output_stream: "landmarks"
node {
  calculator: "ConstantSidePacketCalculator"
  output_side_packet: "PACKET:with_attention"
  node_options: {
    [type.googleapis.com/mediapipe.ConstantSidePacketCalculatorOptions]: {
      packet { bool_value: true }
    }
  }
}
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:whole"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


def test_the_landmarks_are_those_of_mediapipe_s_own_graph() -> None:
    from mediapipe.framework.formats import rect_pb2
    from mediapipe.python import packet_creator
    from mediapipe.python._framework_bindings import _packet_getter

    image = render(Moment(yaw_rad=0.1, pitch_rad=0.0, roll_rad=0.0, blink=0.0, mouth=0.5))
    detector, ours, theirs = Detector(), MeshModel(), Graph(THEIRS, ("landmarks",))
    crop = cut_out(image, detector.look(image)[0].region())
    whole = rect_pb2.NormalizedRect(x_center=0.5, y_center=0.5, width=1, height=1)
    theirs._graph.add_packet_to_input_stream("whole", packet_creator.create_proto(whole).at(1))
    expected_V3 = landmarks(_packet_getter._get_serialized_proto(theirs.run(crop)["landmarks"]))
    found = ours.look(crop)
    for held in (detector, ours, theirs):
        held.close()
    assert found is not None
    assert found.presence > 0.9
    np.testing.assert_allclose(found.vertex_V3, expected_V3, atol=1e-4)


def test_where_there_is_no_face_there_is_no_mesh() -> None:
    model = MeshModel()
    noise = np.random.default_rng(0).integers(0, 255, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    assert model.look(noise) is None
    model.close()
