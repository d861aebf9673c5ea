"""Which sessions a path holds, and which file plays which part."""

import os
from pathlib import Path

import pytest

from depx.errors import UsageError
from depx.extract.corpora import folder, registry
from depx.extract.corpora.base import Wishes
from depx.extract.sessions import Choice, Session
from depx.extract.trees import Folder

DAIC = "start_time\tstop_time\tspeaker\tvalue\n0.5\t1.0\tParticipant\thello there\n"
SRT = "1\n00:00:00,500 --> 00:00:01,000\nParticipant: hello there\n"
WORD = '{"word": "hello", "start": 0.5, "end": 1.0}'
WHISPERX = f'{{"segments": [{{"start": 0.5, "end": 1.0, "text": "hello", "words": [{WORD}]}}]}}'


def find(sources: list[Path], choose: dict[str, str], **wishes: object) -> list[Session]:
    return list(registry.find(sources, Wishes(choose=choose, **wishes), "folder").sessions)


def read(path: Path, choose: dict[str, str], **wishes: object) -> Session:
    return folder.read(Folder(path), Wishes(choose=choose, **wishes))


def _session(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_a_folder_of_session_folders_is_its_sessions(tmp_path: Path) -> None:
    _session(tmp_path / "b", **{"v.mp4": ""})
    _session(tmp_path / "a", **{"s.WAV": ""})
    _session(tmp_path / "__MACOSX", **{"s.wav": ""})
    _session(tmp_path / ".git", **{"s.wav": ""})
    (tmp_path / "labels.csv").write_text("session,phq8\na,3\n")
    assert [session.id for session in find([tmp_path], {})] == ["a", "b"]


def test_a_session_folder_given_itself_is_one_session(tmp_path: Path) -> None:
    _session(tmp_path / "a", **{"v.mp4": "", "t.csv": DAIC})
    (session,) = find([tmp_path / "a"], {})
    assert {part: path.name for part, path in session.files.items()} == {
        "video": "v.mp4",
        "audio": "v.mp4",
        "transcript": "t.csv",
    }


def test_a_sound_file_goes_before_the_videos_own(tmp_path: Path) -> None:
    session = read(_session(tmp_path / "a", **{"v.mp4": "", "s.flac": ""}), {})
    assert session.files["audio"].name == "s.flac"
    assert session.others == {"v.mp4 (its sound)": "s.flac goes before it"}


def test_timed_words_go_before_tables_and_tables_before_subtitles(tmp_path: Path) -> None:
    files = {"z.json": WHISPERX, "a.csv": DAIC, "b.srt": SRT}
    session = read(_session(tmp_path / "a", **files), {})
    assert session.files["transcript"].name == "z.json"
    assert set(session.others) == {"a.csv", "b.srt"}
    del files["z.json"]
    assert read(_session(tmp_path / "b", **files), {}).files["transcript"].name == "a.csv"


def test_two_of_the_same_rank_are_named_with_the_option_that_chooses(tmp_path: Path) -> None:
    folder = _session(tmp_path / "a", **{"front.mp4": "", "side.mp4": "", "t.csv": DAIC})
    problem = read(folder, {}).problem
    assert problem is not None
    assert "front.mp4 and side.mp4" in problem
    assert "--set video.file=NAME" in problem
    chosen = read(folder, {"video": "fr*"})
    assert chosen.problem is None
    assert chosen.files["video"].name == "front.mp4"
    assert "side.mp4" in chosen.others


def test_transcripts_are_told_by_content(tmp_path: Path) -> None:
    files = {"anything.txt": DAIC, "labels.csv": "session,phq8\na,3\n", "README.md": "hello"}
    assert read(_session(tmp_path / "a", **files), {}).files["transcript"].name == "anything.txt"


def test_a_file_that_calls_itself_a_transcript_is_not_passed_over(tmp_path: Path) -> None:
    session = read(_session(tmp_path / "a", **{"901_TRANSCRIPT.csv": ""}), {})
    assert session.files["transcript"].name == "901_TRANSCRIPT.csv"


@pytest.mark.parametrize("files", [{}, {"notes.docx": "x"}])
def test_a_folder_without_anything_usable_is_a_session_with_a_problem(
    tmp_path: Path, files
) -> None:
    (session,) = find([_session(tmp_path / "a", **files)], {})
    assert session.problem is not None
    assert "expected a video" in session.problem


def test_a_folder_of_folders_of_sessions_says_what_to_give(tmp_path: Path) -> None:
    _session(tmp_path / "site" / "one", **{"s.wav": ""})
    (session,) = find([tmp_path], {})
    assert "give those as SESSIONS" in str(session.problem)
    assert [s.id for s in find([tmp_path / "site"], {})] == ["one"]


def test_two_folders_of_the_same_name_are_one_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name in ("x/a", "y/a", "y/b"):
        _session(tmp_path / name, **{"s.wav": ""})
    clash, other = find([tmp_path / "x", tmp_path / "y"], {})
    assert "two folders have this name" in str(clash.problem)
    assert (other.id, other.problem) == ("b", None)


def test_a_link_to_a_session_folder_keeps_its_own_name(tmp_path: Path) -> None:
    _session(tmp_path / "raw" / "video", **{"s.wav": ""})
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "P1").symlink_to(tmp_path / "raw" / "video")
    assert [session.id for session in find([tmp_path / "S"], {})] == ["P1"]


