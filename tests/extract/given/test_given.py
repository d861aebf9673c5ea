"""Given features in a run: found, preferred or ignored, keyed by their bytes, on record."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.cli import main
from depx.errors import UsageError
from depx.extract.corpora.base import Wishes
from depx.extract.corpora.folder import read
from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store
from depx.extract.trees import Folder
from depx.features.columns import names
from depx.features.track import Track

HEADER = "frame, face_id, timestamp, confidence, success, pose_Tz, AU12_r"
TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n0.1\t0.9\tParticipant\thello there\n"


def openface(path: Path, *, frames: int = 25, smile: float = 1.5) -> Path:
    rows = [f"{i + 1}, 0, {i / 25}, 0.98, 1, 500, {smile}" for i in range(frames)]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


@pytest.fixture
def sessions(tmp_path: Path, write_video: Callable[..., Path]) -> Path:
    """A session with a video without a face and OpenFace's file, and one with the file alone."""
    for name in ("alone", "both"):
        (tmp_path / "S" / name).mkdir(parents=True)
        openface(tmp_path / "S" / name / "of.csv")
    write_video(tmp_path / "S" / "both" / "v.mkv", [500 + 40 * i for i in range(25)])
    return tmp_path / "S"


def run(sessions: Path, store: Path, *tracks: str, **options: object) -> ExtractSummary:
    values = options.pop("values", {})
    settings = parse(tracks or ("face",), values, **options)
    return extract([sessions], store, settings, lambda _outcome: None, lambda _line: None)


def faces(store: Path) -> dict[str, Track]:
    return {one.id: one.samples("face") for one in Store.open(store).sessions() if one.has("face")}


def record(store: Path, session: str) -> dict[str, dict[str, dict[str, object]]]:
    return json.loads((store / session / "session.json").read_text())


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_given_features_become_the_track_with_a_video_and_without(
    sessions: Path, tmp_path: Path
) -> None:
    assert run(sessions, tmp_path / "F").exit_code == 0
    found = faces(tmp_path / "F")
    assert all(track.valid_F.all() for track in found.values())
    assert found["alone"].time_s[0] == 0
    assert found["both"].time_s[0] == 0.5
    made = record(tmp_path / "F", "both")
    assert made["tracks"]["face"]["source"]["origin"] == "given"
    assert made["tracks"]["face"]["source"]["extractor"] == "openface"
    assert "non-commercial" in made["tracks"]["face"]["source"]["licences"]["OpenFace"]
    assert made["inputs"]["given.face"]["file"] == "of.csv"
    assert len(made["inputs"]["given.face"]["sha256"]) == 64
    assert made["tracks"]["face"]["quality"]["media"]["time_source"] == "pts"
    assert made["others"] == {}


def test_ignored_they_are_named_and_the_video_is_measured(sessions: Path, tmp_path: Path) -> None:
    run(sessions, tmp_path / "F", prefer_given=False)
    made = record(tmp_path / "F", "both")
    assert made["tracks"]["face"]["source"]["origin"] == "computed"
    assert made["others"] == {"of.csv": "OpenFace features, left aside by --given ignore"}
    assert record(tmp_path / "F", "alone")["absent"]["face"]["reason"] == (
        "the session has no video"
    )


def test_going_from_one_to_the_other_and_back_leaves_what_the_last_leaves(
    sessions: Path, tmp_path: Path
) -> None:
    for prefer in (True, False, True):
        run(sessions, tmp_path / "F", prefer_given=prefer)
    run(sessions, tmp_path / "G")
    for name in ("alone", "both"):
        for file in ("session.json", "face.parquet"):
            ours, fresh = tmp_path / "F" / name / file, tmp_path / "G" / name / file
            assert ours.read_bytes() == fresh.read_bytes()


def test_a_second_run_does_nothing_and_a_changed_file_is_read_anew(
    sessions: Path, tmp_path: Path
) -> None:
    run(sessions, tmp_path / "F")
    assert all(not outcome.made for outcome in run(sessions, tmp_path / "F").outcomes)
    openface(sessions / "both" / "of.csv", smile=2.5)
    alone, both = run(sessions, tmp_path / "F").outcomes
    assert (dict(alone.made), dict(both.made)) == ({}, {"face": 25})


