"""TextGrids: both forms, several tiers, words within utterances; against praatio where it can."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.errors import TranscriptError
from depx.extract.transcripts.faults import Faults
from depx.extract.transcripts.registry import read
from depx.extract.transcripts.textgrid import matches, parse
from depx.extract.transcripts.tiers import Holds, name_tells

Spans = list[tuple[float, float, str]]


def grid(*tiers: tuple[str, Spans], kind: str = "IntervalTier") -> str:
    """Write a TextGrid in the short form; quotes are doubled."""
    lines = ['"ooTextFile"', '"TextGrid"', "0", "9", "<exists>", str(len(tiers))]
    for name, spans in tiers:
        lines += [f'"{kind}"', f'"{name}"', "0", "9", str(len(spans))]
        for start, stop, text in spans:
            doubled = text.replace('"', '""')
            lines += [str(start), str(stop), f'"{doubled}"']
    return "\n".join(lines) + "\n"


def said(*tiers: tuple[str, Spans]) -> list[tuple[float, float, str | None, str, int]]:
    return [
        (u.start_s, u.stop_s, u.speaker, u.text, len(u.words))
        for u in parse(grid(*tiers), Faults())
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("words", (None, Holds.WORDS)),
        ("Word", (None, Holds.WORDS)),
        ("phones", (None, Holds.OTHER)),
        ("P01 - words", ("P01", Holds.WORDS)),
        ("P01 - phones", ("P01", Holds.OTHER)),
        ("Dr. Smith - words", ("Dr. Smith", Holds.WORDS)),
        ("P01_words", ("P01", Holds.WORDS)),
        ("words@P01", ("P01", Holds.WORDS)),
        ("tx@P01", ("P01", Holds.SPEECH)),
        ("P01 (notes)", ("P01", Holds.OTHER)),
        ("ORT-MAU", (None, Holds.WORDS)),
        ("KAN-MAU", (None, Holds.OTHER)),
        ("MAU", (None, Holds.OTHER)),
        ("Participant", ("Participant", None)),
        ("SPEAKER_00", ("SPEAKER_00", None)),
        ("Head Nurse", ("Head Nurse", None)),
        ("", (None, None)),
    ],
)
def test_the_name_of_a_tier_tells_the_speaker_and_what_it_holds(name, expected) -> None:
    assert name_tells(name) == expected


def test_words_of_an_aligner_become_utterances_and_phones_nothing() -> None:
    words = [(0, 1, ""), (1, 1.4, "so"), (1.4, 2, "well"), (2, 2.3, "sp"), (4, 5, "yes")]
    phones = [(1, 1.2, "s"), (1.2, 1.4, "ow")]
    assert said(("words", words), ("phones", phones)) == [
        (1, 2, None, "so well", 2),
        (4, 5, None, "yes", 1),
    ]


def test_a_tier_a_speaker_gives_turns_in_the_order_of_time() -> None:
    assert said(("Ann", [(0, 1, "a b"), (4, 5, "c")]), ("Bo", [(2, 3, "d e")])) == [
        (0, 1, "Ann", "a b", 0),
        (2, 3, "Bo", "d e", 0),
        (4, 5, "Ann", "c", 0),
    ]


def test_words_lie_within_the_utterance_of_their_speaker() -> None:
    turns = [(0, 3, "So, well <laughter> - yes."), (5, 6, "never aligned")]
    words = [(0.1, 0.5, "so"), (0.6, 1, "well"), (2, 2.9, "yes"), (8, 8.5, "later")]
    found = parse(grid(("Ann - utterances", turns), ("Ann - words", words)), Faults())
    assert [(u.text, u.start_s, u.stop_s) for u in found] == [
        ("So, well <laughter> - yes.", 0, 3),
        ("never aligned", 5, 6),
        ("later", 8, 8.5),
    ]
    timed = found[0].words
    assert [(word, start) for word, start, _ in timed if not math.isnan(start)] == [
        ("So,", 0.1),
        ("well", 0.6),
        ("yes.", 2),
    ]
    assert [word for word, start, _ in timed if math.isnan(start)] == ["<laughter>", "-"]
    assert found[1].words == ()


def test_words_that_are_not_those_of_the_text_stand_for_it() -> None:
    turn, words = [(0, 3, "19 times")], [(0.1, 0.5, "nineteen"), (0.6, 1, "times")]
    (utterance,) = parse(grid(("Ann", turn), ("words", words)), Faults())
    assert [word for word, _, _ in utterance.words] == ["nineteen", "times"]
    assert utterance.speaker == "Ann"


def test_words_of_nobody_are_theirs_who_has_a_turn_then() -> None:
    turns = [("Ann", [(0, 2, "a b")]), ("Bo", [(3, 5, "c d")])]
    words = [(0.1, 0.5, "a"), (1, 1.5, "b"), (3, 3.5, "c"), (4, 4.5, "d")]
    assert said(*turns, ("words", words)) == [(0, 2, "Ann", "a b", 2), (3, 5, "Bo", "c d", 2)]


def test_a_speakers_tier_with_a_label_a_word_holds_words() -> None:
    words = [(i / 2, i / 2 + 0.4, f"w{i}") for i in range(6)]
    assert said(("Ann", words)) == [(0, 2.9, "Ann", "w0 w1 w2 w3 w4 w5", 6)]


def test_tiers_of_one_name_are_one_speakers() -> None:
    assert said(("Ann", [(0, 1, "a b")]), ("Ann", [(0.5, 2, "c d")])) == [
        (0, 1, "Ann", "a b", 0),
        (0.5, 2, "Ann", "c d", 0),
    ]


@pytest.mark.parametrize("mark", ["sp", "sil", "<sil>", "<p>", "SIL", "<p:>", "#"])
def test_marks_of_silence_make_no_words(write, mark) -> None:
    text = grid(("words", [(0, 1, mark), (1, 2, ""), (2, 3, mark)]))
    assert not matches(text)
    with pytest.raises(TranscriptError):
        read(write(text))
    more = text.replace(f'"{mark}"', '"yes"', 1)
    assert [u.text for u in read(write(more)).utterances] == ["yes"]


def test_where_praat_heard_sound_is_no_word_but_silent_is_one() -> None:
    heard = [(0, 1, "silent"), (1, 2, "sounding"), (2, 3, "silent")]
    assert not matches(grid(("Ann", heard)))
    words = [(0, 1, "i"), (1, 2, "was"), (2, 3, "silent")]
    assert said(("words", words), ("silences", heard)) == [(0, 3, None, "i was silent", 3)]


def test_points_are_no_words(write) -> None:
    points = grid(("Ann", []), kind="TextTier").replace("9\n0\n", '9\n1\n2.5\n"hi"\n')
    both = grid(("Ann", [(0, 1, "so well")])) + points.partition("\n1\n")[2]
    read_both = read(write(both))
    assert [u.text for u in read_both.utterances] == ["so well"]
    assert read_both.reading.faults == {"tiers_of_points": 1}


def test_a_label_may_hold_quotes_lines_numbers_and_the_words_of_the_file_itself() -> None:
    label = 'he said "7 "\nxmin = 3 "IntervalTier" <exists> 5'
    ((_, _, _, text, _),) = said(("Ann", [(0, 1, label)]))
    assert text == " ".join(label.split())


def test_quotes_that_are_not_doubled_cost_no_label(write) -> None:
    text = grid(("Ann", [(0, 1, "A"), (1, 2, "B")])).replace('"A"', '"so "hi" he said"')
    found = read(write(text))
    assert [u.text for u in found.utterances] == ['so "hi" he said', "B"]
    assert found.reading.faults == {"quotes_unbalanced": 1}


def test_intervals_that_overlap_run_backwards_or_lie_outside_are_kept(write) -> None:
    spans = [(0, 1.5, "a b"), (1, 2, "c d"), (4, 3, "e f"), (20, 21, "g h"), (-1, 0, "i j")]
    assert [(a, b, t) for a, b, _, t, _ in said(("Ann", spans))] == spans


def test_a_bound_that_is_none_leaves_the_label_untimed(write) -> None:
    text = grid(("Ann", [(0, 1, "a b"), (1, 2, "c d")])).replace("1\n2\n", "--undefined--\n2\n")
    found = read(write(text))
    assert math.isnan(found.utterances[1].start_s)
    assert found.reading.faults == {"rows_untimed": 1}
    assert "interval 2 of tier 1" in found.reading.warnings[0]


def test_a_file_that_was_not_copied_to_its_end_says_so(write) -> None:
    found = read(write(grid(("Ann", [(0, 1, "a b"), (1, 2, "c d")]))[:-7]))
    assert [u.text for u in found.utterances] == ["a b"]
    assert found.reading.faults == {"cut_short": 1}
    whole = grid(("Ann", [(0, 1, "a b")]), ("Bo", [(1, 2, "c d")]))
    assert read(write(whole.partition('"Bo"')[0][:-16])).reading.faults == {"cut_short": 1}


def test_counts_of_intervals_are_not_relied_upon() -> None:
    text = grid(("Ann", [(0, 1, "a b"), (1, 2, "c d")])).replace("9\n2\n", "9\n1\n")
    assert [u.text for u in parse(text, Faults())] == ["a b", "c d"]


LABEL = st.text(st.sampled_from('ab "<>=\n7\u00e9'), min_size=1, max_size=8).filter(
    lambda text: any(sign.isalpha() for sign in text)
)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50), LABEL), min_size=1, max_size=5))
def test_what_praatio_writes_is_read_in_both_forms(tmp_path_factory, spans) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    entries, at = [], 0
    for gap, length, label in spans:
        entries.append((at + gap, at + gap + length, label))
        at += gap + length
    written = textgrid.Textgrid()
    written.addTier(textgrid.IntervalTier("Ann - text", entries, 0, at + 1))
    path = tmp_path_factory.getbasetemp() / "written.TextGrid"
    for form in ("short_textgrid", "long_textgrid"):
        written.save(str(path), form, includeBlankSpaces=True)
        found = parse(path.read_text(), Faults())
        assert [(u.start_s, u.stop_s, u.text) for u in found] == [
            (start, stop, " ".join(label.split())) for start, stop, label in entries
        ]


def test_a_real_alignment_is_read_as_praatio_reads_it(real_data: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    path = real_data / "speech" / "acoustic_corpus.TextGrid"
    theirs = textgrid.openTextgrid(str(path), includeEmptyIntervals=False).getTier("words").entries
    ours = [word for u in read(path).utterances for word in u.words]
    assert [(start, stop, label) for label, start, stop in ours] == [tuple(t) for t in theirs]