def test_a_name_that_is_no_text_is_that_sessions_problem(tmp_path: Path) -> None:
    folder = _session(tmp_path / "a", **{"s.wav": ""})
    (folder / os.fsdecode(b"x\xff.srt")).touch()
    assert "is no readable text; rename it" in str(read(folder, {}).problem)


def test_a_pattern_may_be_a_name_with_brackets(tmp_path: Path) -> None:
    folder = _session(tmp_path / "a", **{"rec [1].mp4": "", "rec2.mp4": ""})
    assert read(folder, {"video": "rec [1].mp4"}).files["video"].name == "rec [1].mp4"


def test_a_file_that_may_be_a_transcript_is_listed_with_why_it_was_not_read(tmp_path: Path) -> None:
    session = read(_session(tmp_path / "a", **{"s.wav": "", "t.TextGrid": "x", "u.csv": "y"}), {})
    assert set(session.others) == {"t.TextGrid", "u.csv"}


NUMBERS = [*("120", "1"), *["0.5"] * 72]


def _rows(*numbers: str) -> str:
    return "\n".join([",".join(numbers)] * 3) + "\n"


@pytest.mark.parametrize(
    ("name", "text", "lack", "otherwise"),
    [
        (
            "300_COVAREP.csv",
            _rows(*NUMBERS[1:]),
            "not 74 numbers a row as COVAREP writes them (got 73 numbers a row)",
            "covarep is measured from the sound",
        ),
        (
            "300_COVAREP.csv",
            _rows(*NUMBERS) + _rows("120", "0.5", *NUMBERS[2:]),
            "row 4 is not COVAREP's: its F0 is no pitch, or its VUV neither 0 nor 1",
            "covarep is measured from the sound",
        ),
        (
            "300_COVAREP.csv",
            "",
            "not 74 numbers a row as COVAREP writes them (got nothing)",
            "covarep is measured from the sound",
        ),
        (
            "300_FORMANT.csv",
            _rows("500", "1500"),
            "not 5 numbers a row as DAIC-WOZ has them (got 2 numbers a row)",
            "formant cannot be made",
        ),
        (
            "300_OpenSMILE2.3.0_egemaps.csv",
            "name;frameTime;a\n'x';0;1\n",
            "not eGeMAPS descriptors under openSMILE's names (got a header of 3 columns)",
            "egemaps is measured from the sound",
        ),
        (
            "300_OpenSMILE2.3.0_mfcc.csv",
            "name;frameTime\n'x';0\n",
            "not frameTime and 39 MFCCs under a header (got a header of 2 columns)",
            "opensmile_mfcc cannot be made",
        ),
        (
            "300_OpenFace2.1.0_Pose_gaze_AUs.csv",
            "frame, timestamp\n1, 0\n",
            "not a header with success or confidence and OpenFace's gaze, pose, units or landmarks "
            "(got a header of 2 columns)",
            "face cannot be made",
        ),
    ],
)
def test_a_file_that_is_not_what_its_name_promises_is_told_of_with_what_it_lacks(
    tmp_path: Path, name: str, text: str, lack: str, otherwise: str
) -> None:
    folder = _session(tmp_path / "a", **{"300_AUDIO.wav": "", name: text})
    session = read(folder, {})
    assert session.given == {}
    assert session.others == {name: lack}
    assert session.warnings == (f"{name} is not taken: {lack}; without it {otherwise}",)
    assert read(folder, {}, given={}).warnings == ()


