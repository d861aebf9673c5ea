"""Corpora as small trees of files, written by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from depx.extract.corpora.base import Wishes
from depx.extract.corpora.registry import Discovery, find

DAIC = "start_time\tstop_time\tspeaker\tvalue\n1.0\t2.0\tEllie\thi\n3.0\t4.0\tParticipant\tyes\n"
EDAIC = "Start_Time,End_Time,Text,Confidence\n1.0,2.0,well yes,0.9\n"
COVAREP = "\n".join([",".join(["120", "1", *["0.5"] * 72])] * 3) + "\n"
FORMANT = "500,1500,2500,3500,4500\n" * 3


@pytest.fixture
def lay(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Write files by their paths below a folder, which is returned."""

    def write(files: Mapping[str, str | bytes], root: str = "corpus") -> Path:
        for name, content in files.items():
            path = tmp_path / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / root

    return write


@pytest.fixture
def look() -> Callable[..., Discovery]:
    """Find what lies under sources."""

    def discover(*sources: Path, corpus: str = "auto", **wishes: object) -> Discovery:
        return find(sources, Wishes(**wishes), corpus)

    return discover


def daic(number: str, folder: str = "") -> dict[str, str]:
    """Give the files of a small DAIC-WOZ session, as `lay` takes them."""
    place = f"{folder}/" if folder else ""
    return {
        f"{place}{number}_AUDIO.wav": "",
        f"{place}{number}_TRANSCRIPT.csv": DAIC,
        f"{place}{number}_COVAREP.csv": COVAREP,
        f"{place}{number}_FORMANT.csv": FORMANT,
    }


@pytest.fixture(name="daic")
def daic_files() -> Callable[..., dict[str, str]]:
    """Give `daic`."""
    return daic


@pytest.fixture
def edaic() -> Callable[..., dict[str, str]]:
    """Give the files of a small E-DAIC session, as `lay` takes them."""

    def files(number: str, folder: str) -> dict[str, str]:
        return {
            f"{folder}/{number}_AUDIO.wav": "",
            f"{folder}/{number}_Transcript.csv": EDAIC,
            f"{folder}/features/{number}_OpenFace2.1.0_Pose_gaze_AUs.csv": (
                "frame, timestamp, confidence, success, AU12_r\n1, 0, 0.9, 1, 0.5\n"
            ),
            f"{folder}/features/{number}_BoAW_openSMILE_2.3.0_MFCC.csv": (
                ";".join(["'x'", "0", *["0.3"] * 100]) + "\n"
            ),
        }

    return files
