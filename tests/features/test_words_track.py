"""The words track: turns, roles, carried times, counts."""

import math

import pytest

from depx.errors import NothingToMeasure, TranscriptError
from depx.features.extractor import Inputs, Measured
from depx.features.text.words import Words, timed_tokens
from depx.features.words import NO_TIME, Kind, Reading, Role, Utterance, words_of


def said(text: str, speaker: str | None = "Participant", start_s=0.0, stop_s=1.0, words=()):
    return Utterance(start_s=start_s, stop_s=stop_s, speaker=speaker, text=text, words=tuple(words))


def measure(*utterances: Utterance, participant: str | None = None) -> Measured:
    return Words(participant=participant)(Inputs(utterances=utterances))


def test_each_utterance_with_a_token_is_a_turn_that_knows_its_words() -> None:
    measured = measure(said("hi", "Ellie"), said("..."), said("um <laughter> good day"))
    assert [(t.index, t.role, len(t.words)) for t in measured.table] == [
        (0, Role.INTERVIEWER, 1),
        (1, Role.PARTICIPANT, 4),
    ]
    assert all(word.turn == turn.index for turn in measured.table for word in turn.words)


def test_nothing_is_dropped_without_a_count() -> None:
    quality = measure(said("hi", "Ellie"), said("..."), said("um <laughter> good day")).quality
    assert quality["turns"] + quality["turns_without_words"] == quality["utterances"] == 3
    assert (quality["words_word"], quality["words_filler"], quality["words_event"]) == (3, 1, 1)
    assert quality["words_participant"] == 4
    assert quality["words_interviewer"] == 1


def test_disorder_is_kept_and_counted() -> None:
    measured = measure(said("a", start_s=5, stop_s=7), said("b", start_s=6, stop_s=8), said("c"))
    assert [turn.start_s for turn in measured.table] == [5, 6, 0]
    assert measured.quality["utterances_overlapping"] == 2
    assert measured.quality["utterances_out_of_order"] == 1
    (line,) = measured.warnings
    assert line == (
        "transcript: 1 utterances start before the one above them by more than a second, "
        "the first is number 3; kept as they are"
    )


@pytest.mark.parametrize(
    ("utterances", "kind"),
    [
        ([said("a", start_s=2, stop_s=1)], "utterances_backwards"),
        ([said("a", start_s=-2)], "utterances_before_zero"),
        ([said("a"), said("a")], "utterances_repeated"),
        ([said("a", words=[("a", 1.0, 0.5)])], "words_backwards"),
    ],
)
def test_what_a_user_should_look_at_is_counted_and_told_of_once(utterances, kind) -> None:
    measured = measure(*utterances)
    assert measured.quality[kind] == 1
    (line,) = measured.warnings
    assert f"number {len(utterances)}; kept" in line


def test_people_who_speak_at_once_or_say_the_same_again_are_no_fault() -> None:
    turns = [said("yes", "Ellie", 0, 2), said("yes", start_s=1), said("yes", "Ellie", 3, 4)]
    turns += [said("", start_s=5, stop_s=6)] * 2 + [said("hm", start_s=NO_TIME)] * 2
    measured = measure(*turns)
    assert measured.warnings == ()
    assert measured.quality["utterances_overlapping"] == 2


def test_what_reading_found_stands_in_the_record() -> None:
    reading = Reading(format="ELAN annotation", faults={"rows_untimed": 2}, warnings=("a line",))
    measured = Words()(Inputs(utterances=(said("a"),), reading=reading))
    assert measured.quality["format"] == "ELAN annotation"
    assert measured.quality["faults"] == {"rows_untimed": 2}
    assert measured.warnings == ("a line",)


