"""The files of a synthetic DAIC-WOZ are what the corpus' readers have to cope with."""

import io
import json
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.features.acoustic.covarep.columns import COLUMNS
from depx.features.columns import names

UNITS_R = ["01", "02", "04", "05", "06", "09", "10", "12", "14", "15", "17", "20", "25", "26"]
UNITS_C = ["04", "12", "15", "23", "28", "45"]
HEADERS = {
    "AUs": [*(f"AU{u}_r" for u in UNITS_R), *(f"AU{u}_c" for u in UNITS_C)],
    "pose": ["Tx", "Ty", "Tz", "Rx", "Ry", "Rz"],
    "gaze": [f"{axis}_{eye}" for eye in ("0", "1", "h0", "h1") for axis in "xyz"],
    "features": [f"{a}{i}" for a in "xy" for i in range(68)],
    "features3D": [f"{a}{i}" for a in "XYZ" for i in range(68)],
}


def clnf(folder: Path, number: int, what: str) -> pd.DataFrame:
    path = folder / f"{number}_P" / f"{number}_CLNF_{what}.txt"
    return pd.read_csv(path, skipinitialspace=True)


def told(folder: Path) -> dict[str, dict]:
    return json.loads((folder / "truth.json").read_text())["units"]


@pytest.mark.parametrize("what", HEADERS)
def test_headers_have_a_space_after_each_comma(daic_woz: Path, what: str) -> None:
    path = daic_woz / "900_P" / f"900_CLNF_{what}.txt"
    with path.open() as file:
        head, first = next(file), next(file)
    marks = ["frame", "timestamp", "confidence", "success"]
    assert head == ", ".join([*marks, *HEADERS[what]]) + "\n"
    assert first.startswith("1, 0, ")
    assert first.count(", ") == head.count(", ") == first.count(",")


def test_numbers_have_six_significant_digits_at_most(daic_woz: Path) -> None:
    text = (daic_woz / "900_P" / "900_CLNF_features3D.txt").read_text()
    cells = text.split("\n", 1)[1].replace("\n", ", ").split(", ")
    digits = {len(c.lstrip("-").replace(".", "").lstrip("0")) for c in cells if c}
    assert max(digits) == 6


def test_time_stamps_are_frames_over_the_rate(daic_woz: Path) -> None:
    for number, session in told(daic_woz).items():
        frames = clnf(daic_woz, int(number), "pose")
        assert list(frames.frame) == list(range(1, session["frames"] + 1))
        np.testing.assert_allclose(
            frames.timestamp, np.arange(len(frames)) / session["fps"], rtol=5e-6
        )


def test_lost_frames_come_in_bursts_and_hold_zeros_or_ind(daic_woz: Path) -> None:
    frames = clnf(daic_woz, 901, "AUs")
    lost = frames.success == 0
    assert 0 < lost.sum() == told(daic_woz)["901"]["frames_lost"]
    assert (frames.loc[lost, HEADERS["AUs"]] == 0).all(axis=None)
    starts = (lost & ~lost.shift(fill_value=False)).sum()
    assert lost.sum() / starts > 4  # single frames would be a coin's
    assert (clnf(daic_woz, 901, "gaze").loc[lost, "x_0"] == 0).all()
    even = clnf(daic_woz, 902, "gaze")
    raw = (daic_woz / "902_P" / "902_CLNF_gaze.txt").read_text()
    assert raw.count(" -1.#IND") == 12 * (even.success == 0).sum() > 0


def test_points_project_to_pixels_and_gaze_is_of_unit_length(daic_woz: Path) -> None:
    flat, solid = clnf(daic_woz, 900, "features"), clnf(daic_woz, 900, "features3D")
    seen = solid.success == 1
    for i in (0, 33, 67):
        z = solid.loc[seen, f"Z{i}"]
        np.testing.assert_allclose(
            flat.loc[seen, f"x{i}"], 500 * solid.loc[seen, f"X{i}"] / z + 320, atol=0.01
        )
    gaze = clnf(daic_woz, 900, "gaze")
    vectors = gaze.loc[seen, HEADERS["gaze"]].to_numpy().reshape(-1, 4, 3)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=2), 1, atol=1e-5)


