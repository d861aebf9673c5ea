"""Stores as `extract` writes them, of any length without extracting, and a browser to act in."""

import base64
import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.cli import main
from depx.extract.store import tables
from depx.extract.store.key import digest, sha256_file
from depx.extract.store.lock import locked
from depx.extract.store.manifest import Manifest, Record
from depx.extract.store.place import found_store
from depx.features.columns import Column
from depx.features.extractor import Table
from depx.features.track import Source, Track
from depx.features.words import Kind, Role, Timing, Turn, Word, WordTime

UNITS = ("AU04_r", "AU06_r", "AU12_r", "AU15_r", "AU25_r", "AU45_r")


def track(rate_hz: float, minutes: float, columns: Sequence[str], seed: int) -> Track:
    """A random walk in each column, so that an envelope is not the same everywhere."""
    rows = round(60 * minutes * rate_hz)
    step_FC = np.random.default_rng(seed).normal(size=(rows, len(columns))).astype(np.float32)
    value_FC = np.cumsum(step_FC, axis=0, dtype=np.float32) / np.float32(np.sqrt(rows))
    return Track(
        time_s=np.arange(rows) / rate_hz,
        value_FC=value_FC,
        columns=tuple(Column(name, "1", "test") for name in columns),
        valid_F=np.ones(rows, dtype=np.bool_),
        rate_hz=rate_hz,
    )


def lost(whole: Track, *stretches: tuple[float, float]) -> Track:
    """Take measurements away between times."""
    value_FC, valid_F = whole.value_FC.copy(), whole.valid_F.copy()
    for start_s, stop_s in stretches:
        gone_F = (whole.time_s >= start_s) & (whole.time_s < stop_s)
        value_FC[gone_F], valid_F[gone_F] = np.nan, False
    return Track(
        time_s=whole.time_s,
        value_FC=value_FC,
        columns=whole.columns,
        valid_F=valid_F,
        rate_hz=whole.rate_hz,
    )


def speech(minutes: float, text: Callable[[int], str] = "word{}".format) -> dict[str, Table]:
    """Turns of 5 s in every 6 s, by turns of who asks and who answers, twelve words each."""
    turns, times = [], []
    for index in range(int(minutes * 10)):
        role = (Role.INTERVIEWER, Role.PARTICIPANT)[index % 2]
        words = []
        for k in range(12):
            said, at_s = text(12 * index + k), 6.0 * index + 5 * k / 12
            words.append(
                Word(text=said, raw=said, kind=Kind.WORD, speaker=str(role), role=role, turn=index)
            )
            times.append(
                WordTime(
                    word=12 * index + k,
                    method=Timing.FORCED,
                    start_s=at_s,
                    stop_s=at_s + 0.35,
                    confidence=0.9,
                )
            )
        turns.append(
            Turn(
                index=index,
                speaker=str(role),
                role=role,
                start_s=6.0 * index,
                stop_s=6.0 * index + 5,
                words=tuple(words),
            )
        )
    return {"words": tuple(turns), "word_times": tuple(times)}


def interview(
    minutes: float = 0.5, *, text: Callable[[int], str] = "word{}".format, seed: int = 0
) -> dict[str, Table]:
    """All that a timeline shows, the face lost for 4 s in each minute."""
    face = track(30.0, minutes, ["confidence", "pose_Rx", "pose_Ry", *UNITS], seed)
    stretches = [(60.0 * m + 10, 60.0 * m + 14) for m in range(int(np.ceil(minutes)))]
    voiced = track(100.0, minutes, ["F0", "VUV"], seed + 1)
    voiced.value_FC[:, 1] = np.arange(voiced.rows) % 100 < 70
    heard = track(100 / 3, minutes, ["speech"], seed + 2)
    heard.value_FC[:, 0] = np.arange(heard.rows) % 200 < 167
    level = track(50.0, minutes, ["level_low", "level_high", "rms_dbfs", "clipped"], seed + 3)
    level.value_FC[:, 0] = -np.abs(level.value_FC[:, 1])
    level.value_FC[:, 1] = np.abs(level.value_FC[:, 1])
    return {
        **speech(minutes, text),
        "face": lost(face, *stretches),
        "covarep": voiced,
        "egemaps": track(100.0, minutes, ["Loudness_sma3"], seed + 4),
        "vad": heard,
        "level": level,
    }


class Shelf:
    """A store under construction."""

    interview = staticmethod(interview)
    track = staticmethod(track)

    def __init__(self, path: Path) -> None:
        self.path = path
        found_store(path, corpus="folder")

    def session(
        self,
        name: str,
        made: Mapping[str, Table],
        *,
        failures: Mapping[str, str] | None = None,
        absent: Mapping[str, str] | None = None,
        left_out: str | None = None,
        participant: str | None = None,
        quality: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        identity = {
            "session": name, "case": name, "participant": participant or name,
            "corpus": "folder", "inputs": {},
            "corrections": {} if left_out is None else {"left_out": left_out},
        }  # fmt: skip
        with locked(folder) as lease:
            manifest = Manifest(folder, identity, lease)
            manifest.save()
            for track, table in made.items():
                self._publish(manifest, track, table, (quality or {}).get(track, {}))
            for track, reason in (absent or {}).items():
                manifest.lack(track, reason, key=None)
            for track, reason in (failures or {}).items():
                manifest.fail(track, "MediaError", reason)
            manifest.save()

    def _publish(
        self, manifest: Manifest, track: str, table: Table, quality: Mapping[str, Any]
    ) -> None:
        written = manifest.folder / f".{track}"
        key = digest([manifest.folder.name, track])
        rows = tables.write(table, written, {"track": track, "key": key})
        record = Record(
            key=key,
            kind=tables.kind_of(table),
            rows=rows,
            bytes=written.stat().st_size,
            sha256=sha256_file(written),
            source=Source(extractor=track, version="1"),
            quality=quality,
        )
        manifest.publish(track, written, record)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty store."""
    return Shelf(tmp_path / "store")


@pytest.fixture
def depx() -> Callable[..., int]:
    """Run the command line; give its exit code."""

    def run(*arguments: object) -> int:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def saved() -> Callable[[str], dict[str, list[dict[str, str]]]]:
    """Read the data that a page offers."""

    def saved(html: str) -> dict[str, list[dict[str, str]]]:
        """Read the data that the page offers; of files of one name the first."""
        link = r'download="([^"]*)" href="data:text/csv;charset=utf-8;base64,([^"]*)"'
        found: dict[str, list[dict[str, str]]] = {}
        for name, data in re.findall(link, html):
            found.setdefault(
                name, list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
            )
        return found

    return saved
