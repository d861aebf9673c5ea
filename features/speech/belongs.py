"""Does a transcript belong to a recording?  Its turns are compared with each other's words.

Scores of an alignment tell little by themselves: noise and a voice that the model does not know
lower them as a wrong word does, and a wholly wrong text is aligned without complaint once in three
times.  So each of some turns is aligned with the words of other turns of about its length as well.
Where the transcript belongs, its own words fit better nearly always; where it does not, they are as
strange to the sound as any others, and win half of the time.  Nothing has to be known of the noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Score: TypeAlias = Callable[[int, tuple[str, ...]], float | None]
"""Takes the index of a turn and words; says how well they fit its sound, None for not at all."""

TURNS = 16  # compared at most
DECOYS = 4  # words of other turns that a turn is compared with; who belongs needs few of them
ENOUGH = 8  # first comparisons that, if all are won, settle it: by chance once in 256
LEAST_TURNS = 8  # of fewer nothing is said
LEAST_WORDS = 2  # "yeah" fits everywhere
LENGTH_S = (0.4, 12.0)  # turns that are compared; longer ones take long
BEST_PHONES = 20  # about 1.5 s: enough to be told, and cheap
BELONGS = 0.7
"""Share of comparisons won (a draw is half of one), from which on a transcript belongs; what it
tells is measured by ``tests/bench/word_times.py foreign``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A turn that may be compared."""

    words: tuple[str, ...]
    phones: int
    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the comparisons say."""

    turns: int
    """How many turns could be compared."""
    comparisons: int
    won: float | None
    """Share of the comparisons that the turn's own words won; None where there were none."""

    @property
    def judged(self) -> bool:
        """Whether there were enough turns to say anything."""
        return self.won is not None and self.turns >= LEAST_TURNS

    @property
    def foreign(self) -> bool:
        """Whether the transcript seems to belong to another recording."""
        return self.judged and self.won is not None and self.won < BELONGS

    def with_other(self, other: "Verdict") -> "Verdict":
        """Put the comparisons of two sides of a conversation together."""
        comparisons = self.comparisons + other.comparisons
        won = sum(v.comparisons * v.won for v in (self, other) if v.won is not None)
        return Verdict(
            turns=self.turns + other.turns,
            comparisons=comparisons,
            won=round(won / comparisons, 4) if comparisons else None,
        )


def compare(turns: Sequence[Candidate], score: Score) -> Verdict:
    """Compare turns with the words of others.

    Parameters
    ----------
    turns : sequence of Candidate
        All turns of a session that have times.
    score : Score
    """
    chosen = _chosen(turns)
    decoys = {t: _decoys(t, chosen, turns) for t in chosen}
    points: list[float] = []
    for at in range(DECOYS):
        for t in chosen:
            if at < len(decoys[t]):
                points.append(_duel(score(t, turns[t].words), score(t, turns[decoys[t][at]].words)))
                if len(points) == ENOUGH and sum(points) == ENOUGH:
                    return Verdict(turns=len(chosen), comparisons=ENOUGH, won=1.0)
    won = round(sum(points) / len(points), 4) if points else None
    return Verdict(turns=len(chosen), comparisons=len(points), won=won)


def _chosen(turns: Sequence[Candidate]) -> list[int]:
    fit = [
        t
        for t, turn in enumerate(turns)
        if len(turn.words) >= LEAST_WORDS and LENGTH_S[0] <= turn.length_s <= LENGTH_S[1]
    ]
    return sorted(fit, key=lambda t: (abs(turns[t].phones - BEST_PHONES), t))[:TURNS]


def _decoys(t: int, chosen: Sequence[int], turns: Sequence[Candidate]) -> list[int]:
    """Choose the turns nearest in length that say something else."""
    others = [u for u in chosen if u != t and set(turns[u].words) != set(turns[t].words)]
    return sorted(others, key=lambda u: (abs(turns[u].phones - turns[t].phones), u))[:DECOYS]


def _duel(own: float | None, other: float | None) -> float:
    if own is None or other is None:
        return 0.5 if own is other else float(other is None)
    return 0.5 if own == other else float(own > other)
