"""Which columns hold ids, what of a source may be told, pseudonyms, licences."""

import errno
import os
from pathlib import Path

import pytest

from depx.errors import UsageError
from depx.extract.labels.base import Cell
from depx.extract.sharing.ids import columns_of_ids, named_speakers
from depx.extract.sharing.licences import UNDER_LICENCE, check_licences
from depx.extract.sharing.pseudonyms import Pseudonyms, pseudonyms_of
from depx.extract.sharing.sources import safe_source

OWN = [(f"s{n}", f"c{n}", f"p{n:02}") for n in range(1, 6)]


@pytest.mark.parametrize(
    "cells",
    [
        [None, None, " P03 ", None, None],  # the id of somebody else, once
        ["none", "none", "none", "c1", "none"],
        ["demo-09", "x", "x", "x", "x"],  # of nobody here, but known
        ["x", "Loomis", "x", "x", "x"],  # a speaker
        ["REC-p01", "REC-p02", "REC-p03", "x", None],
        [1.0, 2.0, 3.0, 9.0, float("nan")],  # the number in the own id, in most rows
        ["001", "VP2", "3", "x", "y"],
    ],
)
def test_columns_with_ids_of_anybody_are_found(cells: list[Cell]) -> None:
    assert columns_of_ids({"a": cells}, OWN, ["demo-09", "Loomis"]) == ["a"]


@pytest.mark.parametrize(
    "cells",
    [
        [2.0, 1.0, 5.0, 3.0, 4.0],  # numbers of ids, of others
        [1.0, 2.0, 9.0, 9.0, 9.0],  # two are chance
        [1.5, 2.5, 3.5, 4.5, 5.5],
        ["map01", "x", "x", "x", "x"],
        ["yes", "no", "yes", None, None],
        [None, None, None, None, None],
    ],
)
def test_scores_and_groups_are_no_ids(cells: list[Cell]) -> None:
    assert columns_of_ids({"a": cells}, OWN) == []


def test_scores_beside_ids_that_are_numbers_are_no_ids() -> None:
    own = [(str(n), str(n), str(n)) for n in (300, 301, 302, 3, 5)]
    scores: list[Cell] = [3.0, 5.0, 300.0, 7.0, 8.0]
    assert columns_of_ids({"phq8": scores}, own) == []
    ids: list[Cell] = [300.0, 301.0, None, None, None]
    assert columns_of_ids({"record": ids, "twin": ["301", *[None] * 4]}, own) == ["record", "twin"]
    assert columns_of_ids({"gender": ["m", "f"]}, [("m",), ("f",)]) == []  # sessions called so


def test_roles_of_speakers_are_nobodys_names() -> None:
    assert named_speakers(["Ellie", "Patient", "P", "", None, "Loomis"]) == {"Loomis"}


def test_a_source_is_told_without_names_and_paths() -> None:
    source = {
        "extractor": "words", "version": "1", "origin": "given", "libraries": {"numpy": "1"},
        "models": {}, "licences": {}, "file": "/home/eve/x.wav",
        "parameters": {"participant": "Eve", "model": "/home/eve/m", "language": "en", "eye": True,
                       "focal": 1.5, "choose": None, "of": ["Eve"]},
    }  # fmt: skip
    told = safe_source(source)
    assert told["parameters"] == {"language": "en", "eye": True, "focal": 1.5, "choose": None}
    assert "eve" not in str(told).casefold()


def test_pseudonyms_are_those_of_the_standard_and_differ_by_domain_and_key() -> None:
    # RFC 4231's algorithm, computed here without the class: HMAC-SHA256(key, b"id\0300")
    import base64
    import hashlib
    import hmac

    key = bytes(range(32))
    mac = hmac.new(key, b"id\x00300", hashlib.sha256).digest()
    letters = base64.b32encode(mac).decode().lower()[:16]
    mine = Pseudonyms(key)
    assert mine.of("300") == f"p-{letters}"
    assert mine.speaker("300")[2:] != letters
    assert mine.speaker("") == ""
    other = Pseudonyms(bytes(32))
    assert other.of("300") != mine.of("300")
    assert other.fingerprint != mine.fingerprint
    assert len({mine.of(str(n)) for n in range(20_000)}) == 20_000


def test_half_a_key_on_a_full_disk_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "key"
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space") as told:
            pseudonyms_of(path, (), print)
    assert told.value.filename == str(path)
    assert not path.exists()
    pseudonyms_of(path, (), print)


def test_two_ids_with_one_pseudonym_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("depx.extract.sharing.pseudonyms.LETTERS", 1)  # 32 names for 40 ids
    with pytest.raises(UsageError, match="two of 40 ids have one pseudonym"):
        Pseudonyms(bytes(32)).named(map(str, range(40)))


def test_every_corpus_but_own_recordings_is_under_licence() -> None:
    from depx.extract.corpora.registry import CORPORA

    assert {corpus.name for corpus in CORPORA} - UNDER_LICENCE.keys() == {"folder"}
    assert check_licences(["folder", ""], permitted=False) == []
    with pytest.raises(UsageError, match="--licence-permits"):
        check_licences(["folder", "cmdc"], permitted=False)
