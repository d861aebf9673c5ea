"""Build the demo corpus: a folder of sessions with a real face, real speech and exact truth.

    DIR/README.txt                 what this is
    DIR/sessions/<id>/video.mp4    (and audio.wav or audio.flac where the video is silent)
    DIR/sessions/<id>/transcript.* DAIC-WOZ table, WhisperX JSON or SRT
    DIR/labels.csv                 session, participant, demo_score, group
    DIR/truth.json                 what was rendered, frame by frame; written last

`truth.json` carries the content key and the hash of every file: a folder that holds the corpus
already is left as it is; one that holds a part of it, or another seed's, is written anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import StoreError, UsageError
from ..store.atomic import read_json, replacing, sweep, write_json
from ..store.key import digest, sha256_file
from ..store.lock import locked
from .cast import FORMULA, Scene, cast, demo_score, figures
from .media import write_sound, write_video
from .mesh import ASSETS
from .motion import FPS, Motion, move
from .speech import RATE_HZ, Spoken, speak
from .transcript import WRITERS
from .warp import FRAME_PX, render

SESSIONS = 12  # of 8 participants: four come back
GENERATOR = 2  # counts up when the same seed yields another corpus
LIBRARIES = ("av", "numpy", "opencv-contrib-python", "soundfile", "soxr")

TITLE = "depx demo corpus (synthetic)"
README = f"""{TITLE}

The pictures show one photograph, set in motion by a program. It is the portrait of the astronaut
Eileen Collins (NASA, public domain); head pose, blinks and mouth are rendered, not hers. The voice
is that of one LibriVox reader (public domain) who reads sentences of Jane Austen's "Sense and
Sensibility"; speakers, participants and groups are invented.

demo_score is synthetic. It says how lively a rendering is (0 still .. 24 lively) and is computed
from what was rendered, plus a little noise. It is no clinical measure. Nothing here says or implies
anything about the health of the person pictured, of the reader, or of anybody else.

sessions/    a folder a session: video, sound, transcript
labels.csv   session, participant, demo_score, group (arbitrary)
truth.json   what was rendered, frame by frame, and how demo_score was made
"""

CONVENTIONS = {
    "time_s": "presentation time of a frame; sound and pictures begin at 0",
    "yaw_rad pitch_rad roll_rad": (
        "rotation of the head relative to the photograph, R = Rx(pitch) Ry(yaw) Rz(roll), x right,"
        " y down, z away from the camera, as OpenFace's pose_Rx (pitch), pose_Ry (yaw), pose_Rz"
        " (roll): positive pitch lowers the nose, positive yaw moves it to the picture's left,"
        " positive roll turns the picture clockwise; scaled orthography"
    ),
    "blink": "0 as in the photograph (open) .. 1 closed, both eyes",
    "mouth": "0 as in the photograph (a smile) .. 1 wide open; 0 outside the participant's turns",
    "turns": "first word's start to last word's stop, by pocketsphinx's alignment of the clip",
}


@dataclass(frozen=True)
class DemoCorpus:
    """Where the demo corpus lies."""

    folder: Path
    sessions: tuple[str, ...]
    """Ids; also the names of the folders in `sessions_folder`."""

    @property
    def sessions_folder(self) -> Path:
        """Folder to extract from."""
        return self.folder / "sessions"

    @property
    def labels(self) -> Path:
        """Table with the target ``demo_score``, a row a session."""
        return self.folder / "labels.csv"

    @property
    def truth(self) -> Path:
        """What was rendered."""
        return self.folder / "truth.json"


def build(folder: Path, *, sessions: int = SESSIONS, seed: int = 0) -> DemoCorpus:
    """Build the demo corpus, or leave it as it is where it is whole.

    Parameters
    ----------
    folder : Path
        Made if absent; otherwise empty or a demo corpus.
    sessions : int in [1, 99]
        How many, of 8 to 12 s each.
    seed : int >= 0
        Of all chance.  Same seed, number and library versions: same bytes.

    Raises
    ------
    UsageError
        If `sessions` or `seed` is out of range.
    StoreError
        If `folder` holds something else, or sessions that this corpus does not have.
    """
    if not 1 <= sessions <= 99 or seed < 0:
        raise UsageError(
            f"demo: expected 1 to 99 sessions and a seed of 0 or more, got {sessions} and {seed}"
        )
    scenes = cast(sessions, seed)
    corpus = DemoCorpus(folder, tuple(scene.id for scene in scenes))
    _refuse_what_is_not_ours(corpus, scenes)
    key = _key(sessions, seed)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not _whole(corpus, key):
            _write(corpus, scenes, key, seed)
    return corpus


def _write(corpus: DemoCorpus, scenes: tuple[Scene, ...], key: str, seed: int) -> None:
    corpus.truth.unlink(missing_ok=True)  # from here on the folder holds no whole corpus
    sweep(corpus.folder)
    _write_text(corpus.folder / "README.txt", README)
    told = {scene.id: _write_session(corpus.sessions_folder / scene.id, scene) for scene in scenes}
    rows = [f"{s.id},{s.participant},{told[s.id]['demo_score']},{s.group}\n" for s in scenes]
    _write_text(corpus.labels, "session,participant,demo_score,group\n" + "".join(rows))
    names = ["README.txt", "labels.csv", *_session_files(scenes)]
    truth = {
        "key": key,
        "seed": seed,
        "about": "synthetic; demo_score is no clinical measure and says nothing about any person",
        "conventions": CONVENTIONS,
        "demo_score": FORMULA,
        "fps": FPS,
        "frame_px": FRAME_PX,
        "sessions": told,
        "files": {name: sha256_file(corpus.folder / name) for name in names},
    }
    write_json(corpus.truth, truth)


def _write_session(folder: Path, scene: Scene) -> dict[str, Any]:
    """Render a session's files, and say what was rendered."""
    chance = np.random.default_rng(scene.seed)
    spoken = speak(scene.script, scene.voices, scene.pauses_s, chance, frame_s=1 / FPS)
    motion = move(spoken, scene.manner, chance)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    frames = (render(moment) for moment in motion.moments())
    heard = spoken.y_N if scene.sound == "video.mp4" else None
    with replacing(folder / "video.mp4") as written:
        write_video(written, frames, FPS, heard, RATE_HZ)
    if heard is None:
        with replacing(folder / scene.sound) as written:
            container = Path(scene.sound).suffix[1:].upper()
            write_sound(written, spoken.y_N, RATE_HZ, container)
    _write_text(folder / scene.transcript, WRITERS[scene.transcript](spoken.lines))
    return _told(scene, spoken, motion)


