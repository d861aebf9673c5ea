"""Tokens: what is a word, what is an event, and that no character of a text is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.features.text.tokens import tokenise
from depx.features.words import Kind

W, F, E = Kind.WORD, Kind.FILLER, Kind.EVENT


def words(text: str, kind: Kind = W) -> list[tuple[str, Kind]]:
    return [(word, kind) for word in text.split()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so, what?", [("so", W), ("what", W)]),
        ("yes<laughter> [cough] no", [("yes", W), ("laughter", E), ("cough", E), ("no", W)]),
        ("<clears throat> (laughs)", [("clears throat", E), ("laughs", E)]),
        ("(maybe) they are (humans too)", words("maybe they are humans too")),
        ("i like people <peop> here", [("i", W), ("like", W), ("people", W), ("here", W)]),
        ("laughter <laughter>", [("laughter", W), ("laughter", E)]),
        ("xxx said XXXX", [("xxx", E), ("said", W), ("xxxx", E)]),
        ("scrubbed_entry", [("scrubbed_entry", E)]),
        ("{LG} so {breath}", [("lg", E), ("so", W), ("breath", E)]),
        ("{F uh, } i {D you know, }", [("uh", F), *words("i you know")]),
        ("&=laughs ++NOISE++ *sigh*", words("laughs noise sigh", E)),
        ("*really* so", words("really so")),
        ("((inaudible)) [inaudible 0:01]", [("inaudible", E), ("inaudible 0:01", E)]),
        ("(0.5) well (.) <unk>", [("0.5", E), ("well", W), ("unk", E)]),
        ("&-uh %um 50% AT&T", [*words("uh um", F), *words("50% AT&T")]),
        ("<laugh>so</laugh> <i>well</i>", [("laugh", E), *words("so well")]),
        ("(lacht) (unv.) (er seufzt laut)", [*words("lacht unv", E), ("er seufzt laut", E)]),
        ("äh ähm hm öhm mhm euh 嗯", words("äh ähm hm öhm mhm euh 嗯", F)),
        ("\u266a \u266a", []),
        ("我睡不好。嗯 ok。", [*words("我 睡 不 好"), ("嗯", F), ("ok", W)]),
        ("<sync> [syncing] <synch.", [("sync", E), ("syncing", E), ("synch", E)]),
        ("<sync and on", [("sync", E), ("and", W), ("on", W)]),
        ("um uh mm-hmm hmm uh-huh mhm", words("um uh mm-hmm hmm uh-huh mhm", F)),
        ("her m e_r home", [("her", W), ("m", W), ("er", W), ("home", W)]),
        ("p_t_s_d", [("ptsd", W)]),
        ("yeah3 (yeah)", [("yeah", W)]),
        ("how_old (how old are you)", words("how old are you")),
        ("well (laughs)", [("well", W), ("laughs", E)]),
        (
            "it\u2019s 'cause \u201cyou\u201d, goin'",
            words("it's 'cause you goin"),
        ),
        ("$5 is 50% of 10", words("$5 is 50% of 10")),
        ("null", [("null", W)]),
        ("... - ?!", []),
        ("", []),
    ],
)
def test_a_text_has_these_tokens(text: str, expected: list[tuple[str, Kind]]) -> None:
    assert [(token.text, token.kind) for token in tokenise(text)] == expected


def test_punctuation_stays_with_the_raw_token() -> None:
    assert [t.raw for t in tokenise("- well, i -- i <peop> (oh) so ...")] == [
        *("- well,", "i --", "i", "<peop>", "(oh)", "so ...")
    ]


def test_what_was_said_of_a_cut_word_stays_with_it() -> None:
    (token,) = tokenise("people <peop>")
    assert (token.text, token.raw, token.kind) == ("people", "people <peop>", Kind.WORD)


MARKED = st.text(st.sampled_from("abi <>[](){}/&=*+%_-.,'3x\u00e9\u4e2d\n"), max_size=40)


@given(MARKED | st.text(max_size=40))
def test_no_character_of_a_text_is_lost(text: str) -> None:
    tokens = tokenise(text)
    if tokens:
        assert "".join("".join(t.raw for t in tokens).split()) == "".join(text.split())
    assert all(token.text.strip() for token in tokens)


@given(MARKED)
def test_tokens_are_in_order_and_do_not_overlap(text: str) -> None:
    places = [place for token in tokenise(text) for place in (token.start, token.stop)]
    assert places == sorted(places)
    assert all(token.start < token.stop for token in tokenise(text))


def test_what_hesitates_in_english_may_be_a_word_elsewhere() -> None:
    assert [token.kind for token in tokenise("er um ähm")] == [Kind.FILLER] * 3
    assert [token.kind for token in tokenise("er um ähm", "de")] == [
        Kind.WORD,
        Kind.WORD,
        Kind.FILLER,
    ]
