"""The files of a synthetic E-DAIC, beside those of the DAIC-WOZ that it contains."""

import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io

from depx.extract.synth.corpora import daic_woz as woz
from depx.extract.synth.corpora import edaic
from depx.extract.synth.corpora.order import Order

FILES = {
    "_AUDIO.wav", "_Transcript.csv", "_OpenFace2.1.0_Pose_gaze_AUs.csv",
    "_OpenSMILE2.3.0_egemaps.csv", "_OpenSMILE2.3.0_mfcc.csv",
    "_BoAW_openSMILE_2.3.0_eGeMAPS.csv", "_BoAW_openSMILE_2.3.0_MFCC.csv",
    "_BoVW_openFace_2.1.0_Pose_Gaze_AUs.csv", "_densenet201.csv", "_vgg16.csv",
    "_CNN_ResNet.mat", "_CNN_VGG.mat",
}  # fmt: skip


def features(folder: Path, number: int, what: str) -> Path:
    return folder / "data" / f"{number}_P" / "features" / f"{number}_{what}"


def test_a_session_has_twelve_files_ten_of_them_in_features(e_daic: Path) -> None:
    folder = e_daic / "data" / "900_P"
    own = [path.name for path in folder.glob("*_*")]
    inside = [path.name for path in (folder / "features").iterdir()]
    assert {name.removeprefix("900") for name in own} == {"_AUDIO.wav", "_Transcript.csv"}
    assert {name.removeprefix("900") for name in own + inside} == FILES
    assert len(own + inside) == 12


def test_headers_are_those_of_the_programs_letter_by_letter(e_daic: Path) -> None:
    """Written out here: generator and reader take the names from one list."""
    openface = (
        "frame timestamp confidence success pose_Tx pose_Ty pose_Tz pose_Rx pose_Ry pose_Rz "
        "gaze_0_x gaze_0_y gaze_0_z gaze_1_x gaze_1_y gaze_1_z gaze_angle_x gaze_angle_y "
        "AU01_r AU02_r AU04_r AU05_r AU06_r AU07_r AU09_r AU10_r AU12_r AU14_r AU15_r AU17_r "
        "AU20_r AU23_r AU25_r AU26_r AU45_r "
        "AU01_c AU02_c AU04_c AU05_c AU06_c AU07_c AU09_c AU10_c AU12_c AU14_c AU15_c AU17_c "
        "AU20_c AU23_c AU25_c AU26_c AU28_c AU45_c"
    )
    egemaps = (
        "name frameTime Loudness_sma3 alphaRatio_sma3 hammarbergIndex_sma3 slope0-500_sma3 "
        "slope500-1500_sma3 spectralFlux_sma3 mfcc1_sma3 mfcc2_sma3 mfcc3_sma3 mfcc4_sma3 "
        "F0semitoneFrom27.5Hz_sma3nz jitterLocal_sma3nz shimmerLocaldB_sma3nz HNRdBACF_sma3nz "
        "logRelF0-H1-H2_sma3nz logRelF0-H1-A3_sma3nz F1frequency_sma3nz F1bandwidth_sma3nz "
        "F1amplitudeLogRelF0_sma3nz F2frequency_sma3nz F2amplitudeLogRelF0_sma3nz "
        "F3frequency_sma3nz F3amplitudeLogRelF0_sma3nz"
    )
    for name, separator, header in (
        ("OpenFace2.1.0_Pose_gaze_AUs.csv", ", ", openface),
        ("OpenSMILE2.3.0_egemaps.csv", ";", egemaps),
    ):
        first = features(e_daic, 900, name).read_text().splitlines()[0]
        assert first == separator.join(header.split())


def test_openface_has_53_columns_and_no_landmarks(e_daic: Path) -> None:
    path = features(e_daic, 901, "OpenFace2.1.0_Pose_gaze_AUs.csv")
    frames = pd.read_csv(path, skipinitialspace=True)
    assert frames.shape[1] == 53
    assert list(frames.columns[:5]) == ["frame", "timestamp", "confidence", "success", "pose_Tx"]
    assert "AU28_c" in frames
    assert "AU28_r" not in frames
    assert path.read_text().split(",")[1] == " timestamp"
    lost = frames.success == 0
    assert lost.any()
    assert (frames.loc[lost].iloc[:, 4:] == 0).all(axis=None)
    assert frames.filter(regex="_r$").min().min() >= 0


def test_descriptors_are_23_and_their_sentinel_says_unvoiced(e_daic: Path) -> None:
    rows = pd.read_csv(features(e_daic, 900, "OpenSMILE2.3.0_egemaps.csv"), sep=";")
    assert rows.shape[1] == 25
    assert list(rows.columns[:3]) == ["name", "frameTime", "Loudness_sma3"]
    np.testing.assert_allclose(rows.frameTime, np.arange(len(rows)) / 100, rtol=5e-6)
    unvoiced = rows["F0semitoneFrom27.5Hz_sma3nz"] == 0
    for i in (1, 2, 3):
        np.testing.assert_array_equal(rows[f"F{i}amplitudeLogRelF0_sma3nz"] == -201, unvoiced)
    scrubbed = json.loads((e_daic / "truth.json").read_text())["units"]["900"]["scrubbed_s"]
    start_s, stop_s = scrubbed[0]
    inside = rows[(rows.frameTime >= start_s) & (rows.frameTime < stop_s)]
    assert (inside.alphaRatio_sma3 == 0).all()
    assert (inside.Loudness_sma3 == 0).all()


