"""Who trains, who chooses the epoch and who is tested, in each fit of a run."""

from dataclasses import dataclass


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
