"""``depx synth``: the same bytes every time, nothing of others overwritten, resumed if cut off."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from depx.cli import root
from depx.errors import StoreError, UsageError
from depx.extract.synth.corpora import daic_woz, registry, signal
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.recording import Recording
from depx.extract.synth.corpora.run import build
from depx.extract.synth.menu import CORPORA, FAULTS, SIGNALS

HEARD = (".wav", "_acoustic.npy")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("corpus", ["daic-woz", "e-daic", "cmdc", "d-vlog"])
def test_the_same_order_gives_the_same_bytes(
    corpus: str, tmp_path: Path, order: Callable[..., Order]
) -> None:
    wanted = order(corpus, sessions=2, minutes=0.7)
    build(tmp_path / "a", wanted)
    build(tmp_path / "b", wanted, jobs=2)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    build(tmp_path / "c", replace(wanted, seed=1))
    sounds = [
        {content for name, content in contents(tmp_path / run).items() if name.endswith(HEARD)}
        for run in "ac"
    ]
    assert sounds[0]
    assert not sounds[0] & sounds[1]


def test_a_session_does_not_depend_on_how_many_there_are(
    tmp_path: Path, order: Callable[..., Order]
) -> None:
    for count in (1, 3):
        build(tmp_path / str(count), order("daic-woz", sessions=count, minutes=0.7))
    few, many = contents(tmp_path / "1"), contents(tmp_path / "3")
    own = [name for name in few if name.startswith("900_P/")]
    assert len(own) == 9
    assert all(few[name] == many[name] for name in own)


def test_a_run_that_was_cut_off_is_completed(tmp_path: Path, order: Callable[..., Order]) -> None:
    wanted = order("daic-woz", sessions=3, minutes=0.7)
    assert build(tmp_path, wanted).written == 3
    whole = contents(tmp_path)
    (tmp_path / "truth.json").unlink()
    (tmp_path / ".synth" / "902.json").unlink()
    (tmp_path / "902_P" / "902_COVAREP.csv").write_text("1,2")
    (tmp_path / "901_P" / "901_AUDIO.wav").unlink()
    (tmp_path / "901_P" / ".901_AUDIO.wav.77.tmp").write_bytes(b"half")
    kept = (tmp_path / "900_P" / "900_AUDIO.wav").stat().st_mtime_ns
    assert build(tmp_path, wanted).written == 2
    assert contents(tmp_path) == whole
    assert (tmp_path / "900_P" / "900_AUDIO.wav").stat().st_mtime_ns == kept


def test_folders_of_others_and_other_orders_are_refused(
    tmp_path: Path, order: Callable[..., Order]
) -> None:
    wanted = order("d-vlog", sessions=2)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="neither empty nor a synthetic corpus"):
        build(tmp_path / "theirs", wanted)
    build(tmp_path / "ours", wanted)
    with pytest.raises(StoreError, match="another seed, other settings or another version"):
        build(tmp_path / "ours", replace(wanted, seed=5))
    with pytest.raises(StoreError, match="is a file"):
        build(tmp_path / "theirs" / "notes.txt", wanted)


@pytest.mark.parametrize(
    ("corpus", "changes", "message"),
    [
        ("daic-woz", {"sessions": 190}, "daic-woz has 1 to 189 sessions"),
        ("cmdc", {"layout": "zip"}, "--layout: cmdc has nested, bare, got 'zip'"),
        ("cmdc", {"daic_ids": True}, "cmdc has no numbers of DAIC-WOZ"),
        ("e-daic", {"heavy": True}, "--heavy: e-daic has nothing"),
        ("daic-woz", {"signal": "loud"}, "--signal: expected one of face-from-speech"),
    ],
)
def test_orders_that_cannot_be_carried_out_are_refused(
    corpus: str,
    changes: dict[str, object],
    message: str,
    tmp_path: Path,
    order: Callable[..., Order],
) -> None:
    with pytest.raises(UsageError, match=message):
        build(tmp_path / "x", order(corpus, **changes))
    assert not (tmp_path / "x").exists()


def test_archives_hold_what_folders_hold_and_what_macos_leaves(
    tmp_path: Path, order: Callable[..., Order]
) -> None:
    for layout in ("bare", "zip", "nested"):
        build(tmp_path / layout, order("daic-woz", sessions=2, minutes=0.7, layout=layout))
    plain = {n: c for n, c in contents(tmp_path / "bare").items() if n.startswith("90")}
    packed = {}
    for number, inside in ((900, "900_P/"), (901, "")):
        with zipfile.ZipFile(tmp_path / "zip" / f"{number}_P.zip") as archive:
            names = archive.namelist()
            assert f"{inside}.DS_Store" in names
            assert any(name.startswith("__MACOSX/") for name in names)
            packed |= {
                f"{number}_P/{name.removeprefix(inside)}": archive.read(name)
                for name in names
                if "/." not in f"/{name}"
            }
    assert packed == plain
    nested = contents(tmp_path / "nested")
    assert all(nested[f"{name[:5]}/{name}"] == content for name, content in plain.items())
    assert any("__MACOSX/" in name for name in nested)


def test_the_detector_hears_the_participant_and_not_the_room(
    order: Callable[..., Order],
) -> None:
    from pocketsphinx import Vad

    wanted = order("daic-woz", sessions=1, minutes=1.5)
    session = Recording(wanted, 900, daic_woz.DEFAULT_S)
    made, _ = daic_woz.files(wanted, daic_woz.units(wanted)[0])
    y_N = np.frombuffer(b"".join(made["900_AUDIO.wav"]())[44:], "<i2")
    detector = Vad(3, 16_000, 0.03)
    speech_F = np.array(
        [detector.is_speech(y_N[i : i + 480].tobytes()) for i in range(0, len(y_N) - 480, 480)]
    )
    middle = (np.arange(speech_F.size) * 3) + 1
    own = session.voices.participant.talking_F[middle]
    nobody = ~own & ~session.voices.ellie.talking_F[middle]
    scrubbed = session.voices.scrubbed_F[middle]
    assert speech_F[own & ~scrubbed].mean() > 0.95
    assert speech_F[nobody].mean() < 0.3  # it goes on for some frames after a turn


def test_the_menu_is_what_can_be_made() -> None:
    assert list(registry.WRITERS) == list(CORPORA)
    assert list(signal.PLANTED) == list(SIGNALS)


def test_help_lists_corpora_signals_and_faults_and_stays_light() -> None:
    program = (
        "import sys, depx.cli\n"
        "try: depx.cli.main(['synth', '--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'pyarrow', 'scipy', 'joblib') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd="/")
    assert done.stderr.strip() == "[]"
    for name in (*CORPORA, *SIGNALS, *FAULTS):
        assert name in done.stdout


def test_the_command_names_faults_and_what_comes_next(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    asked = ["synth", "d-vlog", str(folder), "--sessions", "3", "--faults", "missing-file"]
    done = CliRunner().invoke(root, asked)
    assert done.exit_code == 0, done.output
    assert "1 has missing-file: the sound is not there" in done.stderr
    assert done.stdout.endswith(f"Next: depx extract {folder} -o STORE\n")  # nothing to train on
    assert not (folder / "1_acoustic.npy").exists()
    truth = json.loads((folder / "truth.json").read_text())
    assert truth["faults"] == {"missing-file": "1"}
    assert truth["units"]["1"]["fault"] == "missing-file"
    again = CliRunner().invoke(root, asked)
    assert "3 of them kept" in again.stdout
    assert "Nobody in it exists" in (folder / "README.txt").read_text()
