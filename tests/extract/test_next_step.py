"""What goes on from a store: align where it would find what it needs, else what it would lack."""

from pathlib import Path

import pytest

from depx.extract.next_step import next_step
from depx.extract.settings import parse
from depx.features.registry import with_prerequisites

ALL = ("words", "vad", "forced", "word_times", "face", "egemaps", "bert")


@pytest.mark.parametrize(
    ("asked", "there", "command"),
    [
        (ALL, ALL, "align F -o DATASET --labels LABELS.csv"),
        (ALL, ("vad", "face", "egemaps"), "align F -o DATASET --tokens windows:1.0 --labels"),
        (("face",), ("face",), "align F -o DATASET --tokens windows:1.0 --labels LABELS.csv"),
        (("vad",), ("words", "word_times", "face", "vad"), "align F -o DATASET --labels"),
        (
            ("bert",),
            ("words", "bert"),
            "extract my/S -o F --tracks bert,word_times --set",
        ),
        (("vad",), ("vad",), "extract my/S -o F --tracks vad,face,egemaps,bert,word_times --set"),
        (
            ("word_times",),
            ("words",),
            "extract my/S -o F --tracks word_times,face,egemaps,bert --set",
        ),
    ],
)
def test_the_command_is_one_that_works(
    asked: tuple[str, ...], there: tuple[str, ...], command: str
) -> None:
    named = () if asked == ALL else asked
    values = {"covarep.compat": "true"}  # what was set stays set, or all would be made anew
    recipe = parse(named, values).recipe()
    wanted = with_prerequisites(asked)
    assert next_step(Path("F"), wanted, there, ["my/S"], recipe).startswith(f"depx {command}")


def test_labels_of_the_corpus_are_found_by_align_itself(tmp_path: Path) -> None:
    store = tmp_path / "a store"
    store.mkdir()
    (store / "labels.parquet").write_bytes(b"")
    found = next_step(store, ALL, ALL, ["S"], parse((), {}).recipe())
    assert found == f"depx align '{store}' -o DATASET"
