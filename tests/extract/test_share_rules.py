"""Which label columns may be shared, and what of a source may be told."""

import errno
import os
from pathlib import Path

import pytest

from depx.errors import UsageError
from depx.extract.labels.base import Cell
from depx.extract.sharing.ids import columns_of_ids, named_speakers
from depx.extract.sharing.labels import capped, may_go, singled_out
from depx.extract.sharing.licences import UNDER_LICENCE, check_licences
from depx.extract.sharing.pseudonyms import Pseudonyms, pseudonyms_of
from depx.extract.sharing.sources import safe_source

PEOPLE = [f"p{n}" for n in range(30)]


@pytest.mark.parametrize(
    "name",
    ["name", "FirstName", "DateOfBirth", "date_of_birth", "dob", "birth_year", "zip", "zip_code",
     "PLZ", "e-mail", "phone", "Phone Number", "comment", "comments", "address", "MRN",
     "visit_date", "Geburtsdatum", "hospital", "rater", "file", "AVECParticipant_ID", "ip", "city",
     "Vorname", "Patientennummer", "Kürzel", "kuerzel", "case_no", "CaseNo", "recorded_by", "akte",
     "Prénom", "pre\u0301nom", "hôpital", "apellido", "ciudad", "患者姓名", "医院", "center",
     "Subj"],
)  # fmt: skip
def test_columns_whose_names_point_to_a_person_stay(name: str) -> None:
    assert may_go(name, [1.0, 2.0, 1.0], ["a", "b", "c"]) is not None


@pytest.mark.parametrize(
    "name",
    ["phq8", "PHQ8_NoInterest", "PHQ_8Sleep", "PCL-C (PTSD)", "PTSD Severity", "gender", "age",
     "group", "bdi2", "hamd17", "Depression_severity", "medication", "education", "alternative",
     "Alter", "âge", "a\u0302ge", "edad", "年龄", "no_interest", "recorded"],
)  # fmt: skip
def test_scores_and_groups_go(name: str) -> None:
    assert may_go(name, [1.0, 2.0, 1.0], ["a", "b", "c"]) is None
    assert may_go(name, ["m", "f", "m"], ["a", "b", "c"]) is None


def test_texts_of_many_values_or_of_everybodys_own_stay() -> None:
    many = [f"text {n % 15}" for n in range(30)]
    assert may_go("diagnosis", many, PEOPLE) == "15 different texts"
    own = ["a", "b", "c"]
    assert may_go("diagnosis", own, PEOPLE[:3]) == "a text of everybody's own"
    assert may_go("diagnosis", ["a", "a", "b"], PEOPLE[:3]) is None
    assert may_go("diagnosis", [None, None], PEOPLE[:2]) is None


def test_numbers_that_are_on_no_scale_or_everybodys_own_stay() -> None:
    assert may_go("income", [3.0, 201.0], PEOPLE[:2]) is not None
    assert may_go("order", [float(n) for n in range(30)], PEOPLE) == "a number of everybody's own"
    assert may_go("order", [float(n % 20) for n in range(30)], PEOPLE) is None
    assert may_go("order", [n + 0.5 for n in range(30)], PEOPLE) is None
    assert may_go("phq8", [500.0, 1.0], PEOPLE[:2], target=["phq8"]) is None


def test_two_sessions_of_one_person_are_one_person() -> None:
    assert may_go("site_group", ["a", "a", "b", "b"], ["p", "p", "q", "q"]) is not None


def test_ages_are_capped_at_90_and_nothing_else_is() -> None:
    assert [capped("age", n) for n in (18.0, 89.0, 90.0, 97.0)] == [18, 89, 90, 90]
    assert capped("phq8", 97.0) == 97
    assert capped("age", None) is None


@pytest.mark.parametrize("name", ["Alter", "âge", "a\u0302ge", "edad", "年龄", "age_child"])
def test_ages_in_other_languages_are_capped(name: str) -> None:
    assert [capped(name, n) for n in (89.0, 97.0)] == [89, 90]


@pytest.mark.parametrize("name", ["alternative", "Alternation", "sewage"])
def test_words_that_only_begin_like_an_age_are_none(name: str) -> None:
    assert capped(name, 97.0) == 97


@pytest.mark.parametrize("name", ["Größe", "отделение", "组", "%"])
def test_names_that_no_list_can_know_are_left_out_like_free_text(name: str) -> None:
    assert may_go(name, [1.0, 2.0, 1.0], ["a", "b", "c"]) == (
        "its name is in letters that no list knows, so it is left out like free text"
    )
    assert may_go(name, [1.0, 2.0], ["a", "b"], target=[name]) is None


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


def test_who_is_alone_with_gender_and_age_is_counted() -> None:
    columns: dict[str, list[Cell]] = {
        "gender": ["m", "m", "f", "f"],
        "age": [30.0, 30.0, 40.0, 41.0],
        "phq8": [1.0] * 4,
    }
    said = singled_out(columns, ["a", "b", "c", "d"], target=["phq8"])
    assert said == (
        "gender, age: 2 of 4 participants are the only one with theirs, 1 share the rarest"
    )
    assert singled_out({"phq8": [1.0, 2.0]}, ["a", "b"]) is None


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
