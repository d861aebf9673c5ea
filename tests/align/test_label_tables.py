"""Label tables are read as they are, and refused where two readings are possible."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from depx.align.labels import Known, LabelTable, gaps, join, read_labels, renamed
from depx.align.official import label_table
from depx.align.settings import AlignSettings
from depx.align.targets import target_of
from depx.errors import LabelError, UsageError

Write = Callable[..., Path]


def known(session: str, case: str = "", participant: str = "") -> Known:
    case = case or session
    return Known(
        session=session,
        case=case,
        participant=participant or case,
        split=None,
        labels={},
        found=False,
    )


def test_the_four_formats_say_the_same(labels: Write, tmp_path: Path) -> None:
    csv = labels("Session,Split,phq8,note\n007,train,3,a\n300,test,,b\n")
    tsv = labels("Session\tSplit\tphq8\tnote\n007\ttrain\t3\ta\n300\ttest\tnan\tb\n", "l.tsv")
    rows = [
        {"session": "007", "split": "train", "phq8": 3, "note": "a"},
        {"session": "300", "split": "test", "phq8": None, "note": "b"},
    ]
    (tmp_path / "l.json").write_text(json.dumps(rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "l.parquet")
    tables = [read_labels(p) for p in (csv, tsv, tmp_path / "l.json", tmp_path / "l.parquet")]
    assert all(table.rows == tables[0].rows for table in tables)
    assert all(table.columns == tables[0].columns for table in tables)
    assert tables[0].rows["007"]["phq8"] == 3.0


def test_ids_that_a_tool_made_floats_and_rows_of_commas_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("session,phq8\n,\n300,4\n,\n301,5\n", encoding="utf-8-sig")
    assert list(read_labels(path).rows) == ["300", "301"]
    pq.write_table(pa.table({"session": [300.0, 301.0], "phq8": [4, 5]}), tmp_path / "l.parquet")
    assert list(read_labels(tmp_path / "l.parquet").rows) == ["300", "301"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("name,phq8\na,3\n", "expected a column 'session' or 'case'"),
        ("session,phq8\na,3\na,3\n", "session a has two rows"),
        ("session,phq8\n,3\n", "row 1 has no session"),
        ("session,phq8\na,3,4\n", "row 1 has more cells"),
    ],
)
def test_a_table_of_two_meanings_is_refused(labels: Write, text: str, match: str) -> None:
    with pytest.raises(LabelError, match=match):
        read_labels(labels(text))


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    for name in ("l.csv", "l.json", "l.parquet"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
        with pytest.raises(LabelError, match=name):
            read_labels(tmp_path / name)
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(LabelError, match="cannot be read as a label table"):
        read_labels(tmp_path / "deep.json")


@pytest.mark.parametrize(
    ("name", "scale"),
    [("phq8", (0, 24, ">=10")), ("PHQ9", (0, 27, ">=10")), ("bdi2", (0, 63, ">=14"))],
)
def test_scales_are_known_by_name(
    labels: Write, name: str, scale: tuple[float, float, str]
) -> None:
    table = read_labels(labels(f"session,{name}\na,3\nb,15\n"))
    target = target_of(table, AlignSettings(target=name))
    assert (target.min, target.max, target.positive_rule) == scale


def test_an_unknown_scale_is_never_read_off_the_labels(labels: Write) -> None:
    table = read_labels(labels("session,mood\na,3\nb,15\nc,\n"))
    target = target_of(table, AlignSettings(target="mood"))
    assert (target.min, target.max, target.positive_rule) == (None, None, "")
    with pytest.raises(UsageError, match="nobody knows who is positive"):
        target.positive(np.array([1.0]))


def test_settings_win_over_what_is_known(labels: Write) -> None:
    table = read_labels(labels("session,phq8\na,3\nb,26\n"))
    with pytest.raises(LabelError, match=r"phq8 of session b is 26, expected 0\.\.24"):
        target_of(table, AlignSettings())
    target = target_of(table, AlignSettings(target_max=30, target_positive_rule="> 5"))
    assert target.max == 30
    assert target.positive(np.array([5.0, 6.0, np.nan])).tolist() == [False, True, False]


def test_a_class_is_zero_or_one(labels: Write) -> None:
    table = read_labels(labels("session,mdd\na,0\nb,1\n"))
    target = target_of(table, AlignSettings(target="mdd", target_kind="class"))
    assert (target.kind, target.max, target.positive_rule) == ("class", 1, "==1")
    assert target.positive(np.array([0.0, 1.0])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("session,phq\na,3\n", "no column 'phq8' for the target, got phq"),
        ("session,phq8\na,3\nb,x\n", "phq8 of session b is no number"),
        ("session,phq8\na,3\nb,inf\n", "phq8 of session b is no number"),
        ("session,phq8\na,\n", "'phq8' of the target is empty"),
        ("session,phq8\na,007\nb,\n", "'phq8' of the target holds codes that begin with 0"),
    ],
)
def test_a_target_that_is_none_is_refused(labels: Write, text: str, match: str) -> None:
    with pytest.raises(LabelError, match=match):
        target_of(read_labels(labels(text)), AlignSettings())


@pytest.mark.parametrize("name", ["session", "participant", "case", "split"])
def test_a_filled_column_of_ids_is_no_target_and_is_not_called_empty(
    labels: Write, name: str
) -> None:
    table = read_labels(labels("session,case,participant,split,phq8\na,1,1,1,3\n"))
    with pytest.raises(LabelError, match=f"the target is '{name}'.*no id; choose one with") as told:
        target_of(table, AlignSettings(target=name))
    assert "empty" not in str(told.value)


def test_a_table_parted_by_semicolons_or_tabs_says_what_one_of_commas_says(labels: Write) -> None:
    rows = ("session|participant|phq8|mood|note", "301|301|3|0.5|x, y", "302|7|12|-2.25|", "||||")
    plain = read_labels(labels("\n".join(r.replace(", ", " ").replace("|", ",") for r in rows)))
    for mark, comma in ((";", ","), (";", "."), ("\t", ".")):
        text = "\ufeff" + "\r\n".join(rows).replace(".", comma).replace("|", mark)
        table = read_labels(labels(text))
        assert table.rows["301"].pop("note") == "x, y"
        assert plain.columns == table.columns
        assert table.rows["301"].items() <= plain.rows["301"].items()
        assert table.rows["302"] == plain.rows["302"]


def test_a_comma_is_a_decimal_in_a_column_of_such_numbers_alone(labels: Write) -> None:
    table = read_labels(labels("session;phq8;codes;money;n\n1,5;2,5;1,x;1.000,5;\n3;4;2;7;1,0\n"))
    assert list(table.rows) == ["1,5", "3"]
    assert [cells["phq8"] for cells in table.rows.values()] == [2.5, 4.0]
    assert [cells["n"] for cells in table.rows.values()] == [None, 1.0]
    assert table.rows["1,5"]["codes"] == "1,x"
    assert table.rows["1,5"]["money"] == "1.000,5"
    quoted = read_labels(labels('session,phq8,note\na,3,"1;2"\n'))
    assert quoted.rows["a"] == {"phq8": 3.0, "note": "1;2"}


def test_the_table_sets_case_participant_and_split(labels: Write) -> None:
    table = read_labels(
        labels("session,case,participant,split,phq8\na1,a,p,train,3\na2,a,p,train,3\n")
    )
    joined = join(table, [known("a1"), known("a2"), known("b")], "phq8")
    assert {(k.case, k.participant, k.split) for k in joined.values() if k.found} == {
        ("a", "p", "train")
    }
    assert joined["b"].labels == {"phq8": None}
    assert (joined["b"].case, joined["b"].split, joined["b"].found) == ("b", None, False)


def test_sessions_of_a_new_case_belong_to_one_participant(labels: Write) -> None:
    table = read_labels(labels("session,case,phq8\na1,a,3\na2,a,3\n"))
    joined = join(table, [known("a1"), known("a2")], "phq8")
    assert {k.participant for k in joined.values()} == {"a"}


def test_a_row_a_case_labels_all_its_sessions(labels: Write) -> None:
    table = read_labels(labels("case,phq8\na,3\n"))
    joined = join(table, [known("a1", "a"), known("a2", "a")], "phq8")
    assert [k.labels["phq8"] for k in joined.values()] == [3.0, 3.0]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("session,case,phq8\na1,a,3\na2,a,4\n", "case a has two values of phq8"),
        ("session,case,participant,phq8\na1,a,p,3\na2,a,q,3\n", "case a has two participants"),
    ],
)
def test_a_label_that_would_leak_is_refused(labels: Write, text: str, match: str) -> None:
    with pytest.raises(LabelError, match=match):
        join(read_labels(labels(text)), [known("a1"), known("a2")], "phq8")


def test_what_does_not_fit_is_said_in_a_line_each(labels: Write) -> None:
    rows = "".join(f"z{n},1\n" for n in range(7))
    table = read_labels(labels("session,phq8\na,3\nb,\n" + rows))
    store = [known("a"), known("b"), known("c")]
    lines = gaps(table, store, join(table, store, "phq8").values(), "phq8")
    assert lines == [
        "labels.csv: 7 rows name no session here: z0, z1, z2, z3, z4, ...",
        "labels.csv: 2 sessions have no phq8, kept all the same: b, c",
    ]


def test_a_remark_of_several_lines_is_one_cell(labels: Write) -> None:
    table = read_labels(labels('session,remark,phq8\na,"late,\nand ""tired""",3\nb,,4\n'))
    assert {row: cells["phq8"] for row, cells in table.rows.items()} == {"a": 3.0, "b": 4.0}
    assert table.rows["a"]["remark"] == 'late,\nand "tired"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("session,phq8,Session\na,3,b\n", "two columns are called 'session'"),
        ("session,phq8,phq8\na,3,4\n", "two columns are called 'phq8'"),
        ('session,phq8\na,"3\nb,4\n', "a quote is not closed"),
        ('session,phq8,note\na,3,"x\nb,4,"y\n', "a quote is not closed"),
        ("session,phq8\n", "has a header and no row"),
    ],
)
def test_a_table_that_would_mislabel_in_silence_is_refused(
    labels: Write, text: str, said: str
) -> None:
    with pytest.raises(LabelError, match=said):
        read_labels(labels(text))


