"""What goes on from a store: align where it would find what it needs, else what it would lack."""

from pathlib import Path

import pytest

from depx.extract.next_step import next_step

ALL = ("words", "vad", "forced", "word_times", "face", "egemaps", "bert")


@pytest.mark.parametrize(
    ("asked", "there", "command"),
    [
        (ALL, ALL, "align F -o DATASET --labels LABELS.csv"),
        (ALL, ("vad", "face", "egemaps"), "align F -o DATASET --tokens windows:1.0 --labels"),
        (("face",), ("face",), "align F -o DATASET --tokens windows:1.0 --labels LABELS.csv"),
        (("vad",), ("words", "word_times", "face", "vad"), "align F -o DATASET --labels"),
        (
            ("words", "bert"),
            ("words", "bert"),
            "extract SESSIONS -o F --tracks words,bert,word_tim",
        ),
        (("vad",), ("vad",), "extract SESSIONS -o F --tracks vad,face,egemaps,bert,word_times"),
        (
            ("words", "word_times"),
            ("words",),
            "extract SESSIONS -o F --tracks words,word_times,face",
        ),
    ],
)
def test_the_command_is_one_that_works(
    asked: tuple[str, ...], there: tuple[str, ...], command: str
) -> None:
    assert next_step(Path("F"), asked, there).startswith(f"depx {command}")


def test_labels_of_the_corpus_are_found_by_align_itself(tmp_path: Path) -> None:
    store = tmp_path / "a store"
    store.mkdir()
    (store / "labels.parquet").write_bytes(b"")
    assert next_step(store, ALL, ALL) == f"depx align '{store}' -o DATASET"
