"""Where faces are in a whole picture: MediaPipe's full-range detector.

It finds faces of any size down to about 4 % of the picture's longer side (measured by shrinking
real clips); smaller ones are looked for in overlapping tiles, when asked.  A detection is a guess:
the mesh model has the last word.

References
----------
Bazarevsky et al., "BlazeFace", CVPR-W 2019; MediaPipe's model card "Full-range (sparse)".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...types import U8
from .crop import MARGIN, Region
from .graphs import Graph

LEAST_SCORE = 0.3
"""Detections below are not reported; MediaPipe asks for 0.6 where nothing checks them."""

SIDE_PX = 192  # what face_detection_full_range_sparse.tflite takes
TILE_SHARE = 0.6  # of the picture's height and width: neighbours overlap by a face or more
TEXT = f"""
input_stream: "image"
output_stream: "detections"
node {{
  calculator: "FaceDetectionFullRangeCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
  node_options: {{
    [type.googleapis.com/mediapipe.FaceDetectionOptions]: {{ min_score_thresh: {LEAST_SCORE} }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face that the detector believes in."""

    score: float
    """0..1."""
    x_px: float
    y_px: float
    """Centre of the box."""
    side_px: float
    """Longer side of the box: brows to chin."""
    angle_rad: float
    """Tilt of the line of the eyes, clockwise in the image."""

    def region(self) -> Region:
        """Give the crop in which the mesh model will find the face."""
        return Region(self.x_px, self.y_px, MARGIN * self.side_px, self.angle_rad)


class Detector:
    """The detector, ready to look; `close` it."""

    def __init__(self) -> None:
        self._graph = Graph(TEXT, ("detections",))

    def look(self, image: U8) -> list[Detection]:
        """Find the faces of a picture (height, width, 3), the surest first."""
        import cv2
        from mediapipe.python import packet_getter

        height, width = image.shape[:2]
        scale = SIDE_PX / max(height, width)
        small = cv2.resize(
            image,
            (max(1, round(width * scale)), max(1, round(height * scale))),
            interpolation=cv2.INTER_AREA,  # ten times smaller: anything coarser breaks small faces
        )
        top, left = (SIDE_PX - small.shape[0]) // 2, (SIDE_PX - small.shape[1]) // 2
        square = np.zeros((SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
        square[top : top + small.shape[0], left : left + small.shape[1]] = small
        packet = self._graph.run(square).get("detections")
        found = [] if packet is None else packet_getter.get_proto_list(packet)
        detections = []
        for one in found:
            box = one.location_data.relative_bounding_box
            eyes = one.location_data.relative_keypoints[:2]  # the image's left one first
            tilt = np.arctan2(eyes[1].y - eyes[0].y, eyes[1].x - eyes[0].x)
            detections.append(
                Detection(
                    score=float(one.score[0]),
                    x_px=((box.xmin + box.width / 2) * SIDE_PX - left) / scale,
                    y_px=((box.ymin + box.height / 2) * SIDE_PX - top) / scale,
                    side_px=max(box.width, box.height) * SIDE_PX / scale,
                    angle_rad=float(tilt),
                )
            )
        return sorted(detections, key=lambda detection: -detection.score)

    def look_closely(self, image: U8) -> list[Detection]:
        """Find faces that are too small in the whole picture, tile by tile."""
        found = []
        for tile, left, top in _tiles(image):
            found += [
                replace(one, x_px=one.x_px + left, y_px=one.y_px + top) for one in self.look(tile)
            ]
        return sorted(found, key=lambda detection: -detection.score)

    def close(self) -> None:
        """Give back what the model holds."""
        self._graph.close()


def _tiles(image: U8) -> Iterator[tuple[U8, int, int]]:
    """Cut a picture into 2 x 2 overlapping tiles, each with where its corner lies."""
    height, width = image.shape[:2]
    tall, wide = round(TILE_SHARE * height), round(TILE_SHARE * width)
    for top in (0, height - tall):
        for left in (0, width - wide):
            yield image[top : top + tall, left : left + wide], left, top
