"""No connection is opened: not by the parent, not by its children, not by a library.

Every process of a command notes each address that a socket is connected to, and refuses it.  Some
libraries open sockets in C, where no hook of Python's sees them: a namespace without a network
holds the demo in CI.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import depx

HOOK = """
import os, socket, sys

class Noting(socket.socket):
    def _refuse(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            with open(os.environ["NOTED"], "a") as notes:
                notes.write(f"{os.getpid()} connects to {address}\\n")
            raise OSError(101, "no network here")

    def connect(self, address):
        self._refuse(address)
        return super().connect(address)

    def connect_ex(self, address):
        self._refuse(address)
        return super().connect_ex(address)

def refuse(host, *_rest, **_more):
    with open(os.environ["NOTED"], "a") as notes:
        notes.write(f"{os.getpid()} looks up {host}\\n")
    raise socket.gaierror(-2, "no names here")

socket.socket, socket.getaddrinfo = Noting, refuse
socket.gethostbyname = refuse
with open(os.environ["NOTED"] + ".pids", "a") as pids:
    pids.write(f"{os.getpid()}\\n")
"""


@pytest.fixture
def watched(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which every Python process notes where it connects to."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    (tmp_path / "noted").touch()
    path = f"{tmp_path / 'hook'}:{Path(depx.__file__).parents[1]}"
    offline = {name: text for name, text in os.environ.items() if not name.startswith("HF_")}
    return offline | {"PYTHONPATH": path, "NOTED": str(tmp_path / "noted")}


def run(watched: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=watched,
        capture_output=True,
        text=True,
        cwd="/",
        timeout=600,
    )


def test_the_hook_notes_a_connection_and_refuses_it(
    watched: dict[str, str], tmp_path: Path
) -> None:
    ask = "import urllib.request as u\ntry: u.urlopen('http://127.0.0.1:9/x')\nexcept OSError: pass"
    assert run(watched, "-c", ask).returncode == 0
    ask = "import socket; socket.create_connection(('example.org', 80))"
    assert run(watched, "-c", ask).returncode == 1
    noted = (tmp_path / "noted").read_text()
    assert "looks up" in noted
    assert "example.org" in noted


@pytest.mark.slow
def test_extract_align_and_train_open_no_connection(
    watched: dict[str, str], tmp_path: Path
) -> None:
    corpus, store, dataset = tmp_path / "C", tmp_path / "F", tmp_path / "D"
    depx_ = ("-m", "depx")
    few = ("--sessions", "1", "--minutes", "0.1")
    assert run(watched, *depx_, "synth", "daic-woz", corpus, *few).returncode == 0
    tracks = "word_times,bert,face,covarep"
    done = run(watched, *depx_, "extract", corpus, "-o", store, "--tracks", tracks)
    assert done.returncode == 0, done.stderr
    done = run(watched, *depx_, "align", store, "-o", dataset)
    assert done.returncode == 0, done.stderr
    done = run(watched, *depx_, "train", "cmg-vs", dataset, "-o", tmp_path / "R", "--epochs", "1")
    assert done.returncode != 1, done.stderr  # one session cannot be split, and that is said
    assert "Traceback" not in done.stderr
    assert (tmp_path / "noted").read_text() == ""
    assert len(set((tmp_path / "noted.pids").read_text().split())) >= 4  # the server of forks, too


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Lay down a later mediapipe, of which nothing is known but its version."""
    package = tmp_path / "later" / "mediapipe"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    about = tmp_path / "later" / "mediapipe-0.10.35.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.35\n")
    return package


def extract_face(watched: dict[str, str], newer: Path, tmp_path: Path, *more: str):
    (tmp_path / "S").mkdir(exist_ok=True)
    (tmp_path / "S" / "v.mp4").write_bytes(b"no film")
    beside = watched | {"PYTHONPATH": f"{newer.parent}:{watched['PYTHONPATH']}"}
    asked = ("extract", tmp_path / "S", "-o", tmp_path / "F", "--tracks", "face", *more)
    return run(beside, "-m", "depx", *asked)


def test_a_mediapipe_that_phones_home_is_refused_unless_it_is_allowed(
    watched: dict[str, str], newer: Path, tmp_path: Path
) -> None:
    refused = extract_face(watched, newer, tmp_path)
    assert refused.returncode == 3
    assert "got mediapipe 0.10.35, expected 0.10.21" in refused.stderr
    assert "--allow-telemetry" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    allowed = extract_face(watched, newer, tmp_path, "--allow-telemetry")
    assert allowed.returncode == 3
    assert "mediapipe 0.10.35 has no face_landmark_with_attention.tflite" in allowed.stderr
    assert "pip install --force-reinstall mediapipe==0.10.21" in allowed.stderr


def test_with_its_models_it_goes_on_and_says_what_it_cannot_run(
    watched: dict[str, str], newer: Path, tmp_path: Path, write_video
) -> None:
    import mediapipe

    (newer / "modules").symlink_to(Path(mediapipe.__file__).parent / "modules")
    (tmp_path / "S").mkdir()
    write_video(tmp_path / "S" / "w.mkv")
    done = extract_face(watched, newer, tmp_path, "--allow-telemetry", "--set", "video.file=w.mkv")
    assert done.returncode == 1, done.stderr
    assert "runs no graphs; pip install mediapipe==0.10.21" in done.stderr


def test_the_leave_shapes_no_key() -> None:
    from depx.extract.plan import source_of
    from depx.extract.settings import parse

    without, allowed = (
        source_of(parse(["face"], values).extractors["face"], lambda _path: "sha256")
        for values in ({}, {"face.allow_telemetry": "true"})
    )
    assert without == allowed
    assert "allow_telemetry" not in without.parameters
