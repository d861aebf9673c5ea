"""DAIC-WOZ (AVEC 2016 and 2017): 189 interviews in English, led by a person behind an avatar.

Sound, transcript, and what OpenFace's predecessor (CLNF) and COVAREP measured; no picture.  A
folder or zip a session, ``300_P``; about 86 GB.  The licence is USC ICT's and forbids passing on.

All features are taken as given: CLNF's five tables as `face`, `covarep`, `formant`, on request
`hog`; the rest (openSMILE's, words, their times, BERT) is measured from sound and transcript.

References
----------
Gratch et al., "The Distress Analysis Interview Corpus of human and computer interviews", LREC 2014.
Valstar et al., "AVEC 2016: depression, mood, and emotion recognition workshop", AVEC 2016.
"""

import re
from collections.abc import Mapping

from ..transcripts import daic_woz as transcript
from .numbered import Layout, numbered_corpus

OWN = re.compile(r"\d{3}_(?:CLNF_\w+\.(?:txt|csv|bin)|COVAREP\.csv|FORMANT\.csv)", re.IGNORECASE)
"""Files that no other corpus has."""
TRANSCRIPT = re.compile(r"\d{3}_TRANSCRIPT\.(?:csv|tsv|txt)", re.IGNORECASE)
EXPECTED: Mapping[str, re.Pattern[str]] = {
    "_AUDIO.wav": re.compile(r"\d{3}_AUDIO\.wav", re.IGNORECASE),
    "_TRANSCRIPT.csv": TRANSCRIPT,
    "_COVAREP.csv": re.compile(r"\d{3}_COVAREP\.csv", re.IGNORECASE),
    "_FORMANT.csv": re.compile(r"\d{3}_FORMANT\.csv", re.IGNORECASE),
} | {
    f"_CLNF_{part}.txt": re.compile(rf"\d{{3}}_CLNF_{part}\.(?:txt|csv)", re.IGNORECASE)
    for part in ("AUs", "features", "features3D", "gaze", "pose")
}
"""What there is of every session, by how its name ends."""

CORPUS = numbered_corpus(
    Layout(
        corpus="daic-woz",
        label="DAIC-WOZ",
        language="en",
        own=OWN,
        transcript=TRANSCRIPT,
        matches=transcript.matches,
        expected=EXPECTED,
    )
)
