"""Label files of E-DAIC, CMDC, AVEC 2013/2014 and D-Vlog."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.errors import LabelError
from depx.extract.labels.registry import read_labels, recognise

SPLIT_HEADER = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"
PCLC = [
    "Memories", "Dreams", "Reliving", "Upset", "Physical", "ThoughtAvoidance",
    "ActivityAvoidance", "TroubleRemembering", "NoInterest", "FeelDistant", "FeelNumb",
    "Future_Cut_Short", "Sleep", "Irritability", "Concentration", "HyperAlert", "Jumpy",
]  # fmt: skip
PHQ = [
    "NoInterest", "Depressed", "Sleep", "Tired", "Appetite", "Failure", "Concentration",
    "Psychomotor",
]  # fmt: skip
DETAILED = [
    "Participant", "gender", "age", "split", "Depression_severity", "Depression_label",
    "PTSD_severity", "PTSD_label",
    *(f"PHQ8_{n}_{item}" for n, item in enumerate(PHQ, start=1)),
    *(f"PCL-C_{n}_{item}" for n, item in enumerate(PCLC, start=1)),
]  # fmt: skip


def kind(content: str, name: str) -> tuple[str, str] | None:
    form = recognise(content, name)
    return None if form is None else (form.corpus, form.kind)


def test_split_files_of_edaic_carry_score_class_and_ptsd_as_released() -> None:
    sheet = read_labels(
        "e-daic",
        [
            ("labels/train_split.csv", f"{SPLIT_HEADER}\n901,male,0,12,1,50\n".encode()),
            ("labels/dev_split.csv", f"{SPLIT_HEADER}\n902,female,0,3,0,20.0\n".encode()),
            ("labels/test_split.csv", f"{SPLIT_HEADER}\n903,,1,20,1,\n".encode()),
        ],
    )
    assert sheet.rows["901"] == {
        "participant": "daic-901", "split": "train", "gender": "male", "phq8": 12.0,
        "phq8_binary": 0.0, "ptsd_binary": 1.0, "ptsd_severity": 50.0,
    }  # fmt: skip
    assert [row["split"] for row in sheet.rows.values()] == ["train", "dev", "test"]
    assert sheet.rows["903"]["gender"] is None
    assert sheet.rows["903"]["ptsd_severity"] is None
    assert sheet.notes == ()


def test_items_are_merged_from_both_detailed_sheets() -> None:
    split = f"{SPLIT_HEADER}\n901,male,0,12,1,50\n".encode()
    items = (2, 2, 2, 2, 2, 1, 1, 0)
    header = "Participant_ID," + ",".join(
        f"PHQ_8{item}" for item in [*PHQ[:6], "Concentrating", "Moving"]
    )
    total = f"{header},PHQ_8Total\n901,{','.join(map(str, items))},12\n".encode()
    points = [1, 2, 3, 4, 5] * 3 + [2, 3]
    row = [901, "male", 41, "train", 12, 0, 50, 1, *items, *points]
    detailed = f"{','.join(DETAILED)}\n{','.join(map(str, row))}\n".encode()
    for name in ("detailed_lables.csv", "detailed_labels.csv"):
        sheet = read_labels(
            "e-daic",
            [(name, detailed), ("Detailed_PHQ8_Labels.csv", total), ("train_split.csv", split)],
        )
        cells = sheet.rows["901"]
        assert [cells[c] for c in sheet.columns if c.startswith("phq8_")] == [0.0, *items]
        assert [cells[c] for c in sheet.columns if c.startswith("pclc_")] == points
        assert (cells["age"], cells["split"]) == (41.0, "train")
        assert sheet.notes == ()
        assert [file.kind for file in sheet.files] == [
            "e-daic-detailed", "e-daic-detailed", "e-daic-split",
        ]  # fmt: skip


def test_the_names_of_avec_tell_the_split() -> None:
    header = "Participant_ID,AVECParticipant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD)"
    rows = "901,training_001,male,0,3,0\n902,development_01,female,1,12,0\n903,test_01,male,0,1,0\n"
    sheet = read_labels("e-daic", [("metadata_mapped.csv", f"{header}\n{rows}".encode())])
    assert [row["split"] for row in sheet.rows.values()] == ["train", "dev", "test"]


def test_a_gender_in_digits_is_not_guessed_where_nobody_verified_the_coding() -> None:
    file = f"{SPLIT_HEADER}\n901,1,0,3,0,20\n".encode()
    sheet = read_labels("e-daic", [("train_split.csv", file)])
    assert sheet.rows["901"]["gender"] is None
    assert "gender is none of female" in sheet.notes[0]


def test_each_file_is_told_by_its_header_and_where_that_is_shared_by_its_name() -> None:
    assert kind(f"{SPLIT_HEADER}\n", "whatever.csv") == ("e-daic", "e-daic-detailed")
    assert kind(f"{SPLIT_HEADER}\n", "a/train_split.csv") == ("e-daic", "e-daic-split")
    plain = "Participant_ID,Gender,PHQ_Binary,PHQ_Score\n"
    assert kind(plain, "train_split.csv") == ("e-daic", "e-daic-split")
    assert kind(plain, "full_test_split.csv") == ("daic-woz", "avec2017-split")
    assert kind("participant_ID,Gender\n", "test_split_Depression_AVEC2017.csv") == (
        "daic-woz", "avec2017-split",
    )  # fmt: skip
    assert kind("participant_ID,Gender\n", "people.csv") is None
    assert kind("session,phq8\n", "labels.csv") is None
    assert kind("index,label,duration,gender,fold\n", "labels.csv") == ("d-vlog", "d-vlog-labels")
    assert kind("ID,PHQtotal\n", "SubjectInfo.csv") == ("cmdc", "cmdc-subjects")
    assert kind("12\n", "203_1_Depression.csv") == ("avec2014", "avec-depression")
    assert recognise(b"\x00\x05\x16\x07" + bytes(4000), "labels.csv") is None


def test_cmdc_reads_scores_items_and_tells_patients_by_their_id() -> None:
    header = "\ufeffID;Gender;Age;PHQ1;PHQ2;PHQ3;PHQ4;PHQ5;PHQ6;PHQ7;PHQ8;PHQ9;PHQtotal;HAMD-17"
    rows = "hc1;\u5973;30;0;0;0;0;0;0;0;0;3;3;\nMDD02;M;25,5;2;2;2;2;2;2;2;2;2;19;24\n"
    sheet = read_labels("cmdc", [("SubjectInfo.csv", f"{header}\r\n{rows}".encode())], ["HC07"])
    assert list(sheet.rows) == ["HC01", "HC07", "MDD02"]
    healthy, unseen, patient = sheet.rows.values()
    assert (healthy["phq9"], healthy["phq9_9"], healthy["hamd17"]) == (3.0, 3.0, None)
    assert (healthy["gender"], healthy["participant"]) == ("female", "cmdc-HC01")
    assert (patient["hamd17"], patient["age"], patient["mdd"]) == (24.0, 25.5, 1.0)
    assert (unseen["mdd"], unseen["phq9"], unseen["participant"]) == (0.0, None, "cmdc-HC07")
    assert sheet.notes == ("phq9 is not the sum of its 9 items, kept as it is (1 case: MDD02)",)


def test_cmdc_without_a_table_still_knows_who_is_a_patient() -> None:
    sheet = read_labels("cmdc", [], ["MDD01", "HC01"])
    assert {one: row["mdd"] for one, row in sheet.rows.items()} == {"HC01": 0.0, "MDD01": 1.0}
    assert list(sheet.columns) == ["participant", "split", "gender", "mdd"]


def test_a_phq9_alone_is_the_scale_and_not_its_ninth_item() -> None:
    sheet = read_labels("cmdc", [("SubjectInfo.csv", b"ID,PHQ-9\nHC01,17\n")])
    assert sheet.rows["HC01"]["phq9"] == 17.0


def test_avec_reads_one_number_a_file_and_dates_of_a_person_share_the_participant() -> None:
    files = [
        ("Training/DepressionLabels/203_1_Depression.csv", b"12"),
        ("Training/DepressionLabels/203_2_Depression.csv", b"\xef\xbb\xbf 14.0,\r\n"),
        ("label/DepressionLabels/204_1_Depression.csv", b""),
        ("label/DepressionLabels/205_1_Depression.csv", b"64\n"),
    ]
    sheet = read_labels("avec2014", files)
    assert sheet.unit == "case"
    assert [row["bdi2"] for row in sheet.rows.values()] == [12.0, 14.0, None, None]
    assert [row["split"] for row in sheet.rows.values()] == ["train", "train", None, None]
    assert len({row["participant"] for row in sheet.rows.values()}) == 3
    assert sheet.notes == (
        "DepressionLabels: bdi2 is empty (1 case: 204_1)",
        "DepressionLabels: bdi2 is outside 0..63, left empty (1 case: 205_1)",
    )
    with pytest.raises(LabelError, match="expected one number, got 2"):
        read_labels("avec2014", [("203_1_Depression.csv", b"12 13")])
    torn = [("Training/203_1_Depression.csv", b"1"), ("Testing/203_1_Depression.csv", b"1")]
    with pytest.raises(LabelError, match="1 case in two official splits"):
        read_labels("avec2014", torn)


@pytest.mark.parametrize("content", ["BDI-II\n9\n", "Depression score;\r\n9;\r\n", "\n9\n"])
def test_a_header_above_the_number_of_avec_costs_nothing(content: str) -> None:
    sheet = read_labels("avec2014", [("203_1_Depression.csv", content.encode())])
    assert sheet.rows["203_1"]["bdi2"] == 9.0
    assert sheet.notes == ()


@pytest.mark.parametrize("cell", ["1_5", "inf", "-inf", "1e999"])
def test_what_only_python_takes_for_a_number_is_none(cell: str) -> None:
    content = f"index,label,duration,gender,fold\n1,normal,{cell},f,train\n".encode()
    sheet = read_labels("d-vlog", [("labels.csv", content)])
    assert sheet.rows["1"].get("length_s") is None
    assert sheet.notes == ("labels.csv: length_s is no number, left empty (1 session: 1)",)


def test_numbers_outside_the_scale_of_the_ptsd_checklist_are_left_empty() -> None:
    header = "Participant,PTSD_severity,PCL-C_1_Memories,PCL-C_17_Jumpy"
    content = f"{header}\n0901,16,0,1\n902,86,6,5\n903,17,1,1\n904,85,5,5\n".encode()
    sheet = read_labels("e-daic", [("detailed_lables.csv", content)])
    columns = ("ptsd_severity", "pclc_memories", "pclc_jumpy")
    assert {one: [row[column] for column in columns] for one, row in sheet.rows.items()} == {
        "901": [None, None, 1.0],
        "902": [None, None, 5.0],
        "903": [17.0, 1.0, 1.0],
        "904": [85.0, 5.0, 5.0],
    }
    assert len(sheet.notes) == 2


rows = st.lists(
    st.tuples(
        st.sampled_from(["depression", "normal"]),
        st.floats(1, 4000, allow_nan=False).map(lambda x: round(x, 2)),
        st.sampled_from(["m", "f", "male", "female", ""]),
        st.sampled_from(["train", "valid", "test"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(rows=rows, as_number=st.booleans(), as_float=st.booleans())
def test_dvlog_says_what_pandas_reads(
    rows: list[tuple[str, float, str, str]], as_number: bool, as_float: bool
) -> None:
    frame = pd.DataFrame(rows, columns=["label", "duration", "gender", "fold"])
    if as_number:
        frame["label"] = (frame["label"] == "depression").astype(float if as_float else int)
    content = frame.rename_axis("index").to_csv().encode()
    sheet = read_labels("d-vlog", [("labels.csv", content)])
    read = pd.read_csv(io.BytesIO(content), index_col="index", keep_default_na=False)
    assert len(sheet.rows) == len(read)
    for index, expected in read.iterrows():
        got = sheet.rows[str(index)]
        assert got["depressed"] == float(expected["label"] in ("depression", 1, "1", "1.0"))
        assert got["length_s"] == pytest.approx(float(expected["duration"]))
        assert got["split"] == {"valid": "dev"}.get(expected["fold"], expected["fold"])
        assert str(got["gender"] or " ")[0] == (expected["gender"] or " ")[0]
        assert got["participant"] == f"d-vlog-{index}"
    assert not any(isinstance(cell, float) and np.isnan(cell) for cell in got.values())