def test_mfcc_bags_and_pictures_have_their_widths(e_daic: Path) -> None:
    mfcc = pd.read_csv(features(e_daic, 900, "OpenSMILE2.3.0_mfcc.csv"), sep=";")
    assert mfcc.shape[1] == 41
    for bag in FILES:
        if "_Bo" in bag:
            table = pd.read_csv(features(e_daic, 900, bag[1:]), sep=";", header=None)
            assert table.shape[1] == 102
            assert list(table[1]) == list(range(len(table)))
    for network, width in (("densenet201", 1920), ("vgg16", 4096)):
        assert pd.read_csv(features(e_daic, 900, f"{network}.csv")).shape[1] == 2 + width


@pytest.mark.parametrize(("network", "width"), [("ResNet", 2048), ("VGG", 4096)])
def test_mat_files_read_in_scipy_with_a_row_a_frame(e_daic: Path, network: str, width: int) -> None:
    held = scipy.io.loadmat(features(e_daic, 902, f"CNN_{network}.mat"))
    frames = pd.read_csv(
        features(e_daic, 902, "OpenFace2.1.0_Pose_gaze_AUs.csv"), skipinitialspace=True
    )
    assert held["feature"].shape == (len(frames), width)
    assert held["feature"].dtype == np.float32
    assert 0.4 < (held["feature"] == 0).mean() < 0.7


def test_transcripts_name_nobody_and_are_odd_by_number(e_daic: Path) -> None:
    rows = {
        n: pd.read_csv(e_daic / "data" / f"{n}_P" / f"{n}_Transcript.csv") for n in range(900, 914)
    }
    assert all(
        list(table.columns) == ["Start_Time", "End_Time", "Text", "Confidence"]
        for table in rows.values()
    )
    assert rows[902].Text.isna().any()
    assert not rows[903].Start_Time.is_monotonic_increasing
    with wave.open(str(e_daic / "data" / "905_P" / "905_AUDIO.wav")) as file:
        assert rows[905].Start_Time.iloc[-1] > file.getnframes() / 16_000
    assert not any(table.Text.str.contains("scrubbed|<|\\[").any() for table in rows.values())


def test_a_number_is_the_same_interview_as_in_daic_woz(e_daic: Path, daic_woz: Path) -> None:
    one, other = (
        json.loads((folder / "truth.json").read_text())["units"] for folder in (e_daic, daic_woz)
    )
    for number in other:
        assert one[number]["phq8"] == other[number]["phq8"]
        assert one[number]["person"] == other[number]["person"]


def test_the_same_length_gives_the_same_sound(order: Callable[..., Order]) -> None:
    a, b = order("daic-woz", minutes=0.8), order("e-daic", minutes=0.8)
    one, _ = woz.files(a, woz.units(a)[0])
    other, _ = edaic.files(b, edaic.units(b)[0])
    assert b"".join(one["900_AUDIO.wav"]()) == b"".join(other["900_AUDIO.wav"]())


def test_label_tables_have_the_released_columns(e_daic: Path) -> None:
    tables = {path.stem: pd.read_csv(path) for path in (e_daic / "labels").glob("*.csv")}
    later = tables["detailed_lables"]
    assert later.shape == (14, 33)
    assert later.gender.isna().sum() == 1
    assert (later.filter(regex="^PHQ8_").sum(axis=1) == later.Depression_severity).all()
    assert (later.filter(regex="^PCL-C_").sum(axis=1) == later.PTSD_severity).all()
    split = ["Participant_ID", "Gender", "PHQ_Binary", "PHQ_Score", "PCL-C (PTSD)", "PTSD Severity"]
    ids = [n for part in ("train", "dev", "test") for n in tables[f"{part}_split"].Participant_ID]
    assert sorted(ids) == list(range(900, 914))
    for part in ("train", "dev", "test"):
        assert list(tables[f"{part}_split"].columns) == split
    assert tables["test_split"]["PTSD Severity"].isna().sum() == 2
    assert list(tables["test_split"].Participant_ID) == [911, 912, 913]
    assert len(tables["Detailed_PHQ8_Labels"]) == 11
    mapped = tables["metadata_mapped"]
    assert list(mapped.columns[:2]) == ["Participant_ID", "AVECParticipant_ID"]
    assert {"training_001", "development_01", "test_01"} <= set(mapped.AVECParticipant_ID)


def test_seven_of_a_hundred_binaries_break_the_rule_downwards(order: Callable[..., Order]) -> None:
    full = order("e-daic", sessions=275)
    text = edaic.tables(full, edaic.units(full))["labels/detailed_lables.csv"].decode()
    rows = [line.split(",") for line in text.splitlines()[1:]]
    score = np.array([int(row[4]) for row in rows])
    released = np.array([int(row[5]) for row in rows])
    broken = released != (score >= 10)
    assert 0.04 < broken.mean() < 0.10
    assert (released[broken] == 0).all()
    assert score[broken].min() >= 10
    assert score[broken].max() <= 16


def test_with_real_numbers_test_is_autonomous_and_holds_nobody_of_daic_woz(
    order: Callable[..., Order],
) -> None:
    full = order("e-daic", sessions=275, daic_ids=True)
    units = edaic.units(full)
    assert [sum(u.split == part for u in units) for part in ("train", "dev", "test")] == [
        163, 56, 56,
    ]  # fmt: skip
    assert min(u.number for u in units if u.split == "test") >= 600
    older = woz.units(order("daic-woz", sessions=189, daic_ids=True))
    assert {u.number for u in older} == {u.number for u in units if u.number < 600}
    assert [sum(u.split == part for u in older) for part in ("train", "dev", "test")] == [
        107, 35, 47,
    ]  # fmt: skip