def _told(scene: Scene, spoken: Spoken, motion: Motion) -> dict[str, Any]:
    described = figures(spoken, motion)
    return {
        "participant": scene.participant,
        "group": scene.group,
        "sound": scene.sound,
        "transcript": scene.transcript,
        "turns": [
            {
                "speaker": line.said.speaker,
                "start_s": round(line.said.start_s, 6),
                "stop_s": round(line.said.stop_s, 6),
                "text": line.said.text,
                "clip": line.clip,
                "speed": line.voice.speed,
                "gain": line.voice.gain,
            }
            for line in spoken.lines
        ],
        "frames": {
            "time_s": [round(i / FPS, 6) for i in range(motion.mouth.size)],
            "yaw_rad": motion.yaw_rad.tolist(),
            "pitch_rad": motion.pitch_rad.tolist(),
            "roll_rad": motion.roll_rad.tolist(),
            "blink": motion.blink.tolist(),
            "mouth": motion.mouth.tolist(),
        },
        "blinks_s": list(motion.blinks_s),
        "figures": described,
        "noise": scene.noise,
        "demo_score": demo_score(described, scene.noise),
    }


def _key(sessions: int, seed: int) -> str:
    assets = {path.name: sha256_file(path) for path in sorted(ASSETS.iterdir()) if path.is_file()}
    libraries = {name: version(name) for name in LIBRARIES}
    return digest(
        {
            "generator": GENERATOR,
            "sessions": sessions,
            "seed": seed,
            "assets": assets,
            "libraries": libraries,
        }
    )


def _whole(corpus: DemoCorpus, key: str) -> bool:
    try:
        truth = read_json(corpus.truth)
    except StoreError:  # absent, or damaged by other hands: written anew
        return False
    if truth.get("key") != key:
        return False
    files: Mapping[str, str] = truth["files"]
    paths = {corpus.folder / name: sha256 for name, sha256 in files.items()}
    return all(path.is_file() and sha256_file(path) == sha256 for path, sha256 in paths.items())


def _session_files(scenes: tuple[Scene, ...]) -> list[str]:
    return [f"sessions/{scene.id}/{name}" for scene in scenes for name in scene.files]


def _refuse_what_is_not_ours(corpus: DemoCorpus, scenes: tuple[Scene, ...]) -> None:
    """Overwrite nobody's files, and leave no session beside ours that would be extracted too."""
    folder, readme = corpus.folder, corpus.folder / "README.txt"
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file; choose a folder for the demo")
    visible = [p for p in folder.glob("*") if not p.name.startswith(".")] if folder.exists() else []
    ours = readme.is_file() and readme.read_bytes().startswith(TITLE.encode())
    if visible and not ours:
        raise StoreError(f"{folder}: is neither empty nor a demo corpus; choose an empty folder")
    known = set(_session_files(scenes))
    for path in sorted(corpus.sessions_folder.glob("*/*")):
        name = path.relative_to(folder).as_posix()
        if name not in known and not path.name.startswith("."):
            raise StoreError(
                f"{folder}: holds {name}, which a demo of {len(scenes)} sessions does not have; "
                "choose an empty folder"
            )


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as written:
        written.write_text(text, encoding="utf-8", newline="\n")