def test_beside_a_good_file_a_bad_one_is_an_other_and_no_warning(tmp_path: Path) -> None:
    files = {"300_COVAREP.csv": _rows(*NUMBERS), "old_COVAREP.csv": _rows(*NUMBERS[1:])}
    session = read(_session(tmp_path / "a", **files), {})
    assert session.given["covarep"].path.name == "300_COVAREP.csv"
    assert "got 73" in session.others["old_COVAREP.csv"]
    assert session.warnings == ()


def test_a_file_that_is_no_text_is_not_what_its_name_promises(tmp_path: Path) -> None:
    folder = _session(tmp_path / "a", **{"s.wav": ""})
    (folder / "300_COVAREP.csv").write_bytes(b"PK\0\0")
    (line,) = read(folder, {}).warnings
    assert line.startswith("300_COVAREP.csv is not taken: no text; ")


def test_a_pattern_for_features_that_are_not_there_is_told_of(tmp_path: Path) -> None:
    folder = _session(tmp_path / "a", **{"s.wav": "", "t.csv": DAIC})
    session = read(folder, {}, given={"covarep": "*_COV.csv", "face": None})
    assert session.problem is None
    assert session.warnings == (
        "--set given.covarep=*_COV.csv: there is no file with covarep features",
    )


@pytest.mark.parametrize(
    "name",
    [
        "300_BoAW_openSMILE_2.3.0_eGeMAPS.csv",
        "300_BoAW_openSMILE_2.3.0_MFCC.csv",
        "300_BoVW_openFace_2.1.0_Pose_Gaze_AUs.csv",
        "notes.txt",
    ],
)
def test_bags_of_words_and_notes_promise_nothing(tmp_path: Path, name: str) -> None:
    session = read(_session(tmp_path / "a", **{"s.wav": "", name: "'x';0;0.3\n"}), {})
    assert session.warnings == ()
    assert set(session.others) == {name}


def test_the_same_folder_twice_is_one_session(tmp_path: Path) -> None:
    _session(tmp_path / "a", **{"s.wav": ""})
    assert len(find([tmp_path, tmp_path / "a"], {})) == 1


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not there; check the name"):
        find([tmp_path / "nowhere"], {})


def test_a_choice_keeps_excludes_and_limits(tmp_path: Path) -> None:
    for name in "abc":
        _session(tmp_path / name, **{"s.wav": ""})
    sessions = find([tmp_path], {})
    assert [s.id for s in Choice(exclude=("b",)).apply(sessions)] == ["a", "c"]
    assert [s.id for s in Choice(only=("c",)).apply(sessions)] == ["c"]
    assert [s.id for s in Choice(limit=1).apply(sessions)] == ["a"]
    with pytest.raises(UsageError, match="no session 'd' among the 3 found"):
        Choice(only=("d",)).apply(sessions)
    with pytest.raises(UsageError, match="--only a --exclude a: these options leave no session"):
        Choice(only=("a",), exclude=("a",)).apply(sessions)
    assert Choice(limit=1).apply([]) == []


