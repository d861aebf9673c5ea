"""JSON of recognisers: segments with words, and lists of words."""

import json
import math
from pathlib import Path

import pytest

from depx.errors import TranscriptError
from depx.extract.transcripts.registry import read


def segments(*items: object) -> str:
    return json.dumps({"segments": list(items), "language": "en"})


GOOD = {
    "start": 2.5,
    "end": 4.0,
    "text": " good day",
    "words": [{"word": "good", "start": 2.5, "end": 3.0}, {"word": "day"}],
}


def test_words_without_times_are_nan_and_the_others_are_kept(write) -> None:
    said = read(write(segments(GOOD)))
    ((good, day),) = (u.words for u in said.utterances)
    assert good == ("good", 2.5, 3.0)
    assert math.isnan(day[1])
    assert math.isnan(day[2])
    assert said.reading.faults == {}


def test_a_segment_of_two_speakers_becomes_an_utterance_each(write) -> None:
    words = [
        {"word": "how?", "start": 1.0, "end": 1.4, "speaker": "A"},
        {"word": "7"},
        {"word": "fine", "start": 2.0, "end": 2.5, "speaker": "B"},
    ]
    item = {"start": 0.9, "end": 2.6, "text": "how? 7 fine", "speaker": "A", "words": words}
    first, second = read(write(segments(item))).utterances
    assert (first.speaker, first.start_s, first.stop_s, first.text) == ("A", 0.9, 1.4, "how? 7")
    assert (second.speaker, second.start_s, second.stop_s) == ("B", 2.0, 2.6)


def test_a_segment_without_bounds_takes_those_of_its_words(write) -> None:
    words = [
        {"word": "a"},
        {"word": "b", "start": 1, "end": 2},
        {"word": "c", "start": 3, "end": 4},
    ]
    (utterance,) = read(write(segments({"text": "a b c", "words": words}))).utterances
    assert (utterance.start_s, utterance.stop_s) == (1, 4)


def test_entries_that_are_odd_are_kept_or_counted_and_cost_no_other(write) -> None:
    odd = {"start": "x", "end": [], "text": "a b", "words": ["a", {"word": "b", "end": "1.5"}, 3]}
    said = read(write(segments(GOOD, odd, "c d", None, {"start": 1, "text": None})))
    assert [u.text for u in said.utterances] == ["good day", "a b", "c d"]
    assert [word for word, _, _ in said.utterances[1].words] == ["a", "b"]
    assert said.utterances[1].words[1][2] == 1.5
    assert said.reading.faults == {"rows_untimed": 2, "entries_odd": 2}
    assert "the first in segment 2" in said.reading.warnings[0]
    assert "segment 2, word 3" in said.reading.warnings[1]


def test_a_number_that_was_said_is_a_word(write) -> None:
    item = {"start": 0, "end": 1, "text": 0, "words": [{"word": 0, "start": 0, "end": 1}]}
    text = segments(item).replace('"start": 0, "end": 1, "text"', '"text"', 1)
    assert read(write(text)).utterances[0].words == (("0", 0, 1),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (segments(GOOD)[:-40], "is no valid JSON at line 1, column .*; was it written to its end"),
        (segments(), "holds no utterance"),
        (segments({"start": 0, "text": " "}), "holds no utterance"),
        ('{"segments": [{"text": "a"}], "a": ' + "[" * 100_000, "is no JSON that can be read"),
    ],
)
def test_a_file_without_anything_readable_says_why(write, content, message) -> None:
    with pytest.raises(TranscriptError, match=rf"^any.thing: .*{message}"):
        read(write(content))


@pytest.mark.parametrize(
    "text",
    [
        '[{"word": "so", "start": 0.5, "end": 1.0}, {"word": "well", "start": 1, "end": 1.5}]',
        '[{"text": "so", "start": "0.5", "end": "1"}, {"text": "well", "start": 1, "end": 1.5}]',
        '{"language": "en", "words": [{"word": "so", "begin": 0.5, "duration": 0.5},'
        ' {"word": "well", "begin": 1, "duration": 0.5}]}',
        '{"b":0,"d":2,"t":"so well","w":[{"b":0,"d":0.5,"t":"<sil>"},{"b":0.5,"d":0.5,"t":"so(2)"},'
        '{"b":1,"d":0.5,"t":"well"}]}',
    ],
)
def test_lists_of_words_are_read_under_many_names(write, text) -> None:
    (utterance,) = read(write(text)).utterances
    assert utterance.words == (("so", 0.5, 1.0), ("well", 1.0, 1.5))


def test_an_object_a_line_is_an_utterance_each(write) -> None:
    line = '{"b":%d,"d":1,"t":"so","w":[{"b":%d,"d":0.5,"t":"so"}]}\n'
    said = read(write(line % (0, 0) + line % (1, 1))).utterances
    assert [(u.start_s, u.stop_s) for u in said] == [(0, 0.5), (1, 1.5)]


def test_the_words_of_pocketsphinx_are_those_it_aligned(real_data: Path) -> None:
    for path in sorted((real_data / "speech").glob("librivox_*.json")):
        aligned = json.loads(path.read_text())
        said = read(path).utterances
        assert " ".join(u.text for u in said) == aligned["t"]


def test_segments_of_whisper_cpp_without_times_text_or_speaker_cost_no_other(write) -> None:
    items = [
        {"offsets": {"from": 1050, "to": 7540}, "text": " so", "speaker": "?"},
        {"offsets": {"from": "soon", "to": 8000}, "text": " well"},
        {"text": "  "},
        7,
    ]
    said = read(write(json.dumps({"transcription": items})))
    first, second = said.utterances
    assert (first.start_s, first.stop_s, first.text, first.speaker) == (1.05, 7.54, "so", None)
    assert math.isnan(second.start_s)
    assert said.reading.faults == {"entries_odd": 1, "rows_untimed": 1}
