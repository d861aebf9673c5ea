"""What is given to others: a wheel that holds the package and nothing else, from either source."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
BUILD = (
    "import sys; from setuptools import build_meta; "
    "print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
)


def _build(what: str, source: Path, into: Path) -> Path:
    """Build as pip and build do, with the setuptools that is here: no network."""
    into.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, what, str(into)],
        cwd=source,
        env={name: text for name, text in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what git knows of, so that nothing else can end up in a distribution."""
    pytest.importorskip("setuptools", minversion="77")
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout: which files there are is asked of git")
    folder = tmp_path_factory.mktemp("source") / "depx"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def sources(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build("build_sdist", checkout, tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the source distribution, as releases are."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sources) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    return _build("build_wheel", unpacked, folder / "wheel")


def _names(wheel: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_modules_and_their_data_and_nothing_else(
    wheel: Path, checkout: Path, project: dict[str, object]
) -> None:
    setuptools = project["tool"]["setuptools"]
    folders = [
        name.removeprefix("depx").strip(".").replace(".", "/") for name in setuptools["packages"]
    ]
    wanted = {path for one in folders for path in (checkout / one).glob("*.py")}
    wanted |= {
        path for pattern in setuptools["package-data"]["depx"] for path in checkout.glob(pattern)
    }
    assert _names(wheel) == {f"depx/{path.relative_to(checkout).as_posix()}" for path in wanted}


def test_the_wheel_is_the_same_from_a_checkout(wheel: Path, checkout: Path, tmp_path: Path) -> None:
    direct = _build("build_wheel", checkout, tmp_path)
    assert _names(direct) == _names(wheel)


def test_the_source_distribution_can_be_tested(sources: Path, checkout: Path) -> None:
    with tarfile.open(sources) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {
        path.relative_to(checkout).as_posix() for path in checkout.rglob("*.*") if path.is_file()
    }
    wanted = {name for name in tracked if name.startswith(("tests/", "docs/", "docker/"))}
    wanted |= {"pyproject.toml", "Makefile", "LICENSE", "NOTICE", "CHANGELOG.md", "CITATION.cff"}
    assert wanted - names == set()


def test_the_version_stands_in_one_place(wheel: Path, project: dict[str, object]) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    said = Parser().parsestr(archive.read(name).decode())
    assert said["Version"] == project["project"]["version"]
    assert said["License-Expression"] == "Apache-2.0"
    version = str(project["project"]["version"])
    for path in (
        "__init__.py",
        "cli.py",
        "CITATION.cff",
        "docker/Dockerfile",
        "docker/compose.yaml",
    ):
        assert version not in (ROOT / path).read_text(), f"{path} has the version too"


def test_the_licences_come_along(wheel: Path, project: dict[str, object]) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for path in project["project"]["license-files"]:
        assert any(name.endswith(f".dist-info/licenses/{path}") for name in names)


def test_the_citation_has_what_the_format_asks_for(project: dict[str, object]) -> None:
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(about)
    assert about["license"] == project["project"]["license"]
    assert all({"name"} <= set(one) or {"family-names"} <= set(one) for one in about["authors"])
