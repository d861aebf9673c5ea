"""Whether a transcript belongs: own words against those of other turns."""

import numpy as np

from depx.features.speech.belongs import (
    ENOUGH,
    LEAST_TURNS,
    Candidate,
    compare,
)


def turns(count: int, words: int = 5) -> list[Candidate]:
    return [
        Candidate(words=tuple(f"w{t}_{k}" for k in range(words)), phones=15 + t % 7, length_s=2.0)
        for t in range(count)
    ]


def test_where_own_words_always_fit_better_the_first_comparisons_settle_it() -> None:
    asked = turns(20)
    verdict = compare(asked, lambda t, words: float(words == asked[t].words))
    assert (verdict.comparisons, verdict.won, verdict.foreign) == (ENOUGH, 1.0, False)


def test_where_own_words_are_as_strange_as_others_the_transcript_is_foreign() -> None:
    flagged = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        flagged.append(compare(turns(12), lambda _t, _w, rng=rng: float(rng.normal())).foreign)
    assert np.mean(flagged) > 0.9


def test_a_transcript_with_one_wrong_turn_in_five_still_belongs() -> None:
    flagged = []
    for seed in range(100):
        rng, asked = np.random.default_rng(seed), turns(14)
        wrong = set(rng.choice(14, 3, replace=False).tolist())

        def score(t, words, asked=asked, rng=rng, wrong=wrong):
            return float(rng.normal()) + 9 * (words == asked[t].words and t not in wrong)

        flagged.append(compare(asked, score).foreign)
    assert np.mean(flagged) < 0.05


def test_what_cannot_be_aligned_loses_and_two_that_cannot_draw() -> None:
    asked = turns(10)
    own = compare(asked, lambda t, words: 1.0 if words == asked[t].words else None)
    other = compare(asked, lambda t, words: None if words == asked[t].words else 1.0)
    none = compare(asked, lambda _t, _words: None)
    assert (own.won, other.won, none.won) == (1.0, 0.0, 0.5)


def test_of_few_turns_of_short_ones_and_of_equal_ones_nothing_is_said() -> None:
    for asked in (turns(LEAST_TURNS - 1), turns(20, words=1), [turns(1)[0]] * 20):
        verdict = compare(asked, lambda _t, _words: 1.0)
        assert not verdict.judged
        assert not verdict.foreign


def test_two_sides_that_are_short_by_themselves_are_judged_together() -> None:
    one = compare(turns(5), lambda _t, _words: 1.0)
    both = one.with_other(compare(turns(5), lambda _t, _words: 1.0))
    assert not one.judged
    assert (both.turns, both.comparisons, both.won, both.foreign) == (10, 40, 0.5, True)
