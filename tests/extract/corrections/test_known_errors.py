"""The table of known errors: what it says of which session, and that it is whole."""

import pickle
import tomllib
from pathlib import Path

import pytest

from depx.errors import UsageError
from depx.extract.corrections import table as module
from depx.extract.corrections.base import Corrections
from depx.extract.corrections.table import corrections_of, parse, table

ROOT = Path(__file__).resolve().parents[3]
RAW = tomllib.loads((ROOT / "extract" / "corrections" / "known_errors.toml").read_text())
MINIMAL = """
version = 3
[sources]
here = "a test"
[[error]]
what = "offset"
corpora = ["daic-woz"]
sessions = [901]
add_s = 2.5
says = "late"
source = ["here"]
"""
# As published; written down here once more, by hand.
OFFSETS = {"318": 34.319917, "321": 3.8379167, "341": 6.1892, "362": 16.8582}
INCOMPLETE = {"373", "444", "451", "458", "480", "402"}
NUMBERS = [str(number) for number in range(300, 493)]


def test_offsets_are_the_published_ones_and_nobody_elses() -> None:
    found = {
        number: known.offset.add_s
        for number in NUMBERS
        if (known := corrections_of("daic-woz", number, "published")).offset is not None
    }
    assert found == OFFSETS


def test_interruptions_are_the_published_ones_and_say_where_sources_disagree() -> None:
    found = {
        number: [error.span_s for error in known.interruptions]
        for number in NUMBERS
        if (known := corrections_of("daic-woz", number, "published")).interruptions
    }
    assert found == {"373": [(352.0, 428.0)], "444": [(286.0, 387.0)]}
    (error,) = corrections_of("daic-woz", "373", "published").interruptions
    assert error.disagree is not None
    assert all(second in error.disagree for second in ("352", "420", "395", "428", "430.3"))


def test_strict_leaves_out_the_public_list_and_published_nobody() -> None:
    by_mode = {
        mode: {n for n in NUMBERS if corrections_of("daic-woz", n, mode).left_out is not None}
        for mode in ("published", "none", "strict")
    }
    assert by_mode == {"published": set(), "none": set(), "strict": INCOMPLETE}


@pytest.mark.parametrize("number", ["402", "451", "458", "480", "342", "394", "398", "460", "306"])
def test_what_changes_no_number_stands_as_a_note(number: str) -> None:
    known = corrections_of("daic-woz", number, "published")
    assert [note.what for note in known.notes] == ["note"]
    plain = corrections_of("daic-woz", "300", "published")
    assert known.of_transcript() == plain.of_transcript()


@pytest.mark.parametrize("number", ["318", "373", "444", "402"])
def test_e_daic_has_notes_and_nothing_is_applied_there(number: str) -> None:
    known = corrections_of("e-daic", number, "published")
    assert known.notes
    assert known.of_transcript() == {}
    assert corrections_of("e-daic", number, "strict").left_out is None


def test_synthetic_sessions_get_only_what_holds_for_the_whole_corpus() -> None:
    known = corrections_of("daic-woz", "900", "strict")
    assert (known.offset, known.interruptions, known.notes, known.left_out) == (None, (), (), None)
    assert known.chatter is not None
    assert known.sync is not None


@pytest.mark.parametrize("corpus", ["folder", "cmdc", "avec2014", "d-vlog"])
def test_of_other_corpora_nothing_is_known(corpus: str) -> None:
    known = corrections_of(corpus, "318", "published")
    assert known == Corrections()
    assert known.record("DAIC-WOZ table") == {}
    assert known.of_transcript() == {}


def test_what_shapes_a_session_does_not_hang_on_entries_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = corrections_of("daic-woz", "300", "published").of_transcript()
    changed = parse(MINIMAL + _entries(drop=("offset", "interruption")))
    monkeypatch.setattr(module, "table", lambda: changed)
    assert corrections_of("daic-woz", "300", "published").of_transcript() == before
    assert corrections_of("daic-woz", "318", "published").of_transcript() == before
    assert corrections_of("daic-woz", "901", "published").of_transcript() != before


def _entries(drop: tuple[str, ...]) -> str:
    """Write the corpus-wide entries of the real table below another one's, with its source."""
    kept = [raw for raw in RAW["error"] if raw["what"] in ("chatter", "sync-marks")]
    assert not {raw["what"] for raw in kept} & set(drop)
    lines = []
    for raw in kept:
        lines.append("[[error]]")
        lines += [f"{key} = {value!r}" for key, value in raw.items() if key not in ("source",)]
        lines.append('source = ["here"]')
    return "\n".join(lines)


