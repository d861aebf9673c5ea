"""``depx predict`` knows who was seen in training, under whatever id."""

# S = sessions, N = words of all sessions

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from depx.align.dataset import Dataset
from depx.extract.store.atomic import write_sealed
from depx.train.cases import Corpus
from depx.train.guard import owners_of_files
from depx.train.predicting.cases import recorded_as
from depx.train.predicting.run import Predictions, PredictSettings, predict
from depx.train.predicting.saved import open_run

Made = Callable[..., Path]


def predicted(
    run: Path, data: Path, out: Path, lines: list[str] | None = None, **options: Any
) -> Predictions:
    said: list[str] = [] if lines is None else lines
    settings = PredictSettings(**options)
    return predict(run, [data], out, settings, report=said.append, tell=print)


def others(corpus: Callable[..., Corpus], participants: int = 4, **options: Any) -> Corpus:
    """Make participants whom no fit has seen."""
    whole = corpus(participants, seed=7, **options)
    return replace(
        whole,
        cases=tuple(f"new-{case}" for case in whole.cases),
        participants=tuple(f"new-{name}" for name in whole.participants),
    )


def renamed(corpus: Corpus) -> Corpus:
    """Give everybody another id, and every session and case another name."""
    return replace(
        corpus,
        sessions=tuple(f"new-{session}" for session in corpus.sessions),
        cases=tuple(f"new-{case}" for case in corpus.cases),
        participants=tuple(f"new-{name}" for name in corpus.participants),
    )


def test_a_training_recording_under_another_id_is_known(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, whole = trained(), corpus(9, sessions_a_case=2)
    told: list[str] = []
    by_id = predicted(run, tmp_path / "training", tmp_path / "p.parquet", told).rows
    assert not [line for line in told if "is the recording of" in line]
    lines: list[str] = []
    by_recording = predicted(run, made(renamed(whole), "new"), tmp_path / "q.parquet", lines).rows
    own = ("case", "participant", "sessions")
    for one, other in zip(by_id, by_recording, strict=True):
        assert other["case"] == f"new-{one['case']}"
        for name in one.keys() - own:
            assert other[name] == one[name], name
    for session, participant in zip(whole.sessions, whole.participants, strict=True):
        assert f"new-{session}: is the recording of {participant}, which trained this run" in lines


def test_who_is_known_by_one_recording_is_known_in_all_of_theirs(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, whole = trained(), corpus(9, sessions_a_case=2)
    new, fits = renamed(whole), open_run(run).fits
    first, *_ = whole.participants
    tested_elsewhere = next(
        one
        for one in whole.participants
        if one != first and any({one, first} & fit.seen == {one} for fit in fits)
    )
    both = {first, tested_elsewhere}
    unseen = sum(both.isdisjoint(fit.seen) for fit in fits)
    who = tuple(f"new-{first if name in both else name}" for name in whole.participants)
    new = replace(new, participants=who)  # two of the run's participants, in one person's name
    rows = predicted(run, made(new, "new"), tmp_path / "p.parquet").rows
    theirs = [row["models_unseen"] for row in rows if row["participant"] == who[0]]
    assert theirs == [unseen] * 2
    assert all(row["models_unseen"] > unseen for row in rows if row["participant"] != who[0])


def test_one_changed_number_is_another_recording(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, whole = trained(), corpus(9, sessions_a_case=2)
    first = [one for one, case in enumerate(whole.cases) if case == whole.cases[0]]
    vectors = {part: value_NC.copy() for part, value_NC in whole.vectors.items()}
    vectors["acoustic"][whole.offsets_S1[first], 0] += 0.5
    new = made(renamed(replace(whole, vectors=vectors)), "new")
    rows = {row["case"]: row for row in predicted(run, new, tmp_path / "p.parquet").rows}
    changed = rows.pop(f"new-{whole.cases[0]}")
    assert (changed["seen_in_training"], changed["models_unseen"]) == (False, 6)
    assert all(row["seen_in_training"] for row in rows.values())


def measured_from(place: Path, files: dict[str, list[str]]) -> Dataset:
    """Say from which files the sessions of a training set were measured."""
    document = json.loads((place / "dataset.json").read_text())
    del document["seal"]
    document["provenance"]["inputs"] = files
    write_sealed(place / "dataset.json", document)
    return Dataset.open(place)


def test_a_file_of_a_training_recording_is_known_under_any_name_but_a_read_text_is_not(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    whole, new = corpus(9, sessions_a_case=2), others(corpus)
    files = {session: [f"sound of {session}", "read text"] for session in whole.sessions}
    owners = owners_of_files(measured_from(made(whole, "set"), files), whole)
    of_session = dict(zip(whole.sessions, whole.participants, strict=True))
    assert owners == {f"sound of {session}": who for session, who in of_session.items()}
    saved = open_run(trained())
    saved = replace(saved, about={**saved.about, "recordings": owners})
    heard = {session: ["read text"] for session in new.sessions}
    heard[new.sessions[1]] = ["another sound", f"sound of {whole.sessions[3]}"]
    asked = measured_from(made(new, "asked", target=None), heard)
    known = recorded_as(saved, new, asked)
    assert known == {new.sessions[1]: of_session[whole.sessions[3]]}
