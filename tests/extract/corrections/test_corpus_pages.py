"""The pages on corpora say what the table of known errors says."""

import re
from pathlib import Path

import pytest

from depx.extract.corpora.registry import CORPORA
from depx.extract.corrections.table import table

PAGES = Path(__file__).resolve().parents[3] / "docs" / "corpora"


def section(corpus: str) -> str:
    text = (PAGES / f"{corpus}.md").read_text(encoding="utf-8")
    return text.partition("## Known errors")[2].partition("\n## ")[0]


def rows(corpus: str) -> list[str]:
    return [line for line in section(corpus).splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("corpus", ["daic-woz", "e-daic"])
def test_every_entry_with_numbers_has_a_row_with_these_numbers(corpus: str) -> None:
    for error in table().of(corpus):
        figures = [str(error.add_s)] if error.what == "offset" else []
        figures += [f"{second:g}" for second in error.span_s or ()]
        figures += [f"`{mark}`" for mark in error.marks if not mark.endswith(".")]
        fitting = [
            row
            for row in rows(corpus)
            if all(re.search(rf"\b{number}\b", row.split("|")[1]) for number in error.sessions)
            and all(figure in row for figure in figures)
        ]
        assert fitting, (error.what, error.sessions)


@pytest.mark.parametrize("corpus", ["daic-woz", "e-daic"])
def test_every_number_that_a_row_names_is_in_the_table(corpus: str) -> None:
    known = {number for error in table().of(corpus) for number in error.sessions}
    named = {
        int(number)
        for row in rows(corpus)
        for number in re.findall(r"\b\d{3}\b", row.split("|")[1])
        if "above" not in row.split("|")[1]
    }
    assert named == known


@pytest.mark.parametrize("corpus", ["daic-woz", "e-daic"])
def test_where_sources_disagree_the_page_says_so(corpus: str) -> None:
    for error in table().of(corpus):
        if error.disagree is not None:
            (where,) = error.sessions or ("all",)
            fitting = [row for row in rows(corpus) if row.startswith(f"| {where} |")]
            assert any("sources disagree" in row or "sources differ" in row for row in fitting)


def test_every_corpus_has_a_page_that_the_index_names_and_that_forbids_passing_on() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in PAGES.glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\(([\w-]+\.md)\)", index))
    assert len(pages) == len(CORPORA) - 1  # the generic layout is none
    for name in pages:
        text = " ".join((PAGES / name).read_text(encoding="utf-8").split())
        assert "depx ships no data, and must not be used to redistribute it." in text


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (PAGES / target).is_file(), (page.name, target)
