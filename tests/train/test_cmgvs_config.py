"""Settings of CMG-VS: what is refused, and which modality plays which part."""

import pytest

from depx.errors import TrainingError, UsageError
from depx.features.parameters import configure, parameters
from depx.train.cmgvs.config import CmgVs

ALL = ("face", "egemaps", "bert", "covarep")


def test_settings_are_read_from_text() -> None:
    found = configure(CmgVs, "", {"synth": "two-stage", "layers": "3", "lr": "3e-4"})
    assert found == CmgVs(synth="two-stage", layers=3, lr=3e-4)


@pytest.mark.parametrize(
    "values",
    [
        {"nosuch": "1"},
        {"synth": "both"},
        {"condition": "v"},
        {"layers": "two"},
        {"layers": "0"},
        {"lr": "nan"},
        {"dropout": "1.5"},
        {"heads": "3"},
        {"inputs": "std"},
        {"evaluate": "half"},
        {"items": "phq8_sleep"},
    ],
)
def test_a_setting_out_of_its_domain_is_refused_in_one_line(values: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        configure(CmgVs, "", values)
    assert next(iter(values)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_second_stream_that_never_reaches_its_weight_is_told() -> None:
    everything = ("covarep", "bert", "face")
    assert CmgVs().suited(everything) == (CmgVs(), None)
    settings, line = CmgVs(epochs=3).suited(everything)
    assert settings == CmgVs(epochs=3)
    assert line == "aug_ramp=5 with epochs=3: the second stream never reaches its weight"
    assert CmgVs(epochs=3, synth="none").suited(everything)[1] is None


def test_every_setting_explains_itself() -> None:
    for parameter in parameters(CmgVs):
        assert parameter.doc.endswith("."), parameter.name


def test_covarep_is_taken_where_the_training_set_has_it() -> None:
    assert CmgVs().modalities(ALL)["acoustic"] == "covarep"
    assert CmgVs().modalities(ALL[:3])["acoustic"] == "egemaps"
    assert CmgVs(acoustic="egemaps").modalities(ALL)["acoustic"] == "egemaps"


def test_cls_reads_vision_last() -> None:
    assert list(CmgVs().modalities(ALL)) == ["text", "acoustic", "vision"]


def test_synthesis_without_a_face_is_refused_and_recognition_is_not() -> None:
    with pytest.raises(TrainingError, match="synth=none"):
        CmgVs().modalities(("bert", "egemaps"))
    assert "vision" not in CmgVs(synth="none").modalities(("bert", "egemaps"))


def test_synthesis_needs_only_what_it_is_conditioned_on() -> None:
    assert "acoustic" not in CmgVs(condition="t").modalities(("bert", "face"))
    with pytest.raises(TrainingError, match="no acoustic"):
        CmgVs(condition="a").modalities(("bert", "face"))


def test_acoustics_asked_for_by_name_must_be_there() -> None:
    with pytest.raises(TrainingError, match="acoustic=covarep"):
        CmgVs(acoustic="covarep").modalities(("face", "egemaps", "bert"))


def test_a_fold_that_measured_no_face_cannot_synthesise() -> None:
    with pytest.raises(TrainingError, match="no vision was measured"):
        CmgVs().widths({"text": 3, "acoustic": 2})
