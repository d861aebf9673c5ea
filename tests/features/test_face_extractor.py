"""The facial track as a whole: rows, validity, quality, warnings, model files."""

# F = frames, V = 478 mesh vertices

import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from depx.errors import DepxError, MediaError, ModelMissing, NothingToMeasure, UsageError
from depx.features.columns import FACE, TIER, names
from depx.features.extractor import Frame, Inputs, Measured, Picture
from depx.features.face import extractor, mesh
from depx.features.face.canonical import HEAD
from depx.features.face.extractor import INDEX, Face
from depx.features.face.mesh import Meshes
from depx.features.track import Track
from depx.features.types import F64

MEASURED = list(range(len(FACE)))


def projected(lift_mm: float = 0.0) -> F64:
    """A head 600 mm in front of a 640 x 480 camera; its lips' corners raised."""
    point_V3 = HEAD.copy()
    point_V3[[61, 291], 1] -= lift_mm
    point_V3[468], point_V3[473] = HEAD[159], HEAD[386]  # irises under the upper lids
    point_V3 += (0, 0, 600.0)
    depth_V = point_V3[:, 2]
    return np.column_stack(
        [
            point_V3[:, 0] / depth_V * 500 + 320,
            point_V3[:, 1] / depth_V * 500 + 240,
            500 * (depth_V / 600 - 1),
        ]
    )


def measure(
    monkeypatch: pytest.MonkeyPatch,
    faces: list[F64 | None],
    *,
    time_s: list[float] | None = None,
    face: Face | None = None,
    batch: int = 4,
) -> Measured:
    """Run the extractor on given meshes in place of FaceMesh's."""
    clock_s = [i / 25 for i in range(len(faces))] if time_s is None else time_s

    def given(_: object) -> Iterator[Meshes]:
        for first in range(0, len(faces), batch):
            some = faces[first : first + batch]
            yield Meshes(
                time_s=np.array(clock_s[first : first + batch]),
                mesh_FV3=np.stack([np.full((478, 3), np.nan) if m is None else m for m in some]),
                found_F=np.array([m is not None for m in some]),
                width_px=640,
                height_px=480,
            )

    monkeypatch.setattr(extractor, "meshes", given)
    return (face or Face())(Inputs(picture=Picture(frames=lambda: iter(()), rate_hz=25.0)))


def track_of(measured: Measured) -> Track:
    assert isinstance(measured.table, Track)
    return measured.table


def test_every_frame_is_a_row_and_a_lost_face_is_a_row_of_nan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = {3, 4, 5, 9}
    faces = [None if f in lost else projected() for f in range(12)]
    track = track_of(measure(monkeypatch, faces))
    assert track.rows == 12
    assert track.columns == FACE
    assert set(np.flatnonzero(~track.valid_F)) == lost
    assert np.isnan(track.value_FC[~track.valid_F][:, MEASURED]).all()
    assert np.isfinite(track.value_FC[track.valid_F]).all()
    np.testing.assert_array_equal(track.value_FC[track.valid_F, INDEX["face_id"]], 0)


def test_a_face_is_measured_the_same_beside_lost_frames_and_in_any_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    smiles = [projected(mm) for mm in (0, 0, 0, 0, 4, 8)]
    whole = track_of(measure(monkeypatch, list(smiles)))
    with_gaps: list[F64 | None] = [None, *smiles[:2], None, None, *smiles[2:], None]
    gapped = track_of(measure(monkeypatch, with_gaps, batch=3))
    np.testing.assert_array_equal(gapped.value_FC[gapped.valid_F], whole.value_FC)


def test_columns_hold_what_their_names_say(monkeypatch: pytest.MonkeyPatch) -> None:
    row = track_of(measure(monkeypatch, [projected()])).value_FC[0]
    value = {name: float(row[c]) for name, c in INDEX.items()}
    assert value["pose_Tz"] == pytest.approx(600, abs=0.01)
    assert value["pose_Rx"] == pytest.approx(0, abs=1e-5)
    assert value["x_36"] == pytest.approx(projected()[33, 0], abs=1e-3)
    assert value["Y_8"] == pytest.approx(HEAD[152, 1], abs=0.01)
    assert value["Z_30"] == pytest.approx(600 + HEAD[4, 2], abs=0.01)
    assert value["gaze_0_z"] < -0.5
    assert value["confidence"] == 1


def test_a_smile_shows_in_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    track = track_of(measure(monkeypatch, [projected(mm) for mm in [0] * 5 + [6, 8]]))
    smile_F = track.value_FC[:, INDEX["AU12_r"]]
    np.testing.assert_allclose(smile_F[:5], 0, atol=1e-4)
    assert 0 < smile_F[5] < smile_F[6]
    np.testing.assert_array_equal(track.value_FC[:, INDEX["AU12_c"]], [0] * 5 + [1, 1])


def test_equal_and_backward_times_are_moved_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = measure(monkeypatch, [projected()] * 5, time_s=[0.0, 0.04, 0.04, 0.03, 0.12])
    assert track_of(measured).rows == 5
    assert (np.diff(track_of(measured).time_s) > 0).all()
    assert measured.quality["times_moved"] == 2


