"""``--labels`` takes the official files of a corpus as they are: one, or a folder of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from depx.align.official import label_table
from depx.align.summary import AlignSummary
from depx.errors import LabelError

Run = Callable[..., tuple[AlignSummary, list[str]]]

HEADER = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender"
TRAIN = "train_split_Depression_AVEC2017.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "labels"
    (place / "more").mkdir(parents=True)
    (place / TRAIN).write_text(f"{HEADER}\n901,0,3,1\n902,1,99,0\n")
    (place / "more" / "full_test_split.csv").write_text(
        "Participant_ID,PHQ_Binary,PHQ_Score,Gender\n,,,\n903,1,20,1\n"
    )
    (place / "._full_test_split.csv").write_bytes(b"\x00\x05\x16\x07" + bytes(100))
    (place / "notes.txt").write_text("Participant_ID is the number of a person\n")
    return place


def test_a_folder_and_a_file_are_read_by_the_corpus_s_reader(
    run: Run, shelf: Any, folder: Path, tmp_path: Path
) -> None:
    for one in ("901", "902", "903"):
        shelf.session(one, shelf.whole(seed=int(one)))
    _, lines = run(shelf.path, tmp_path / "d", labels=folder)
    table = pd.read_parquet(tmp_path / "d" / "sessions.parquet").set_index("session")
    assert table["split"].to_dict() == {"901": "train", "902": "train", "903": "test"}
    assert table["participant"]["901"] == "daic-901"
    assert table["gender"].tolist() == ["male", "female", "male"]
    assert table["phq8"].dropna().to_dict() == {"901": 3.0, "903": 20.0}
    assert f"labels/{TRAIN}: phq8 is outside 0..24, left empty (1 session: 902)" in lines
    run(shelf.path, tmp_path / "e", labels=folder / TRAIN)
    alone = pd.read_parquet(tmp_path / "e" / "sessions.parquet").set_index("session")
    assert alone["phq8"].dropna().to_dict() == {"901": 3.0}


def test_a_folder_of_two_corpora_or_of_none_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "labels.csv").write_text("index,label,fold\n0,normal,test\n")
    with pytest.raises(LabelError, match="label files of d-vlog and daic-woz; name the folder of"):
        label_table(folder, print)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LabelError, match="holds no official label file"):
        label_table(tmp_path / "empty", print)


def test_a_table_that_names_sessions_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("session,Participant_ID,PHQ8_Score\na,300,30\n")
    table = label_table(path, print)
    assert dict(table.rows) == {"a": {"Participant_ID": 300.0, "PHQ8_Score": 30.0}}


def test_a_row_a_case_of_avec_labels_the_sessions_of_the_case(
    run: Run, shelf: Any, tmp_path: Path
) -> None:
    for task in ("Freeform", "Northwind"):
        shelf.session(f"203_1_{task}", shelf.whole(), case="203_1", participant="avec-203")
    place = tmp_path / "Training" / "DepressionLabels"
    place.mkdir(parents=True)
    (place / "203_1_Depression.csv").write_text("17")
    run(shelf.path, tmp_path / "d", labels=tmp_path / "Training", target="bdi2")
    table = pd.read_parquet(tmp_path / "d" / "sessions.parquet")
    assert table["bdi2"].tolist() == [17.0, 17.0]
    assert set(table["participant"]) == {"avec-203"}
    assert set(table["split"]) == {"train"}
