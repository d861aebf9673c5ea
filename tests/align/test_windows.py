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
from depx.align.windows import LEAST, filled_windows, voiced_windows, window_rows
from depx.errors import AlignmentError
from depx.features.columns import Column
from depx.features.track import Track
from depx.features.words import Kind, Role, Turn, Word

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


def test_a_window_has_the_turn_of_whoever_holds_most_of_it() -> None:
    turns = [
        turn(0, Role.INTERVIEWER, 0.0, 1.6),
        turn(1, Role.PARTICIPANT, 1.6, 2.2),
        turn(2, Role.PARTICIPANT, 2.2, 3.0),
    ]
    rows = window_rows(np.arange(5), 1.0, turns, choose(3, []), frozenset({Role.PARTICIPANT}))
    assert [word.turn for word in rows.words] == [0, 0, 2, -1, -1]
    assert [word.role.value for word in rows.words[:4]] == [
        "interviewer", "interviewer", "participant", "unknown",
    ]  # fmt: skip
    assert rows.masked_R.tolist() == [True, True, False, True, True]
    assert {word.kind for word in rows.words} == {Kind.WINDOW}
    assert {word.text for word in rows.words} == {""}
    np.testing.assert_array_equal(rows.start_s_R, np.arange(5))
    np.testing.assert_array_equal(rows.stop_s_R, np.arange(5) + 1)
    assert np.isnan(rows.confidence_R).all()
    assert rows.timing == (None,) * 5


def test_windows_of_the_other_alone_are_nothing_to_align() -> None:
    asked = [turn(0, Role.INTERVIEWER, 0.0, 5.0)]
    with pytest.raises(AlignmentError, match="all of 5 windows are of the other role"):
        window_rows(np.arange(5), 1.0, asked, choose(1, []), frozenset({Role.PARTICIPANT}))


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
    assert rows["whole"].role.tolist() == [
        "interviewer", "interviewer", "participant", "interviewer", "participant", "participant",
    ]  # fmt: skip
    assert not rows["bare"].masked.any()
    assert rows["whole"].masked.tolist() == [True, True, False, True, False, False]
    assert np.isnan(np.stack(list(words.bert))).all()
    assert (words.bert_valid == 0).all()
    assert np.isfinite(np.stack(list(rows["bare"].egemaps_mean))).all()
    assert sum("14 windows of nobody's turn" in line for line in lines) == 1
    sessions = Dataset.open(tmp_path / "d").sessions().set_index("session")
    assert sessions.windows.to_dict() == {"bare": 6, "silent": 8, "whole": 3}
    assert (sessions.words == 0).all()
    turns = pd.read_parquet(tmp_path / "d" / "turns")
    assert turns[["session", "turn", "words", "masked"]].to_numpy().tolist() == [
        ["whole", 0, 2, True], ["whole", 1, 1, False],
        ["whole", 2, 1, True], ["whole", 3, 2, False],
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
