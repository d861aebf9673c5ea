"""Which label columns and cells may be shared: by their names, their values, and as ages."""

import pytest

from depx.extract.labels.base import Cell
from depx.extract.sharing.ages import capped
from depx.extract.sharing.labels import (
    OF_ONE,
    labels_that_go,
    may_go,
    singled_out,
    without_own,
)
from depx.extract.sharing.names import IDEAS, LANGUAGES, points_to_a_person

PEOPLE = [f"p{n}" for n in range(30)]


@pytest.mark.parametrize(
    "name",
    ["name", "FirstName", "DateOfBirth", "date_of_birth", "dob", "birth_year", "zip", "zip_code",
     "PLZ", "e-mail", "phone", "Phone Number", "comment", "comments", "address", "MRN",
     "visit_date", "Geburtsdatum", "hospital", "rater", "file", "AVECParticipant_ID", "ip", "city",
     "Vorname", "Patientennummer", "Kürzel", "kuerzel", "case_no", "CaseNo", "recorded_by", "akte",
     "Prénom", "pre\u0301nom", "hôpital", "apellido", "ciudad", "患者姓名", "医院", "center",
     "Subj", "nickname", "Hausarzt", "Hausärztin", "Aerztin", "GP", "treating_physician", "médecin",
     "médico", "psychotherapist", "Psychotherapeutin", "terapeuta", "kommentar", "Commentaire",
     "comentarios", "Anmerkung2", "remarque", "observaciones", "Befund", "Arztbrief", "anamnesis"],
)  # fmt: skip
def test_columns_whose_names_point_to_a_person_stay(name: str) -> None:
    assert may_go(name, [1.0, 2.0, 1.0], ["a", "b", "c"]) is not None


def test_each_idea_is_there_in_each_language() -> None:
    for idea, words in IDEAS.items():
        assert len(words) == len(LANGUAGES)
        assert all(of.split() for of in words), idea
        assert all(points_to_a_person(one.strip("*")) for of in words for one in of.split()), idea


@pytest.mark.parametrize(
    "name",
    ["phq8", "PHQ8_NoInterest", "PHQ_8Sleep", "PCL-C (PTSD)", "PTSD Severity", "gender", "age",
     "group", "bdi2", "hamd17", "Depression_severity", "medication", "education", "alternative",
     "Alter", "âge", "a\u0302ge", "edad", "年龄", "no_interest", "recorded", "Bildung", "sport",
     "clinical_global_impression", "therapeutic_alliance", "letter_fluency", "BRIEF_A", "cohort"],
)  # fmt: skip
def test_scores_and_groups_go(name: str) -> None:
    assert may_go(name, [1.0, 2.0, 1.0], ["a", "b", "c"]) is None
    assert may_go(name, ["m", "f", "m", "f"], ["a", "b", "c", "d"]) is None


def test_texts_of_many_values_or_that_nobody_shares_stay() -> None:
    many = [f"text {n % 15}" for n in range(30)]
    assert may_go("diagnosis", many, PEOPLE) == "15 different texts"
    few = "fewer than two texts that several participants have"
    assert may_go("diagnosis", ["a", "b", "c"], PEOPLE[:3]) == few
    assert may_go("diagnosis", ["a", "a", "b"], PEOPLE[:3]) == few
    assert may_go("diagnosis", ["a", "a", "b", "b", "c"], PEOPLE[:5]) is None
    assert may_go("diagnosis", ["a", None, None], PEOPLE[:3]) == few
    assert may_go("diagnosis", [None, None], PEOPLE[:2]) is None


def test_a_text_that_one_participant_alone_has_goes_out_empty_and_is_counted() -> None:
    cells: list[Cell] = ["ok", "ok", "late", "late", "call Eve", "call Eve"]
    people = ["a", "b", "c", "d", "e", "e"]
    found = labels_that_go({"visits": cells}, people, keep=(), of_ids=())
    assert found.columns["visits"] == ["ok", "ok", "late", "late", None, None]
    (left,) = found.left
    assert (left.count, left.why) == ("2 cells of labels", OF_ONE)
    kept = labels_that_go({"visits": cells}, people, keep=["visits"], of_ids=())
    assert (kept.columns["visits"], kept.left, kept.let_in) == (cells, [], {"visits"})


def test_what_models_learn_keeps_its_cells() -> None:
    found = labels_that_go({"y": ["a", "b"]}, ["p", "q"], keep=(), of_ids=["y"], target=["y"])
    assert (found.columns, found.left) == ({"y": ["a", "b"]}, [])


def test_women_men_and_the_usual_splits_go_however_few_they_are() -> None:
    columns: dict[str, list[Cell]] = {
        "gender": ["f", "f", "m", "Eve"],
        "Geschlecht": ["w", "männlich", None, None],
        "split": ["train", "dev", "Test", "Eve"],
    }
    found = labels_that_go(columns, PEOPLE[:4], keep=(), of_ids=())
    assert found.columns == {
        "gender": ["f", "f", "m", None],
        "Geschlecht": ["w", "männlich", None, None],
        "split": ["train", "dev", "Test", None],
    }
    assert [(one.what, one.count) for one in found.left] == [
        ("gender", "1 cell of labels"),
        ("split", "1 cell of labels"),
    ]


def test_numbers_beside_a_text_are_judged_as_numbers() -> None:
    assert may_go("items", ["12", "14", "201"], PEOPLE[:3]) is not None
    assert may_go("items", ["012", "014", "017"], PEOPLE[:3]) is not None  # codes, no numbers
    assert without_own("items", ["12", "1,5", "no idea"], PEOPLE[:3]) == ["12", "1,5", None]
    counted: list[Cell] = ["none", *map(str, range(1, 30))]
    assert may_go("order", counted, PEOPLE) == "a number of everybody's own"


def test_numbers_that_are_on_no_scale_or_everybodys_own_stay() -> None:
    assert may_go("income", [3.0, 201.0], PEOPLE[:2]) is not None
    assert may_go("order", [float(n) for n in range(30)], PEOPLE) == "a number of everybody's own"
    assert may_go("order", [float(n % 20) for n in range(30)], PEOPLE) is None
    assert may_go("order", [n + 0.5 for n in range(30)], PEOPLE) is None
    assert may_go("phq8", [500.0, 1.0], PEOPLE[:2], target=["phq8"]) is None


def test_two_sessions_of_one_person_are_one_person() -> None:
    assert may_go("site_group", ["a", "a", "b", "b"], ["p", "p", "q", "q"]) is not None


@pytest.mark.parametrize(
    "cell",
    ["95", "95.0", "95,5", "95 years", "95 Jahre", "ca. 95", "90+", "born 1931", " \uff19\uff15"],
)
def test_ages_as_text_are_capped_cell_by_cell(cell: str) -> None:
    found = labels_that_go({"age": [cell, "unknown", "34"]}, PEOPLE[:3], keep=(), of_ids=())
    assert found.columns["age"] == ["90", None, "34"]
    assert found.changed == ["age: 90 stands for 90 and more (1 cell)"]
    kept = labels_that_go({"age": [cell, "unknown", "34"]}, PEOPLE[:3], keep=["age"], of_ids=())
    assert kept.columns["age"] == ["90", "unknown", "34"]


@pytest.mark.parametrize("cell", ["34", "34 years", "34 J.", "34 ans", "34 años", "34岁"])
def test_an_age_with_its_unit_is_no_text_of_ones_own(cell: str) -> None:
    assert without_own("Alter", [cell, "34, Eve"], PEOPLE[:2]) == [cell, None]


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
