"""The files of AVEC 2017 in all their spellings say the same."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.errors import LabelError
from depx.extract.labels.cells import split_in
from depx.extract.labels.registry import read_labels, recognise

Write = Callable[..., bytes]
Row = Callable[..., dict[str, object]]

TRAIN = "train_split_Depression_AVEC2017.csv"
DEV = "dev_split_Depression_AVEC2017.csv"
TEST = "test_split_Depression_AVEC2017.csv"
FULL_TEST = "full_test_split.csv"
ITEMS = ("NoInterest", "Depressed", "Sleep", "Tired", "Appetite", "Failure", "Concentrating")
HEADER = ["Participant_ID", "PHQ8_Binary", "PHQ8_Score", "Gender"]
HEADER += [f"PHQ8_{item}" for item in (*ITEMS, "Moving")]
COLUMNS = ["phq8_binary", "phq8", "gender", *(f"phq8_{i.casefold()}" for i in (*ITEMS, "Moving"))]
"""Columns of the sheet in the order of the file."""


def test_splits_come_from_the_files_and_genders_as_they_were_verified(avec2017: Write) -> None:
    sheet = read_labels(
        "daic-woz",
        [
            (f"labels/{DEV}", avec2017(903).rstrip()),  # the released file ends without a newline
            (f"labels/{TRAIN}", avec2017(901, 902)),
            (f"labels/{TEST}", b"participant_ID,Gender\n904,1\n905,0\n"),
        ],
    )
    assert sheet.unit == "session"
    assert {one: row["split"] for one, row in sheet.rows.items()} == {
        "901": "train", "902": "train", "903": "dev", "904": "test", "905": "test",
    }  # fmt: skip
    assert [row["gender"] for row in sheet.rows.values()] == [
        "male", "female", "male", "male", "female",
    ]  # fmt: skip
    assert sheet.rows["904"]["participant"] == "daic-904"
    assert sheet.rows["904"]["phq8"] is None
    assert sheet.notes == ()
    assert [file.kind for file in sheet.files] == ["avec2017-split"] * 3


def test_the_scores_of_the_test_participants_come_with_rows_of_commas() -> None:
    full = b"Participant_ID,PHQ_Binary,PHQ_Score,Gender\n,,,\n904.0,1,17,1\n,,,\n905.0,0,3,0\n"
    ids = b"participant_ID,Gender\n904,1\n905,0\n"
    sheet = read_labels("daic-woz", [(FULL_TEST, full), (TEST, ids)])
    assert [(row["phq8"], row["phq8_binary"]) for row in sheet.rows.values()] == [
        (17.0, 1.0),
        (3.0, 0.0),
    ]
    assert {row["split"] for row in sheet.rows.values()} == {"test"}
    assert not any(column.startswith("phq8_no") for column in sheet.columns)


def test_joined_files_of_third_parties_give_labels_and_no_split(avec2017: Write) -> None:
    for name in ("full_train_split_Depression_AVEC2017.csv", "complete_Depression_AVEC2017.csv"):
        sheet = read_labels("daic-woz", [(name, avec2017(901))])
        assert (sheet.rows["901"]["phq8"], sheet.rows["901"]["split"]) == (5.0, None)
        form = recognise(avec2017(901), name)
        assert form is not None
        assert (form.kind, form.official) == ("avec2017-joined", False)
    said = avec2017(901).replace(b"Moving", b"Moving,split").replace(b"0,0,0\n", b"0,0,0,dev\n")
    assert read_labels("daic-woz", [("complete.csv", said)]).rows["901"]["split"] == "dev"


def test_an_official_file_is_believed_before_a_joined_one_and_the_difference_is_counted(
    avec2017: Write, row: Row
) -> None:
    other = avec2017(row(901, PHQ8_Score=6), 902, row(903, PHQ8_Binary=1))
    official = avec2017(901, 902, row(903, PHQ8_Sleep=""))
    sheet = read_labels(
        "daic-woz", [("complete_Depression_AVEC2017.csv", other), (TRAIN, official)]
    )
    assert sheet.rows["901"]["phq8"] == 5.0
    assert sheet.rows["903"]["phq8_binary"] == 0.0
    assert sheet.rows["903"]["phq8_sleep"] == 1.0  # an empty cell contradicts nobody
    told = "complete_Depression_AVEC2017.csv: {} differs from " + TRAIN + ", which is kept"
    assert sorted(sheet.notes) == [
        told.format("phq8") + " (1 session: 901)",
        told.format("phq8_binary") + " (1 session: 903)",
    ]
    assert "6" not in sheet.notes[0].replace("901", "")  # no score of anybody


def test_somebody_in_two_official_splits_is_refused_by_name(avec2017: Write) -> None:
    files = [(TRAIN, avec2017(*range(901, 909))), (DEV, avec2017(*range(902, 910)))]
    with pytest.raises(LabelError, match=r"7 sessions in two official splits .*902, .*906 and 2"):
        read_labels("daic-woz", files)
    copy = [(TRAIN, avec2017(901)), ("my dev split.csv", avec2017(901))]
    assert read_labels("daic-woz", copy).rows["901"]["split"] == "train"


def test_what_is_off_its_scale_is_left_empty_and_counted(avec2017: Write, row: Row) -> None:
    off: dict[int, dict[str, object]] = {
        901: {"PHQ8_Score": -1},
        902: {"PHQ8_Sleep": 4},
        903: {"Gender": 2},
    }
    off[904] = {"PHQ8_Score": "x"}
    file = avec2017(*(row(one, **cells) for one, cells in off.items()))
    sheet = read_labels("daic-woz", [(TRAIN, file)])
    assert sheet.rows["901"]["phq8"] is None
    assert sheet.rows["902"]["phq8_sleep"] is None
    assert sheet.rows["903"]["gender"] is None
    assert set(sheet.notes) == {
        f"{TRAIN}: phq8 is outside 0..24, left empty (1 session: 901)",
        f"{TRAIN}: phq8_sleep is outside 0..3, left empty (1 session: 902)",
        f"{TRAIN}: gender is none of 0, 1, left empty (1 session: 903)",
        f"{TRAIN}: phq8 is no number, left empty (1 session: 904)",
    }


def test_items_that_do_not_add_up_are_counted_and_kept(avec2017: Write, row: Row) -> None:
    sheet = read_labels(
        "daic-woz", [(TRAIN, avec2017(901, row(902, PHQ8_Score=9), row(903, PHQ8_Tired="")))]
    )
    assert sheet.rows["902"]["phq8"] == 9.0
    assert sheet.notes == ("phq8 is not the sum of its 8 items, kept as it is (1 session: 902)",)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"Participant_ID,PHQ8_Score\n901,3\n901,3\n", "901 has two rows"),
        (b"Participant_ID,PHQ8_Score\n,3\n", "line 2 has no id"),
        (b"Participant_ID,PHQ8_Score\nabc,3\n", "line 2: 'abc' is no number of a participant"),
        (b"Participant_ID,PHQ8_Score\n901,3,4\n", "line 2 has more cells than the header"),
        (b"Participant_ID,PHQ8_Score,PHQ_Score\n901,3,4\n", "two columns hold phq8"),
        (b'Participant_ID,PHQ8_Score\n901,"3\n902,4\n', "a quote is not closed"),
    ],
)
def test_a_file_of_two_meanings_is_refused(content: bytes, match: str) -> None:
    with pytest.raises(LabelError, match=match):
        read_labels("daic-woz", [(TRAIN, content)])


def test_a_file_of_another_kind_is_not_read_and_said() -> None:
    foreign = b"start_time\tstop_time\tspeaker\tvalue\n"
    assert recognise(foreign, "300_TRANSCRIPT.csv") is None
    sheet = read_labels(
        "daic-woz", [("x.csv", foreign), (TRAIN, b"Participant_ID,PHQ8_Score,Eyes\n901,3,blue\n")]
    )
    assert sheet.notes == (
        f"{TRAIN}: columns not known and not carried: Eyes",
        "x.csv: is no label file of daic-woz that depx knows; not read",
    )
    with pytest.raises(LabelError, match=r"none of 1 files \(.+\) is a label file of this corpus"):
        read_labels("daic-woz", [("x.csv", foreign)])


def test_other_encodings_are_read_alike(avec2017: Write) -> None:
    text = avec2017(901, 902).decode().replace("Moving", "Moving,Caf\u00e9").replace("\n", ",\n")
    sheets = [
        read_labels("daic-woz", [(TRAIN, text.encode(encoding))]).rows
        for encoding in ("utf-8-sig", "cp1252", "utf-16")
    ]
    assert sheets == [read_labels("daic-woz", [(TRAIN, avec2017(901, 902))]).rows] * 3


cell = st.one_of(st.none(), st.integers(0, 3))
people = st.dictionaries(
    st.integers(900, 999),
    st.tuples(st.integers(0, 1), st.integers(0, 24), st.integers(0, 1), *[cell] * 8),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(
    rows=people,
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    blank=st.sampled_from(["", "nan", " ", "NaN"]),
    float_ids=st.booleans(),
    between=st.booleans(),
    index=st.booleans(),
    spelt=st.sampled_from([str, str.upper, str.lower, lambda name: f" {name} "]),
    last_end=st.booleans(),
)
def test_every_spelling_says_what_pandas_reads(
    rows: dict[int, tuple[int | None, ...]],
    mark: bytes,
    end: str,
    delimiter: str,
    blank: str,
    float_ids: bool,
    between: bool,
    index: bool,
    spelt: Callable[[str], str],
    last_end: bool,
) -> None:
    lines = [[*([""] if index else []), *(spelt(name) for name in HEADER)]]
    for n, (one, cells) in enumerate(rows.items()):
        if between:
            lines.append([""] * len(lines[0]))
        shown = [blank if value is None else str(value) for value in cells]
        lines.append([*([str(n)] if index else []), f"{one}.0" if float_ids else str(one), *shown])
    text = end.join(delimiter.join(line) for line in lines) + (end if last_end else "")
    content = mark + text.encode()

    frame = pd.read_csv(
        io.BytesIO(content),
        sep=delimiter,
        encoding="utf-8-sig",
        header=0,
        names=[*(["n"] if index else []), "id", *COLUMNS],
        index_col=False,
        skipinitialspace=True,
        lineterminator="\r" if end == "\r" else None,
    ).dropna(subset=["id"])
    assert len(frame) == len(rows)
    sheet = read_labels("daic-woz", [(TRAIN, content)])
    assert list(sheet.rows) == sorted(str(int(one)) for one in frame["id"])
    for record in frame.to_dict("records"):
        got = sheet.rows[str(int(record["id"]))]
        assert got["gender"] == {0: "female", 1: "male"}[record["gender"]]
        for column in COLUMNS:
            if column == "gender":
                continue
            value = got.get(column)
            assert (np.nan if value is None else value) == pytest.approx(
                float(record[column]), nan_ok=True
            )


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("full_test_split.csv", "test"),
        ("full_train_split.csv", None),
        ("complete_train_split.csv", None),
        ("train_dev_split.csv", None),
        ("train/labels.csv", None),
    ],
)
def test_only_a_name_of_one_split_tells_it(name: str, split: str | None) -> None:
    assert split_in(name) == split
