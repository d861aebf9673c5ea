"""The pages of the site do what they say: their blocks are run, and what they show comes out.

A page is run from top to bottom in one folder: ``sh`` blocks by bash, ``python`` blocks in one
namespace.  A ``text`` block behind one of them is what it prints, with ``...`` for what varies.
"""

import contextlib
import csv
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from depx.features.registry import EXTRACTORS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


class Block(NamedTuple):
    """A fenced block of a page."""

    line: int
    kind: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """List the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield Block(text.count("\n", 0, found.start()) + 1, found[1], found[2])


def is_as_shown(got: str, shown: str) -> bool:
    """Hold output against what the page shows; ``...`` stands for anything."""
    parts = [re.escape(part.strip("\n ")) for part in shown.rstrip().split("...")]
    return re.fullmatch(r"\s*.*?\s*".join(parts), got.strip(), flags=re.DOTALL) is not None


class Reader:
    """Somebody who follows a page in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "page"}
        command = folder.parent / "bin" / "depx"
        command.parent.mkdir(exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m depx "$@"\n')
        command.chmod(0o755)
        self.environment = {**os.environ, "HF_HUB_OFFLINE": "1", "LC_ALL": "C"}
        self.environment["PYTHONUNBUFFERED"] = "1"  # stdout and stderr in their order
        self.environment["PATH"] = f"{command.parent}:{os.environ['PATH']}"

    def follow(self, page: Path, kinds: frozenset[str] = frozenset({"sh", "python"})) -> int:
        """Run the blocks of a page; return how many there were."""
        listed = list(blocks(page))
        ran = 0
        for block, behind in zip(listed, [*listed[1:], None], strict=True):
            if block.kind not in kinds:
                continue
            got = self.sh(block) if block.kind == "sh" else self.python(page, block)
            ran += 1
            if behind is not None and behind.kind == "text":
                where = f"{page.name}, line {behind.line}"
                assert is_as_shown(got, behind.text), f"{where}\n{got}\nis not\n{behind.text}"
        return ran

    def sh(self, block: Block) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=self.folder, env=self.environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,  # as a terminal shows both
        )  # fmt: skip
        assert done.returncode == 0, f"line {block.line}: {done.stdout}"
        return done.stdout

    def python(self, page: Path, block: Block) -> str:
        said = io.StringIO()
        program = compile("\n" * block.line + block.text, str(page), "exec")
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(said):
            exec(program, self.names)
        return said.getvalue()


PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("*/*.md"))]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial, run in an empty folder."""
    folder = tmp_path_factory.mktemp("tutorial") / "empty"
    folder.mkdir()
    assert Reader(folder).follow(DOCS / "tutorial.md") > 15
    return folder


def test_the_page_of_the_checks_is_that_of_the_code() -> None:
    page = (DOCS / "checks.md").read_text(encoding="utf-8")
    assert page == script("checks").as_page(), "run: python docs/checks.py"


@pytest.fixture(scope="module")
def dictionary() -> ModuleType:
    """``docs/columns.py``, which writes the dictionary of columns."""
    return script("columns")


def script(name: str) -> ModuleType:
    """Load a script of ``docs/`` as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(DOCS))  # it imports what lies beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module


@pytest.mark.parametrize(
    ("got", "shown", "alike"),
    [
        ("a 1\nb 2\n", "a 1\nb 2", True),
        ("a 1\nb 2\n", "a ...\nb 2", True),
        ("a 1\nb 2\n", "...\nb 2", True),
        ("a 1\nb 3\n", "a ...\nb 2", False),
        ("a 1\nb 2\nc\n", "a 1\nb 2", False),
        ("(1.5)\n", "(1.5)", True),
        ("(1x5)\n", "(1.5)", False),
    ],
)
def test_what_a_page_shows_is_compared_but_for_what_varies(
    got: str, shown: str, alike: bool
) -> None:
    assert is_as_shown(got, shown) is alike


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files_of_the_repository(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
        if "://" not in target:
            assert (page.parent / target).is_file(), target


@pytest.mark.slow
def test_the_tutorial_does_what_it_shows(followed: Path) -> None:
    assert (followed / "run" / "report.html").is_file()


@pytest.mark.slow
def test_the_page_on_pytorch_does_what_it_shows(followed: Path) -> None:
    assert Reader(followed).follow(DOCS / "howto" / "pytorch.md") == 5


@pytest.mark.slow
def test_what_the_page_on_recordings_prints_of_a_store_comes_out(followed: Path) -> None:
    (block,) = (one for one in blocks(DOCS / "howto/own-recordings.md") if one.kind == "python")
    said = Reader(followed).python(Path("own-recordings.md"), block)
    assert said.splitlines()[0] == "demo-01 1.0 0"
    assert len(said.splitlines()) == 12


@pytest.mark.slow
def test_the_dictionary_has_every_column_of_a_store_and_of_a_training_set(
    followed: Path, dictionary: ModuleType
) -> None:
    known = {(line.table, line.column) for line in dictionary.every_line()}
    for path in sorted(followed.glob("store/demo-01/*.parquet")):
        names = pq.read_schema(path).names
        assert {(path.stem, name) for name in names} - known == set(), path.name
    words = pq.read_schema(next(followed.glob("dataset/words/*.parquet"))).names
    stated = [line.column for line in dictionary.view_lines("words")]
    assert words[: len(stated)] == stated


def test_the_dictionary_of_columns_is_that_of_the_code(dictionary: ModuleType) -> None:
    mend = "run: python docs/columns.py"
    assert (DOCS / "columns.md").read_text(encoding="utf-8") == dictionary.as_page(), mend
    assert (DOCS / "columns.csv").read_text(encoding="utf-8") == dictionary.as_csv(), mend


def test_the_dictionary_has_every_track_and_a_unit_a_number(dictionary: ModuleType) -> None:
    rows = list(csv.DictReader(io.StringIO(dictionary.as_csv())))
    assert {row["table"] for row in rows} >= set(EXTRACTORS)
    numbers = [row for row in rows if row["type"] == "float32"]
    assert len(numbers) > 1000
    assert [row["column"] for row in numbers if not row["unit"]] == []


def test_every_action_unit_has_a_tier_and_a_meaning(dictionary: ModuleType) -> None:
    units = [line for line in dictionary.lines_of("face") if line.column.startswith("AU")]
    assert len(units) == 17 + 18 + 18
    assert all(unit.tier in ("A", "B", "C") and unit.meaning for unit in units)
