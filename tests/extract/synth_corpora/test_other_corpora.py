"""CMDC, AVEC 2014 and D-Vlog: the names and shapes that are known of them."""

import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.extract.synth.corpora import avec2014
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build


@pytest.fixture(scope="module")
def cmdc(tmp_path_factory: pytest.TempPathFactory, order: Callable[..., Order]) -> Path:
    folder = tmp_path_factory.mktemp("cmdc")
    build(folder, order("cmdc", sessions=6, minutes=0.4))
    return folder


@pytest.fixture(scope="module")
def d_vlog(tmp_path_factory: pytest.TempPathFactory, order: Callable[..., Order]) -> Path:
    folder = tmp_path_factory.mktemp("d-vlog")
    build(folder, order("d-vlog", sessions=14))
    return folder


def test_a_subject_has_twelve_clips_and_texts(cmdc: Path) -> None:
    subjects = sorted(cmdc.glob("CMDC_EULA/part*/*"))
    assert len(subjects) == 6
    for subject in subjects:
        clips = {path.stem for path in subject.glob("*.wav")}
        texts = {path.stem for path in subject.glob("*.txt")}
        assert texts == {f"Q{i}" for i in range(1, 13)}
        assert {clip.rstrip("-") for clip in clips} == texts
        tables = {path.stem for path in subject.glob("*.csv")}
        assert tables == (clips if subject.parent.name == "part1" else set())
    assert sum((s / "Q3-.wav").is_file() for s in subjects) == 2


def test_clips_are_48_khz_stereo_and_as_long_as_their_frames(cmdc: Path) -> None:
    subject = next(cmdc.glob("CMDC_EULA/part1/*"))
    with wave.open(str(subject / "Q1.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 2, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert np.corrcoef(both.T)[0, 1] > 0.99
    frames = pd.read_csv(subject / "Q1.csv", skipinitialspace=True)
    assert frames.timestamp.iloc[-1] == pytest.approx(len(both) / 48_000, abs=0.06)


def test_answers_are_mandarin_and_patients_come_first_in_part1(cmdc: Path) -> None:
    info = pd.read_csv(cmdc / "CMDC_EULA" / "SubjectInfo.csv")
    texts = [path.read_bytes().decode() for path in cmdc.rglob("Q*.txt")]
    assert all("\u4e00" <= text[0] <= "\u9fff" and text.endswith("。") for text in texts)
    items = info.filter(regex="^PHQ[1-9]$")
    assert items.shape[1] == 9
    assert (items.sum(axis=1) == info.PHQtotal).all()
    patients = info.ID.str.startswith("MDD")
    assert patients.any()
    assert (info.HAMD.notna() == patients).all()
    assert info.PHQtotal[patients].mean() > info.PHQtotal[~patients].mean()
    assert all((cmdc / "CMDC_EULA" / "part1" / name).is_dir() for name in info.ID[patients])


def test_vlogs_are_two_arrays_that_sometimes_differ_in_length(d_vlog: Path) -> None:
    labels = pd.read_csv(d_vlog / "labels.csv")
    assert list(labels.columns) == ["index", "label", "duration", "gender", "fold"]
    assert set(labels.label) == {"depression", "normal"}
    assert set(labels.fold) == {"train", "valid", "test"}
    lengths = []
    for index in labels["index"]:
        acoustic = np.load(d_vlog / f"{index}_acoustic.npy")
        visual = np.load(d_vlog / f"{index}_visual.npy")
        assert acoustic.shape[1:] == (25,)
        assert visual.shape[1:] == (136,)
        assert acoustic.dtype == visual.dtype == np.float64
        lengths.append((len(acoustic), len(visual)))
    assert [a != b for a, b in lengths] == [i % 7 == 6 for i in range(14)]
    assert [int(seconds) for seconds in labels.duration] == [b for _, b in lengths]


def test_a_vlogs_mouth_and_pitch_follow_what_is_planted(d_vlog: Path) -> None:
    planted = json.loads((d_vlog / "truth.json").read_text())["units"]
    spread = {i: np.load(d_vlog / f"{i}_acoustic.npy")[:, 10].std() for i in planted}
    meant = {i: session["person"]["f0_sd_semitones"] for i, session in planted.items()}
    assert np.corrcoef([spread[i] for i in planted], [meant[i] for i in planted])[0, 1] > 0.9


def test_avec_has_two_videos_with_sound_and_one_number_a_date(
    tmp_path: Path, order: Callable[..., Order]
) -> None:
    import av

    build(tmp_path, order("avec2014", sessions=2))
    videos = sorted(tmp_path.rglob("*.mp4"))
    assert {path.name for path in videos} == {
        f"203_{date}_{task}_video.mp4" for date in (1, 2) for task in ("Freeform", "Northwind")
    }
    for path in videos:
        with av.open(str(path)) as container:
            assert len(container.streams.video) == len(container.streams.audio) == 1
            assert 2 < container.duration / av.time_base < 12
    scores = sorted(tmp_path.rglob("DepressionLabels/*_Depression.csv"))
    assert [path.name for path in scores] == ["203_1_Depression.csv", "203_2_Depression.csv"]
    assert all(0 <= int(path.read_text()) <= 63 for path in scores)
    assert {path.relative_to(tmp_path).parts[0] for path in (*videos, *scores)} == {"Training"}


def test_nobody_of_avec_is_in_two_parts(order: Callable[..., Order]) -> None:
    units = avec2014.units(order("avec2014", sessions=60))
    assert len(units) == len({unit.id for unit in units}) == 60
    parts: dict[int, set[str]] = {}
    for unit in units:
        parts.setdefault(unit.number, set()).add(unit.split)
    assert all(len(found) == 1 for found in parts.values())
    assert {part for found in parts.values() for part in found} == {"train", "dev", "test"}
    assert len(parts) < 60
