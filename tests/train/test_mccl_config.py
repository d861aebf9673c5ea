"""Settings of MCCL: what is refused, and which cues are read."""

from pathlib import Path

import pytest

from depx.errors import TrainingError, UsageError
from depx.features.parameters import configure, parameters
from depx.train.ablation.run import ablation_of
from depx.train.mccl.config import Mccl
from depx.train.run import TrainSettings
from depx.train.told import command

ALL = ("landmarks", "pose", "gaze", "au")


def test_settings_are_read_from_text() -> None:
    found = configure(Mccl, "", {"encoder": "resnet18", "paper_mode": "true", "lr": "3e-4"})
    assert found == Mccl(encoder="resnet18", paper_mode=True, lr=3e-4)
    assert found.read_by == "trees"


@pytest.mark.parametrize(
    "values",
    [
        {"nosuch": "1"},
        {"cues": "smile"},
        {"cues": "au,au"},
        {"cues": ""},
        {"cues": "-"},
        {"tau": "0"},
        {"tau": "nan"},
        {"clip": "inf"},
        {"weight_decay": "inf"},
        {"window_s": "inf"},
        {"patch": "100000000"},
        {"segments": "100000000"},
        {"patch": "0"},
        {"window_s": "-1"},
        {"heads": "3"},
        {"aggregate": "attention"},
        {"batch": "5", "windows": "2"},
        {"paper_mode": "true", "modules": "cross"},
        {"paper_mode": "true", "contrast": "0"},
        {"encoder_weights": "x.safetensors"},
        {"encoder_weights": "x.safetensors", "encoder": "resnet18"},
    ],
)
def test_a_setting_out_of_its_domain_is_refused_in_one_line(values: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        configure(Mccl, "", values)
    assert next(iter(values)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_reads_the_embedding_without_labels_is_what_is_named_or_trees() -> None:
    assert Mccl().read_by == "linear"
    assert Mccl(head="ridge").read_by == Mccl(head="ridge", paper_mode=True).read_by == "ridge"
    assert Mccl(paper_mode=True).read_by == "trees"


def test_an_arm_that_cannot_be_is_refused_before_the_first_is_trained() -> None:
    with pytest.raises(UsageError, match="--ablation paper: its arm no-contrast cannot be: paper"):
        ablation_of(Mccl(paper_mode=True), "paper")
    assert ablation_of(Mccl(paper_mode=True), "cues").name == "cues"


def test_a_command_that_does_it_again_names_the_weights_where_they_lie(tmp_path: Path) -> None:
    weights = tmp_path / "resnet18.safetensors"
    weights.write_bytes(b"weights")
    model = Mccl(encoder="resnet18", encoder_weights=str(weights), paper_mode=True)
    words = command([tmp_path], tmp_path / "r", TrainSettings(probes=False, model=model)).split()
    assert f"encoder_weights={weights}" in words
    assert "paper_mode=true" in words
    assert "sha256" not in " ".join(words)


def test_every_setting_explains_itself() -> None:
    for parameter in parameters(Mccl):
        assert parameter.doc.endswith("."), parameter.name


@pytest.mark.parametrize(
    ("cues", "read"),
    [("auto", ALL), ("au,pose", ("pose", "au")), ("-pose,gaze", ("landmarks", "au"))],
)
def test_cues_are_read_in_the_papers_order(cues: str, read: tuple[str, ...]) -> None:
    assert tuple(Mccl(cues=cues).modalities(ALL)) == read
    assert Mccl(cues=cues).suited(ALL) == (Mccl(cues=cues), None)


@pytest.mark.parametrize(
    ("cues", "available"),
    [("landmarks", ALL[1:]), ("-landmarks", ALL[1:]), ("-pose", ("pose",)), ("auto", ())],
)
def test_a_cue_that_is_not_there_is_refused(cues: str, available: tuple[str, ...]) -> None:
    with pytest.raises(TrainingError, match="the training set has no") as caught:
        Mccl(cues=cues).modalities(available)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("rate_hz", "frames"), [(3.0, 1260), (25.0, 10500), (0.01, 10)])
def test_a_window_is_seven_minutes_in_whole_patches_at_any_rate(
    rate_hz: float, frames: int
) -> None:
    assert Mccl().window(rate_hz) == frames
