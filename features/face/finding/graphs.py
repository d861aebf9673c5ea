"""MediaPipe's face models, each as a graph that is run on one small picture at a time.

The models lie inside the wheel of mediapipe 0.10.21.  Every later release looks up a metrics host
when it runs and carries no face model, so no other version is accepted unless the user says so:
recordings of patients are not analysed by a library that opens connections.  The graphs keep no
state between pictures, so what they say of one depends on nothing else; following faces through a
video is ours.
"""

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....errors import ModelMissing
from ...types import U8

VERSION = "0.10.21"
MODELS = {
    "face_landmark_with_attention.tflite": "modules/face_landmark",
    "face_detection_full_range_sparse.tflite": "modules/face_detection",
}
"""Model files, and their folders inside mediapipe."""


def model_files(*, allow_telemetry: bool = False) -> Mapping[str, tuple[Path, str]]:
    """Find the model files without importing mediapipe.

    Parameters
    ----------
    allow_telemetry : bool
        Whether to go on with a version that opens connections.

    Returns
    -------
    mapping of file name to (path, licence)

    Raises
    ------
    ModelMissing
        If mediapipe is absent, another version than `VERSION` without `allow_telemetry`, or lacks a
        model file.
    """
    spec = importlib.util.find_spec("mediapipe")
    got = importlib.metadata.version("mediapipe") if spec is not None else "none"
    if spec is None or spec.origin is None:
        raise ModelMissing(f"face: got mediapipe none; pip install mediapipe=={VERSION}")
    if got != VERSION and not allow_telemetry:
        raise ModelMissing(
            f"face: got mediapipe {got}, expected {VERSION} (later ones open network connections "
            f"and carry no face model); pip install mediapipe=={VERSION}, or --allow-telemetry"
        )
    package = Path(spec.origin).parent
    files = {name: package / folder / name for name, folder in MODELS.items()}
    for name, path in files.items():
        if not path.is_file():
            raise ModelMissing(
                f"face: mediapipe {got} has no {name} at {path}; "
                f"pip install --force-reinstall mediapipe=={VERSION}"
            )
    return {name: (path, "Apache-2.0") for name, path in files.items()}


class Graph:
    """A MediaPipe graph that takes one picture, ``image``.

    Parameters
    ----------
    text : str
        The graph, in MediaPipe's text format.
    outputs : names of streams
        What `run` gives back; streams inside the graph may be named too.
    """

    def __init__(self, text: str, outputs: tuple[str, ...]) -> None:
        import mediapipe

        try:
            from mediapipe.framework import calculator_pb2
            from mediapipe.python import packet_creator
            from mediapipe.python._framework_bindings import (
                calculator_graph,
                resource_util,
                validated_graph_config,
            )
        except ImportError as error:  # the later ones have dropped it
            raise ModelMissing(
                f"face: the installed mediapipe runs no graphs; pip install mediapipe=={VERSION}"
            ) from error

        resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))
        checked = validated_graph_config.ValidatedGraphConfig()
        checked.initialize(graph_config=text)
        expanded = calculator_pb2.CalculatorGraphConfig()
        expanded.ParseFromString(checked.binary_config)
        self._graph = calculator_graph.CalculatorGraph(graph_config=expanded)
        self._got: dict[str, Any] = {}
        for name in outputs:
            self._graph.observe_output_stream(name, self._got.__setitem__)
        self._graph.start_run({})
        self._packets = packet_creator
        self._format = mediapipe.ImageFormat.SRGB
        self._tick = 0

    def run(self, bgr: U8) -> Mapping[str, Any]:
        """Run the graph on one picture (height, width, 3); what it did not yield is absent."""
        import cv2

        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        self._tick += 1
        self._got.clear()
        image = self._packets.create_image_frame(rgb, image_format=self._format)
        self._graph.add_packet_to_input_stream("image", image.at(self._tick))
        self._graph.wait_until_idle()
        return self._got

    def close(self) -> None:
        """Give back what the graph holds."""
        self._graph.close_all_packet_sources()
        self._graph.wait_until_done()
