"""Keys of tracks: what changes how sound is read makes the tracks of sound stale, and no other."""

from pathlib import Path

import pytest

from depx.extract import plan
from depx.extract.plan import SessionPlan, source_of
from depx.extract.sessions import Session
from depx.extract.settings import parse
from depx.features.registry import EXTRACTORS

PARTS = ("video", "audio", "transcript")
OF_SOUND = {name for name, extractor in EXTRACTORS.items() if extractor.takes == "sound"}


def keys(**values: str) -> dict[str, str]:
    """Keys of all tracks of a session that has everything."""
    wanted = [name for name, extractor in EXTRACTORS.items() if extractor.takes != "given"]
    settings = parse(wanted, {name.replace("__", "."): text for name, text in values.items()})
    sources = {
        name: source_of(e, lambda path: path.name) for name, e in settings.extractors.items()
    }
    place = Path("s")
    session = Session(
        id="s", folder=place, case="s", participant="s", files={part: place for part in PARTS}
    )
    session_plan = SessionPlan(
        session, settings, sources, {part: {"sha256": part} for part in PARTS}
    )
    found: dict[str, str] = {}
    while session_plan.waiting:
        for task in session_plan.ready():
            found[task.track] = task.key
            session_plan.settle(task.track, task.key)
    return found


def users_of(tracks: set[str]) -> set[str]:
    """Add the tracks that are made from these."""
    users = {
        name
        for name, extractor in EXTRACTORS.items()
        if tracks & {*extractor.consumes, *extractor.consults}
    }
    return tracks if users <= tracks else users_of(tracks | users)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {track for track, key in before.items() if after[track] != key}


@pytest.mark.parametrize(
    "values",
    [{"audio__channel": "left"}, {"audio__loudness_target": "-23"}, {"audio__remove_dc": "false"}],
)
def test_how_sound_is_read_changes_the_keys_of_what_is_made_from_it(values: dict[str, str]) -> None:
    stale = changed(keys(), keys(**values))
    assert stale == users_of(OF_SOUND)
    assert stale.isdisjoint({"words", "face", "bert"})
    assert stale >= {"vad", "level", "covarep", "egemaps", "egemaps_turns", "mfcc", "logmel"}


def test_another_version_of_reading_sound_changes_the_keys_of_what_is_made_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = keys()
    monkeypatch.setattr(plan, "READING", plan.READING + 1)
    assert changed(before, keys()) == users_of(OF_SOUND)


def test_how_a_table_is_read_changes_the_keys_of_what_is_made_from_the_words() -> None:
    stale = changed(keys(), keys(transcript__columns="start:1,stop:2,text:3"))
    assert stale == users_of({"words"})


def test_which_file_is_wanted_and_the_same_settings_change_no_key() -> None:
    assert changed(keys(), keys(audio__file="*.wav", audio__channel="mean")) == set()
