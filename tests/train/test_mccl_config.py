"""Settings of MCCL: what is refused, and which cues are read."""

import pytest

from depx.errors import TrainingError, UsageError
from depx.features.parameters import configure, parameters
from depx.train.mccl.config import Mccl

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
