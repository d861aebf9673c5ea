"""ELAN: participants, subdivisions, unaligned slots; against pympi where it can."""

import math

import pytest

from depx.errors import TranscriptError
from depx.extract.transcripts.elan import matches, parse
from depx.extract.transcripts.faults import Faults
from depx.extract.transcripts.registry import read

TYPES = {
    "t": "",
    "sub": "Time_Subdivision",
    "part": "Symbolic_Subdivision",
    "same": "Symbolic_Association",
}


def tier(name: str, *labels: str, kind: str = "t", parent: str = "", who: str = "") -> str:
    more = f' PARENT_REF="{parent}"' * bool(parent) + f' PARTICIPANT="{who}"' * bool(who)
    body = "".join(f"<ANNOTATION>{label}</ANNOTATION>" for label in labels)
    return f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="{kind}"{more}>{body}</TIER>'


def at(key: str, start: str, stop: str, text: str) -> str:
    return (
        f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{key}" TIME_SLOT_REF1="{start}" '
        f'TIME_SLOT_REF2="{stop}"><ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
    )


def of(key: str, parent: str, text: str) -> str:
    return (
        f'<REF_ANNOTATION ANNOTATION_ID="{key}" ANNOTATION_REF="{parent}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></REF_ANNOTATION>"
    )


def document(*tiers: str, unaligned: tuple[str, ...] = (), head: str = "<HEADER/>") -> str:
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="s{n}"'
        + f' TIME_VALUE="{n}000"' * (f"s{n}" not in unaligned)
        + "/>"
        for n in range(10)
    )
    kinds = "".join(
        f'<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="{name}"' + f' CONSTRAINTS="{of}"' * bool(of) + "/>"
        for name, of in TYPES.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT FORMAT="3.0">{head}'
        f"<TIME_ORDER>{slots}</TIME_ORDER>{''.join(tiers)}{kinds}</ANNOTATION_DOCUMENT>"
    )


def said(text: str, faults: Faults | None = None):
    return [
        (u.start_s, u.stop_s, u.speaker, u.text, tuple(word for word, _, _ in u.words))
        for u in parse(text, faults or Faults())
    ]


def test_a_participant_goes_before_the_name_of_a_tier() -> None:
    text = document(
        tier("A_text", at("a1", "s3", "s4", "well &amp; so"), who="Ann"),
        tier("Ellie", at("a2", "s1", "s2", "how are you")),
        tier("default"),
    )
    assert said(text) == [
        (1, 2, "Ellie", "how are you", ()),
        (3, 4, "Ann", "well & so", ()),
    ]


def test_labels_that_subdivide_an_utterance_in_time_are_its_words() -> None:
    text = document(
        tier("A", at("a1", "s1", "s4", "So, well yes")),
        tier(
            "A-tok",
            *(
                at("w1", "s1", "s2", "so"),
                at("w2", "s2", "s3", "well"),
                at("w3", "s3", "s4", "yes"),
            ),
            kind="sub",
            parent="A",
        ),
    )
    (utterance,) = parse(text, Faults())
    assert utterance.words == (("So,", 1, 2), ("well", 2, 3), ("yes", 3, 4))
    assert (utterance.speaker, utterance.start_s, utterance.stop_s) == ("A", 1, 4)


def test_a_time_that_nobody_set_is_unknown_and_the_word_stays() -> None:
    text = document(
        tier("A", at("a1", "s1", "s4", "so well yes")),
        tier(
            "words",
            *(
                at("w1", "s1", "s2", "so"),
                at("w2", "s2", "s3", "well"),
                at("w3", "s3", "s4", "yes"),
            ),
            kind="sub",
            parent="A",
        ),
        unaligned=("s2",),
    )
    faults = Faults()
    (utterance,) = parse(text, faults)
    assert [word for word, _, _ in utterance.words] == ["so", "well", "yes"]
    assert [math.isnan(stop) for _, _, stop in utterance.words] == [True, False, False]
    assert faults.counts() == {"rows_untimed": 2}