def test_codes_with_leading_zeros_stay_text(labels: Write) -> None:
    table = read_labels(labels("session,phq8,code\na,3,007\nb,4,010\n"))
    assert table.columns["code"] == "text"
    assert table.rows["a"]["code"] == "007"


@pytest.mark.parametrize("mark", [",", ";"])
def test_an_infinite_cell_is_named_and_its_column_stays_one_of_numbers(
    labels: Write, mark: str
) -> None:
    text = "session,phq8,age,bmi,word\na,3,inf,2,x\nb,4,NaN,-1e999,7\nc,5,12,3,inf\nd,6,-inf,4,\n"
    lines: list[str] = []
    table = label_table(labels(text.replace(",", mark)), lines.append)
    assert [table.columns[name] for name in ("age", "bmi", "word")] == ["number"] * 2 + ["text"]
    assert [cells["age"] for cells in table.rows.values()] == [None, None, 12.0, None]
    assert lines == [
        "labels.csv: age of session a is inf, d is -inf, expected a finite number; read as empty",
        "labels.csv: bmi of session b is -1e999, expected a finite number; read as empty",
    ]


def test_decimal_commas_beside_an_infinite_cell_are_read(labels: Write) -> None:
    table = read_labels(labels("session;phq8;age\na;3;12,5\nb;4;inf\n"))
    assert [cells["age"] for cells in table.rows.values()] == [12.5, None]


def test_a_class_takes_0_and_1_and_nothing_else(labels: Write) -> None:
    table = read_labels(labels("session,ill\na,0\nb,2\n"))
    with pytest.raises(LabelError, match="expected 0 or 1"):
        target_of(table, AlignSettings(target="ill", target_kind="class"))


def test_labels_that_name_nobody_here_are_refused(labels: Write) -> None:
    table = read_labels(labels("session,phq8\n1,3\n"))
    store = [known("001")]
    with pytest.raises(LabelError, match="leading zeros"):
        gaps(table, store, store, "phq8")


def test_rows_are_renamed_by_one_look_at_the_names() -> None:
    class Names(dict[str, str]):
        looks = 0

        def values(self) -> Any:
            self.looks += 1
            return super().values()

    rows = {str(i): {"phq8": float(i)} for i in range(50)}
    table = LabelTable(name="x", unit="session", rows=rows, columns={"phq8": "number"})
    names = Names({f"a-{i}": str(i) for i in range(40)})
    now = renamed(table, names)
    expected = {str(i): rows[str(i)] for i in range(40, 50)}
    assert now.rows == expected | {f"a-{i}": rows[str(i)] for i in range(40)}
    assert names.looks == 1
