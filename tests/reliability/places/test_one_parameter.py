"""One parameter that changed redoes its track and what is made from it, and status said so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from depx.cli import main

WORDS = "start_time\tstop_time\tspeaker\tvalue\n0.2\t1.4\tParticipant\thello there again\n"
ALL = {
    "words", "vad", "level", "forced", "word_times", "face", "covarep", "egemaps",
    "egemaps_turns", "bert",
}  # fmt: skip
HEARD = {"vad", "level", "forced", "word_times", "covarep", "egemaps", "egemaps_turns"}


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def stamps(store: Path) -> dict[str, tuple[int, int]]:
    return {
        path.stem: (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in store.glob("one/*.parquet")
    }


@pytest.fixture
def places(tmp_path: Path, write_video: Callable[..., Path]) -> tuple[Path, Path]:
    """A session with picture, two channels of sound and words, and its store of all tracks."""
    folder, store = tmp_path / "S" / "one", tmp_path / "F"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(3).normal(0, 0.1, (32_000, 2))
    soundfile.write(folder / "a.wav", noise, 16_000)
    write_video(folder / "v.mkv", tuple(range(0, 400, 40)))
    (folder / "t.csv").write_text(WORDS)
    assert depx("extract", folder.parent, "-o", store, "-q") == 0
    assert set(stamps(store)) == ALL
    return folder.parent, store


@pytest.mark.slow
def test_a_changed_parameter_redoes_just_what_it_shapes(
    places: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    sources, store = places
    told: list[object] = []
    for changed, shapes, said in (
        ("covarep.mask_unvoiced=zero", {"covarep"}, "covarep.mask_unvoiced: "),
        ("bert.window=utterance", {"bert"}, "bert.window: "),
        ("face.focal=800", {"face"}, "face.focal: "),
        ("audio.channel=left", HEARD, "audio.channel: mean -> left"),
    ):
        before = stamps(store)
        capsys.readouterr()
        assert depx("status", store, "--json") == 0
        capsys.readouterr()
        assert depx("status", store, "--why", "one", "--set", changed, "--json") == 1
        tracks: dict[str, Any] = json.loads(capsys.readouterr().out)["tracks"]
        assert {track for track, of in tracks.items() if of["state"] == "stale"} == shapes
        first = min(shapes - {"forced", "word_times"})
        assert any(said in line for line in tracks[first]["why"])
        told += ["--set", changed]
        assert depx("extract", sources, "-o", store, "-q", *told) == 0
        now = stamps(store)
        assert {track for track in now if now[track] != before[track]} == shapes
