"""E-DAIC (AVEC 2019): 275 interviews, those of DAIC-WOZ and 86 led by a machine.

Sound, a recogniser's transcript, and features under ``features/``: OpenFace's table, openSMILE's,
bags of words and deep features; no picture.  A folder or ``.tar.gz`` a session, ``300_P``.  The
licence is USC ICT's and forbids passing on.  All of DAIC-WOZ is in it, so participants have the
same names here and there.

OpenFace's table becomes `face`, openSMILE's `egemaps` and `opensmile_mfcc`; bags of words and deep
features are read on request.  Transcripts name nobody: who speaks is unknown, which counts as the
participant.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge: state-of-mind, detecting depression with AI, and
cross-cultural affect recognition", AVEC 2019.
"""

import re
from collections.abc import Mapping

from ..transcripts import edaic as transcript
from .numbered import Layout, numbered_corpus

OWN = re.compile(
    r"\d{3}_(?:OpenFace2\.1\.0_\w+|OpenSMILE2\.3\.0_\w+|Bo[AV]W_\w+[\w.]*|densenet201|vgg16)\.csv"
    r"|\d{3}_CNN_\w+\.mat(?:\.csv)?",
    re.IGNORECASE,
)
"""Files that no other corpus has."""
TRANSCRIPT = re.compile(r"\d{3}_Transcript\.csv", re.IGNORECASE)
EXPECTED: Mapping[str, re.Pattern[str]] = {
    "_AUDIO.wav": re.compile(r"\d{3}_AUDIO\.wav", re.IGNORECASE),
    "_Transcript.csv": TRANSCRIPT,
    "_OpenFace2.1.0_Pose_gaze_AUs.csv": re.compile(r"\d{3}_OpenFace.*\.csv", re.IGNORECASE),
    "_OpenSMILE2.3.0_egemaps.csv": re.compile(r"\d{3}_OpenSMILE.*egemaps\.csv", re.IGNORECASE),
    "_OpenSMILE2.3.0_mfcc.csv": re.compile(r"\d{3}_OpenSMILE.*mfcc\.csv", re.IGNORECASE),
}
"""What there is of every session and is read unless asked, by how its name ends."""

CORPUS = numbered_corpus(
    Layout(
        corpus="e-daic",
        label="E-DAIC",
        language="en",
        own=OWN,
        transcript=TRANSCRIPT,
        matches=transcript.matches,
        expected=EXPECTED,
    )
)
