"""``depx predict``: what the file says, of whom, and what is refused."""

# S = sessions, N = words of all sessions

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from depx.align.dataset import Dataset
from depx.errors import DamagedError, MadeOtherwise, StoreError, TrainingError, UsageError
from depx.extract.store.atomic import write_sealed
from depx.train.cases import Corpus
from depx.train.predicting.cases import NOTE, predict_cases
from depx.train.predicting.cli import predict as command
from depx.train.predicting.run import Predictions, PredictSettings, predict
from depx.train.predicting.saved import open_run
from depx.train.predicting.written import COLUMNS

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


def test_who_was_tested_gets_the_very_predictions_of_the_run(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = trained()
    predicted(run, tmp_path / "training", tmp_path / "p.parquet")
    table = pd.read_parquet(tmp_path / "p.parquet").set_index("case")
    tested = pd.read_parquet(run / "predictions.parquet").groupby("case")
    assert table["seen_in_training"].all()
    assert (table["models_unseen"] == 2).all()  # a fold, two seeds
    expected = tested["y_hat"].mean().loc[table.index]
    np.testing.assert_allclose(table["y_hat_unseen"], expected, atol=1e-5)
    assert table["y"].tolist() == tested["y"].first().loc[table.index].tolist()
    assert (table["models"] == 6).all()
    assert table["sessions"].str.split(";").map(len).eq(2).all()


def test_the_mean_and_spread_are_those_of_the_models_one_by_one(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, new = trained(class_weight=0.1), made(others(corpus), "new", target=None)
    done = predicted(run, new, tmp_path / "p.parquet")
    saved = open_run(run)
    read = saved.model.read(Dataset.open(new), None, saved.parts)
    y_hat_MK, p_MK = [], []
    for fit in saved.fits:
        judged = saved.judge(fit, fit.standardised(read), "cpu")
        y_hat_MK.append(24.0 * judged.out_S)
        assert judged.p_S is not None
        p_MK.append(judged.p_S)
    order = np.argsort(read.cases)  # one session a case
    table = pd.DataFrame(done.rows)
    np.testing.assert_allclose(table["y_hat"], np.mean(y_hat_MK, axis=0)[order])
    np.testing.assert_allclose(table["y_hat_sd"], np.std(y_hat_MK, axis=0, ddof=1)[order])
    np.testing.assert_allclose(table["y_hat_min"], np.min(y_hat_MK, axis=0)[order])
    np.testing.assert_allclose(table["y_hat_max"], np.max(y_hat_MK, axis=0)[order])
    np.testing.assert_allclose(table["p"], np.mean(p_MK, axis=0)[order])
    assert table["positive"].tolist() == (table["y_hat"] >= 10).tolist()


def test_nobody_needs_a_label_and_who_is_new_was_not_seen(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run = trained()
    new = made(replace(others(corpus), y_S=np.full(4, np.nan)), "new", target=None)
    done = predicted(run, new, tmp_path / "p.parquet")
    assert done.exit_code == 0
    table = pd.read_parquet(tmp_path / "p.parquet")
    assert not table["seen_in_training"].any()
    assert table["y"].isna().all()
    assert table["y_hat_unseen"].tolist() == table["y_hat"].tolist()
    assert (table["y_hat_low"] < table["y_hat"]).all()


def test_what_is_called_is_the_number_of_those_who_have_not_seen(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    from depx.train.predicting.saved import open_run

    run = trained()
    rows = predicted(run, tmp_path / "training", tmp_path / "p.parquet").rows
    assert any(row["y_hat"] != row["y_hat_unseen"] for row in rows)
    for row in rows:
        assert row["positive"] == (row["y_hat_unseen"] >= 10)
        assert row["off_scale"] == (not 0 <= row["y_hat_unseen"] <= 24)
        assert 0 <= row["y_hat_low"] <= row["y_hat_high"] <= 24
    saved = open_run(run)
    data = Dataset.open(tmp_path / "training")
    read = saved.model.read(data, None, saved.parts)
    everybody = frozenset(read.participants)
    knowing = replace(saved, fits=tuple(replace(fit, seen=everybody) for fit in saved.fits))
    for row in predict_cases(knowing, read, {}, {}, device="cpu"):
        named = ("y_hat_unseen", "y_hat_low", "y_hat_high", "positive", "off_scale")
        assert [row[name] for name in named] == [None] * 5
        assert np.isfinite(row["y_hat"])


def test_labels_of_another_target_are_no_labels_of_the_run_s(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    from depx.align.dataset import Target

    other = Target(name="bdi2", kind="score", min=0.0, max=63.0, positive_rule=">=14")
    new = made(others(corpus), "new", target=other)
    done = predicted(trained(), new, tmp_path / "p.parquet")
    assert [row["y"] for row in done.rows] == [None] * 4


def test_the_interval_of_the_run_lies_around_what_unseeing_fits_say(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = trained()
    metrics = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps(metrics | {"conformal": {"half_width": 3.5}}))
    document = json.loads((run / "run.json").read_text())
    del document["seal"]
    from depx.extract.store.key import sha256_file

    document["files"]["metrics.json"]["sha256"] = sha256_file(run / "metrics.json")
    write_sealed(run / "run.json", document)
    done = predicted(run, tmp_path / "training", tmp_path / "p.parquet")
    for row in done.rows:
        ends = np.clip([row["y_hat_unseen"] - 3.5, row["y_hat_unseen"] + 3.5], 0, 24)
        assert [row["y_hat_low"], row["y_hat_high"]] == pytest.approx(ends)


def test_a_class_is_called_from_a_half_on(
    corpus: Callable[..., Corpus],
    made: Made,
    tiny: Callable[..., Any],
    tmp_path: Path,
) -> None:
    from depx.align.dataset import Target
    from depx.train.run import TrainSettings, train

    target = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
    data = made(corpus(9, target=target), "training", target=target)
    settings = TrainSettings(model=tiny(epochs=1), folds=2)
    train([data], tmp_path / "run", settings, report=print, tell=print)
    done = predicted(tmp_path / "run", data, tmp_path / "p.parquet")
    for row in done.rows:
        assert row["p"] == row["y_hat_unseen"]
        assert row["positive"] == (row["y_hat_unseen"] >= 0.5)
        assert not row["off_scale"]


def test_one_session_alone_is_predicted_as_among_others(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, whole = trained(), others(corpus, 3)
    first = replace(
        whole,
        sessions=whole.sessions[:1],
        cases=whole.cases[:1],
        participants=whole.participants[:1],
        y_S=whole.y_S[:1],
        offsets_S1=whole.offsets_S1[:2],
        vectors={p: value_NC[: whole.offsets_S1[1]] for p, value_NC in whole.vectors.items()},
    )
    among = predicted(run, made(whole, "all"), tmp_path / "all.parquet").rows
    alone = predicted(run, made(first, "one"), tmp_path / "one.parquet").rows
    expected = next(row["y_hat"] for row in among if row["case"] == first.cases[0])
    assert alone[0]["y_hat"] == pytest.approx(expected, abs=1e-5)


def test_a_session_without_a_face_is_imagined_and_what_is_far_off_is_flagged(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, whole = trained(), others(corpus, 3)
    vectors = {part: value_NC.copy() for part, value_NC in whole.vectors.items()}
    vectors["vision"][: whole.offsets_S1[1]] = np.nan
    vectors["acoustic"][whole.offsets_S1[1] : whole.offsets_S1[2], 0] = 1e6
    new = made(replace(whole, vectors=vectors), "new")
    rows = {row["case"]: row for row in predicted(run, new, tmp_path / "p.parquet").rows}
    blind, odd, plain = (rows[case] for case in whole.cases)
    assert [blind["measured_vision"], plain["measured_vision"]] == [0.0, 1.0]
    assert odd["out_of_range"] == pytest.approx(1 / 15)  # a column of 6 + 5 + 4
    assert plain["out_of_range"] == 0.0
    assert np.isfinite(blind["y_hat"])
    arguments = [str(run), str(new), "-o", str(tmp_path / "p.csv"), "-q"]
    said = CliRunner().invoke(command, arguments, catch_exceptions=False).output
    assert "\n1 of which no vision was measured\n" in said
    assert "no acoustic" not in said


def test_where_no_session_has_a_face_it_is_imagined_only_by_who_can(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run = trained()
    new = made(others(corpus), "new", parts=("text", "acoustic"))
    lines: list[str] = []
    assert len(predicted(run, new, tmp_path / "p.parquet", lines).rows) == 4
    assert "no session has face: vision is imagined" in lines
    deaf = made(others(corpus), "deaf", parts=("text", "vision"))
    with pytest.raises(MadeOtherwise, match="acoustic: no session has egemaps"):
        predicted(run, deaf, tmp_path / "p.parquet")


def test_a_session_without_words_is_named_and_the_others_are_predicted(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, whole = trained(), others(corpus, 3)
    silent = replace(
        whole,
        sessions=(*whole.sessions, "silent"),
        cases=(*whole.cases, "new-silent"),
        participants=(*whole.participants, "new-silent"),
        y_S=np.append(whole.y_S, 3.0),
        offsets_S1=np.append(whole.offsets_S1, whole.offsets_S1[-1]),
    )
    done = predicted(run, made(silent, "new"), tmp_path / "p.parquet")
    assert len(done.rows) == 3
    assert done.left_out == {"silent": "no words"}
    assert done.exit_code == 1
    assert json.loads(pq.read_schema(tmp_path / "p.parquet").metadata[b"depx"])[
        "not_predicted"
    ] == {"silent": "no words"}
    nobody = replace(
        silent,
        sessions=("silent",),
        cases=("c",),
        participants=("p",),
        y_S=np.zeros(1),
        offsets_S1=np.array([0, 0]),
    )
    with pytest.raises(TrainingError, match="none of 1 sessions has words"):
        predicted(run, made(nobody, "nobody"), tmp_path / "none.parquet")
    assert not (tmp_path / "none.parquet").exists()


def test_both_formats_say_the_same_explain_themselves_and_never_change(
    trained: Callable[..., Path], corpus: Callable[..., Corpus], made: Made, tmp_path: Path
) -> None:
    run, new = trained(), made(others(corpus), "new")
    for name in ("p.parquet", "q.parquet", "p.csv", "q.csv", "p.csv"):
        predicted(run, new, tmp_path / name)
    assert (tmp_path / "p.parquet").read_bytes() == (tmp_path / "q.parquet").read_bytes()
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()
    one, other = (
        pd.read_parquet(tmp_path / "p.parquet"),
        pd.read_csv(tmp_path / "p.csv", float_precision="round_trip"),
    )
    assert list(one) == list(other)
    assert set(COLUMNS) <= set(one)
    for name in ("case", "y_hat", "y_hat_sd", "positive", "seen_in_training", "note"):
        assert one[name].tolist() == other[name].tolist()
    schema = pq.read_schema(tmp_path / "p.parquet")
    assert json.loads(schema.metadata[b"depx"])["note"] == NOTE == one["note"].unique().item()
    assert all(schema.field(name).metadata[b"about"] for name in schema.names)
    assert str(tmp_path) not in schema.metadata[b"depx"].decode()


@pytest.mark.parametrize("name", ["theirs.parquet", "theirs.csv", "empty.csv", "text.parquet"])
def test_what_another_wrote_is_never_replaced(
    trained: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    theirs = pd.DataFrame({"case": ["a"], "y_hat": [1.0]})
    if name == "theirs.parquet":
        theirs.to_parquet(path)
    elif name == "theirs.csv":
        theirs.to_csv(path, index=False)
    else:
        path.write_text("" if name == "empty.csv" else "no Parquet")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="was not written by depx predict"):
        predicted(tmp_path / "run", tmp_path / "training", path)
    assert path.read_bytes() == before


def test_an_output_is_no_file_of_a_place_and_of_two_formats(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = trained()
    with pytest.raises(StoreError, match="lies in a run"):
        predicted(run, tmp_path / "training", run / "new.parquet")
    with pytest.raises(UsageError, match=r"ends in \.parquet or \.csv"):
        predicted(run, tmp_path / "training", tmp_path / "new.xlsx")


def test_a_run_that_is_damaged_unfinished_or_of_an_earlier_depx_is_refused(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run, data, out = trained(), tmp_path / "training", tmp_path / "p.parquet"
    whole = shutil.copytree(run, tmp_path / "copy")
    model = run / "model-fold1-seed0.safetensors"
    model.write_bytes(model.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(DamagedError, match=r"model-fold1-seed0\.safetensors: is not as run\.json"):
        predicted(run, data, out)
    model.unlink()
    with pytest.raises(DamagedError, match="is missing; the same depx train mends it"):
        predicted(run, data, out)
    (run / "run.json").unlink()
    with pytest.raises(StoreError, match="is an unfinished run; run the same depx train again"):
        predicted(run, data, out)
    with pytest.raises(StoreError, match="expected a run"):
        predicted(data, data, out)
    document = json.loads((whole / "run.json").read_text())
    del document["seal"], document["made"]
    write_sealed(whole / "run.json", document)
    with pytest.raises(StoreError, match="run the same depx train with --force"):
        predicted(whole, data, out)
    assert not out.exists()


def test_the_command_prints_rows_or_a_summary_and_says_that_it_is_no_diagnosis(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = trained()
    arguments = [str(run), str(tmp_path / "training"), "-o", str(tmp_path / "p.csv"), "-q"]
    said = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert said.exit_code == 0
    assert "9 seen in training (*): the number is of the models that have not" in said.output
    first = pd.read_csv(tmp_path / "p.csv").iloc[0]
    line = next(line for line in said.output.splitlines() if line.startswith(first["case"]))
    sd = first["y_hat_unseen_sd"]
    shown = [f"{first['y_hat_unseen']:.3f}*", "-" if np.isnan(sd) else f"{sd:.3f}"]
    assert line.split()[:3] == [first["case"], *shown]
    assert "Research use, no diagnosis" in said.output
    said = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
    document = json.loads(said.stdout)
    assert document["note"] == NOTE
    assert len(document["predictions"]) == 9
    with pytest.raises(UsageError, match="expected RUN INPUT"):
        CliRunner().invoke(command, [str(run)], catch_exceptions=False)