def test_whose_face_is_wanted_stands_in_the_source_and_the_key(
    sessions: Path, tmp_path: Path
) -> None:
    rows = [
        f"{i + 1}, {face}, {i / 25}, 0.98, 1, {500 + 500 * face}, {face}"
        for i in range(25)
        for face in (0, 1)
    ]
    rows = [f"{row}, {100 * (int(row.split(', ')[1]) - 1)}, 0" for row in rows]
    for name in ("alone", "both"):
        head = f"{HEADER}, pose_Tx, pose_Ty"
        (sessions / name / "of.csv").write_text("\n".join([head, *rows]) + "\n")
    run(sessions, tmp_path / "F")
    first = record(tmp_path / "F", "alone")["tracks"]["face"]
    assert first["source"]["parameters"] == {"choose": None}
    smile = names(faces(tmp_path / "F")["alone"].columns).index("AU12_r")
    assert set(faces(tmp_path / "F")["alone"].value_FC[:, smile]) == {0.0}
    run(sessions, tmp_path / "F", values={"face.choose": "right"})
    made = record(tmp_path / "F", "alone")["tracks"]["face"]
    assert made["source"]["parameters"] == {"choose": "right"}
    assert made["key"] != first["key"]
    for track in faces(tmp_path / "F").values():
        assert set(track.value_FC[:, smile]) == {1.0}
    assert not any("do nothing" in line for line in made["warnings"])


def test_parameters_that_do_nothing_for_a_given_face_are_named_with_the_remedy(
    sessions: Path, tmp_path: Path
) -> None:
    said = "of.csv holds the face as OpenFace measured it, so {} nothing; --given ignore measures"
    run(sessions, tmp_path / "F")
    assert record(tmp_path / "F", "both")["tracks"]["face"]["warnings"] == []
    values = {"face.focal": "900", "face.eye_lmk": "true", "face.choose": "left"}
    run(sessions, tmp_path / "F", values=values)
    (line,) = record(tmp_path / "F", "both")["tracks"]["face"]["warnings"]
    assert line.startswith(said.format("face.focal, face.eye_lmk do"))
    run(sessions, tmp_path / "F", values={"face.au_tier": "A"})
    (line,) = record(tmp_path / "F", "both")["tracks"]["face"]["warnings"]
    assert line.startswith(said.format("face.au_tier does"))
    run(sessions, tmp_path / "F", values={"face.au_tier": "A"}, prefer_given=False)
    warnings = record(tmp_path / "F", "both")["tracks"]["face"]["warnings"]
    assert not any("au_tier" in line for line in warnings)
    run(sessions, tmp_path / "F")
    run(sessions, tmp_path / "G")
    ours, fresh = (tmp_path / store / "both" / "session.json" for store in "FG")
    assert ours.read_bytes() == fresh.read_bytes()


