"""TAB in a real shell: what is offered, that it is true, and that it is quick."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from depx.completion import HOW, MODELS, TRACKS
from depx.features.registry import EXTRACTORS
from depx.train.registry import MODELS as TRAINED

HEAVY = {"numpy", "torch", "pandas", "pyarrow", "mediapipe", "cv2", "fsspec", "av", "scipy"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give an environment whose ``depx`` is this one."""
    program = tmp_path / "bin" / "depx"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m depx "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Make a folder as extract leaves it, as far as a completion looks."""
    for name in ("anna", "anton", "bert"):
        (tmp_path / "F" / name).mkdir(parents=True)
        (tmp_path / "F" / name / "session.json").touch()
    (tmp_path / "F" / "other").mkdir()
    return tmp_path / "F"


def in_bash(environment: dict[str, str], *words: str) -> list[str]:
    """Press TAB at the end of the last word."""
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    script = (
        "source <(depx completion bash)\n"
        'COMP_WORDS=(depx "$@"); COMP_CWORD=$#\n'
        "_depx_completion depx\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "", "completion said something beside"
    return done.stdout.split()


def test_the_names_are_those_of_the_registries() -> None:
    assert set(TRACKS) == set(EXTRACTORS)
    assert set(MODELS) == set(TRAINED)


def test_bash_completes_commands_options_and_choices(environment: dict[str, str]) -> None:
    assert in_bash(environment, "ext") == ["extract"]
    assert in_bash(environment, "extract", "--check") == ["--checksum"]
    assert in_bash(environment, "extract", "--corpus", "d") == ["daic-woz", "d-vlog"]


def test_bash_completes_tracks_after_a_comma_and_none_twice(environment: dict[str, str]) -> None:
    assert in_bash(environment, "extract", "--tracks", "fac") == ["face"]
    assert in_bash(environment, "extract", "--tracks", "egemaps,eg") == ["egemaps,egemaps_turns"]


def test_bash_completes_models(environment: dict[str, str]) -> None:
    assert in_bash(environment, "train", "m") == ["mccl"]


@pytest.mark.parametrize(
    "words",
    [
        ("status", "{F}", "--why"),
        ("extract", "S", "-o", "{F}", "--only"),
        ("extract", "{F}", "--exclude"),
        ("align", "{F}", "--only"),
    ],
)
def test_bash_completes_ids_of_the_sessions_of_a_store(
    environment: dict[str, str], store: Path, words: tuple[str, ...]
) -> None:
    given = [word.format(F=store) for word in words]
    assert in_bash(environment, *given, "an") == ["anna", "anton"]
    assert in_bash(environment, *given, "") == ["anna", "anton", "bert"]


def test_ids_of_a_place_that_is_not_there_are_none(environment: dict[str, str]) -> None:
    assert in_bash(environment, "status", "nowhere", "--why", "a") == []


@pytest.mark.parametrize("shell", HOW)
def test_each_shell_takes_its_script(shell: str, environment: dict[str, str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = subprocess.run(
        ["depx", "completion", shell], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert HOW[shell].partition("   #")[0] in script
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_fish_completes_too(environment: dict[str, str]) -> None:
    if shutil.which("fish") is None:
        pytest.skip("no fish here")
    script = "depx completion fish | source; complete -C 'depx extract --tracks fac'"
    done = subprocess.run(
        ["fish", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["face"]


def test_a_tab_is_light_and_quick(store: Path) -> None:
    program = (
        "import json, sys, depx.cli\n"
        "try: depx.cli.main([])\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={
            **os.environ,
            "_DEPX_COMPLETE": "bash_complete",
            "COMP_WORDS": f"depx extract {store} --only ",
            "COMP_CWORD": "4",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "anna" in done.stdout
    assert {name.partition(".")[0] for name in json.loads(done.stderr)} & HEAVY == set()
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert seconds < 0.5, f"{seconds:.2f} s of CPU"  # 0.1 s on a machine at rest