def test_parts_without_times_add_nothing_to_the_utterance() -> None:
    text = document(
        tier("A", at("a1", "s1", "s4", "so well")),
        tier("A words", of("w1", "a1", "so"), of("w2", "a1", "well"), kind="part", parent="A"),
    )
    assert said(text) == [(1, 4, "A", "so well", ())]


def test_text_below_the_numbers_of_utterances_takes_their_times() -> None:
    text = document(
        tier("ref@A", at("a1", "s1", "s2", "001"), at("a2", "s3", "s5", "002"), who="Ann"),
        tier("tx@A", of("t1", "a1", "so"), of("t2", "a2", "well"), kind="same", parent="ref@A"),
        tier("ft@A", of("f1", "t1", "also"), of("f2", "t2", "gut"), kind="same", parent="tx@A"),
    )
    faults = Faults()
    assert said(text, faults) == [(1, 2, "Ann", "so", ()), (3, 5, "Ann", "well", ())]
    assert faults.counts() == {"tiers_left_out": 2}


def test_a_translation_is_not_said_twice() -> None:
    text = document(
        tier("Ann", at("a1", "s1", "s2", "so gut")),
        tier("englisch", of("t1", "a1", "that good"), kind="same", parent="Ann"),
    )
    assert said(text) == [(1, 2, "Ann", "so gut", ())]


def test_gestures_of_a_participant_are_no_words_and_the_user_is_told() -> None:
    text = document(
        tier("Bewegung", at("g1", "s1", "s2", "nickt"), who="Ann"),
        tier("Text A", at("a1", "s1", "s3", "so well yes"), who="Ann"),
    )
    faults = Faults()
    assert [row[3] for row in said(text, faults)] == ["so well yes"]
    assert faults.counts() == {"tiers_doubtful": 1}
    assert "left out" in faults.warnings("x.eaf")[0]


def test_tiers_that_belong_to_each_other_in_a_circle_end() -> None:
    text = document(
        tier("A", of("a1", "b1", "so"), kind="part", parent="B"),
        tier("B", of("b1", "a1", "so"), kind="part", parent="A"),
    )
    parse(text, Faults())


def test_media_that_start_elsewhere_are_told_of() -> None:
    head = '<HEADER><MEDIA_DESCRIPTOR MEDIA_URL="x" MIME_TYPE="y" TIME_ORIGIN="1200"/></HEADER>'
    faults = Faults()
    parse(document(tier("A", at("a1", "s1", "s2", "so")), head=head), faults)
    assert faults.counts() == {"media_offset": 1}


@pytest.mark.parametrize("doctype", ['<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'])
def test_entities_of_strangers_are_refused(write, doctype) -> None:
    text = document(tier("A", at("a1", "s1", "s2", "so"))).replace("?>", f"?>{doctype}", 1)
    with pytest.raises(TranscriptError, match=r"^any.thing: declares XML entities"):
        read(write(text))


def test_a_file_cut_short_says_where_it_ends(write) -> None:
    text = document(tier("A", at("a1", "s1", "s2", "so")))
    assert matches(text[:-80])
    with pytest.raises(TranscriptError, match=r"is no valid XML at line 1, .* written to its end"):
        read(write(text[:-80]))


def test_what_pympi_writes_is_read(tmp_path) -> None:
    pympi = pytest.importorskip("pympi")
    written = pympi.Eaf()
    written.add_linguistic_type("sub", constraints="Symbolic_Subdivision")
    expected = []
    for n, speaker in enumerate(("Ann", "Bo")):
        written.add_tier(speaker, part=speaker)
        for i in range(5):
            start, stop = 2000 * i + 900 * n, 2000 * i + 900 * n + 700 + i
            written.add_annotation(speaker, start, stop, f"say <{i}> & well")
            expected.append((start / 1000, stop / 1000, speaker, f"say <{i}> & well", ()))
    path = tmp_path / "x.eaf"
    written.to_file(str(path))
    found = said(path.read_text())
    assert [tuple(map(pytest.approx, row[:2])) + row[2:] for row in sorted(expected)] == found
    theirs = [row for name in ("Ann", "Bo") for row in written.get_annotation_data_for_tier(name)]
    assert sorted(row[3] for row in found) == sorted(row[2] for row in theirs)
