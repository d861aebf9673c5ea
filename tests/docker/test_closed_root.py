"""What the image promises, tried on the Python that is here: only /tmp and /data are written to.

The root is made read-only in a namespace of its own, without a network, under the environment that
the Dockerfile sets; ``/mnt`` stands for ``/tmp``, which may hold this very checkout.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.1\t1.9\tParticipant\thello there again\n"


@pytest.fixture
def closed() -> list[str]:
    """Give a command that closes the root: FOLDER, then what is run in it."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    script = (
        "set -e; mount --make-rprivate /; mount --bind \"$0\" /media; mount -t tmpfs tmpfs /mnt; "
        'mount -o remount,bind,ro /; cd /media; exec "$@"'
    )  # fmt: skip
    command = ["unshare", "-m", "-n", "sh", "-c", script]
    tried = subprocess.run([*command, "/usr", "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no namespaces for this user: {tried.stderr.strip()[:100]}")
    return command


@pytest.fixture
def environment() -> dict[str, str]:
    text = (ROOT / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    pairs = re.findall(r"(\w+)=(\S+)", re.search(r"^ENV (.+)$", text, re.MULTILINE)[1])
    set_there = {name: value.replace("/tmp", "/mnt") for name, value in pairs if name != "PATH"}
    assert {"HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "HF_HOME"} <= set(set_there)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**kept, **set_there, "TMPDIR": "/mnt"}


@pytest.mark.slow
def test_extract_and_doctor_need_no_other_folder_and_no_network(
    tmp_path: Path, closed: list[str], environment: dict[str, str]
) -> None:
    (tmp_path / "S" / "one").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000)
    soundfile.write(tmp_path / "S" / "one" / "a.wav", noise, 16_000)
    (tmp_path / "S" / "one" / "a_TRANSCRIPT.csv").write_text(TRANSCRIPT)
    for arguments in (
        ("extract", "S", "-o", "F", "--tracks", "words,vad,egemaps,mfcc,logmel,bert"),
        ("doctor", "-q", "--place", "."),
    ):
        done = subprocess.run(
            [*closed, tmp_path, sys.executable, "-P", "-m", "depx", *arguments],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name for path in (tmp_path / "F" / "one").glob("*.parquet")}
    assert made == {
        f"{name}.parquet" for name in ("words", "vad", "egemaps", "mfcc", "logmel", "bert")
    }
    refused = subprocess.run([*closed, tmp_path, "touch", "/etc/x"], capture_output=True, text=True)
    assert "Read-only file system" in refused.stderr