def test_a_changed_video_or_file_makes_the_track_unreadable_until_it_is_read_anew(
    sessions: Path, tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    (sessions / "both" / "t.csv").write_text(TRANSCRIPT)
    run(sessions, tmp_path / "F")
    write_video(sessions / "both" / "v.mkv", [900 + 40 * i for i in range(25)])
    run(sessions, tmp_path / "F", "words")
    assert set(faces(tmp_path / "F")) == {"alone"}
    run(sessions, tmp_path / "F")
    assert faces(tmp_path / "F")["both"].time_s[0] == pytest.approx(0.9)
    openface(sessions / "both" / "of.csv", smile=2.5)
    run(sessions, tmp_path / "F", "words")
    assert set(faces(tmp_path / "F")) == {"alone"}


def test_two_files_are_named_with_the_option_that_chooses(sessions: Path, tmp_path: Path) -> None:
    openface(sessions / "alone" / "second.csv", smile=3.0)
    (problem,) = [one.failures["session"] for one in run(sessions, tmp_path / "F").failed]
    assert problem == (
        "two files for the given face: of.csv and second.csv; choose with --set given.face=NAME"
    )
    run(sessions, tmp_path / "F", values={"given.face": "s*.csv"}, choice=_only("alone"))
    assert faces(tmp_path / "F")["alone"].value_FC[0, -1] == 3.0
    others = record(tmp_path / "F", "alone")["others"]
    assert others == {"of.csv": "given.face=s*.csv does not match it"}
    missing = read(Folder(sessions / "alone"), Wishes(given={"face": "x*"})).problem
    assert missing == "--set given.face=x* matches none of: of.csv, second.csv"
    assert run(sessions, tmp_path / "G", prefer_given=False).exit_code == 0


def _only(name: str) -> object:
    from depx.extract.sessions import Choice

    return Choice(only=(name,))


def test_a_bad_file_costs_the_face_and_no_other_track(sessions: Path, tmp_path: Path) -> None:
    soundfile.write(sessions / "alone" / "a.wav", np.zeros(16_000), 16_000)
    (sessions / "alone" / "of.csv").write_text(f"{HEADER}\n1, 0, 0, 0.9, 1, much, 2\n")
    alone, _ = run(sessions, tmp_path / "F", "face", "vad").outcomes
    assert alone.made == {"vad": 96} or "vad" in alone.made
    assert alone.failures == {
        "face": "of.csv: 'pose_Tz' of row 2 is no number; mend or write it anew"
    }


def test_the_command_line_and_a_configuration_say_whether_they_are_taken(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("extract", sessions, "-o", tmp_path / "F", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "alone: given face of.csv (OpenFace)" in said
    assert "both: video v.mkv, audio v.mkv, given face of.csv (OpenFace)" in said
    config = tmp_path / "depx.toml"
    config.write_text('[extract]\ngiven = "ignore"\n[extract.set.given]\nface = "of*"\n')
    assert depx("--config", config, "extract", sessions, "-o", tmp_path / "F", "--dry-run") == 0
    assert "of.csv" not in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"--set given\.voice: no such parameter"):
        parse((), {"given.voice": "x"})


def test_a_store_whose_face_is_given_can_be_aligned(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(sessions / "both")
    soundfile.write(sessions / "alone" / "a.wav", np.zeros(16_000), 16_000)
    (sessions / "alone" / "t.csv").write_text(TRANSCRIPT)
    (tmp_path / "labels.csv").write_text("session,phq8\nalone,3\n")
    tracks = "face,words,word_times"
    assert depx("extract", sessions, "-o", tmp_path / "F", "--tracks", tracks) == 0
    labels = ("--labels", tmp_path / "labels.csv")
    assert depx("align", tmp_path / "F", "-o", tmp_path / "D", *labels) == 0
    import pyarrow.parquet as pq

    (sessions_row,) = pq.read_table(tmp_path / "D" / "sessions.parquet").to_pylist()
    assert sessions_row["face_origin"] == "given"
    words = pq.read_table(tmp_path / "D" / "words").to_pydict()
    about = json.loads((tmp_path / "D" / "dataset.json").read_text())
    face = next(one for one in about["modalities"] if one["name"] == "face")
    smile = face["names"].index("AU12_r")
    assert [row[smile] for row in words["face_mean"]] == [1.5, 1.5]
    assert all(np.isnan(row[face["names"].index("AU45_r")]) for row in words["face_mean"])


def test_only_the_action_units_may_come_from_the_file(sessions: Path, tmp_path: Path) -> None:
    wanted = {"face.aus_from": "openface"}
    for prefer in (True, False):
        run(sessions, tmp_path / "F", values=wanted, prefer_given=prefer)
        made = record(tmp_path / "F", "both")["tracks"]["face"]
        assert made["source"]["origin"] == "computed"
        assert "non-commercial" in made["source"]["licences"]["OpenFace"]
        assert made["quality"]["given"]["time_source"] == "pts"
        hashes = [file["sha256"] for file in record(tmp_path / "F", "both")["inputs"].values()]
        assert set(made["input"].split("+")) == set(hashes)
    openface(sessions / "both" / "of.csv", smile=2.5)
    _, both = run(sessions, tmp_path / "F", values=wanted).outcomes
    assert both.made == {"face": 25}


def test_of_a_real_clip_the_units_are_openface_s_and_the_rest_is_measured(
    real_data: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "S" / "clip"
    clip.mkdir(parents=True)
    for name in ("webcam_dark.wmv", "webcam_dark.csv"):
        shutil.copy(real_data / "openface" / name, clip)
    run(tmp_path / "S", tmp_path / "F", values={"face.aus_from": "openface"})
    run(tmp_path / "S", tmp_path / "G")
    mixed, given = faces(tmp_path / "F")["clip"], faces(tmp_path / "G")["clip"]
    both = mixed.valid_F & given.valid_F
    assert both.mean() > 0.9
    np.testing.assert_array_equal(mixed.time_s, given.time_s)
    for name in ("AU12_r", "AU45_c"):
        ours, theirs = (
            track.value_FC[both, names(track.columns).index(name)] for track in (mixed, given)
        )
        np.testing.assert_array_equal(ours, theirs)
    assert "eye_px" in names(mixed.columns)
    assert "eye_px" not in names(given.columns)
