"""What a BIDS dataset says of itself: ``dataset_description.json`` and ``README.md``.

There is no ``CHANGES``: its entries begin with a date, and an export is a function of the store.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from ...extract.store.reader import StoredSession

BIDS = "1.10.0"
TASK = {
    "TaskName": "interview",
    "TaskDescription": "A person is interviewed, as a rule about mood and life.",
}


def description(corpus: str) -> dict[str, Any]:
    """Say what the dataset is."""
    return {
        "Name": f"Features of interviews ({corpus}), made by depx",
        "BIDSVersion": BIDS,
        "DatasetType": "derivative",
        "License": "As the recordings and the consent of the participants: see README.md",
        "GeneratedBy": [
            {
                "Name": "depx",
                "Version": version("depx"),
                "Description": "Features of recorded interviews; research use, no diagnosis",
            }
        ],
    }


def readme(
    sessions: Sequence[StoredSession],
    *,
    text: bool,
    recordings: Mapping[str, str],
    left_out: Sequence[str],
) -> str:
    """Say to a person what is there, what is not, and what it must not be used for.

    Parameters
    ----------
    sessions : sequence of StoredSession
        Those that are written.
    text : bool
        Whether what was said is.
    recordings : mapping
        Track that is written -> label of its recording.
    left_out : sequence of str
        Lines on what is not written.
    """
    licences: dict[str, str] = {}
    shaping = {*recordings, "words", "word_times"}
    for stored in sessions:
        for track in shaping & {*stored.tracks()}:
            licences |= stored.manifest["tracks"][track]["source"]["licences"]
    bound = any("non-commercial" in licence for licence in licences.values())
    words = (
        "`_events.tsv` holds what was said: keep it as the recordings are kept."
        if text
        else "What was said is left out of `_events.tsv` (`--set bids.text=true` puts it in)."
    )
    return "\n".join(
        [
            "# Features of interviews, in BIDS",
            "",
            "Written by `depx export --as bids`. **Research use, no diagnosis**: not to be used to",
            "diagnose, screen or monitor a person. The consent of the participants and the terms",
            "of the recordings hold for it as for them; without both, do not share it. Faces,",
            "voices and times of words can tell who a person is.",
            "",
            "## What is there",
            "",
            "- `sub-*/**/beh/*_physio.tsv.gz`: a track of samples each, without a header; the",
            "  sidecar names columns, units and rate. `time_s` is the true time of a sample,",
            "  `valid` says whether it was measured, `n/a` is what was not. Where the times are",
            "  not steady to half a period, rows are a grid at the nominal rate that holds the",
            "  sample of each instant; `SamplesLeftOut`, `RowsRepeated` and `RowsEmpty` count.",
            "- `sub-*/**/beh/*_events.tsv`: turns and words on the same clock, 0 s is the begin of",
            f"  the session. {words}",
            "- `participants.tsv`, `_sessions.tsv`: the labels.",
            "- `sourcedata/depx_ids.tsv`: which id became which label. Leave it out of what you",
            "  share.",
            "",
            "Recordings, by label: "
            + (", ".join(f"{label} ({track})" for track, label in sorted(recordings.items())) + ".")
            * bool(recordings),
            "",
            "## What is not",
            "",
            *(f"- {line}" for line in left_out or ["Nothing was left out."]),
            "- `CHANGES`: its entries are dated, and this is a function of the store.",
            "",
            "## Licences of what shaped the numbers",
            "",
            *(["**Not for commercial use: it holds features of openSMILE.**", ""] * bound),
            *(f"- {name}: {licence}" for name, licence in sorted(licences.items())),
            "",
        ]
    )