def test_a_record_says_what_is_applied_and_by_whom() -> None:
    record = corrections_of("daic-woz", "373", "published").record("DAIC-WOZ table")
    assert record["table"] == RAW["version"]
    assert [applied["what"] for applied in record["applied"]] == [
        "chatter",
        "sync-marks",
        "interruption",
    ]
    interruption = record["applied"][2]
    assert (interruption["start_s"], interruption["stop_s"]) == (352.0, 428.0)
    assert any("adbailey1" in source for source in interruption["source"])
    assert record["not_applied"] == []


def test_a_record_says_what_is_not_applied() -> None:
    known = corrections_of("daic-woz", "318", "published")
    foreign, none = known.record("WhisperX JSON"), known.record(None)
    assert [error["what"] for error in foreign["applied"]] == []
    assert [error["what"] for error in foreign["not_applied"]] == [
        "offset",
        "chatter",
        "sync-marks",
    ]
    assert none == foreign
    off = corrections_of("daic-woz", "318", "none").record("DAIC-WOZ table")
    assert (off["mode"], off["applied"]) == ("none", [])
    assert len(off["not_applied"]) == 3


def test_corrections_travel_to_other_processes() -> None:
    known = corrections_of("daic-woz", "373", "strict")
    assert pickle.loads(pickle.dumps(known)) == known


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--corrections some: .*published, none, strict"):
        corrections_of("daic-woz", "300", "some")


def test_every_entry_of_the_file_is_read_with_its_sources_spelt_out() -> None:
    read = table()
    assert read.version == RAW["version"]
    assert [error.what for error in read.errors] == [raw["what"] for raw in RAW["error"]]
    for error, raw in zip(read.errors, RAW["error"], strict=True):
        assert error.sources == tuple(RAW["sources"][name] for name in raw["source"])
    used = {name for raw in RAW["error"] for name in raw["source"]}
    assert used == set(RAW["sources"])


@pytest.mark.parametrize(
    ("what", "instead", "complaint"),
    [
        ("version = 3", "version = 0", "version: expected a number of 1 or more, got 0"),
        ("version = 3", "version = ", "is not TOML"),
        ('source = ["here"]', 'source = ["elsewhere"]', "error 1: source: expected some of here"),
        ('source = ["here"]', "source = []", "error 1: source: expected some of here"),
        ('source = ["here"]', "", "error 1: keys: expected add_s, corpora, says, source, what"),
        ("add_s = 2.5", "", "error 1: keys"),
        ("add_s = 2.5", "add_s = 2.5\ncolumn = 'x'", "error 1: keys"),
        ('what = "offset"', 'what = "delay"', "error 1: what: expected one of offset"),
        ("sessions = [901]", "", "error 1: sessions: expected numbers of sessions"),
        ("sessions = [901]", 'sessions = ["901"]', "error 1: sessions"),
        (
            'what = "offset"\ncorpora = ["daic-woz"]\nsessions = [901]\nadd_s = 2.5',
            'what = "interruption"\ncorpora = ["daic-woz"]\nsessions = [901]\n'
            "start_s = 5\nstop_s = 5",
            "error 1: start_s, stop_s: expected seconds that increase",
        ),
        (
            "add_s = 2.5",
            'column = "x"\nrule = "guess"',
            "error 1: keys",
        ),
    ],
)
def test_a_table_that_is_not_whole_is_refused(what: str, instead: str, complaint: str) -> None:
    assert what in MINIMAL
    with pytest.raises(UsageError, match=complaint.replace("(", r"\(")):
        parse(MINIMAL.replace(what, instead))


def test_a_rule_that_nobody_knows_is_refused() -> None:
    text = MINIMAL.replace("offset", "label").replace("add_s = 2.5", 'column = "x"\nrule = "guess"')
    with pytest.raises(UsageError, match="error 1: rule: expected one of cut-off, rest-of-total"):
        parse(text)


def test_a_session_s_notes_are_those_that_name_it() -> None:
    assert corrections_of("e-daic", "901", "published").notes == ()
    (note,) = corrections_of("e-daic", "402", "published").notes
    assert note.sessions == (402,)
