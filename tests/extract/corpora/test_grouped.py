"""CMDC, AVEC 2013 and 2014, D-Vlog: sessions by the names of files; cases and participants."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.extract.corpora.official import sheet_of
from depx.extract.run import extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store
from depx.features.words import Role


def _npy(rows: int, width: int) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ones((rows, width)))
    return file.getvalue()


@pytest.mark.parametrize("place", ["CMDC_EULA/part1/HC01", "HC/HC01", "HC01"])
def test_answers_of_a_person_are_sessions_of_one_case(lay: Any, look: Any, place: str) -> None:
    files = {f"{place}/Q{q}.{what}": "睡不好" for q in (1, 2) for what in ("wav", "txt")}
    found = look(lay(files))
    assert found.corpus.name == "cmdc"
    assert found.corpus.language == "zh"
    assert [s.id for s in found.sessions] == ["HC01_Q1", "HC01_Q2"]
    assert {s.case for s in found.sessions} == {"HC01"}
    assert {s.participant for s in found.sessions} == {"cmdc-HC01"}
    for session in found.sessions:
        question = session.id[-2:]
        assert {part: path.name for part, path in session.files.items()} == {
            "audio": f"{question}.wav",
            "transcript": f"{question}.txt",
        }


def test_a_clip_that_goes_on_has_the_text_of_its_answer(lay: Any, look: Any) -> None:
    (only,) = look(lay({"HC01/Q3-.wav": "", "HC01/Q3.txt": "睡不好"}, "a")).sessions
    assert (only.id, only.files["transcript"].name) == ("HC01_Q3-", "Q3.txt")
    assert only.warnings == ()
    both = look(lay({"HC01/Q3-.wav": "", "HC01/Q3.wav": "", "HC01/Q3.txt": "睡不好"}, "b")).sessions
    assert [(s.id, s.files["transcript"].name) for s in both] == [
        ("HC01_Q3", "Q3.txt"),
        ("HC01_Q3-", "Q3.txt"),
    ]
    assert [len(s.warnings) for s in both] == [0, 1]


def test_texts_without_sound_are_answers_too(lay: Any, look: Any) -> None:
    (session,) = look(lay({"HC52/Q9.txt": "睡不好"})).sessions
    assert session.files["transcript"].name == "Q9.txt"


def test_a_corpus_of_texts_and_labels_is_no_folder_of_labels(lay: Any, look: Any) -> None:
    files = {"HC52/Q9.txt": "睡不好", "SubjectInfo.csv": "ID,PHQtotal\nHC52,4\n"}
    found = look(lay(files))
    assert [s.id for s in found.sessions] == ["HC52_Q9"]
    assert len(found.labels) == 1
    lab = {"s1/transcript.txt": "well yes", "labels.csv": "index,label,fold\n1,0,train\n"}
    for corpus in ("auto", "folder"):
        found = look(lay(lab, "lab"), corpus=corpus)
        assert (found.corpus.name, [s.id for s in found.sessions]) == ("folder", ["s1"])


def test_subjects_are_spelt_as_their_labels_are(lay: Any, look: Any) -> None:
    root = lay(
        {"HC1/Q1.txt": "好", "mdd001/Q1.txt": "好", "SubjectInfo.csv": "ID,PHQtotal\nHC1,4\n"}
    )
    assert [(s.case, s.participant) for s in look(root).sessions] == [
        ("HC01", "cmdc-HC01"),
        ("MDD01", "cmdc-MDD01"),
    ]


def test_answers_in_different_folders_meet_in_one_session(lay: Any, look: Any) -> None:
    openface = "frame, timestamp, confidence, success, AU12_r\n1, 0, 0.9, 1, 0.5\n"
    root = lay({"audio/MDD02/Q1.wav": "", "text/MDD02/Q1.txt": "好", "face/MDD02/Q1.csv": openface})
    (session,) = look(root).sessions
    assert session.folder == root
    assert session.files.keys() == {"audio", "transcript"}
    assert session.given["face"]


def test_people_have_two_digits_as_in_the_labels(lay: Any, look: Any) -> None:
    found = look(lay({"HC1/Q1.txt": "好", "mdd002/q3.txt": "好"}))
    assert [(s.id, s.case) for s in found.sessions] == [("HC01_Q1", "HC01"), ("MDD02_Q3", "MDD02")]


def test_texts_beside_labels_are_answers_and_no_papers(lay: Any, look: Any) -> None:
    root = lay({"HC01/Q1.txt": "好", "SubjectInfo.csv": "ID,PHQtotal\nHC01,3\n"})
    assert [session.id for session in look(root).sessions] == ["HC01_Q1"]


def test_a_transcript_beside_labels_is_a_session_and_no_paper(lay: Any, look: Any) -> None:
    labels = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,0,3,1\n"
    root = lay({"p1/transcript.txt": "Ellie: hi\nParticipant: yes\n", "labels.csv": labels})
    assert [session.id for session in look(root, corpus="folder").sessions] == ["p1"]


def test_arrays_in_two_folders_cost_one_look_at_each(
    lay: Any, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []
    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: listed.append(path) or iterdir(path))
    counts = []
    for name, vlogs in (("few", 2), ("many", 20)):
        arrays = {f"{what}/{i}_{what}.npy": _npy(2, width) for i in range(vlogs) for what, width in
                  (("acoustic", 25), ("visual", 136))}  # fmt: skip
        listed.clear()
        assert len(look(lay(arrays, name)).sessions) == vlogs
        counts.append(len(listed))
    assert counts[0] == counts[1]


def test_tasks_of_a_visit_are_a_case_and_visits_of_a_person_a_participant(
    lay: Any, look: Any
) -> None:
    names = ["203_1_Freeform", "203_1_Northwind", "203_2_Northwind"]
    root = lay(
        {f"{name.rpartition('_')[2]}/{name}_video.mp4": "" for name in names}
        | {"label/DepressionLabels/203_1_Depression.csv": "9"}
    )
    found = look(root)
    assert found.corpus.name == "avec2014"
    assert [(s.id, s.case, s.participant) for s in found.sessions] == [
        ("203_1_Freeform", "203_1", "avec-203"),
        ("203_1_Northwind", "203_1", "avec-203"),
        ("203_2_Northwind", "203_2", "avec-203"),
    ]
    assert [place.path.name for place in found.labels] == ["203_1_Depression.csv"]


def test_splits_are_told_by_the_folders_of_the_recordings_where_labels_lie_in_one(
    lay: Any, look: Any
) -> None:
    root = lay(
        {
            "Training/Freeform/203_1_Freeform_video.mp4": "",
            "Testing/Northwind/204_1_Northwind_video.mp4": "",
            "205_1_Northwind_video.mp4": "",
            **{f"label/DepressionLabels/{n}_1_Depression.csv": "9" for n in (203, 204, 205)},
        }
    )
    sheet, _ = sheet_of(look(root), "published")
    splits = {case: row["split"] for case, row in sheet.rows.items()}
    assert splits == {"203_1": "train", "204_1": "test", "205_1": None}


def test_two_texts_of_an_answer_are_named_with_their_folders(lay: Any, look: Any) -> None:
    files = {f"{part}/HC01/Q1.{end}": "好" for part in ("part1", "part2") for end in ("txt",)}
    (session,) = look(lay(files)).sessions
    assert session.problem is not None
    assert "HC01/Q1.txt" in session.problem


def test_avec_2013_has_a_recording_a_visit(lay: Any, look: Any) -> None:
    files = {"203_1_cut_combined.mp4": "", "label/DepressionLabels/203_1_Depression.csv": "9\n"}
    (session,) = look(lay(files)).sessions
    assert (session.id, session.case, session.participant) == ("203_1", "203_1", "avec-203")
    assert look(lay({"203_1_cut_combined.mp4": ""}, "other")).corpus.name == "folder"


def test_vlogs_are_told_by_their_arrays(lay: Any, look: Any) -> None:
    files = {f"{i}_{what}.npy": _npy(30, width) for i in (0, 12) for what, width in
             (("acoustic", 25), ("visual", 136))}  # fmt: skip
    found = look(
        lay(files | {"labels.csv": "index,label,duration,gender,fold\n0,normal,30,m,train\n"})
    )
    assert found.corpus.name == "d-vlog"
    assert [(s.id, s.participant) for s in found.sessions] == [
        ("0", "d-vlog-0"),
        ("12", "d-vlog-12"),
    ]
    assert len(found.labels) == 1


def test_where_only_the_participant_was_recorded_nobody_else_speaks(
    lay: Any, tmp_path: Path
) -> None:
    root = lay({"HC01/Q1.txt": "睡不好"})
    store = tmp_path / "F"
    summary = extract([root], store, parse(["words"], {}), lambda _o: None, lambda _line: None)
    (outcome,) = summary.outcomes
    assert outcome.warnings == ()
    (stored,) = Store.open(store).sessions()
    assert [turn.role for turn in stored.turns()] == [Role.PARTICIPANT]
    assert stored.manifest["tracks"]["words"]["source"]["parameters"]["language"] == "zh"


def test_the_user_may_say_what_is_spoken(lay: Any, tmp_path: Path) -> None:
    root, store = lay({"HC01/Q1.txt": "well yes"}), tmp_path / "F"
    settings = parse(["words"], {"words.language": "en"})
    extract([root], store, settings, lambda _o: None, lambda _line: None)
    (stored,) = Store.open(store).sessions()
    assert stored.manifest["tracks"]["words"]["source"]["parameters"]["language"] == "en"


def test_a_link_is_told_to_the_session_that_lacks_it(lay: Any, look: Any) -> None:
    root = lay({f"{i}_acoustic.npy": _npy(3, 25) for i in (0, 1)})
    for name in ("1_visual.npy", "2_visual.npy"):
        (root / name).symlink_to("/nowhere.npy")
    one, two = look(root).sessions
    assert "1_visual.npy" not in one.others
    assert "1_visual.npy" in two.others
    assert "2_visual.npy" in one.others  # as no session has it


def test_recordings_of_no_session_are_told(lay: Any, look: Any) -> None:
    lines: list[str] = []
    files = {"HC01/Q1.wav": "", "HC01/Q1.mp4": "", "HC01/interview.wav": "", "x/a.mp4": ""}
    root = lay(files)
    assert look(root, notice=lines.append).corpus.name == "cmdc"
    (line,) = lines
    assert "taken for CMDC, of which HC01/interview.wav and 1 more is no session's" in line
    assert "--corpus folder" in line
    lines.clear()
    assert len(look(root, notice=lines.append, corpus="folder").sessions) == 2
    assert lines == []
