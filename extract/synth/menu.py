"""What `depx synth` can be asked for, by name: corpora with their layouts, signals, faults.

Nothing is made here, and nothing heavy imported: the command's help is written from this.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A corpus that can be written."""

    unit: str
    """What ``--sessions`` counts."""
    most: int
    """Size of the real corpus; no more are written."""
    layouts: Mapping[str, str]
    """Layout -> where a file lies; the first is the default."""
    learnt: str | None = None
    """Target that ``depx train cmg-vs`` can learn; None where there are no words to learn from."""


CORPORA: Mapping[str, Kind] = {
    "daic-woz": Kind(
        unit="sessions of 1 to 3 minutes",
        most=189,
        learnt="phq8",
        layouts={
            "bare": "900_P/900_AUDIO.wav",
            "nested": "900_P/900_P/900_AUDIO.wav, and what macOS leaves",
            "zip": "900_P.zip, with or without a folder inside, and what macOS leaves",
        },
    ),
    "e-daic": Kind(
        unit="sessions of 1 to 3 minutes",
        most=275,
        learnt="phq8",
        layouts={
            "bare": "data/900_P/900_AUDIO.wav",
            "split": "train/900_P/900_AUDIO.wav",
            "nested": "900_P/900_P/900_AUDIO.wav, and what macOS leaves",
            "zip": "900_P.tar.gz",
        },
    ),
    "cmdc": Kind(
        unit="subjects with 12 answers of 4 to 9 seconds",
        most=78,
        learnt="phq9",
        layouts={"nested": "CMDC_EULA/part1/HC01/Q1.wav", "bare": "HC/HC01/Q1.wav"},
    ),
    "avec2014": Kind(
        unit="recording dates with 2 videos of about 5 seconds",
        most=150,
        layouts={
            "split": "Training/Freeform/203_1_Freeform_video.mp4",
            "bare": "203_1_Freeform_video.mp4",
        },
    ),
    "d-vlog": Kind(
        unit="videos of 1 to 4 minutes, as arrays",
        most=961,
        layouts={"bare": "0_acoustic.npy", "nested": "0/0_acoustic.npy"},
    ),
}

SIGNALS: Mapping[str, str] = {
    "face-from-speech": "voice and words; the face follows both",
    "all": "face, voice and words, each by itself",
    "face-only": "the face alone",
    "speech-only": "the voice alone: pitch, pauses",
    "text-only": "the words alone",
    "none": "nothing: labels are independent of all",
}

FAULTS: Mapping[str, str] = {
    "truncated-sound": "the sound (video, array) breaks off, its header promises more",
    "truncated-table": "the table of the face breaks off within a number",
    "truncated-hog": "the last HOG record breaks off (with --heavy)",
    "crlf": "the transcript has Windows line ends",
    "bom": "the transcript begins with a byte order mark",
    "cp1252": "the transcript holds a Windows-1252 apostrophe, which is no UTF-8",
    "dot-underscore": "macOS's ._ files lie beside the session's",
    "appledouble": "the transcript is such a file itself",
    "duplicate-frame": "a row of the face's table stands there twice",
    "backward-time": "two times of the face's table are swapped",
    "missing-file": "the sound is not there",
    "empty-file": "the transcript (else the sound) has no byte",
    "wrong-id": "the transcript bears the next session's number",
    "zip-slip": "the session is an archive with a path that leads out of it",
    "symlink": "the transcript (else the sound) is a link that leads out of DIR",
    "empty-parquet": "an empty .parquet file lies beside the session's",
}
