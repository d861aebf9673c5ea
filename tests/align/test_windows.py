"""Windows stand where words would: over voice, or over all of a recording without sound."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.align.dataset import Dataset
from depx.align.summary import AlignSummary
from depx.align.timing import choose
from depx.align.windows import LEAST, filled_windows, turn_rows, voiced_windows
from depx.errors import AlignmentError
from depx.features.columns import Column
from depx.features.track import Track
from depx.features.words import Kind, Role, Timing, Turn, Word, WordTime

Run = Callable[..., tuple[AlignSummary, list[str]]]
SPEECH = (Column("speech", "0|1", "vad"),)
EVERYBODY = frozenset(Role)


def vad(voiced: list[bool | None], first_s: float = 0.0) -> Track:
    """A row every 30 ms; None is scrubbed."""
    value = np.array([np.nan if v is None else float(v) for v in voiced], dtype=np.float32)
    return Track(
        time_s=first_s + 0.015 + 0.03 * np.arange(len(voiced)),
        value_FC=value[:, None],
        columns=SPEECH,
        valid_F=np.isfinite(value),
        rate_hz=1 / 0.03,
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([True, False, None]), max_size=120), st.sampled_from([0.25, 1.0]))
def test_a_window_is_a_row_if_a_tenth_of_it_is_voiced(
    voiced: list[bool | None], window_s: float
) -> None:
    found = set(voiced_windows(vad(voiced), window_s).tolist())
    for n in range(int(len(voiced) * 0.03 / window_s) + 2):
        held_s = sum(
            max(0.0, min(0.03 * (k + 1), (n + 1) * window_s) - max(0.03 * k, n * window_s))
            for k, speaks in enumerate(voiced)
            if speaks
        )
        if abs(held_s - LEAST * window_s) > 1e-6:
            assert (n in found) == (held_s > LEAST * window_s)


def test_windows_lie_on_the_clock_of_the_session_also_before_its_start() -> None:
    assert voiced_windows(vad([True] * 20, first_s=-0.5), 0.5).tolist() == [-1, 0]
    assert filled_windows([(-0.2, 2.05)], 1.0).tolist() == [-1, 0, 1]
    assert filled_windows([], 1.0).size == 0


def turn(index: int, role: Role, start_s: float, stop_s: float) -> Turn:
    word = Word(text="x", raw="x", kind=Kind.WORD, speaker=role.value[0], role=role, turn=index)
    return Turn(index=index, speaker=role.value[0], role=role, start_s=start_s, stop_s=stop_s,
                words=(word,))  # fmt: skip


def test_turns_are_cut_into_windows_that_hold_one_role_only() -> None:
    turns = [
        turn(0, Role.INTERVIEWER, 0.0, 1.6),
        turn(1, Role.PARTICIPANT, 1.6, 2.2),
        turn(2, Role.PARTICIPANT, 2.2, 5.0),
        turn(3, Role.PARTICIPANT, 7.0, 8.4),
    ]
    rows = turn_rows(turns, choose(4, []), 1.0, frozenset({Role.PARTICIPANT}))
    edges = list(zip(rows.start_s_R.tolist(), rows.stop_s_R.tolist(), strict=True))
    assert [(w.turn, *edge) for w, edge in zip(rows.words, edges, strict=True)] == [
        (0, 0.0, 1.0), (0, 1.0, 1.6), (1, 1.6, 2.2),
        (2, 2.2, 3.2), (2, 3.2, 4.2), (2, 4.2, 5.0), (3, 7.0, 8.4),
    ]  # fmt: skip
    assert rows.masked_R.tolist() == [True, True, False, False, False, False, False]
    assert {word.kind for word in rows.words} == {Kind.WINDOW}
    assert {word.text for word in rows.words} == {""}
    assert np.isnan(rows.confidence_R).all()
    assert rows.timing == (None,) * 7


def test_the_interviewers_times_move_no_window_of_the_participant() -> None:
    mine = [turn(1, Role.PARTICIPANT, 3.0, 6.2), turn(3, Role.PARTICIPANT, 9.0, 9.4)]
    found = []
    for stop_s in (2.0, 4.5):
        asked = [turn(0, Role.INTERVIEWER, 0.0, stop_s), turn(2, Role.INTERVIEWER, 7.0, 9.2)]
        rows = turn_rows([*mine, *asked], choose(4, []), 1.0, frozenset({Role.PARTICIPANT}))
        found.append(rows.start_s_R[~rows.masked_R].tolist())
    assert found[0] == found[1] == [3.0, 4.0, 5.0, 9.0]


def test_windows_of_the_other_alone_are_nothing_to_align() -> None:
    asked = [turn(0, Role.INTERVIEWER, 0.0, 5.0)]
    with pytest.raises(AlignmentError, match="all of 5 windows are of the other role"):
        turn_rows(asked, choose(1, []), 1.0, frozenset({Role.PARTICIPANT}))


def test_turns_without_times_leave_nobody_to_cut() -> None:
    asked = [turn(0, Role.INTERVIEWER, np.nan, np.nan)]
    with pytest.raises(AlignmentError, match="none of 1 turns has times"):
        turn_rows(asked, choose(1, []), 1.0, EVERYBODY)


def test_a_turn_that_runs_backwards_spans_its_words() -> None:
    times = [
        WordTime(word=0, method=Timing.GIVEN, start_s=1.0, stop_s=2.0, confidence=1.0),
    ]
    rows = turn_rows([turn(0, Role.PARTICIPANT, 3.0, 1.0)], choose(1, times), 1.0, EVERYBODY)
    assert (rows.start_s_R.tolist(), rows.stop_s_R.tolist()) == ([1.0], [2.0])


@pytest.fixture
def mixed(shelf: Any) -> Path:
    """One session with a transcript, one with sound and face, one with a face alone, one mute."""
    speaks = vad([k // 50 % 2 == 0 for k in range(266)])
    whole = {**shelf.whole(), "vad": speaks}
    bare = {k: v for k, v in whole.items() if k in ("face", "egemaps", "vad")}
    shelf.session("bare", bare, absent=["words", "word_times", "bert"])
    shelf.session("mute", {**bare, "vad": vad([False] * 266)})
    shelf.session("silent", {"face": shelf.face()}, absent=["vad", "egemaps", "words"])
    shelf.session("whole", whole)
    path: Path = shelf.path
    return path


def test_a_set_of_windows_mixes_sessions_with_and_without_transcript(
    run: Run, mixed: Path, tmp_path: Path
) -> None:
    summary, lines = run(mixed, tmp_path / "d", tokens="windows:1.0", views=("words", "turns"))
    assert [x.session for x in summary.exclusions] == ["mute"]
    assert "no window of 1 s is voiced by 10%" in summary.exclusions[0].reason
    words = pd.read_parquet(tmp_path / "d" / "words")
    assert set(words.kind) == {"window"}
    assert set(words["index"]) == {-1}
    rows = {name: own for name, own in words.groupby("session")}
    # voiced 0-1.5, 3-4.5, 6-7.5 s; the face lasts from -1/60 s to 7.98 s
    assert rows["bare"].start_s.tolist() == [0, 1, 3, 4, 6, 7]
    assert rows["silent"].start_s.tolist() == list(range(8))
    assert set(rows["bare"].role) == {"unknown"}
    assert rows["whole"].role.tolist() == ["interviewer", "participant"] * 2
    assert rows["whole"].start_s.tolist() == [0, 2, 4, 6]
    assert not rows["bare"].masked.any()
    assert rows["whole"].masked.tolist() == [True, False] * 2
    assert np.isnan(np.stack(list(words.bert))).all()
    assert (words.bert_valid == 0).all()
    assert np.isfinite(np.stack(list(rows["bare"].egemaps_mean))).all()
    assert sum("14 windows of an unknown role" in line for line in lines) == 1
    sessions = Dataset.open(tmp_path / "d").sessions().set_index("session")
    assert sessions.windows.to_dict() == {"bare": 6, "silent": 8, "whole": 2}
    assert (sessions.words == 0).all()
    turns = pd.read_parquet(tmp_path / "d" / "turns")
    assert turns[["session", "turn", "words", "masked"]].to_numpy().tolist() == [
        ["whole", 0, 1, True], ["whole", 1, 1, False],
        ["whole", 2, 1, True], ["whole", 3, 1, False],
    ]  # fmt: skip


def test_the_length_of_windows_shapes_the_key(run: Run, mixed: Path, tmp_path: Path) -> None:
    one, _ = run(mixed, tmp_path / "d", tokens="windows:1.0", dry_run=True)
    same, _ = run(mixed, tmp_path / "d", tokens="windows:1", dry_run=True)
    half, _ = run(mixed, tmp_path / "d", tokens="windows:.5", dry_run=True)
    assert one.key == same.key != half.key


def test_a_session_without_transcript_is_left_out_with_the_remedy(
    run: Run, mixed: Path, tmp_path: Path
) -> None:
    summary, _ = run(mixed, tmp_path / "d")
    reasons = {lack.session: lack.reason for lack in summary.exclusions}
    assert sorted(reasons) == ["bare", "mute", "silent"]
    assert "no words: nothing to make it from" in reasons["bare"]
    assert reasons["bare"].endswith("--tokens windows:1.0 needs no transcript")


@pytest.mark.parametrize("failed", ["words", "vad"])
def test_a_transcript_or_voice_that_failed_is_not_taken_for_absent(
    run: Run, mixed: Path, shelf: Any, tmp_path: Path, failed: str
) -> None:
    shelf.session("bad", {"face": shelf.face()}, absent=["vad"], failures=[failed])
    summary, _ = run(mixed, tmp_path / "d", tokens="windows:1.0")
    reasons = {lack.session: lack.reason for lack in summary.exclusions}
    assert f"no {failed}: extraction failed (MediaError)" in reasons["bad"]


def test_voice_that_was_never_listened_for_is_asked_for(
    run: Run, mixed: Path, shelf: Any, tmp_path: Path
) -> None:
    shelf.session("deaf", {"face": shelf.face()})
    summary, _ = run(mixed, tmp_path / "d", tokens="windows:1.0")
    reasons = {lack.session: lack.reason for lack in summary.exclusions}
    assert "no vad, which windows lie over: not extracted yet" in reasons["deaf"]


def test_voice_that_was_heard_anew_makes_a_set_of_windows_stale(
    run: Run, mixed: Path, shelf: Any, tmp_path: Path
) -> None:
    options = {"tokens": "windows:1.0", "only": ("bare",)}
    assert not run(mixed, tmp_path / "d", **options)[0].up_to_date
    assert run(mixed, tmp_path / "d", **options)[0].up_to_date
    bare = {k: v for k, v in shelf.whole().items() if k in ("face", "egemaps")}
    shelf.session("bare", {**bare, "vad": vad([True] * 266)}, absent=["words", "bert"])
    again, _ = run(mixed, tmp_path / "d", **options)
    assert not again.up_to_date
    assert again.rows == 8
