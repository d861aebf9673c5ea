"""The house: what is packaged, which way imports point, and what stays light."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("features", "extract", "align", "train", "doctor")
HEAVY = {
    "torch", "transformers", "mediapipe", "cv2", "librosa", "opensmile", "pandas", "pyarrow",
    "numpy", "scipy", "sklearn", "av", "joblib", "rich",
}  # fmt: skip
MODULES = [path for stage in STAGES for path in sorted((ROOT / stage).rglob("*.py"))]
ROOT_MODULES = sorted(ROOT.glob("*.py"))


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_folder_with_an_init_is_a_listed_package(project: dict[str, object]) -> None:
    on_disk = {
        ".".join(("depx", *init.parent.relative_to(ROOT).parts))
        for stage in STAGES
        for init in (ROOT / stage).rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == on_disk | {"depx"}


def test_every_module_lies_in_a_package() -> None:
    assert [path for path in MODULES if not (path.parent / "__init__.py").is_file()] == []


def test_every_file_read_at_run_time_is_package_data(project: dict[str, object]) -> None:
    patterns = project["tool"]["setuptools"]["package-data"]["depx"]
    listed = {path for pattern in patterns for path in ROOT.glob(pattern)}
    data = {
        path
        for stage in STAGES
        for path in (ROOT / stage).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert data - listed == set()


def test_the_installed_package_carries_its_data() -> None:
    import depx

    installed = Path(depx.__file__).parent
    for asset in (ROOT / "extract" / "synth" / "assets").iterdir():
        assert (installed / "extract" / "synth" / "assets" / asset.name).is_file()


def _targets(path: Path) -> set[str]:
    """Stages that a module imports from, by its relative imports."""
    package = path.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("depx"), f"{path}: absolute import of depx"
            if node.level:
                base = package[: len(package) - node.level + 1]
                target = (*base, *(node.module or "").split("."))
                found.add(target[0] if target[0] else node.names[0].name)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    stage = path.relative_to(ROOT).parts[0]
    allowed = {*STAGES[: STAGES.index(stage) + 1], "errors"}
    assert _targets(path) - allowed == set()


@pytest.mark.parametrize(
    "path", MODULES + ROOT_MODULES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_module_opens_with_what_it_is_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES + ROOT_MODULES if path.name == "__init__.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_an_init_is_a_docstring_and_nothing_else(path: Path) -> None:
    assert len(ast.parse(path.read_text()).body) == 1


def test_there_is_one_broad_except() -> None:
    broad = []
    for path in MODULES + ROOT_MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                names = [] if node.type is None else [ast.unparse(node.type)]
                if not names or names[0] in ("Exception", "BaseException"):
                    broad.append(path.relative_to(ROOT).as_posix())
    assert broad == ["extract/worker.py"]


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys, json, depx.cli\n"
        "try: depx.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/"
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert loaded & HEAVY == set()
    commands = done.stdout.partition("Commands:")[2]
    assert commands.index("extract") < commands.index("align") < commands.index("train")
