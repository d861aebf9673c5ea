"""CLNF's set of files in a run: all on record, any that changes is read anew, one set at a time."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store

Clnf: TypeAlias = Any  # the fixture of `conftest.py`
OPENFACE = (
    "frame, timestamp, confidence, success, AU12_r, AU45_r\n1, 0, 1, 1, 2, 2\n2, .1, 1, 1, 2, 2\n"
)


def run(sessions: Path, store: Path, *tracks: str, **values: str) -> ExtractSummary:
    chosen = {f"given.{track}": pattern for track, pattern in values.items()}
    settings = parse(tracks or ("face",), chosen, corpus="folder")
    return extract([sessions], store, settings, lambda _outcome: None, lambda _line: None)


def record(store: Path) -> dict[str, Any]:
    return json.loads((store / "300_P" / "session.json").read_text())


@pytest.fixture
def session(clnf: Clnf, tmp_path: Path) -> Path:
    folder = tmp_path / "S" / "300_P"
    folder.mkdir(parents=True)
    clnf.write_set(folder)
    return folder


def test_every_file_is_an_input_and_in_the_key(clnf: Clnf, session: Path, tmp_path: Path) -> None:
    assert run(session, tmp_path / "F").exit_code == 0
    made = record(tmp_path / "F")
    inputs = {part: file["file"] for part, file in made["inputs"].items()}
    kinds = ("AUs", "features", "features3D", "gaze", "pose")
    parts = ("given.face", *(f"given.face.{n}" for n in range(2, 6)))
    assert inputs == {part: f"300_CLNF_{kind}.txt" for part, kind in zip(parts, kinds, strict=True)}
    hashes = [file["sha256"] for file in made["inputs"].values()]
    assert made["tracks"]["face"]["input"] == "+".join(hashes)
    assert made["others"] == {}
    (stored,) = Store.open(tmp_path / "F").sessions()
    assert stored.tracks() == ("face",)
    (again,) = run(session, tmp_path / "F").outcomes
    assert again.kept == ("face",)
    clnf.write(session / "300_CLNF_pose.txt", clnf.rows("pose", 19))
    run(session, tmp_path / "F", "words")  # the face is not asked for, but its input has changed
    (stored,) = Store.open(tmp_path / "F").sessions()
    assert not stored.has("face")
    (anew,) = run(session, tmp_path / "F").outcomes
    assert dict(anew.made) == {"face": 20}
    (session / "300_CLNF_gaze.txt").unlink()
    (anew,) = run(session, tmp_path / "F").outcomes
    assert dict(anew.made) == {"face": 20}
    (stored,) = Store.open(tmp_path / "F").sessions()
    assert not any(column.group.startswith("gaze") for column in stored.columns("face"))


def test_openface_goes_before_clnf_unless_the_user_chooses(session: Path, tmp_path: Path) -> None:
    (session / "of.csv").write_text(OPENFACE)
    run(session, tmp_path / "F")
    made = record(tmp_path / "F")
    assert made["tracks"]["face"]["source"]["extractor"] == "openface"
    kinds = ("AUs", "features", "features3D", "gaze", "pose")
    assert made["others"] == {f"300_CLNF_{kind}.txt": "of.csv goes before it" for kind in kinds}
    run(session, tmp_path / "F", face="300_CLNF*")
    made = record(tmp_path / "F")
    assert made["tracks"]["face"]["source"]["extractor"] == "clnf"
    assert made["others"] == {"of.csv": "given.face=300_CLNF* does not match it"}


def test_two_recordings_in_one_folder_are_an_error_that_names_the_option(
    clnf: Clnf, session: Path, tmp_path: Path
) -> None:
    clnf.write_set(session, kinds=("gaze", "pose"), name="301")
    (failed,) = run(session, tmp_path / "F").failed
    assert failed.failures["session"] == (
        "two files for the given face: 300_CLNF_AUs.txt and 301_CLNF_gaze.txt; "
        "choose with --set given.face=NAME"
    )
    run(session, tmp_path / "F", face="301*")
    assert set(record(tmp_path / "F")["inputs"]) == {"given.face", "given.face.2"}