@pytest.mark.parametrize("stray", ["old_transcript.txt", "intro.wav"])
def test_a_stray_file_beside_session_folders_hides_none_of_them(tmp_path: Path, stray: str) -> None:
    _session(tmp_path / "a", **{"s.wav": ""})
    (tmp_path / stray).write_text("x")
    lines: list[str] = []
    assert [session.id for session in find([tmp_path], {}, notice=lines.append)] == ["a"]
    assert len(lines) == 1
    assert stray in lines[0]


def test_places_of_depx_are_no_sessions(tmp_path: Path) -> None:
    _session(tmp_path / "a", **{"s.wav": ""})
    _session(tmp_path / "old", **{"depx.json": "{}"})
    (tmp_path / "out" / "store").mkdir(parents=True)
    found = find([tmp_path], {}, store=tmp_path / "out" / "store")
    assert [session.id for session in found] == ["a"]


def test_a_pattern_that_matches_nothing_is_named_with_the_candidates(tmp_path: Path) -> None:
    session = read(_session(tmp_path / "a", **{"v.mp4": "", "s.wav": ""}), {"video": "*_front*"})
    assert session.problem == "--set video.file=*_front* matches none of: v.mp4"


def test_a_folder_that_cannot_be_read_is_its_own_problem_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Folder.open

    def refuse(tree: Folder, path: Path) -> object:
        if path.parent.name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return before(tree, path)

    monkeypatch.setattr(Folder, "open", refuse)
    _session(tmp_path / "a", **{"t.csv": DAIC})
    _session(tmp_path / "b", **{"t.csv": DAIC})
    closed, other = find([tmp_path], {})
    assert closed.problem == "t.csv: cannot be read (Permission denied); mend its permissions"
    assert other.problem is None


def test_openface_files_are_told_by_content_and_are_no_transcripts(tmp_path: Path) -> None:
    openface = "frame, timestamp, confidence, success, AU12_r\n1, 0, 0.9, 1, 0.5\n"
    folder = _session(tmp_path / "a", **{"a_transcript.csv": openface, "t.txt": DAIC})
    session = read(folder, {})
    assert session.given["face"].path.name == "a_transcript.csv"
    assert session.files["transcript"].name == "t.txt"
    assert session.others == {}
    assert read(_session(tmp_path / "b", **{"x.dat": openface}), {}).problem is None


def test_a_session_of_daic_woz_has_each_file_in_its_place_and_each_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ["120", "1", *["0.5"] * 72]
    files = {
        "300_AUDIO.wav": "",
        "300_COVAREP.csv": "\n".join([",".join(numbers)] * 3) + "\n",
        "300_FORMANT.csv": "500,1500,2500,3500,4500\n" * 3,
        "300_TRANSCRIPT.csv": DAIC,
        "300_OpenSMILE2.3.0_mfcc.csv": "name;frameTime;mfcc[0]\n'x';0;1\n",
        "300_BoAW_openSMILE_2.3.0_MFCC.csv": ";".join(["'x'", "0", *["0.3"] * 100]) + "\n",
    }
    opened: list[str] = []
    before = Folder.open

    def noted(tree: Folder, path: Path) -> object:
        opened.append(path.name)
        return before(tree, path)

    monkeypatch.setattr(Folder, "open", noted)
    session = read(_session(tmp_path / "a", **files), {})
    assert {track: file.path.name for track, file in session.given.items()} == {
        "covarep": "300_COVAREP.csv",
        "formant": "300_FORMANT.csv",
        "opensmile_mfcc": "300_OpenSMILE2.3.0_mfcc.csv",
        "boaw_mfcc": "300_BoAW_openSMILE_2.3.0_MFCC.csv",
    }
    assert {part: path.name for part, path in session.files.items()} == {
        "audio": "300_AUDIO.wav",
        "transcript": "300_TRANSCRIPT.csv",
    }
    assert session.others == {}
    assert sorted(opened) == sorted(name for name in files if not name.endswith(".wav"))
