"""Languages: codes with or without a region, and nothing else."""

import pytest

from depx.errors import UsageError
from depx.extract.cli import settings_of
from depx.extract.settings import common
from depx.features.language import code
from depx.features.registry import EXTRACTORS


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("pt_BR", "pt"),
        ("ZH-Hans", "zh"),
        (" de ", "de"),
        ("yue", "yue"),
    ],
)
def test_a_region_is_taken_off(written: str, bare: str) -> None:
    assert code(written) == bare


@pytest.mark.parametrize(
    ("wrong", "hint"), [("german", "such as de"), ("", "en, de"), ("e1", "en")]
)
def test_what_is_no_code_is_refused_with_one(wrong: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"ISO 639-1 code.*{hint}"):
        code(wrong)


def test_every_extractor_that_has_a_language_is_given_it() -> None:
    given = common("language", "de")
    assert given["bert.language"] == "de"
    for name, value in given.items():
        track, _, parameter = name.partition(".")
        assert hasattr(EXTRACTORS[track], parameter)
        assert value == "de"


def test_the_option_reaches_the_extractors_and_only_where_it_is_given() -> None:
    assert settings_of(tracks="bert", language="de-AT").extractors["bert"].language == "de"
    assert settings_of(tracks="bert").extractors["bert"].language == "en"
    set_alone = settings_of(tracks="bert", values=("bert.language=fr",))
    assert set_alone.extractors["bert"].language == "fr"


def test_a_wrong_language_is_refused_even_where_no_track_has_one() -> None:
    with pytest.raises(UsageError, match="ISO 639-1"):
        settings_of(tracks="vad", language="german")
