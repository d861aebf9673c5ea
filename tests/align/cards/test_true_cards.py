"""What the cards say of a set is so: its command makes it, what was left out is not told of."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.align.dataset import Dataset
from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.align.share import share_dataset
from depx.align.summary import AlignSummary
from depx.cli import main
from depx.extract.sessions import Choice
from depx.extract.sharing.pseudonyms import Pseudonyms, pseudonyms_of
from depx.extract.sharing.store import share_store
from depx.extract.sharing.wanted import Sharing
from depx.features.columns import FACE_ALL
from depx.features.track import Track

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]
KEY = Pseudonyms(b"k" * 32)
LABELS = "session,participant,phq8,Alter (Jahre)\ns1,p1,3,31\ns2,p2,17,44\ns3,p3,12,51\n"
SAID = "what was said, cleaned"
LEFT_OUT = "text: what was said was left out"
OWN_IDS = "Ids stand in every table as the stores have them"


def card(dataset: Path) -> str:
    return (dataset / "README.md").read_text()


def command(dataset: Path) -> str:
    (line,) = re.findall(r"^depx align .*$", card(dataset), re.MULTILINE)
    return line


def fields(dataset: Path, table: str) -> dict[str, str]:
    """Give the columns of a table as Croissant describes them."""
    document = json.loads((dataset / "croissant.json").read_text())
    (found,) = (one for one in document["recordSet"] if one["name"] == table)
    return {field["name"]: field.get("description", "") for field in found["field"]}


def personal(dataset: Path) -> str:
    """Give what Croissant says of personal information; the card has the same lines."""
    document = json.loads((dataset / "croissant.json").read_text())
    lines = document["rai:personalSensitiveInformation"]
    assert all(line in card(dataset).replace("**", "") for line in lines)
    return "\n".join(lines)


def exit_code(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "options",
    [
        {"no_text": True},
        {"target": "Alter (Jahre)", "label_rule": "Alter (Jahre)>=40"},
        {"target": "", "splits": "none"},
        {"label_rule": "phq8>=12", "timing": "forced", "speakers": "both"},
        {"pauses_s": 0.15, "pool": ("mean", "std", "slope"), "dtype": "float16"},
        {"views": ("words", "turns", "sessions"), "shard_mb": 0.001},
        {"tokens": "windows:1.5", "frame_rate_hz": 12.5, "no_text": True},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("under_key", [False, True], ids=["own ids", "pseudonyms"])
def test_the_printed_command_makes_the_set(
    filled: Path, labels: Write, tmp_path: Path, options: dict[str, Any], under_key: bool
) -> None:
    table, key_file = labels(LABELS), tmp_path / "my.key"
    settings = AlignSettings(labels=table, **options)
    key = pseudonyms_of(key_file, [], lambda _line: None) if under_key else None
    align([filled], tmp_path / "d", settings, lambda _line: None, key)
    line = command(tmp_path / "d").replace("[--labels LABELS]", "--labels LABELS")
    again = tmp_path / "again"
    places = {"STORE": filled, "DATASET": again, "LABELS": table, "KEYFILE": key_file}
    words = [places.get(word, word) for word in shlex.split(line)]
    assert words[0] == "depx"
    assert (key_file in words) is under_key
    assert exit_code(*words[1:], "-q") in (0, 1)  # 1: a session without times is left out
    first, second = Dataset.open(tmp_path / "d").manifest, Dataset.open(again).manifest
    assert second["settings"] == first["settings"]
    assert second["key"] == first["key"]


def test_every_setting_that_shapes_the_bytes_is_tried_above() -> None:
    tried = {
        name
        for mark in test_the_printed_command_makes_the_set.pytestmark  # type: ignore[attr-defined]
        if mark.args[0] == "options"
        for options in mark.args[1]
        for name in options
    }
    assert tried | {"pseudonyms"} == set(AlignSettings().content())


def test_the_key_is_named_by_its_fingerprint_beside_the_command(
    filled: Path, tmp_path: Path
) -> None:
    align([filled], tmp_path / "d", AlignSettings(target=""), lambda _line: None, KEY)
    assert KEY.fingerprint not in command(tmp_path / "d")
    said = f"KEYFILE is the file of the key with the fingerprint `{KEY.fingerprint}`."
    assert said in card(tmp_path / "d").splitlines()


def test_ids_are_told_as_what_they_are(filled: Path, tmp_path: Path) -> None:
    align([filled], tmp_path / "own", AlignSettings(target=""), lambda _line: None)
    align([filled], tmp_path / "key", AlignSettings(target=""), lambda _line: None, KEY)
    assert OWN_IDS in personal(tmp_path / "own")
    assert "pseudonym" not in card(tmp_path / "own")
    said = personal(tmp_path / "key")
    assert OWN_IDS not in said
    assert (
        "Ids are pseudonyms under a key that does not travel with the set (fingerprint "
        f"`{KEY.fingerprint}`)" in said
    )
    assert fields(tmp_path / "own", "words")["speaker"].endswith("as the transcript has it")
    assert fields(tmp_path / "key", "words")["speaker"] == "pseudonym of the speaker"
    for name in ("session", "case", "participant"):
        assert "pseudonym" in fields(tmp_path / "key", "sessions")[name]


def _no_text(store: Path, place: Path) -> Path:
    align([store], place, AlignSettings(target="", no_text=True), lambda _line: None)
    return place


def _share(store: Path, place: Path) -> Path:
    whole = place.with_name("whole")
    align([store], whole, AlignSettings(target=""), lambda _line: None)
    share_dataset(whole, place, _sharing(), lambda _line: None)
    return place


def _of_a_shared_store(store: Path, place: Path) -> Path:
    shared = place.with_name("shared")
    share_store(store, shared, _sharing(), lambda _line: None)
    align([shared], place, AlignSettings(target=""), lambda _line: None)
    return place


def _sharing() -> Sharing:
    return Sharing(keep=(), pseudonyms=KEY, permitted=False, force=False, choice=Choice())


@pytest.mark.parametrize("make", [_no_text, _share, _of_a_shared_store])
def test_a_set_without_text_says_that_it_has_none(
    filled: Path, tmp_path: Path, make: Callable[[Path, Path], Path]
) -> None:
    place = make(filled, tmp_path / "d")
    texts = Dataset.open(place).session(Dataset.open(place).ids()[0], ["text"])["text"]
    assert len(texts) > 0
    assert not any(texts)
    assert LEFT_OUT in card(place)
    assert SAID not in card(place)
    assert fields(place, "words")["text"] == "what was said was left out: empty in every row"
    assert "`text` holds" not in personal(place)


def test_a_set_with_text_says_that_it_has_some(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d", target="")
    assert LEFT_OUT not in card(tmp_path / "d")
    assert fields(tmp_path / "d", "words")["text"] == SAID
    assert "`text` holds what was said" in personal(tmp_path / "d")


def test_windows_have_no_words_and_nothing_was_left_out(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d", target="", tokens="windows:1.0")
    assert LEFT_OUT not in card(tmp_path / "d")
    assert fields(tmp_path / "d", "words")["text"] == "empty in every row: windows have no words"


@pytest.mark.parametrize(
    ("groups", "views", "told"),
    [
        ((), ("words", "frames"), {"landmarks": False, "eyes": False, "blendshapes": False}),
        (("landmarks_2d",), ("words", "frames"), {"landmarks": True, "eyes": False}),
        (("landmarks_2d",), ("words",), {"landmarks": False}),
        (("eye_lmk", "blendshapes"), ("words", "frames"), {"landmarks": False, "eyes": True}),
        (("blendshapes",), ("words", "frames"), {"blendshapes": True, "picture": False}),
    ],
    ids=["none", "landmarks", "no frames", "eyes and blendshapes", "blendshapes"],
)
def test_of_a_face_the_columns_are_told_that_are_there(
    run: Run,
    shelf: Any,
    tmp_path: Path,
    groups: tuple[str, ...],
    views: tuple[str, ...],
    told: dict[str, bool],
) -> None:
    made = shelf.whole()
    face = made["face"]
    more = tuple(column for column in FACE_ALL if column.group in groups)
    value_FC = np.zeros((face.rows, len(more)), np.float32)
    made["face"] = Track(
        time_s=face.time_s,
        value_FC=np.concatenate([face.value_FC, value_FC], axis=1),
        columns=(*face.columns, *more),
        valid_F=face.valid_F,
        rate_hz=face.rate_hz,
    )
    shelf.session("s1", made)
    run(shelf.path, tmp_path / "d", target="", views=views)
    (said,) = (line for line in personal(tmp_path / "d").splitlines() if line.startswith("Face: "))
    assert said.startswith("Face: the way of moving and of looking can tell who a person is")
    assert {word: word in said for word in told} == told
