"""A crop of a face into its mesh: MediaPipe's attention mesh, 478 vertices with both irises.

The model says where the vertices are and how sure it is that there is a face at all.  It sees one
crop at a time and remembers nothing.

References
----------
Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", CVPR-W 2020.
"""

# V = 478 mesh vertices

from dataclasses import dataclass

import numpy as np

from ...types import F64, U8
from ..head.canonical import VERTICES
from .crop import SIDE_PX
from .graphs import MODELS, Graph

WIRE = np.dtype(
    [("head", "V3"), ("x", "<f4"), ("t", "V1"), ("y", "<f4"), ("u", "V1"), ("z", "<f4")]
)
"""One serialised landmark: protocol-buffer tags around three floats.  Reading the bytes takes
0.02 ms a face, reading 1434 attributes of messages 0.3 ms, a tenth of what the mesh costs."""

LEAST_PRESENCE = 0.5
"""What is surer than this is a face, as in MediaPipe."""

MODEL = "face_landmark_with_attention.tflite"
TEXT = f"""
input_stream: "image"
output_stream: "landmarks"
node {{
  calculator: "TensorConverterCalculator"
  input_stream: "IMAGE:image"
  output_stream: "TENSORS:pixels"
  node_options: {{
    [type.googleapis.com/mediapipe.TensorConverterCalculatorOptions] {{ zero_center: false }}
  }}
}}
node {{
  calculator: "TfLiteCustomOpResolverCalculator"
  output_side_packet: "OP_RESOLVER:resolver"
}}
node {{
  calculator: "InferenceCalculator"
  input_side_packet: "OP_RESOLVER:resolver"
  input_stream: "TENSORS:pixels"
  output_stream: "TENSORS:tensors"
  node_options: {{
    [type.googleapis.com/mediapipe.InferenceCalculatorOptions] {{
      model_path: "mediapipe/{MODELS[MODEL]}/{MODEL}"
      delegate {{ xnnpack {{}} }}
    }}
  }}
}}
node {{
  calculator: "SplitTensorVectorCalculator"
  input_stream: "tensors"
  output_stream: "parts"
  output_stream: "logit"
  node_options: {{
    [type.googleapis.com/mediapipe.SplitVectorCalculatorOptions] {{
      ranges {{ begin: 0 end: 6 }}
      ranges {{ begin: 6 end: 7 }}
    }}
  }}
}}
node {{
  calculator: "TensorsToFloatsCalculator"
  input_stream: "TENSORS:logit"
  output_stream: "FLOAT:presence"
  node_options: {{
    [type.googleapis.com/mediapipe.TensorsToFloatsCalculatorOptions] {{ activation: SIGMOID }}
  }}
}}
node {{
  calculator: "TensorsToFaceLandmarksWithAttention"
  input_stream: "TENSORS:parts"
  output_stream: "LANDMARKS:landmarks"
}}
"""
"""The inside of MediaPipe's ``FaceLandmarkCpu``, which warps each picture to the model's size, even
one that has it: without that step the same landmarks take an eighth less time."""


@dataclass(frozen=True, eq=False, slots=True)
class Mesh:
    """A face in a crop."""

    vertex_V3: F64
    """(V, 3) crop pixels: x right, y down, z away from the camera relative to the face, in the
    scale of x (weak perspective)."""
    presence: float
    """0.5..1: how sure the model is that this is a face."""


class MeshModel:
    """The mesh model, ready to look; `close` it."""

    def __init__(self) -> None:
        self._graph = Graph(TEXT, ("landmarks", "presence"))

    def look(self, crop: U8) -> Mesh | None:
        """Find the face in a crop (192, 192, 3); None if the model sees none."""
        from mediapipe.python._framework_bindings import _packet_getter

        got = self._graph.run(crop)
        presence = _packet_getter.get_float(got["presence"])
        if presence <= LEAST_PRESENCE:
            return None
        vertex_V3 = landmarks(_packet_getter._get_serialized_proto(got["landmarks"]))
        return Mesh(vertex_V3, presence)

    def close(self) -> None:
        """Give back what the model holds."""
        self._graph.close()


def landmarks(landmark_list: bytes) -> F64:
    """Read a serialised ``NormalizedLandmarkList`` of 478 landmarks.

    Returns
    -------
    float64 array of shape (V, 3)
        In crop pixels.

    Raises
    ------
    ValueError
        If the bytes are not 478 landmarks of three floats.
    """
    record_V = np.frombuffer(landmark_list, dtype=WIRE, count=VERTICES)
    vertex_V3 = np.empty((VERTICES, 3))
    for axis, name in enumerate("xyz"):
        vertex_V3[:, axis] = record_V[name]
    vertex_V3 *= SIDE_PX
    return vertex_V3
