"""Who trains, who chooses the epoch and who is tested, in each fit of a run.

``cv``: folds by participant, stratified by score and gender, as often as is asked, each time dealt
anew; ``loso``: each participant is tested alone; ``official``: the splits that came with the
corpus: train trains, dev chooses, test is tested; where nobody knows the labels of test, dev is
tested and a share of train chooses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..align.splits import TEST, TRAIN, VALID
from ..errors import TrainingError, UsageError
from ..extract.store.key import digest
from .cases import Corpus
from .folds import LEAST, deal, enough
from .people import People

Kind = Literal["cv", "loso", "official"]
FOLDS = 5
FOLD_SEED = 0  # folds do not vary with --seeds: seeds then differ in training only, case by case


@dataclass(frozen=True, kw_only=True)
class Split:
    """One fold: participants that train, that choose (epoch, threshold) and that are tested."""

    repeat: int
    """Which dealing of the folds it is of, from 0."""
    fold: int
    """Counted over all repeats, from 0."""
    training: tuple[str, ...]
    """Participants that train; those that choose come from among them, where none are named."""
    validation: tuple[str, ...] | None
    """Participants that choose; None: each fit takes a share of `training` for it."""
    test: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How a model is tested."""

    kind: Kind = "cv"
    folds: int = FOLDS
    repeats: int = 1

    def __post_init__(self) -> None:
        for option, value, usual, least in (
            ("--folds", self.folds, FOLDS, 2),
            ("--repeats", self.repeats, 1, 1),
        ):
            if value < least:
                raise UsageError(f"{option} {value}: expected at least {least}")
            if self.kind != "cv" and value != usual:
                raise UsageError(
                    f"{option} {value}: --protocol {self.kind} deals no folds; leave it out"
                )

    @property
    def least(self) -> int:
        """Participants that it needs at least."""
        return self.folds if self.kind == "cv" else 2

    def splits(
        self, corpus: Corpus, people: People, *, report: Callable[[str], None]
    ) -> tuple[Split, ...]:
        """Decide who is tested when.

        Raises
        ------
        TrainingError
            If there are too few participants, or no official splits.
        """
        if self.kind == "official":
            return (_official(people, report),)
        scores = corpus.scores()
        members: list[tuple[tuple[str, ...], ...]]
        if self.kind == "loso":
            enough(len(scores), 2, "labelled participant")
            members = [tuple((name,) for name in sorted(scores))]
        else:
            members = [
                deal(scores, self.folds, FOLD_SEED + repeat, people.gender)
                for repeat in range(self.repeats)
            ]
        return tuple(
            Split(
                repeat=repeat,
                fold=repeat * len(folds) + fold,
                training=tuple(sorted(set(scores) - set(test))),
                validation=None,
                test=test,
            )
            for repeat, folds in enumerate(members)
            for fold, test in enumerate(folds)
        )

    def about(self, splits: tuple[Split, ...]) -> dict[str, Any]:
        """Describe it as ``run.json`` has it, every fold with its participants."""
        named: dict[str, Any] = {"kind": self.kind, "by": "participant"}
        if self.kind == "cv":
            named |= {"seed": FOLD_SEED, "repeats": self.repeats, "stratified_by": "score, gender"}
        folds: list[Any] = [list(one.test) for one in splits]
        if self.kind == "official":
            folds = [
                {
                    "training": list(one.training),
                    "validation": None if one.validation is None else list(one.validation),
                    "test": list(one.test),
                }
                for one in splits
            ]
        return {**named, "folds": folds, "hash": digest(folds)}


def said_of(about: Mapping[str, Any]) -> str:
    """Say in a few words how a run was tested, from what ``run.json`` says of its protocol."""
    count, repeats = len(about["folds"]), about.get("repeats", 1)
    if about["kind"] == "official":
        return "the official split"
    if about["kind"] == "loso":
        return f"each of {count} participants tested alone"
    often = f", dealt {repeats} times" if repeats > 1 else ""
    return f"{count // repeats} folds by participant{often}"


def _official(people: People, report: Callable[[str], None]) -> Split:
    """Take the official splits."""
    of = {name: people.splits.get(name, ()) for name in (TRAIN, VALID, TEST)}
    tested = TEST if of[TEST] else VALID
    if len(of[TRAIN]) < LEAST or not of[tested]:
        had = ", ".join(f"{name} {len(members)}" for name, members in of.items())
        raise TrainingError(
            f"--protocol official: the labelled participants are in {had}, expected at least "
            f"{LEAST} to train and one to test; align with labels that have a split, or use "
            "--protocol cv"
        )
    if tested == VALID:
        report(
            f"nobody in the official test split has a label: dev is tested ({len(of[VALID])} "
            "participants), and a share of train chooses the epochs"
        )
    others = sum(len(members) for name, members in people.splits.items() if name not in of)
    if others:
        report(f"{others} participants are in no official split and take no part")
    return Split(
        repeat=0,
        fold=0,
        training=of[TRAIN],
        validation=of[VALID] if tested == TEST and len(of[VALID]) >= LEAST else None,
        test=of[tested],
    )
