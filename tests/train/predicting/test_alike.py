"""Features that were made otherwise than those of the training are refused, and how is said."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from depx.errors import MadeOtherwise
from depx.train.cases import Corpus
from depx.train.predicting.run import PredictSettings, predict

Other = Callable[..., Mapping[str, Any]]


@pytest.mark.parametrize(
    ("source", "settings", "lines"),
    [
        (
            {"track": "bert", "parameters": {"window": "utterance", "dtype": "float32"}},
            {},
            ["window is utterance, trained with session; depx extract --set bert.window=session"],
        ),
        (
            {"track": "bert", "version": "4"},
            {},
            ["bert of s000, s001, s002, s003: version 4 of bert, trained with 3; extract with"],
        ),
        (
            {"track": "bert", "models": {"model.safetensors": "b" * 64}},
            {},
            ["computed by model.safetensors bbbbbbbbbbbb, trained with model.safetensors aaaaaaaa"],
        ),
        (
            {"track": "face", "origin": "computed", "extractor": "face"},
            {},
            ["computed (face), trained with given (openface); depx extract --given prefer"],
        ),
        (
            {"track": "egemaps", "origin": "given"},
            {},
            ["given (egemaps), trained with computed (egemaps); depx extract --given ignore"],
        ),
        (
            {"track": "words", "parameters": {"language": "de", "participant": "x"}},
            {},
            ["language is de, trained with en; depx extract --set words.language=en"],
        ),
        (
            {"track": "bert"},
            {"timing": "forced"},
            ["timing is forced, trained with auto; depx align --timing auto"],
        ),
        (
            {"track": "bert"},
            {"pauses_s": 0.5},
            ["pauses_s is 0.5, trained with none; depx align without --pauses"],
        ),
        (
            {"track": "bert"},
            {"tokens": "windows:1.0", "speakers": "both"},
            ["depx align --tokens words", "depx align --speakers participant"],
        ),
    ],
)
def test_each_difference_is_a_line_that_says_what_makes_it_alike(
    trained: Callable[..., Path],
    corpus: Callable[..., Corpus],
    made: Callable[..., Path],
    other: Other,
    tmp_path: Path,
    source: dict[str, Any],
    settings: dict[str, Any],
    lines: list[str],
) -> None:
    new = made(corpus(4), "new", sources=other(**source), settings=settings)
    with pytest.raises(MadeOtherwise) as refused:
        told(trained(), new, tmp_path)
    for line in lines:
        assert line in str(refused.value)
    assert str(refused.value).count("\n") == len(lines)
    assert not (tmp_path / "p.parquet").exists()


def test_spreads_that_a_model_reads_must_be_there(
    trained: Callable[..., Path],
    corpus: Callable[..., Corpus],
    made: Callable[..., Path],
    tmp_path: Path,
) -> None:
    from depx.align.dataset import Dataset
    from depx.train.predicting.alike import check_alike
    from depx.train.predicting.saved import open_run

    run = open_run(trained())
    wide = replace(run, model=run.model.varied({"inputs": "mean+std"}))
    new = Dataset.open(made(corpus(4), "new"))
    with pytest.raises(MadeOtherwise, match="depx align --pool mean,std"):
        check_alike(wide, new, list(run.parts), "new")


def test_who_speaks_and_other_versions_of_libraries_refuse_nothing(
    trained: Callable[..., Path],
    corpus: Callable[..., Corpus],
    made: Callable[..., Path],
    other: Other,
    tmp_path: Path,
) -> None:
    words = other("words", parameters={"language": "en", "participant": "x"})["words"]
    sources = {**other("bert", libraries={"torch": "2.1"}), "words": words}
    lines = told(trained(), made(corpus(4), "new", sources=sources), tmp_path)
    assert [line for line in lines if "warning" in line] == [
        "warning: bert was computed by torch 2.1 (trained with 2.0): numbers may differ a little"
    ]


def told(run: Path, data: Path, tmp_path: Path) -> list[str]:
    lines: list[str] = []
    predict(run, [data], tmp_path / "p.parquet", PredictSettings(), report=lines.append, tell=print)
    return lines