def test_hog_is_a_record_a_frame(daic_woz: Path) -> None:
    frames = clnf(daic_woz, 900, "AUs")
    raw = (daic_woz / "900_P" / "900_CLNF_hog.bin").read_bytes()
    assert len(raw) == 17_872 * len(frames)
    words = np.frombuffer(raw, "<i4").reshape(len(frames), -1)
    assert (words[:, :3] == [12, 12, 31]).all()
    valid = np.frombuffer(raw, "<f4").reshape(len(frames), -1)[:, 3]
    np.testing.assert_array_equal(valid > 0, frames.success == 1)


def test_scrubbed_spans_are_zeros_in_sound_covarep_and_formants(daic_woz: Path) -> None:
    for number, session in told(daic_woz).items():
        folder = daic_woz / f"{number}_P"
        with wave.open(str(folder / f"{number}_AUDIO.wav")) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
            y_N = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        covarep = pd.read_csv(folder / f"{number}_COVAREP.csv", header=None)
        formant = pd.read_csv(folder / f"{number}_FORMANT.csv", header=None)
        assert covarep.shape[1] == 74
        assert formant.shape == (len(covarep), 5)
        assert len(y_N) == 160 * len(covarep)
        rows = (folder / f"{number}_TRANSCRIPT.csv").read_text().splitlines()
        times = [row.split("\t")[:2] for row in rows if row.endswith("\tscrubbed_entry")]
        assert [[float(t) for t in pair] for pair in times] == session["scrubbed_s"] != []
        for start_s, stop_s in session["scrubbed_s"]:
            first, last = round(start_s * 100), round(stop_s * 100)
            assert not y_N[first * 160 : last * 160].any()
            assert (covarep.iloc[first:last] == 0).all(axis=None)
            assert (formant.iloc[first:last] == 0).all(axis=None)
            assert y_N[first * 160 - 160 : first * 160].any()
            assert np.isneginf(covarep.iloc[first - 1, 7])


def test_columns_of_covarep_stand_in_the_order_of_its_script(daic_woz: Path) -> None:
    """Written out here: the file has no header, and generator and reader share one list."""
    glottal = "F0 VUV NAQ QOQ H1H2 PSP MDQ peakSlope Rd Rd_conf creak"
    numbered = (("MCEP", 25), ("HMPDM", 25), ("HMPDD", 13))
    order = [*glottal.split(), *(f"{name}_{i}" for name, count in numbered for i in range(count))]
    assert names(COLUMNS) == tuple(order)
    covarep = pd.read_csv(daic_woz / "900_P" / "900_COVAREP.csv", header=None)
    covarep.columns = order
    assert set(covarep.VUV) == {0, 1}
    assert covarep.F0[covarep.VUV == 1].between(50, 500).all()
    assert covarep.F0[covarep.VUV == 0].between(0, 500).all()  # COVAREP guesses there, too
    assert np.isneginf(covarep).any().pipe(lambda has: list(has[has].index)) == ["peakSlope"]
    assert covarep.creak.between(0, 1).all()
    assert covarep.MCEP_0.median() < -2


