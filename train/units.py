"""The fits of a run: its own, and those of probes that train the model too."""

from collections.abc import Sequence

from .probes.transforms import PERMUTED, SHUFFLED
from .protocol import Split
from .unit import Unit

PROBES = (SHUFFLED, PERMUTED)
"""Fits with another person's face, and with other people's labels."""


def own_units(splits: Sequence[Split], seeds: int, *, device: str, key: str) -> list[Unit]:
    """List the fits that make the run's predictions: by seed, then fold."""
    return [
        _unit(split, seed=seed, device=device, key=key) for seed in range(seeds) for split in splits
    ]


def probe_units(splits: Sequence[Split], *, sees: bool, device: str, key: str) -> list[Unit]:
    """List the fits of probes: the first dealing of the folds, with the first seed.

    A model that sees no face has none with another person's.
    """
    return [
        _unit(split, seed=0, variant=variant, device=device, key=key)
        for variant in (PROBES if sees else (PERMUTED,))
        for split in splits
        if split.repeat == 0
    ]


def _unit(split: Split, *, seed: int, variant: str = "", device: str, key: str) -> Unit:
    return Unit(
        fold=split.fold,
        repeat=split.repeat,
        seed=seed,
        training=split.training,
        validation=split.validation,
        test=split.test,
        variant=variant,
        device=device,
        key=key,
    )
