"""One interview in every format, and a place to write it to."""

import json
from pathlib import Path

import pytest

DAIC = (
    "start_time\tstop_time\tspeaker\tvalue\n"
    "1.5\t2.0\tEllie\thi\n"
    "2.5\t4.0\tParticipant\twell, café\n"
)
TABLE = "Begin;End;Who;Utterance\n1,5;2,0;Ellie;hi\n2,5;4,0;Participant;well, café\n"
WORDS = (
    "start,end,word,speaker\n"
    "1.5,2.0,hi,Ellie\n"
    '2.5,3.0,"well,",Participant\n'
    "3.0,4.0,café,Participant\n"
)
EDAIC = 'Start_Time,End_Time,Text,Confidence\n1.5,2.0,hi,0.93\n2.5,4.0,"well, café",0.9\n'
SRT = (
    "1\n00:00:01,500 --> 00:00:02,000\nEllie: hi\n\n"
    "2\n00:00:02,500 --> 00:00:04,000\nParticipant: well, café\n"
)
VTT = (
    "WEBVTT\n\nNOTE a remark\n\n00:01.500 --> 00:02.000 align:start\n<v Ellie>hi</v>\n\n"
    "last\n00:00:02.500 --> 00:00:04.000\n<v.soft Participant>well, <b>café</b></v>\n"
)
WHISPERX = json.dumps(
    {
        "segments": [
            {"start": 1.5, "end": 2.0, "text": " hi", "speaker": "Ellie"},
            {
                "start": 2.5,
                "end": 4.0,
                "text": " well, café",
                "words": [{"word": "well,", "start": 2.5, "end": 3.0}, {"word": "café"}],
                "speaker": "Participant",
            },
        ]
    },
    ensure_ascii=False,
)
LIST = json.dumps(
    [
        {"word": "hi", "start": 1.5, "end": 2.0, "speaker": "Ellie"},
        {"word": "well,", "start": 2.5, "end": 3.0, "speaker": "Participant"},
        {"word": "café", "start": 3.0, "end": 4.0, "speaker": "Participant"},
    ],
    ensure_ascii=False,
    indent=1,
)
TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "Ellie"
        xmin = 0
        xmax = 5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = ""
        intervals [2]:
            xmin = 1.5
            xmax = 2.0
            text = "hi"
        intervals [3]:
            xmin = 2.0
            xmax = 5
            text = "<sil>"
    item [2]:
        class = "IntervalTier"
        name = "Participant"
        xmin = 0
        xmax = 5
        intervals: size = 1
        intervals [1]:
            xmin = 2.5
            xmax = 4.0
            text = "well, café"
"""
SHORT = """"ooTextFile"
"TextGrid"
0
5
<exists>
2
"IntervalTier"
"Ellie - words"
0
5
1
1.5
2.0
"hi"
"IntervalTier"
"Participant - words"
0
5
2
2.5
3.0
"well,"
3.0
4.0
"café"
"""
ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2020-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
 <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
 <TIME_ORDER>
  <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1500"/>
  <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2000"/>
  <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2500"/>
  <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4000"/>
 </TIME_ORDER>
 <TIER LINGUISTIC_TYPE_REF="t" PARTICIPANT="Participant" TIER_ID="P"><ANNOTATION>
  <ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
   <ANNOTATION_VALUE>well, café</ANNOTATION_VALUE>
  </ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
 <TIER LINGUISTIC_TYPE_REF="t" TIER_ID="Ellie"><ANNOTATION>
  <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
   <ANNOTATION_VALUE>hi</ANNOTATION_VALUE>
  </ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
 <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="t" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""
ELANS_TABLE = (
    "Ellie\t\t00:00:01.500\t1.5\t00:00:02.000\t2.0\t00:00:00.500\t0.5\thi\n"
    "Participant\t\t00:00:02.500\t2.5\t00:00:04.000\t4.0\t00:00:01.500\t1.5\twell, café\n"
)
WHISPER_CPP = json.dumps(
    {
        "systeminfo": "AVX",
        "model": {"type": "base"},
        "result": {"language": "en"},
        "transcription": [
            {
                "timestamps": {"from": "00:00:01,500", "to": "00:00:02,000"},
                "offsets": {"from": 1500, "to": 2000},
                "text": " hi",
                "speaker": "Ellie",
            },
            {
                "timestamps": {"from": "00:00:02,500", "to": "00:00:04,000"},
                "offsets": {"from": 2500, "to": 4000},
                "text": " well, café",
                "speaker": "Participant",
            },
        ],
    },
    ensure_ascii=False,
)
PLAIN = "Ellie: hi\nParticipant: well, café\n"

TIMED = {
    "WhisperX JSON": WHISPERX,
    "JSON list of words": LIST,
    "Praat TextGrid": TEXTGRID,
    "Praat TextGrid (short)": SHORT,
    "ELAN annotation": ELAN,
    "table of words": WORDS,
    "DAIC-WOZ table": DAIC,
    "E-DAIC table": EDAIC,
    "table of utterances": TABLE,
    "ELAN tab-delimited text": ELANS_TABLE,
    "whisper.cpp JSON": WHISPER_CPP,
    "WebVTT subtitles": VTT,
    "SRT subtitles": SRT,
}
"""Name of a format -> an interview of two turns; ranks never fall from one to the next."""


@pytest.fixture
def write(tmp_path: Path):
    """Write a file into a folder of its own."""

    def written(content: str | bytes, name: str = "any.thing") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.fixture
def timed_formats() -> dict[str, str]:
    """Name of a format -> an interview of two turns in it."""
    return dict(TIMED)
