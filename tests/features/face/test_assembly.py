"""Rows made of sightings whose numbers are known: neutral faces, and another program's units."""

# F = frames, C = columns, M = measures of the action units, U = columns of the action units

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pytest

from depx.features.columns import ACTION_UNITS_R, FACE, Column, names
from depx.features.face.assembly import UNIT_GROUPS, Assembly
from depx.features.face.choosing import Sightings
from depx.features.face.sightings import Watched
from depx.features.face.units.signs import RIGHT_SHARE
from depx.features.face.units.units import MEASURES
from depx.features.spool import Spool
from depx.features.track import LongTrack, Track
from depx.features.types import F32, F64, Bool

RATE_HZ = 5.0  # too slow for smoothing: each frame stands for itself
PLAIN = 60  # frames that are asked about, before those that may tell the neutral or not
ROWS = 100
INDEX = {name: c for c, name in enumerate(names(FACE))}
UNITS = [c for c, column in enumerate(FACE) if column.group in UNIT_GROUPS]
DEEP = float(np.radians(14.5))  # up and aside by it: 20.4 degrees together


def measured(after: float = 0.0) -> F32:
    """Measures (ROWS, M) that vary, of no smile; `after` is added behind the plain frames."""
    measure_FM = np.random.default_rng(2).normal(-20, 3, size=(ROWS, len(MEASURES)))
    measure_FM[PLAIN:] += after
    measure_FM[:, MEASURES.index(RIGHT_SHARE)] = 0.5
    return measure_FM.astype(np.float32)


def after_plain(plain: float, behind: float) -> F64:
    return np.repeat([plain, behind], [PLAIN, ROWS - PLAIN])


def assembly(measure_FM: F32, face_id_F: Sequence[int] | None = None, **columns: F64) -> Assembly:
    """One face a frame: well seen and from the front, but for the columns that are given."""
    rows = len(measure_FM)
    id_F = np.zeros(rows, dtype=np.int64) if face_id_F is None else np.array(face_id_F)
    value_FC = np.zeros((rows, len(FACE)), dtype=np.float32)
    for name, value_F in {"confidence": np.ones(rows), "face_id": id_F, **columns}.items():
        value_FC[:, INDEX[name]] = value_F
    spool = Spool(BytesIO(), len(FACE) + len(MEASURES))
    spool.append(np.concatenate([value_FC, measure_FM], axis=1))
    time_F = np.arange(rows) / RATE_HZ
    seen = Sightings(
        frame_G=np.arange(rows),
        face_id_G=id_F,
        middle_G2=np.full((rows, 2), 100.0),
        size_G=np.full(rows, 80.0),
        score_G=np.full(rows, 0.9),
        picture_px=(200, 200),
    )
    no_F = np.zeros(rows, dtype=np.bool_)
    watched = Watched(time_F=time_F, shot_F=no_F, seen=seen, spool=spool)
    return Assembly(watched=watched, time_F=time_F, rate_hz=RATE_HZ, columns=FACE, choose=None)


def units(made: Assembly) -> F32:
    """Columns of the action units (F, U)."""
    return made.track().whole().value_FC[:, UNITS]


def tell_nothing(**columns: F64) -> bool:
    """Say whether the frames behind the plain ones leave the plain ones' units as they are."""
    near, far = (units(assembly(measured(after), **columns))[:PLAIN] for after in (0.0, -50.0))
    assert np.nanmax(near) > 1  # there is something to move
    return np.array_equal(near, far, equal_nan=True)


def test_frames_as_good_as_the_others_tell_the_neutral_too() -> None:
    assert not tell_nothing()
    assert not tell_nothing(confidence=after_plain(1.0, 0.85))
    assert not tell_nothing(pose_Ry=after_plain(0.0, float(np.radians(18))))


@pytest.mark.parametrize("confidence", [0.0, 0.5, 0.75])
def test_doubtful_frames_do_not_move_the_neutral(confidence: float) -> None:
    columns = {"confidence": after_plain(1.0, confidence)}
    assert tell_nothing(**columns)
    assert assembly(measured(), **columns).counts["neutral_frames"] == PLAIN


@pytest.mark.parametrize(("pitch", "yaw"), [(0, 0.4), (0, -0.4), (0.4, 0), (-0.4, 0), (DEEP, DEEP)])
def test_turned_frames_do_not_move_the_neutral(pitch: float, yaw: float) -> None:
    columns = {"pose_Rx": after_plain(0.0, pitch), "pose_Ry": after_plain(0.0, yaw)}
    assert tell_nothing(**columns)
    assert assembly(measured(), **columns).counts["neutral_frames"] == PLAIN


def test_a_tilted_head_is_not_turned() -> None:
    assert not tell_nothing(pose_Rz=after_plain(0.0, 0.6))


def test_who_is_never_seen_from_the_front_is_measured_from_the_less_turned_half() -> None:
    columns = {"pose_Ry": after_plain(0.5, 0.9)}
    assert tell_nothing(**columns)
    assert assembly(measured(), **columns).counts["faces_without_good_frames"] == 0


def test_doubtful_frames_do_not_say_how_far_somebody_turns() -> None:
    turn_F = np.repeat([0.0, 0.5, 0.9], [40, 20, 40])
    made = assembly(measured(), confidence=after_plain(1.0, 0.5), pose_Ry=turn_F)
    assert made.counts["neutral_frames"] == 40


def test_who_is_never_seen_well_is_measured_from_what_there_is() -> None:
    seen_well = units(assembly(measured()))
    poorly = assembly(measured(), confidence=np.full(ROWS, 0.3), pose_Ry=np.full(ROWS, 0.7))
    np.testing.assert_array_equal(units(poorly), seen_well)
    assert poorly.counts["neutral_frames"] == ROWS