def test_f0_in_covarep_is_the_pitch_of_the_sound(daic_woz: Path) -> None:
    with wave.open(str(daic_woz / "900_P" / "900_AUDIO.wav")) as file:
        y_N = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    covarep = pd.read_csv(daic_woz / "900_P" / "900_COVAREP.csv", header=None)
    loud = pd.Series(y_N**2).groupby(np.arange(len(y_N)) // 160).mean()
    firm = (covarep[1] == 1) & (covarep[1].rolling(9, center=True).sum() == 9) & (loud > 1e5)
    found, written = [], []
    for i in np.flatnonzero(firm)[::50]:
        piece = y_N[i * 160 - 320 : i * 160 + 480]
        lags = np.correlate(piece, piece, "full")[len(piece) - 1 :]
        low, high = 16_000 // 400, 16_000 // 70
        found.append(16_000 / (low + np.argmax(lags[low:high])))
        written.append(covarep[0][i])
    ratio = np.array(found) / np.array(written)
    assert len(ratio) >= 10
    assert np.mean(np.abs(ratio - 1) < 0.08) > 0.8


def test_the_transcript_has_the_oddities_of_the_real_ones(daic_woz: Path) -> None:
    texts = [(daic_woz / f"{n}_P" / f"{n}_TRANSCRIPT.csv").read_text() for n in range(900, 906)]
    values = [line.split("\t")[3] for text in texts for line in text.splitlines()[1:] if line]
    for text in texts:
        assert text.startswith("start_time\tstop_time\tspeaker\tvalue\n")
    assert any("\n\n" in text for text in texts)
    assert {"null", "", "scrubbed_entry"} <= set(values)
    assert {"xxx", "xxxx"} & set(values)
    assert {"<laughter>", "[laughter]"} & set(values)
    assert any(value.count('"') == 1 for value in values)
    assert any(value.endswith(">") and " <" in value for value in values)
    assert any("sync" in value for value in values)
    ellie = [line.split("\t")[3] for t in texts for line in t.splitlines() if "\tEllie\t" in line]
    assert all(value.endswith(")") and value.split(" ")[1].startswith("(") for value in ellie)


def test_rows_overlap_and_setup_comes_before_the_agent(daic_woz: Path) -> None:
    overlaps = 0
    for n in range(900, 906):
        rows = pd.read_csv(
            daic_woz / f"{n}_P" / f"{n}_TRANSCRIPT.csv", sep="\t", quoting=3, keep_default_na=False
        )
        assert rows.start_time.is_monotonic_increasing
        assert rows.speaker[0] == "Participant"
        overlaps += (rows.start_time[1:].to_numpy() < rows.stop_time[:-1].to_numpy()).sum()
    assert overlaps > 0


def test_split_tables_have_the_released_headers_and_line_ends(daic_woz: Path) -> None:
    raw = {path.name: path.read_bytes() for path in daic_woz.glob("*.csv")}
    train, dev = (raw[f"{p}_split_Depression_AVEC2017.csv"] for p in ("train", "dev"))
    head = (
        b"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest,PHQ8_Depressed,PHQ8_Sleep,"
        b"PHQ8_Tired,PHQ8_Appetite,PHQ8_Failure,PHQ8_Concentrating,PHQ8_Moving\n"
    )
    assert train.startswith(head)
    assert dev.startswith(head)
    assert train.endswith(b"\n")
    assert not dev.endswith(b"\n")
    assert raw["test_split_Depression_AVEC2017.csv"].startswith(b"participant_ID,Gender\n")
    full = raw["full_test_split.csv"].decode().splitlines()
    assert full[0] == "Participant_ID,PHQ_Binary,PHQ_Score,Gender"
    assert full[1::2] == [",,,"] * len(full[2::2])
    assert [row.split(",")[0] for row in full[2::2]] == [
        row.split(",")[0]
        for row in raw["test_split_Depression_AVEC2017.csv"].decode().splitlines()[1:]
    ]
    assert all(b"\r" not in content for content in raw.values())


def test_totals_are_sums_of_items_but_for_two_planted_errors(daic_woz: Path) -> None:
    parts = [
        pd.read_csv(io.BytesIO((daic_woz / f"{p}_split_Depression_AVEC2017.csv").read_bytes()))
        for p in ("train", "dev")
    ]
    rows = pd.concat(parts).set_index("Participant_ID")
    items = rows.filter(regex="PHQ8_(?!Binary|Score)")
    whole = items.notna().all(axis=1)
    assert list(rows.index[~whole]) == [904]
    assert rows.loc[904].isna().sum() == 1
    assert np.isnan(rows.loc[904, "PHQ8_Sleep"])
    assert (items[whole].sum(axis=1) == rows.PHQ8_Score[whole]).all()
    wrong = rows.PHQ8_Binary != (rows.PHQ8_Score >= 10)
    assert list(rows.index[wrong]) == [903]
    assert rows.loc[903, "PHQ8_Score"] == 10


def test_covareps_f0_is_a_stray_number_where_nobody_is_voiced(daic_woz: Path) -> None:
    covarep = pd.read_csv(daic_woz / "901_P" / "901_COVAREP.csv", header=None)
    kept = covarep[(covarep != 0).any(axis=1)]
    assert set(kept[1]) == {0, 1}
    assert (kept[0] > 0).all()
    assert kept[0][kept[1] == 0].std() > 2 * kept[0][kept[1] == 1].std()
