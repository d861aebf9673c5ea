"""Damaged transcripts of every format: utterances, or one line that quotes nothing of them."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.extract.corpora import folder as corpus_folder
from depx.extract.corpora.base import Wishes
from depx.extract.transcripts.registry import FORMATS, read
from depx.extract.trees import Folder
from depx.features.extractor import Inputs
from depx.features.text.words import Words

fuzzed = settings(
    deadline=None,
    max_examples=int(os.environ.get("DEPX_FUZZ_EXAMPLES", "20")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SAID = "Xylophonquarz"
SEEDS = {
    "WhisperX JSON": json.dumps(
        {
            "segments": [
                {"start": 1.5, "end": 2.0, "text": f" {SAID}", "speaker": "Ellie"},
                {
                    "start": 2.5,
                    "end": 4.0,
                    "text": f" well, {SAID}",
                    "words": [{"word": "well,", "start": 2.5, "end": 3.0}, {"word": SAID}],
                    "speaker": "Participant",
                },
            ]
        }
    ),
    "JSON list of words": json.dumps(
        [
            {"word": SAID, "start": 1.5, "end": 2.0, "speaker": "Ellie"},
            {"word": SAID, "start": 2.5, "end": 3.0, "speaker": "Participant"},
        ]
    ),
    "whisper.cpp JSON": json.dumps(
        {
            "systeminfo": "AVX",
            "result": {"language": "en"},
            "transcription": [
                {
                    "timestamps": {"from": "00:00:01,500", "to": "00:00:02,000"},
                    "offsets": {"from": 1500, "to": 2000},
                    "text": f" {SAID}",
                }
            ],
        }
    ),
    "Praat TextGrid": (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 5\n'
        "tiers? <exists>\nsize = 1\nitem []:\n    item [1]:\n"
        '        class = "IntervalTier"\n        name = "Participant"\n        xmin = 0\n'
        "        xmax = 5\n        intervals: size = 2\n        intervals [1]:\n"
        f'            xmin = 0\n            xmax = 1.5\n            text = "{SAID}"\n'
        f"        intervals [2]:\n            xmin = 1.5\n            xmax = 5\n"
        f'            text = "{SAID} {SAID}"\n'
    ),
    "ELAN annotation": (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT FORMAT="3.0">\n'
        ' <HEADER TIME_UNITS="milliseconds"/>\n <TIME_ORDER>\n'
        '  <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1500"/>\n'
        '  <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2000"/>\n </TIME_ORDER>\n'
        ' <TIER LINGUISTIC_TYPE_REF="t" PARTICIPANT="Participant" TIER_ID="P"><ANNOTATION>\n'
        '  <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">\n'
        f"   <ANNOTATION_VALUE>{SAID}</ANNOTATION_VALUE>\n"
        "  </ALIGNABLE_ANNOTATION></ANNOTATION></TIER>\n"
        ' <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="t" TIME_ALIGNABLE="true"/>\n'
        "</ANNOTATION_DOCUMENT>\n"
    ),
    "ELAN tab-delimited text": (
        f"Ellie\t\t00:00:01.500\t1.5\t00:00:02.000\t2.0\t00:00:00.500\t0.5\t{SAID}\n"
        f"Participant\t\t00:00:02.500\t2.5\t00:00:04.000\t4.0\t00:00:01.500\t1.5\t{SAID}\n"
    ),
    "table of words": f"start,end,word,speaker\n1.5,2.0,{SAID},Ellie\n2.5,3.0,{SAID},Participant\n",
    "DAIC-WOZ table": (
        f"start_time\tstop_time\tspeaker\tvalue\n1.5\t2.0\tEllie\t{SAID}\n"
        f"2.5\t4.0\tParticipant\twell {SAID}\n"
    ),
    "E-DAIC table": (
        f'Start_Time,End_Time,Text,Confidence\n1.5,2.0,{SAID},0.93\n2.5,4.0,"well, {SAID}",0.9\n'
    ),
    "table of utterances": (
        f"Begin;End;Who;Utterance\n1,5;2,0;Ellie;{SAID}\n2,5;4,0;Participant;{SAID}\n"
    ),
    "WebVTT subtitles": (
        f"WEBVTT\n\nNOTE a remark\n\n00:01.500 --> 00:02.000 align:start\n<v Ellie>{SAID}</v>\n\n"
        f"last\n00:00:02.500 --> 00:00:04.000\n<v.soft Participant>well, <b>{SAID}</b></v>\n"
    ),
    "SRT subtitles": (
        f"1\n00:00:01,500 --> 00:00:02,000\nEllie: {SAID}\n\n"
        f"2\n00:00:02,500 --> 00:00:04,000\nParticipant: well, {SAID}\n"
    ),
    "plain text": f"Ellie: {SAID}\nParticipant: well, {SAID}\n",
}


def measured(path: Path) -> object:
    """Read a file and make the track of its words."""
    said = read(path)
    assert not [line for line in said.reading.warnings if SAID in line or not line.isprintable()]
    return Words()(Inputs(utterances=said.utterances, reading=said.reading))


def found(path: Path) -> object:
    """Look what a session of this one file is."""
    session = corpus_folder.read(Folder(path.parent), Wishes())
    said = [session.problem or "", *session.others.values(), *session.warnings]
    assert not [line for line in said if SAID in line or not line.isprintable()]
    return session


def test_every_format_is_fuzzed() -> None:
    assert {format_.name for format_ in FORMATS} | {"plain text"} == set(SEEDS)


@pytest.mark.usefixtures("nothing_grows")
@pytest.mark.parametrize("name", SEEDS)
@fuzzed
@given(data=st.data())
def test_a_damaged_transcript_is_words_or_one_line(fuzz, name: str, data: st.DataObject) -> None:
    content = data.draw(fuzz.damaged(SEEDS[name].encode()))
    file = "notes_transcript.txt"  # what it is called, plain text may be
    fuzz.check(file, content, measured)
    fuzz.check(file, content, found)


@pytest.mark.usefixtures("nothing_grows")
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16", "cp1252", "gbk"])
@fuzzed
@given(data=st.data())
def test_so_is_one_in_another_encoding(fuzz, codec: str, data: st.DataObject) -> None:
    content = data.draw(fuzz.damaged(SEEDS["DAIC-WOZ table"].encode(codec)))
    fuzz.check("notes_transcript.txt", content, measured)
