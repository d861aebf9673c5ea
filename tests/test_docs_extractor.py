"""The page on a new extractor: its file, its line and its test, put where it says, work."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "howto" / "new-extractor.md"
PACKAGES = ("features", "extract", "align", "train", "doctor")

pytestmark = pytest.mark.slow


def placed() -> dict[str, str]:
    """Map each path that the page names before a block to that block."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.finditer(r"^`([\w/]+\.py)`[^`]*?\n```python\n(.*?)^```$", text, re.M | re.S)
    return {one[1]: one[2] for one in found}


def patched(registry: str) -> str:
    """Apply the lines that the page adds to the registry."""
    diff = re.search(r"^```diff\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert diff is not None
    for hunk in filter(None, diff[1].split("@@\n")):
        lines = hunk.splitlines()
        before = "\n".join(line[1:] for line in lines if line[0] in " -")
        assert registry.count(before) == 1, before
        registry = registry.replace(
            before, "\n".join(line[1:] for line in lines if line[0] in " +")
        )
    return registry


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with what the page adds."""
    folder = tmp_path_factory.mktemp("checkout") / "depx"
    folder.mkdir()
    for path in ROOT.glob("*.py"):
        shutil.copy(path, folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, text in placed().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    registry = folder / "features" / "registry.py"
    registry.write_text(patched(registry.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def run(checkout: Path, *command: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(checkout.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """A session whose sound is a tone of 440 Hz, and two words in it."""
    folder = tmp_path / "sessions" / "tone"
    folder.mkdir(parents=True)
    t = np.arange(2 * 16_000) / 16_000
    soundfile.write(folder / "sound.wav", 0.5 * np.sin(2 * np.pi * 440 * t), 16_000)
    (folder / "transcript.srt").write_text(
        "1\n00:00:00,200 --> 00:00:01,800\nParticipant: hello there\n"
    )
    return folder.parent


def test_the_page_has_a_file_and_a_test_for_it() -> None:
    assert list(placed()) == [
        "features/acoustic/crossings.py",
        "tests/features/acoustic/test_crossings.py",
    ]


def test_its_test_passes_on_its_file(checkout: Path) -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert "--import-mode=importlib" in config["addopts"]
    test = str(checkout / "tests" / "features" / "acoustic" / "test_crossings.py")
    said = run(
        checkout,
        "pytest",
        "-q",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        test,
        cwd=checkout,
    )
    assert "6 passed" in said


def test_its_track_is_extracted_listed_set_and_pooled_under_words(
    checkout: Path, sessions: Path, tmp_path: Path
) -> None:
    assert "crossings.window_s=0.025" in run(checkout, "depx", "extract", "--list", cwd=tmp_path)
    run(
        checkout,
        *(
            "depx",
            "extract",
            str(sessions),
            "-o",
            "store",
            "--tracks",
            "crossings,words,word_times",
        ),
        *("--set", "crossings.window_s=0.05"),
        cwd=tmp_path,
    )
    table = pd.read_parquet(tmp_path / "store" / "tone" / "crossings.parquet")
    np.testing.assert_allclose(table["zero_crossings"].mean(), 2 * 440, rtol=0.02)
    run(checkout, "depx", "align", "store", "-o", "dataset", cwd=tmp_path)
    words = pd.read_parquet(tmp_path / "dataset" / "words")
    assert words["text"].tolist() == ["hello", "there"]
    np.testing.assert_allclose(np.stack(words["crossings_mean"])[:, 0], 880, rtol=0.03)
    assert (words["crossings_n_frames"] > 10).all()


def test_its_file_and_its_line_pass_the_linter(checkout: Path) -> None:
    pytest.importorskip("ruff", reason="ruff is not installed; pip install '.[dev]'")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    run(checkout, "ruff", "check", "--no-cache", "features", "tests", cwd=checkout)
    run(checkout, "ruff", "format", "--no-cache", "--check", "features", "tests", cwd=checkout)


def test_its_types_hold(checkout: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed; pip install '.[dev]'")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    cache = str(checkout.parent / "mypy")
    run(checkout, "mypy", "--cache-dir", cache, "features/acoustic/crossings.py", cwd=checkout)
