"""The whole track: truth comes back, level and place do not matter, the unmeasured is NaN."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from depx.errors import NothingToMeasure, UsageError
from depx.features.acoustic.covarep import clocks, measure, pieces, voice
from depx.features.acoustic.covarep.columns import COLUMNS, MASKED
from depx.features.acoustic.covarep.extractor import Covarep
from depx.features.columns import names
from depx.features.extractor import Inputs, Measured, Sound
from depx.features.track import Track
from depx.features.types import F32, F64
from depx.features.words import Role, Turn

if TYPE_CHECKING:
    from depx.features.acoustic.covarep.measure import Native

RATE = 16_000
NAMES = names(COLUMNS)
INVARIANT = [name for name in NAMES if name not in ("creak", "MCEP_0")]
Speak = Callable[..., Any]


def hear(x_N: F64, *, turns: tuple[Turn, ...] | None = None, **parameters: Any) -> Measured:
    sound = Sound(np.asarray(x_N, dtype=np.float32), 0.0)
    return Covarep(**parameters)(Inputs(sound=sound, turns=turns))


def track(x_N: F64, **parameters: Any) -> Track:
    return hear(x_N, **parameters).table.whole()  # type: ignore[union-attr]


def column(of: Track, name: str) -> F32:
    return of.value_FC[:, NAMES.index(name)]


def turn(index: int, role: Role, start_s: float, stop_s: float) -> Turn:
    return Turn(index=index, speaker=str(role), role=role, start_s=start_s, stop_s=stop_s, words=())


@pytest.mark.parametrize("f0_hz", [90.0, 110.0, 150.0])
@pytest.mark.parametrize("rd", [0.5, 0.8, 1.2, 1.8])
def test_a_known_voice_gives_f0_and_rd_back(speak: Speak, f0_hz: float, rd: float) -> None:
    made = track(speak(f0_hz=f0_hz, rd=rd).x_N)
    inner = slice(8, -8)
    assert (column(made, "VUV")[inner] == 1).all()
    assert np.abs(column(made, "F0")[inner] - f0_hz).max() <= 1
    assert np.median(column(made, "Rd")[inner]) == pytest.approx(rd, abs=0.06)
    assert np.median(column(made, "Rd_conf")[inner]) > 0.75


def test_a_laxer_voice_is_laxer_by_every_measure(speak: Speak) -> None:
    made = [track(speak(rd=rd).x_N) for rd in (0.5, 1.0, 1.6, 2.1)]
    for name in ("NAQ", "QOQ", "H1H2", "PSP", "MDQ", "Rd"):
        median = [float(np.nanmedian(column(one, name))) for one in made]
        assert median == sorted(median), name
    slope = [float(np.nanmedian(column(one, "peakSlope"))) for one in made]
    assert slope == sorted(slope, reverse=True)
    naq = [float(np.nanmedian(column(one, "NAQ"))) for one in made]
    np.testing.assert_allclose(naq, [0.11 * rd for rd in (0.5, 1.0, 1.6, 2.1)], rtol=0.35)


def test_closures_are_found_where_the_flow_falls_most_steeply(speak: Speak) -> None:
    made = speak(f0_hz=120.0, rd=0.7)
    sound = Sound(made.x_N.astype(np.float32), 0.0)
    found = voice.listen(sound, voice.everywhere, Inputs().scratch)
    native = measure.measure(sound, found, Inputs().scratch)
    closure_s = native.closure_G / RATE
    truth_s = made.closure_s[(made.closure_s > 0.06) & (made.closure_s < 1.42)]
    nearest_s = closure_s[np.abs(closure_s - truth_s[:, None]).argmin(axis=1)]
    assert np.abs(nearest_s - truth_s).max() < 0.0005
    assert abs(closure_s.size - 120 * (closure_s[-1] - closure_s[0])) < 2, "none twice, none missed"


def close(ours: F32, theirs: F32, name: str, *, atol: float) -> None:
    """Compare a column; angles by the shorter arc."""
    off = ours.astype(np.float64) - theirs
    if name.startswith("HMPDM"):
        off = np.angle(np.exp(1j * off))
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs), err_msg=name)
    assert np.nanmax(np.abs(off), initial=0) <= atol, name


def test_level_and_polarity_do_not_matter(speak: Speak) -> None:
    x_N = speak().x_N
    whole, soft, inverse = track(x_N), track(0.1 * x_N), track(-x_N)
    for name in INVARIANT:
        weak = name.startswith("HMPD")  # phases of the weakest harmonics feel float32
        close(column(soft, name), column(whole, name), name, atol=0.1 if weak else 2e-3)
        close(column(inverse, name), column(whole, name), name, atol=1e-6)
    level = column(whole, "MCEP_0") - column(soft, "MCEP_0")
    np.testing.assert_allclose(level[np.isfinite(level)], np.log(10), atol=1e-3)


def test_what_comes_later_is_measured_later(speak: Speak) -> None:
    x_N = speak().x_N
    quiet_N = 1e-4 * np.random.default_rng(5).standard_normal(RATE)
    now, late = track(x_N), track(np.concatenate([quiet_N, x_N]))
    inner = slice(20, -10)
    for name in INVARIANT:
        if not name.startswith(("HMPDM_24", "HMPDM_23", "HMPDD")):  # random phases are of a frame
            close(column(late, name)[100:][inner], column(now, name)[inner], name, atol=0.02)


def test_silence_behind_changes_no_row_before_it(speak: Speak) -> None:
    x_N = speak().x_N
    quiet_N = 1e-4 * np.random.default_rng(5).standard_normal(2 * RATE)
    short, long_ = track(x_N), track(np.concatenate([x_N, quiet_N]))
    rows = slice(8, short.rows - 30)  # HMPD looks .25 s ahead
    for name in INVARIANT:
        close(column(long_, name)[rows], column(short, name)[rows], name, atol=1e-4)
    assert (column(long_, "VUV")[short.rows + 10 : -8] == 0).all()


def test_pieces_give_what_the_whole_gives(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    gap_N = 1e-4 * np.random.default_rng(1).standard_normal(RATE // 2)
    parts = [speak(f0_hz=f0, rd=rd).x_N for f0, rd in ((100, 0.6), (118, 1.5), (90, 1.0), (140, 2))]
    x_N = np.concatenate([sound for part in parts for sound in (part, gap_N)])
    for compat in (False, True):
        monkeypatch.undo()
        whole = track(x_N, compat=compat)
        for name, context_s in (("TRUE", 1.5), ("AS_CODED", 2.0)):
            monkeypatch.setattr(pieces, name, pieces.Span(piece_s=2.3, context_s=context_s))
        cut = track(x_N, compat=compat)
        for name in NAMES:
            close(column(cut, name), column(whole, name), name, atol=2e-4)


def test_rows_stand_on_the_true_clock_every_10_ms(speak: Speak) -> None:
    sound = Sound(speak().x_N.astype(np.float32), start_s=3.0)
    made = Covarep()(Inputs(sound=sound)).table.whole()  # type: ignore[union-attr]
    np.testing.assert_allclose(made.time_s, 3.0 + (159 + 160 * np.arange(150)) / RATE)
    assert made.rate_hz == pytest.approx(100)


def test_what_is_not_voiced_is_marked_as_asked() -> None:
    noise_N = 0.05 * np.random.default_rng(0).standard_normal(2 * RATE)
    masked_C = np.array([name in MASKED for name in NAMES])
    for how in ("nan", "zero", "keep"):
        made = track(noise_N, mask_unvoiced=how)
        unvoiced_F = column(made, "VUV") == 0
        assert unvoiced_F.mean() > 0.9
        value_FC = made.value_FC[np.ix_(unvoiced_F, masked_C)]
        if how == "keep":
            assert (column(made, "F0")[unvoiced_F] >= 50).all()
        else:
            assert (np.isnan(value_FC) if how == "nan" else value_FC == 0).all()
        assert np.isfinite(column(made, "MCEP_3")[unvoiced_F]).all()


def test_nothing_is_drawn_across_a_pause_unless_guesses_are_kept(speak: Speak) -> None:
    noise_N = 0.01 * np.random.default_rng(0).standard_normal(RATE)
    x_N = np.concatenate([speak().x_N, noise_N, speak(f0_hz=140.0).x_N])
    kept = track(x_N, mask_unvoiced="keep")
    pause = slice(170, 230)
    assert np.isfinite(column(kept, "NAQ")[pause]).all()
    assert np.isnan(column(track(x_N), "NAQ")[pause]).all()


def test_the_participants_turns_set_the_range_of_f0(speak: Speak) -> None:
    x_N = np.concatenate([speak(f0_hz=100.0).x_N, speak(f0_hz=240.0, seconds=3.0).x_N])
    turns = (turn(0, Role.PARTICIPANT, 0.0, 1.5), turn(1, Role.INTERVIEWER, 1.5, 4.5))
    mine, both = hear(x_N, turns=turns), hear(x_N, turns=turns, stats_from="file")
    assert mine.quality["stats_from"] == "participant"
    assert mine.quality["f0_median_hz"] == pytest.approx(100, abs=1)
    assert both.quality["stats_from"] == "file"
    assert both.quality["f0_median_hz"] == pytest.approx(240, abs=2)
    found = column(mine.table.whole(), "F0")[10:140]  # type: ignore[union-attr]
    assert np.abs(found - 100).max() <= 1


@pytest.mark.parametrize("role", [Role.UNKNOWN, Role.INTERVIEWER])
def test_without_a_known_participant_the_whole_file_counts(speak: Speak, role: Role) -> None:
    made = hear(speak(seconds=3.0).x_N, turns=(turn(0, role, 0.0, 2.5),))
    assert made.quality["stats_from"] == "file"


def test_compat_takes_the_file_whatever_the_turns(speak: Speak) -> None:
    turns = (turn(0, Role.PARTICIPANT, 0.0, 2.5),)
    made = hear(speak(seconds=3.0).x_N, turns=turns, compat=True)
    assert made.quality["stats_from"] == "file"


@pytest.mark.parametrize("sign", [1, -1])
def test_polarity_is_that_of_the_participants_microphone(speak: Speak, sign: int) -> None:
    mine = sign * speak(rd=0.6, seconds=2.5).x_N
    x_N = 0.2 * np.concatenate([mine, -4 * mine, -4 * mine, -4 * mine])
    made = hear(x_N, turns=(turn(0, Role.PARTICIPANT, 0.0, 2.5),))
    assert made.quality["polarity"] == sign
    assert hear(x_N).quality["polarity"] == -sign


def test_a_turn_without_times_shapes_nothing(speak: Speak) -> None:
    nan = float("nan")
    x_N = np.concatenate([speak(f0_hz=100.0).x_N, speak(f0_hz=240.0, seconds=3.0).x_N])
    turns = (turn(0, Role.PARTICIPANT, nan, nan), turn(1, Role.PARTICIPANT, 0.0, 1.5))
    assert hear(x_N, turns=turns).quality["f0_median_hz"] == pytest.approx(100, abs=1)


def test_a_participant_who_hardly_speaks_shapes_nothing(speak: Speak) -> None:
    made = hear(speak().x_N, turns=(turn(0, Role.PARTICIPANT, 0.2, 0.4),))
    assert made.quality["stats_from"] == "file"


def test_scrubbed_rows_are_not_measured_and_counted(speak: Speak) -> None:
    x_N = speak(seconds=3.0).x_N
    x_N[RATE : 2 * RATE] = 0
    made = hear(x_N)
    table = made.table.whole()  # type: ignore[union-attr]
    inside = (table.time_s > 1.0) & (table.time_s < 2.0)
    assert np.isnan(table.value_FC[inside]).all()
    assert not table.valid_F[inside].any()
    assert inside.sum() <= made.quality["rows_scrubbed"] <= inside.sum() + 12  # type: ignore[operator]
    assert np.isfinite(column(table, "F0")[20:90]).all()


def test_a_scrubbed_span_moves_nothing_around_it(speak: Speak) -> None:
    x_N = speak(seconds=3.0).x_N
    holed_N = x_N.copy()
    holed_N[RATE : 2 * RATE] = 0
    whole, holed = track(x_N), track(holed_N)
    around = (whole.time_s > 0.2) & (whole.time_s < 2.8) & holed.valid_F
    assert around.sum() == pytest.approx(260 - 110, abs=4)
    for name in ("F0", "NAQ", "MCEP_3", "HMPDM_8", "HMPDD_0"):
        close(column(holed, name)[around], column(whole, name)[around], name, atol=0.03)


def test_compat_keeps_its_numbers_there_but_the_rows_are_not_valid(speak: Speak) -> None:
    x_N = speak(seconds=3.0).x_N
    x_N[RATE : 2 * RATE] = 0
    made = track(x_N, compat=True)
    inside = (made.time_s > 1.0) & (made.time_s < 2.0)
    assert not made.valid_F[inside].any()
    assert np.isfinite(made.value_FC).all()


@pytest.mark.parametrize("how", ["zero", "keep"])
def test_rows_before_the_first_frame_are_not_measured_however_masked(
    speak: Speak, how: str
) -> None:
    made = track(speak().x_N, mask_unvoiced=how)
    for name in ("VUV", "F0", "NAQ", "peakSlope", "Rd"):
        assert np.isnan(column(made, name)[:4]).all(), name


def test_lines_are_drawn_within_a_voice_and_a_closure_reaches_25_ms() -> None:
    closure_G = np.array([1600, 1760, 1920, 3520, 3680])
    at_closure_G5 = np.tile(np.arange(5, dtype=np.float32)[:, np.newaxis], (1, 5))
    native = cast("Native", SimpleNamespace(closure_G=closure_G, at_closure_G5=at_closure_G5))
    at_R = np.array([1840.0, 2310.0, 2330.0, 2720.0, 3130.0, 4070.0, 4090.0])
    drawn = clocks._at_closures(native, at_R, RATE, across=False)[:, 0]
    np.testing.assert_allclose(drawn, [1.5, 2, np.nan, np.nan, 3, 4, np.nan])
    assert np.isfinite(clocks._at_closures(native, at_R[:-2], RATE, across=True)).all()


def test_the_first_pulse_of_a_recording_is_not_measured(speak: Speak) -> None:
    sound = Sound(speak().x_N.astype(np.float32), 0.0)
    found = voice.listen(sound, voice.everywhere, Inputs().scratch)
    native = measure.measure(sound, found, Inputs().scratch)
    assert np.isnan(native.at_closure_G5[0, :4]).all()
    assert np.isfinite(native.at_closure_G5[1:-1]).all()


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize(
    "x_N",
    [
        np.zeros(RATE),
        np.full(RATE, 0.25),
        np.zeros(0),
        np.ones(1),
        0.1 * np.random.default_rng(0).standard_normal(1_500),
        np.eye(1, RATE, 5_000)[0],
        np.repeat([0.0, 1e-30], RATE),
        np.sign(np.sin(np.arange(RATE) * 0.05)),
    ],
    ids=["silence", "constant", "empty", "one", "short", "click", "denormal", "clipped"],
)
def test_sound_without_a_voice_has_rows_and_no_infinity(x_N: F64, compat: bool) -> None:
    made = hear(x_N, compat=compat)
    table = made.table.whole() if made.table.rows else None  # type: ignore[union-attr]
    if table is not None:
        assert not np.isinf(table.value_FC).any()
        assert compat == bool(np.isfinite(table.value_FC).all())
    if not made.quality["frames_voiced"]:
        assert len(made.warnings) == 1
        assert "F0" in made.warnings[0]


def test_a_sound_with_hardly_a_voice_is_told_of(speak: Speak) -> None:
    noise_N = 0.01 * np.random.default_rng(2).standard_normal(10 * RATE)
    noise_N[RATE : RATE + 3_200] = speak(seconds=0.2).x_N
    assert "% of the sound only" in hear(noise_N).warnings[0]
    assert not hear(speak().x_N).warnings


def test_a_voice_on_a_constant_is_a_voice(speak: Speak) -> None:
    x_N = speak().x_N
    plain, lifted = track(x_N), track(x_N + 0.2)
    np.testing.assert_array_equal(column(plain, "VUV")[8:-8], column(lifted, "VUV")[8:-8])


def test_a_session_without_sound_has_nothing_to_measure() -> None:
    with pytest.raises(NothingToMeasure, match="covarep: the session has no sound"):
        Covarep()(Inputs())


def test_compat_does_not_mask() -> None:
    with pytest.raises(UsageError, match=r"mask_unvoiced=zero: covarep\.compat=true keeps"):
        Covarep(compat=True, mask_unvoiced="zero")


def test_compat_reads_the_first_channel_at_the_files_own_rate(speak: Speak) -> None:
    own = Sound(speak(rate_hz=32_000).x_N.astype(np.float32), 0.0, 32_000)
    mixed = Sound(np.zeros(RATE, np.float32), 0.0)
    made = Covarep(compat=True)(Inputs(sound=mixed, original=lambda: own))
    assert made.quality["rate_hz"] == 32_000
    assert made.quality["f0_median_hz"] == pytest.approx(110, abs=1)
    times = made.table.whole().time_s  # type: ignore[union-attr]
    np.testing.assert_allclose(times[:2], [159 / 32_000, 479 / 32_000])