def test_who_is_seen_poorly_has_a_neutral_beside_somebody_who_is_seen_well() -> None:
    id_F = [0] * PLAIN + [1] * (ROWS - PLAIN)
    both = assembly(measured(), id_F, confidence=after_plain(1.0, 0.3))
    np.testing.assert_array_equal(units(both), units(assembly(measured(), id_F)))
    assert both.counts["neutral_frames"] == ROWS
    assert both.counts["faces_without_good_frames"] == 0


def given(time_s: F64, columns: Sequence[Column] = ACTION_UNITS_R) -> LongTrack:
    """Another program's track, in two parts; each row holds its number, each column a hundred."""
    row_F = np.arange(time_s.size, dtype=np.float32)
    value_FC = row_F[:, None] + 100 * np.arange(len(columns), dtype=np.float32)
    whole = Track(
        time_s=time_s,
        value_FC=value_FC,
        columns=tuple(columns),
        valid_F=np.ones(time_s.size, dtype=np.bool_),
        rate_hz=None,
    )

    def part(rows: slice) -> Track:
        return Track(
            time_s=whole.time_s[rows],
            value_FC=whole.value_FC[rows],
            columns=whole.columns,
            valid_F=whole.valid_F[rows],
            rate_hz=None,
        )

    half = time_s.size // 2
    return LongTrack(
        rows=time_s.size,
        columns=whole.columns,
        rate_hz=None,
        parts=lambda: iter((part(slice(half)), part(slice(half, None)))),
    )


def taken(track: LongTrack | None) -> tuple[F32, Bool, tuple[str, ...], object]:
    """Rows that the first unit comes from (F,), units without a value (U,), warnings, count."""
    made = assembly(measured())
    warnings = made.take_units(track)
    unit_FU = units(made)
    row_F = made.track().whole().value_FC[:, INDEX[ACTION_UNITS_R[0].name]]
    count = made.counts.get("units_without_a_given_row", -1)
    return row_F, np.isnan(unit_FU).all(axis=0), warnings, count


CLOCK = np.arange(ROWS) / RATE_HZ


@pytest.mark.parametrize("shift_s", [0.0, 3.0])
def test_tracks_of_as_many_rows_are_matched_one_by_one_whatever_their_clocks(
    shift_s: float,
) -> None:
    row_F, _, warnings, count = taken(given(CLOCK * 1.01 + shift_s))
    np.testing.assert_array_equal(row_F, np.arange(ROWS))
    assert (warnings, count) == ((), 0)


def test_a_row_is_taken_within_half_a_period_and_a_frame_without_one_is_nan_and_counted() -> None:
    row_F, _, warnings, count = taken(given(CLOCK[::2] + 0.45 / RATE_HZ))
    np.testing.assert_array_equal(row_F[::2], np.arange(ROWS // 2))
    assert np.isnan(row_F[1::2]).all()
    assert count == ROWS // 2
    (line,) = warnings
    assert "50 of 100 frames are without action units" in line
    assert "50 rows" in line


def test_a_longer_track_gives_the_nearest_rows_before_or_after() -> None:
    for shift in (0.3, -0.3):
        time_s = np.arange(-5, ROWS + 20) / RATE_HZ + shift / RATE_HZ
        row_F, _, warnings, count = taken(given(time_s))
        np.testing.assert_array_equal(row_F, np.arange(ROWS) + 5)
        assert (warnings, count) == ((), 0)


def test_a_track_that_ends_early_leaves_the_rest_nan() -> None:
    for rows in (1, 30):
        row_F, _, warnings, count = taken(given(CLOCK[:rows]))
        np.testing.assert_array_equal(row_F[:rows], np.arange(rows))
        assert np.isnan(row_F[rows:]).all()
        assert count == ROWS - rows
        assert len(warnings) == 1


def test_each_unit_comes_from_the_column_of_its_name_and_the_others_are_nan() -> None:
    backwards = ACTION_UNITS_R[::-1]
    made = assembly(measured())
    made.take_units(given(CLOCK, (Column("pose_Tx", "mm", "pose"), *backwards)))
    value_FC = made.track().whole().value_FC
    for place, column in enumerate(backwards, start=1):
        np.testing.assert_array_equal(
            value_FC[:, INDEX[column.name]], np.arange(ROWS) + 100 * place
        )
    others = [c for c in UNITS if FACE[c] not in ACTION_UNITS_R]
    assert np.isnan(value_FC[:, others]).all()
    assert (value_FC[:, INDEX["pose_Tx"]] == 0).all()  # all else is measured here


def test_without_a_given_track_every_unit_is_nan_and_the_user_is_told() -> None:
    _, missing_U, warnings, _ = taken(None)
    assert missing_U.all()
    (line,) = warnings
    assert "no OpenFace table" in line


@pytest.mark.parametrize(("off_px", "warned"), [(0.0, False), (15.0, False), (60.0, True)])
def test_units_of_a_face_elsewhere_in_the_picture_are_warned_of(
    off_px: float, warned: bool
) -> None:
    nose = tuple(column for column in FACE if column.name in ("x_30", "y_30"))
    row_F = np.arange(ROWS, dtype=np.float64)  # where the other table's nose goes; y by 100 more
    made = assembly(measured(), x_30=row_F + off_px, y_30=row_F + 100, face_px=np.full(ROWS, 100.0))
    warnings = made.take_units(given(CLOCK, (*nose, *ACTION_UNITS_R)))
    assert ("elsewhere" in " ".join(warnings)) is warned
