"""A session of feature files and a transcript, without sound: extracted, named, kept, aligned."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.cli import main
from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store
from depx.features.acoustic.covarep.columns import COLUMNS
from depx.features.acoustic.covarep.columns import MASKED as OF_VOICE
from depx.features.acoustic.egemaps import COLUMNS as DESCRIPTORS
from depx.features.columns import names
from depx.features.track import Track

NAMES = names(COLUMNS)
TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.1\t0.9\tParticipant\thello there\n"
TRACKS = ("words", "word_times", "covarep", "egemaps", "formant", "opensmile_mfcc")
FILES = {
    "covarep": "300_COVAREP.csv",
    "egemaps": "300_OpenSMILE2.3.0_egemaps.csv",
    "formant": "300_FORMANT.csv",
    "opensmile_mfcc": "300_OpenSMILE2.3.0_mfcc.csv",
}
ROWS = 120


def nobody(_line: object) -> None:
    """Tell nobody."""


def covarep(seed: int = 0) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.normal(size=(ROWS, len(NAMES))), columns=list(NAMES))
    frame["VUV"] = chance.integers(0, 2, ROWS)
    frame["F0"] = chance.uniform(80, 300, ROWS)
    frame[["Rd", "Rd_conf"]] = chance.uniform(0.3, 1, (ROWS, 2))
    frame.loc[:4, ["F0", "VUV"]] = 0
    frame.loc[50:59] = 0
    return frame


def opensmile(path: Path, columns: tuple[str, ...]) -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(ROWS, len(columns))) + 9)
    frame.columns = list(columns)
    frame.insert(0, "frameTime", np.arange(ROWS) / 100)
    frame.insert(0, "name", "'unknown'")
    frame.to_csv(path, sep=";", index=False)


@pytest.fixture
def session(tmp_path: Path) -> Path:
    folder = tmp_path / "S" / "300"
    folder.mkdir(parents=True)
    covarep().to_csv(folder / FILES["covarep"], header=False, index=False)
    opensmile(folder / FILES["egemaps"], names(DESCRIPTORS))
    opensmile(folder / FILES["opensmile_mfcc"], tuple(f"mfcc[{i}]" for i in range(39)))
    formants = np.random.default_rng(2).uniform(300, 4000, (ROWS, 5))
    np.savetxt(folder / FILES["formant"], formants, delimiter=",")
    (folder / "300_TRANSCRIPT.csv").write_text(TRANSCRIPT)
    return folder


def run(session: Path, store: Path, *tracks: str, **options: object) -> ExtractSummary:
    settings = parse(tracks, options.pop("values", {}), **options)
    return extract([session.parent], store, settings, nobody, nobody)


def tracks_of(store: Path) -> dict[str, Track]:
    (stored,) = Store.open(store).sessions()
    return {name: stored.samples(name) for name in FILES if stored.has(name)}


def record(store: Path) -> dict[str, dict[str, dict[str, object]]]:
    return json.loads((store / "300" / "session.json").read_text())


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_every_file_becomes_its_track_with_the_values_that_pandas_reads(
    session: Path, tmp_path: Path
) -> None:
    summary = run(session, tmp_path / "F", *TRACKS)
    assert summary.exit_code == 0
    assert dict(summary.outcomes[0].made).keys() == set(TRACKS)
    found = tracks_of(tmp_path / "F")
    theirs = pd.read_csv(session / FILES["covarep"], header=None, names=list(NAMES))
    unvoiced = theirs["VUV"] == 0
    theirs.loc[unvoiced, [name for name in NAMES if name in OF_VOICE]] = np.nan
    theirs.loc[50:59] = np.nan
    np.testing.assert_array_equal(found["covarep"].value_FC, theirs.to_numpy(np.float32))
    assert found["covarep"].valid_F.tolist() == [not 50 <= i < 60 for i in range(ROWS)]
    time_s = 79 / 16_000 + np.arange(ROWS) / 100
    np.testing.assert_allclose(found["covarep"].time_s, time_s, rtol=0, atol=1e-12)
    for track in ("egemaps", "opensmile_mfcc"):
        frame = pd.read_csv(session / FILES[track], sep=";").drop(columns=["name", "frameTime"])
        np.testing.assert_array_equal(found[track].value_FC, frame.to_numpy(np.float32))
    formants = np.loadtxt(session / FILES["formant"], delimiter=",")
    np.testing.assert_array_equal(found["formant"].value_FC, formants.astype(np.float32))
    made = record(tmp_path / "F")
    assert made["others"] == {}
    for track, file in FILES.items():
        assert made["inputs"][f"given.{track}"]["file"] == file
        assert made["tracks"][track]["source"]["origin"] == "given"
    licences = made["tracks"]["egemaps"]["source"]["licences"]
    assert "non-commercial" in licences["openSMILE eGeMAPS"]
    assert made["tracks"]["covarep"]["quality"]["rows_scrubbed"] == 10


def test_a_second_run_does_nothing_and_how_voice_is_masked_reads_the_file_anew(
    session: Path, tmp_path: Path
) -> None:
    run(session, tmp_path / "F", *TRACKS)
    (again,) = run(session, tmp_path / "F", *TRACKS).outcomes
    assert not again.made
    (other,) = run(
        session, tmp_path / "F", *TRACKS, values={"covarep.mask_unvoiced": "keep"}
    ).outcomes
    assert set(other.made) == {"covarep"}
    kept = tracks_of(tmp_path / "F")["covarep"]
    assert np.isfinite(kept.value_FC[kept.valid_F]).all()
    assert record(tmp_path / "F")["tracks"]["covarep"]["warnings"] == []
    covarep(seed=1).to_csv(session / FILES["covarep"], header=False, index=False)
    (changed,) = run(session, tmp_path / "F", *TRACKS).outcomes
    assert set(changed.made) == {"covarep"}


def test_a_track_that_only_a_file_holds_is_not_spoken_of_unless_it_is_asked_for(
    session: Path, tmp_path: Path
) -> None:
    run(session, tmp_path / "F", "words", "formant")
    assert (tmp_path / "F" / "300" / "formant.parquet").is_file()
    (session / FILES["formant"]).unlink()
    (session / FILES["opensmile_mfcc"]).unlink()
    unnamed = replace(parse(("words", "formant", "opensmile_mfcc"), {}), named=frozenset())
    (outcome,) = extract([session.parent], tmp_path / "F", unnamed, nobody, nobody).outcomes
    assert not outcome.absent
    assert not record(tmp_path / "F")["absent"]
    assert record(tmp_path / "F")["tracks"].keys() == {"words"}
    assert parse((), {}).named == frozenset()
    assert not (tmp_path / "F" / "300" / "formant.parquet").exists()
    (asked,) = run(session, tmp_path / "F", "formant").outcomes
    assert asked.absent == {
        "formant": "comes from files of other programs only, and the session has none"
    }


def test_ignored_they_are_named_and_choosing_is_by_pattern(session: Path, tmp_path: Path) -> None:
    (outcome,) = run(session, tmp_path / "F", "words", "formant", prefer_given=False).outcomes
    assert "--given ignore leaves them aside" in outcome.absent["formant"]
    others = record(tmp_path / "F")["others"]
    assert others[FILES["covarep"]] == "COVAREP features, left aside by --given ignore"
    assert set(others) == set(FILES.values())
    (session / "old_FORMANT.csv").write_bytes((session / FILES["formant"]).read_bytes())
    (clash,) = run(session, tmp_path / "G", "words").outcomes
    assert clash.failures["session"] == (
        "two files for the given formant: 300_FORMANT.csv and old_FORMANT.csv; "
        "choose with --set given.formant=NAME"
    )
    (chosen,) = run(session, tmp_path / "G", "formant", values={"given.formant": "3*"}).outcomes
    assert chosen.made == {"formant": ROWS}


def test_a_file_that_is_not_taken_is_told_of_in_every_run_and_stands_on_record(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    covarep().drop(columns="creak").to_csv(session / FILES["covarep"], header=False, index=False)
    said = "300_COVAREP.csv is not taken: not 74 numbers a row as COVAREP writes them (got 73"
    for _ in range(2):
        (outcome,) = run(session, tmp_path / "F", "words").outcomes
        assert [line.startswith(said) for line in outcome.warnings] == [True]
    assert said.partition(": ")[2] in str(record(tmp_path / "F")["others"][FILES["covarep"]])
    assert depx("extract", session, "-o", tmp_path / "F", "--dry-run") == 0
    assert f"300: warning: {said}" in capsys.readouterr().out


def test_a_dry_run_names_the_files_and_what_they_are(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("extract", session, "-o", tmp_path / "F", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "given covarep 300_COVAREP.csv (COVAREP)" in said
    assert "given egemaps 300_OpenSMILE2.3.0_egemaps.csv (openSMILE eGeMAPS)" in said
    assert "given formant 300_FORMANT.csv (COVAREP formants)" in said
    assert "given opensmile_mfcc 300_OpenSMILE2.3.0_mfcc.csv (openSMILE MFCC)" in said
    assert not (tmp_path / "F").exists()


def test_a_torn_file_costs_its_row_and_a_damaged_one_its_track_alone(
    session: Path, tmp_path: Path
) -> None:
    content = (session / FILES["covarep"]).read_bytes()
    (session / FILES["covarep"]).write_bytes(content[:-100])
    mfcc = session / FILES["opensmile_mfcc"]
    mfcc.write_text(mfcc.read_text().replace(";0.5;", ";0.5;x", 1))
    (outcome,) = run(session, tmp_path / "F", *TRACKS).outcomes
    assert outcome.made["covarep"] == ROWS - 1
    assert "rows mended: 1 last row broken off, left out" in outcome.warnings[0]
    assert outcome.failures == {
        "opensmile_mfcc": "300_OpenSMILE2.3.0_mfcc.csv: 'mfcc[0]' of row 52 is no number; "
        "mend or write it anew"
    }


def test_the_store_can_be_aligned(session: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    (tmp_path / "labels.csv").write_text("session,phq8\n300,3\n")
    tracks = ",".join(TRACKS)
    assert depx("extract", session, "-o", tmp_path / "F", "--tracks", tracks) == 0
    labels = ("--labels", tmp_path / "labels.csv")
    assert depx("align", tmp_path / "F", "-o", tmp_path / "D", *labels) == 0
    words = pq.read_table(tmp_path / "D" / "words").to_pydict()
    assert len(words["text"]) == 2
    for track in FILES:
        assert np.isfinite(words[f"{track}_valid"]).all()
        assert min(words[f"{track}_n_frames"]) > 0
    (row,) = pq.read_table(tmp_path / "D" / "sessions.parquet").to_pylist()
    assert row["covarep_origin"] == row["formant_origin"] == "given"