def test_quality_counts_frames_and_names_the_largest_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = "1110001100000111"
    measured = measure(monkeypatch, [projected() if p == "1" else None for p in pattern])
    assert measured.quality["frames"] == 16
    assert measured.quality["frames_valid"] == 8
    assert measured.quality["share_valid"] == 0.5
    assert measured.quality["largest_gap_s"] == pytest.approx(5 / 25)
    assert measured.quality["neutral_frames"] == 8
    assert measured.quality["face_px_median"] == pytest.approx(147, abs=2)
    assert measured.warnings == ()


@pytest.mark.parametrize(("pattern", "got"), [("0000", "0 of 4"), ("10000", "1 of 5")])
def test_few_frames_with_a_face_are_one_line_of_warning(
    monkeypatch: pytest.MonkeyPatch, pattern: str, got: str
) -> None:
    measured = measure(monkeypatch, [projected() if p == "1" else None for p in pattern])
    (line,) = measured.warnings
    assert got in line
    assert "\n" not in line
    assert track_of(measured).rows == len(pattern)


def test_a_worse_tier_than_asked_for_is_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    faces: list[F64 | None] = [projected(mm) for mm in (0, 0, 8)]
    every = track_of(measure(monkeypatch, faces))
    for asked in ("A", "B"):
        some = track_of(measure(monkeypatch, faces, face=Face(au_tier=asked)))
        for au, tier in TIER.items():
            for name in (f"AU{au}_r", f"AU{au}_c"):
                if name not in INDEX:
                    continue
                column_F = some.value_FC[:, INDEX[name]]
                if tier > asked:
                    assert np.isnan(column_F).all()
                else:
                    np.testing.assert_array_equal(column_F, every.value_FC[:, INDEX[name]])


def test_a_longer_lens_moves_the_head_away_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = (
        track_of(measure(monkeypatch, [projected()], face=Face(focal=focal))).value_FC[0]
        for focal in (500.0, 1000.0)
    )
    assert far[INDEX["pose_Tz"]] == pytest.approx(2 * near[INDEX["pose_Tz"]], rel=0.05)


@pytest.mark.parametrize("focal", [0.0, -3.0, float("nan"), float("inf")])
def test_a_focal_length_that_no_lens_has_is_refused(focal: float) -> None:
    with pytest.raises(UsageError, match=r"face\.focal"):
        Face(focal=focal)


def test_a_session_without_picture_has_nothing_to_measure() -> None:
    with pytest.raises(NothingToMeasure):
        Face()(Inputs())


def test_a_picture_without_frames_is_an_error() -> None:
    with pytest.raises(MediaError, match="no frame"):
        Face()(Inputs(picture=Picture(frames=lambda: iter(()), rate_hz=25.0)))


def test_column_names_are_those_of_openface() -> None:
    assert len(FACE) == len(set(names(FACE))) == 4 + 8 + 6 + 136 + 204 + 17 + 18
    assert set(INDEX) == set(names(FACE))


def test_the_models_are_those_inside_mediapipe() -> None:
    files = Face().models()
    assert set(files) == set(mesh.MODELS)
    assert all(path.stat().st_size > 100_000 for path, _ in files.values())
    assert {licence for _, licence in files.values()} == {"Apache-2.0"}


@pytest.mark.parametrize("version", ["0.10.35", "1.2.2"])
def test_a_mediapipe_that_phones_home_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    picture = Picture(frames=lambda: iter([Frame(0.0, black())]), rate_hz=25.0)
    for attempt in (Face().models, lambda: Face()(Inputs(picture=picture))):
        with pytest.raises(ModelMissing, match=version) as caught:
            attempt()
        assert "0.10.21" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_absent_mediapipe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelMissing, match="got mediapipe none"):
        Face().models()


def test_a_missing_model_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("mediapipe", tmp_path / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(DepxError, match=r"face_landmark_with_attention\.tflite"):
        Face().models()


def test_finding_the_models_imports_neither_mediapipe_nor_cv2() -> None:
    code = (
        "import sys; from depx.features.face.extractor import Face; Face().models(); "
        "sys.exit(any(name in sys.modules for name in ('mediapipe', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def black() -> np.ndarray:  # type: ignore[type-arg]
    return np.zeros((120, 160, 3), dtype=np.uint8)


def test_black_pictures_are_rows_without_a_face() -> None:
    frames = [Frame(f / 25, black()) for f in range(5)]
    measured = Face()(Inputs(picture=Picture(frames=lambda: iter(frames), rate_hz=25.0)))
    assert track_of(measured).rows == 5
    assert not track_of(measured).valid_F.any()
    assert "0 of 5" in measured.warnings[0]


def test_serialised_landmarks_are_read_as_their_attributes() -> None:
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    value_V3 = np.random.default_rng(1).normal(size=(478, 3)).astype(np.float32)
    value_V3[0] = 0.0  # a field that holds its default is written all the same
    message = NormalizedLandmarkList()
    for x, y, z in value_V3.tolist():
        message.landmark.add(x=x, y=y, z=z)
    read_V3 = mesh.normalised(message.SerializeToString())
    np.testing.assert_array_equal(read_V3, value_V3)
    slow = [(point.x, point.y, point.z) for point in message.landmark]
    np.testing.assert_array_equal(read_V3, slow)


def test_too_few_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match="buffer"):
        mesh.normalised(b"\x0a\x0f" * 17)
