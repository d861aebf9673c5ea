"""The facial track: a picture stream into OpenFace's columns, a row a frame.

Frames stream through once; what stays of them is spooled, so an hour takes hardly more memory than
a minute.  Every face is followed and measured, then one is chosen for each row, then the action
units are measured from the neutral face of each person.
"""

# F = frames

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, ClassVar, Literal

import numpy as np

from ...errors import MediaError, NothingToMeasure, UsageError
from ..columns import FACE_ALL, Column
from ..extractor import Inputs, Measured, Picture, Takes
from ..parameters import LEAVE, PLACE
from ..track import strictly_increasing
from .assembly import Assembly
from .blendshapes import LICENCE, Blendshapes, model_file
from .choosing import checked
from .finding.graphs import model_files
from .sightings import Watched, Watcher


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """Landmarks, head pose, gaze and action units of the face, under OpenFace 2.2's names."""

    focal: float | None = None
    """Focal length of the camera in px; none takes the one that OpenFace 2.2 assumes for the size
    of the picture (500 px at 640 x 480)."""
    choose: str | None = None
    """Whose face fills a row where a picture shows several: left, right, largest, or X,Y (who is
    nearest to that point: px, or shares of width and height); none takes who is seen longest and
    largest.  A lone face fills its row."""
    au_tier: Literal["A", "B", "C"] = "C"
    """Worst tier of action units to give: geometry sees A well, B partly, C hardly (`columns.TIER`,
    measured against OpenFace); those of worse tiers are NaN."""
    aus_from: Literal["geometry", "openface"] = "geometry"
    """Where action units come from: this program, or the OpenFace table beside the video, frame
    by frame; all else is measured here."""
    eye_lmk: bool = False
    """Adds OpenFace's 280 eye landmarks (``eye_lmk_*``); those of the pupil are NaN."""
    model: str | None = field(default=None, metadata=PLACE)
    """MediaPipe's ``face_landmarker.task``: adds 52 blendshapes (``bs_*``), at three times
    the cost."""
    allow_telemetry: bool = field(default=False, metadata=LEAVE)
    """Goes on with a version of mediapipe that opens connections (``--allow-telemetry``)."""

    name: ClassVar[str] = "face"
    version: ClassVar[str] = "2"
    takes: ClassVar[Takes] = "picture"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {
        "mediapipe": "Apache-2.0",
        "opencv-contrib-python": "Apache-2.0",
        "numpy": "BSD-3-Clause",
    }

    def __post_init__(self) -> None:
        if self.focal is not None and not 0 < self.focal < np.inf:
            raise UsageError(f"face.focal: expected px > 0, got {self.focal}")
        checked(self.choose)

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Find the models inside mediapipe, and the user's; see `graphs.model_files`."""
        files = model_files(allow_telemetry=self.allow_telemetry)
        if self.model is None:
            return files
        path = model_file(self.model)
        return {**files, path.name: (path, LICENCE)}

    def columns(self) -> tuple[Column, ...]:
        """List the columns of the track."""
        wanted = {"eye_lmk": self.eye_lmk, "blendshapes": self.model is not None}
        wanted["gaze_head"] = False  # only ever read, from CLNF's files
        columns = tuple(column for column in FACE_ALL if wanted.get(column.group, True))
        if self.aus_from == "openface":  # tiers tell how well geometry observes a unit
            columns = tuple(replace(column, tier="") for column in columns)
        return columns

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure every frame; see `Track` for shapes.

        Raises
        ------
        NothingToMeasure
            If the session has no picture.
        MediaError
            If the picture has no frame.
        ModelMissing
            If mediapipe is not the version that works offline, or the user's model is none.
        """
        if inputs.picture is None:
            raise NothingToMeasure("face: the session holds no picture")
        columns = self.columns()
        watched = self._watch(inputs.picture, columns, inputs.scratch)
        if watched.time_F.size == 0:
            raise MediaError("face: the picture has no frame; convert the video to H.264 mp4")
        time_F, moved = strictly_increasing(inputs.picture.settle(watched.time_F))
        assembly = Assembly(
            watched=watched,
            time_F=time_F,
            rate_hz=inputs.picture.rate_hz,
            columns=columns,
            choose=self.choose,
            scratch=inputs.scratch,
        )
        au_warnings: tuple[str, ...] = ()
        if self.aus_from == "openface":
            au_warnings = assembly.take_units(inputs.given)
        assembly.blank([c.name for c in columns if c.tier > self.au_tier])
        rows = assembly.summary()
        quality = {**rows.figures(), **assembly.counts, "times_moved": moved}
        warnings = (*rows.warnings(self.choose), *au_warnings)
        return Measured(table=assembly.track(), quality=quality, warnings=warnings)

    def _watch(
        self, picture: Picture, columns: tuple[Column, ...], scratch: Callable[[], IO[bytes]]
    ) -> Watched:
        model_files(allow_telemetry=self.allow_telemetry)
        blendshapes = None if self.model is None else Blendshapes(model_file(self.model))
        watcher = Watcher(columns, scratch(), focal_px=self.focal, blendshapes=blendshapes)
        try:
            return watcher.watch(picture.frames())
        finally:
            if blendshapes is not None:
                blendshapes.close()
