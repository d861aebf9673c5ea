"""DAIC-WOZ and E-DAIC as they lie on disks: layouts, ids, what is left aside."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Files = Callable[..., dict[str, str]]


@pytest.mark.parametrize(
    "folder",
    ["300_P", "300", "300_P/300_P", "data/300_P", "train/300_P", "300_p", "a/b/300_P/300"],
)
def test_every_layout_of_daic_woz_is_the_same_session(
    lay: Any, look: Any, daic: Files, folder: str
) -> None:
    found = look(lay(daic("300", folder)))
    (session,) = found.sessions
    assert found.corpus.name == session.corpus == "daic-woz"
    assert (session.id, session.case, session.participant) == ("300", "300", "daic-300")
    assert {part: path.name for part, path in session.files.items()} == {
        "audio": "300_AUDIO.wav",
        "transcript": "300_TRANSCRIPT.csv",
    }
    assert {"covarep", "formant"} <= set(session.given)
    assert session.problem is None
    assert session.others == {}


@pytest.mark.parametrize("inside", ["300_P", "300_P.tar/300_P", "data/300_P", "dev/300_P/300_P"])
def test_every_layout_of_e_daic_is_the_same_session(
    lay: Any, look: Any, edaic: Files, inside: str
) -> None:
    found = look(lay(edaic("300", inside)))
    (session,) = found.sessions
    assert found.corpus.name == session.corpus == "e-daic"
    assert (session.id, session.participant) == ("300", "daic-300")
    assert session.files["transcript"].name == "300_Transcript.csv"
    assert session.given["face"].path.name == "300_OpenFace2.1.0_Pose_gaze_AUs.csv"


def test_the_same_person_has_one_name_in_both_corpora(
    lay: Any, look: Any, daic: Files, edaic: Files
) -> None:
    (old,) = look(lay(daic("300", "300_P"), "a")).sessions
    (new,) = look(lay(edaic("300", "300_P"), "b")).sessions
    assert old.participant == new.participant


def test_bare_files_of_many_sessions_in_a_folder_are_told_apart(
    lay: Any, look: Any, daic: Files
) -> None:
    first, second = look(lay(daic("300") | daic("301"))).sessions
    assert (first.id, second.id) == ("300", "301")
    assert first.files["audio"].name == "300_AUDIO.wav"
    assert second.given["covarep"].path.name == "301_COVAREP.csv"


def test_a_session_folder_itself_may_be_given(lay: Any, look: Any, daic: Files) -> None:
    root = lay(daic("300", "300_P") | daic("301", "301_P"))
    assert [s.id for s in look(root / "301_P").sessions] == ["301"]
    assert [s.id for s in look(root / "301_P", root / "300_P").sessions] == ["300", "301"]


def test_a_folder_with_a_video_is_generic_under_any_name(lay: Any, look: Any, daic: Files) -> None:
    alone = look(lay(daic("901", "901_P") | {"901_P/901_VIDEO.mp4": ""}, "alone"))
    assert alone.corpus.name == "folder"
    assert [s.id for s in alone.sessions] == ["901_P"]
    mixed = look(lay(daic("300", "300_P") | {"901_P/901_VIDEO.mp4": ""}, "mixed"))
    assert mixed.corpus.name == "daic-woz"
    assert {s.id: s.corpus for s in mixed.sessions} == {"300": "daic-woz", "901_P": "folder"}


def test_a_file_named_after_another_session_is_left_aside_and_named(
    lay: Any, look: Any, daic: Files
) -> None:
    files = daic("300", "300_P")
    files["300_P/301_TRANSCRIPT.csv"] = files.pop("300_P/300_TRANSCRIPT.csv")
    (session,) = look(lay(files)).sessions
    assert "transcript" not in session.files
    assert session.others["301_TRANSCRIPT.csv"].startswith("named after session 301")
    (line,) = session.warnings
    assert line.startswith("301_TRANSCRIPT.csv is not read: named after session 301, in the folder")


def test_junk_of_macos_is_no_session_and_no_file(lay: Any, look: Any, daic: Files) -> None:
    apple = b"\x00\x05\x16\x07\x00\x02\x00\x00" + bytes(4088)
    root = lay(
        daic("300", "300_P")
        | {
            "__MACOSX/300_P/._300_TRANSCRIPT.csv": apple,
            "300_P/._300_TRANSCRIPT.csv": apple,
            "300_P/.DS_Store": b"x",
        }
    )
    (session,) = look(root).sessions
    assert session.others == {}


def test_an_apple_double_under_the_name_of_a_transcript_is_named(
    lay: Any, look: Any, daic: Files
) -> None:
    files: dict[str, Any] = daic("487", "487_P")
    files["487_P/487_TRANSCRIPT.csv"] = b"\x00\x05\x16\x07\x00\x02\x00\x00" + bytes(4088)
    (session,) = look(lay(files)).sessions
    assert "transcript" not in session.files
    assert "AppleDouble" in session.others["487_TRANSCRIPT.csv"]


def test_a_session_at_two_places_is_its_own_problem(lay: Any, look: Any, daic: Files) -> None:
    root = lay(daic("300", "train/300_P") | daic("300", "dev/300_P") | daic("301", "dev/301_P"))
    twice, once = look(root).sessions
    assert "lies at two places" in str(twice.problem)
    assert once.problem is None


def test_what_most_sessions_have_and_some_lack_is_said_once(
    lay: Any, look: Any, daic: Files
) -> None:
    files = daic("300", "300_P") | daic("301", "301_P")
    del files["301_P/301_COVAREP.csv"]
    lines: list[str] = []
    look(lay(files), notice=lines.append)
    assert lines == ["1 of 2 sessions have no _COVAREP.csv: 301"]


def test_sound_alone_is_daic_woz_where_its_labels_say_so(lay: Any, look: Any) -> None:
    header = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest,PHQ8_Depressed,"
    header += "PHQ8_Sleep,PHQ8_Tired,PHQ8_Appetite,PHQ8_Failure,PHQ8_Concentrating,PHQ8_Moving\n"
    labels = {"train_split_Depression_AVEC2017.csv": header + "900,0,8,1,1,1,1,1,1,1,1,1\n"}
    root = lay({"900_P/900_AUDIO.wav": ""} | labels)
    found = look(root)
    assert found.corpus.name == "daic-woz"
    assert [s.id for s in found.sessions] == ["900"]
    assert [place.path.name for place in found.labels] == list(labels)
    assert look(lay({"900_P/900_AUDIO.wav": ""}, "without")).corpus.name == "folder"


def test_labels_in_a_folder_of_their_own_may_be_given_beside_the_sessions(
    lay: Any, look: Any, daic: Files
) -> None:
    header = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest,PHQ8_Depressed,"
    header += "PHQ8_Sleep,PHQ8_Tired,PHQ8_Appetite,PHQ8_Failure,PHQ8_Concentrating,PHQ8_Moving\n"
    labels = lay({"dev_split_Depression_AVEC2017.csv": header + "300,0,8,1,1,1,1,1,1,1,1,1"}, "l")
    found = look(lay(daic("300", "300_P")) / "300_P", labels)
    assert [s.id for s in found.sessions] == ["300"]
    assert len(found.labels) == 1


def test_two_corpora_in_one_run_are_refused_with_the_remedy(
    lay: Any, look: Any, daic: Files, edaic: Files
) -> None:
    from depx.errors import UsageError

    with pytest.raises(UsageError, match="into a store of its own; depx align takes several"):
        look(lay(daic("300", "300_P"), "a"), lay(edaic("300", "300_P"), "b"))


def test_a_corpus_can_be_forced(lay: Any, look: Any, daic: Files) -> None:
    root = lay({"300_P/300_AUDIO.wav": "", "300_P/notes.srt": ""})
    assert look(root).corpus.name == "folder"
    (session,) = look(root, corpus="daic-woz").sessions
    assert (session.corpus, session.id) == ("daic-woz", "300")
    (session,) = look(lay(daic("301", "301_P"), "b"), corpus="folder").sessions
    assert (session.corpus, session.id) == ("folder", "301_P")


def test_links_that_go_round_end(lay: Any, look: Any, daic: Files) -> None:
    root: Path = lay(daic("300", "300_P"))
    os.symlink(root, root / "300_P" / "again")
    assert [s.id for s in look(root).sessions] == ["300"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_is_its_own_problem(lay: Any, look: Any, daic: Files) -> None:
    root: Path = lay(daic("300", "300_P") | daic("301", "301_P"))
    (root / "300_P").chmod(0)
    try:
        closed, other = look(root).sessions
    finally:
        (root / "300_P").chmod(0o755)
    assert "cannot be read" in str(closed.problem)
    assert other.problem is None


CLNF_GAZE = (
    "frame, timestamp, confidence, success, x_0, y_0, z_0, x_1, y_1, z_1\n"
    "1, 0, .9, 1, 0, 0, -1, 0, 0, -1\n"
)
CLNF_POSE = (
    "frame, timestamp, confidence, success, Tx, Ty, Tz, Rx, Ry, Rz\n"
    "1, 0, .9, 1, 0, 0, 500, 0, 0, 0\n"
)


@pytest.mark.parametrize("damage", [b"", b"\x00\x05\x16\x07\x00\x02\x00\x00" + bytes(4088)])
def test_a_damaged_part_of_a_set_is_said(lay: Any, look: Any, daic: Files, damage: bytes) -> None:
    files = daic("300", "300_P") | {
        "300_P/300_CLNF_gaze.txt": CLNF_GAZE,
        "300_P/300_CLNF_pose.txt": CLNF_POSE,
    }
    assert look(lay(files)).sessions[0].warnings == ()
    files |= {"300_P/300_CLNF_gaze.txt": damage}
    (session,) = look(lay(files)).sessions
    assert session.given["face"].path.name == "300_CLNF_pose.txt"
    (line,) = session.warnings
    assert line.startswith("300_CLNF_gaze.txt is not taken: ")
    assert line.endswith("; face goes without its columns")
    twin = files | {"300_P/300_CLNF_gaze.csv": CLNF_GAZE}  # the part is there, under another ending
    (session,) = look(lay(twin)).sessions
    assert session.warnings == ()


def test_features_that_are_an_apple_double_are_said(lay: Any, look: Any, daic: Files) -> None:
    apple = b"\x00\x05\x16\x07\x00\x02\x00\x00" + bytes(4088)
    (session,) = look(lay(daic("300", "300_P") | {"300_P/300_COVAREP.csv": apple})).sessions
    (line,) = session.warnings
    assert line.startswith("300_COVAREP.csv is not taken: what macOS writes")
    assert line.endswith("; without it covarep is measured from the sound")


def test_a_folder_of_nothing_or_of_others_files_is_a_session_that_fails(
    lay: Any, look: Any, daic: Files
) -> None:
    lines: list[str] = []
    root = lay(daic("300", "300_P") | {"302_P/303_AUDIO.wav": ""} | daic("304", "500/304_P"))
    (root / "301_P").mkdir()
    found = {s.id: s for s in look(root, notice=lines.append).sessions}
    assert list(found) == ["300", "301", "302", "304"]  # 500 is no session: it holds others
    assert found["301"].problem.startswith("is empty; expected")
    assert found["302"].problem == "holds files of other sessions only"
    assert found["302"].warnings[0].startswith("303_AUDIO.wav is not read: named after session 303")
    assert lines == []  # what the two lack is not said file by file


def test_a_folder_of_another_name_is_a_session_of_its_own_unless_it_holds_several(
    lay: Any, look: Any, daic: Files
) -> None:
    found = look(lay(daic("300", "p1") | daic("300", "p2")))
    assert found.corpus.name == "folder"
    assert [s.id for s in found.sessions] == ["p1", "p2"]
    (session,) = look(lay(daic("300", "p1"), "alone"), corpus="daic-woz").sessions
    assert session.id == "300"


def test_the_session_folder_in_which_one_stands_is_named_by_its_path(
    lay: Any, look: Any, daic: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lay(daic("300", "300_P")) / "300_P")
    (session,) = look(Path()).sessions
    assert (session.corpus, session.id) == ("daic-woz", "300")


def test_files_that_lie_apart_by_kind_are_one_session_each(
    lay: Any, look: Any, daic: Files
) -> None:
    files = daic("300") | daic("301")
    apart = {f"{name.split('_')[1].split('.')[0]}/{name}": text for name, text in files.items()}
    first, second = look(lay(apart)).sessions
    assert (first.id, second.id) == ("300", "301")
    for session in (first, second):
        assert session.problem is None
        assert session.files.keys() == {"audio", "transcript"}
        assert {"covarep", "formant"} <= set(session.given)


def test_a_folder_of_its_own_goes_before_loose_files_which_are_told_of(
    lay: Any, look: Any, daic: Files
) -> None:
    lines: list[str] = []
    root = lay(daic("300", "300_P") | {"300_TRANSCRIPT.csv": "old"})
    (session,) = look(root, notice=lines.append).sessions
    assert session.problem is None
    assert session.files["transcript"] == root / "300_P" / "300_TRANSCRIPT.csv"
    assert session.others["300_TRANSCRIPT.csv"] == "300_P goes before it"
    (line,) = lines
    assert "300_TRANSCRIPT.csv" in line


def test_a_folder_goes_before_the_archive_it_was_unpacked_from(
    lay: Any, look: Any, daic: Any
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in daic("300").items():
            archive.writestr(name, content)
    root = lay({"300_P.zip": packed.getvalue(), **daic("300", "z/300_P")})
    (session,) = look(root).sessions
    assert (session.problem, session.archive) == (None, None)
    assert session.others["300_P.zip"] == "300_P goes before it"


def test_a_label_file_that_is_none_is_named(lay: Any, look: Any, daic: Files) -> None:
    lines: list[str] = []
    root = lay(daic("300", "300_P") | {"dev_split_Depression_AVEC2017.csv": ""})
    look(root, notice=lines.append)
    (line,) = lines
    assert "dev_split_Depression_AVEC2017.csv: is called like an official label file" in line