@pytest.mark.parametrize(
    ("speakers", "warned"),
    [
        ((None,), "no speaker is named"),
        (("SPEAKER_00",), "one speaker without a telling name"),
        (("Ellie",), "every speaker is an interviewer"),
    ],
)
def test_whom_nothing_names_the_participant_is_warned_of_once(speakers, warned) -> None:
    (warning,) = measure(*(said("a", speaker) for speaker in speakers)).warnings
    assert warned in warning
    assert ("--participant NAME" in warning) == (None not in speakers)  # where there is a name


def test_a_named_participant_leaves_no_doubt() -> None:
    measured = measure(said("a", "A"), said("b", "B"), participant="b")
    assert [turn.role for turn in measured.table] == [Role.INTERVIEWER, Role.PARTICIPANT]
    assert measured.warnings == ()


def test_several_speakers_without_telling_names_are_an_error_that_names_the_option() -> None:
    with pytest.raises(TranscriptError, match=r"2 speakers, .* --participant NAME"):
        measure(said("a", "A"), said("b", "B"))


def test_without_speakers_a_named_participant_changes_nothing() -> None:
    measured = measure(said("a", None), participant="Mary")
    assert [turn.role for turn in measured.table] == [Role.UNKNOWN]


def test_a_participant_whom_the_transcript_does_not_know_is_an_error_without_names() -> None:
    with pytest.raises(TranscriptError, match="--participant names") as caught:
        measure(said("a", "Jane"), participant="Mary")
    assert "Jane" not in str(caught.value)
    assert "Mary" not in str(caught.value)


def test_a_transcript_without_a_word_is_an_error() -> None:
    with pytest.raises(TranscriptError, match="no word in 2 utterances"):
        measure(said(""), said("<laughter>"))


def test_a_session_without_a_transcript_has_no_words() -> None:
    with pytest.raises(NothingToMeasure):
        Words()(Inputs())


def test_given_times_are_carried_over_exactly() -> None:
    words = [("well,", 0.1, 0.3), ("1985", NO_TIME, NO_TIME), ("-", 0.4, 0.9), ("yes.", 0.9, 1.1)]
    found = words_of(measure(said("", words=words)).table)
    assert [w.text for w in found] == ["well", "1985", "yes"]
    assert (found[0].start_s, found[0].stop_s, found[2].start_s) == (0.1, 0.3, 0.9)
    assert math.isnan(found[1].start_s)
    assert math.isnan(found[1].stop_s)


def test_tokens_of_one_timed_word_share_its_time_by_their_letters() -> None:
    first, second = timed_tokens(said("", words=[("so<cough>", 1.0, 1.9)]))
    assert (first[0].text, second[0].text) == ("so", "cough")
    assert first[1:] == pytest.approx((1.0, 1.2))
    assert second[1:] == pytest.approx((1.2, 1.9))


def test_an_event_of_two_timed_words_takes_their_bounds() -> None:
    words = [("[clears", 1.0, 1.2), ("throat]", 1.3, 1.9), ("so", 2.0, 2.1)]
    event, so = words_of(measure(said("", words=words)).table)
    assert (event.kind, event.start_s, event.stop_s) == (Kind.EVENT, 1.0, 1.9)
    assert (so.start_s, so.stop_s) == (2.0, 2.1)


@pytest.mark.parametrize(
    ("named", "whose"), [("Participant", "interviewer"), ("Ellie", "participant")]
)
def test_utterances_without_a_speaker_among_others_are_counted_and_told_of_in_one_line(
    named, whose
) -> None:
    measured = measure(said("hi", named), said("well", None), said("...", None), said("yes", None))
    assert measured.quality["utterances_without_speaker"] == 2
    (line,) = (line for line in measured.warnings if "speaker" in line)
    assert line.startswith("transcript: 2 of 3 utterances have no speaker")
    assert f"the {whose}'s;" in line
    assert named not in line


def test_a_transcript_that_names_nobody_has_no_utterances_that_lack_a_speaker() -> None:
    assert measure(said("hi", None)).quality["utterances_without_speaker"] == 0
    assert measure(said("hi")).quality["utterances_without_speaker"] == 0
