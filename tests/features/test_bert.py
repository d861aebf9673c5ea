"""Word vectors: one a word, from the words of one role only, the same every time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from depx.errors import ModelMissing, NothingToMeasure, UsageError
from depx.features.extractor import Inputs, Measured
from depx.features.text.bert import Bert, spoken_by
from depx.features.text.folder import model_folder
from depx.features.text.words import turns_of
from depx.features.types import F32
from depx.features.words import Role, Turn, Utterance, words_of

PARTICIPANT = Role.PARTICIPANT
ROLES = {"Ellie": Role.INTERVIEWER, "Participant": PARTICIPANT}
INTERVIEW = (
    ("Ellie", "how have you been sleeping"),
    ("Participant", "um <laughter> not unbelievably well i'm tired"),
    ("Ellie", "tell me more"),
    ("Participant", "well it's my family they worry about ptsd"),
)


def turns(*said: tuple[str, str]) -> tuple[Turn, ...]:
    utterances = [
        Utterance(start_s=float(i), stop_s=i + 1.0, speaker=who, text=text)
        for i, (who, text) in enumerate(said)
    ]
    return turns_of(utterances, ROLES)


def measure(interview: tuple[Turn, ...], **parameters: str) -> Measured:
    return Bert(**parameters)(Inputs(turns=interview))


def of_role(measured: Measured, interview: tuple[Turn, ...], role: Role) -> F32:
    return measured.table.value_WD[[word.role is role for word in words_of(interview)]]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """As in a worker; beside other work, two threads that wait for each other take far longer."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base() -> Measured:
    return measure(turns(*INTERVIEW))


def test_every_spoken_word_has_a_vector_and_an_event_has_none(base: Measured) -> None:
    words = words_of(turns(*INTERVIEW))
    event = [word.text == "laughter" for word in words]
    assert base.table.value_WD.shape == (len(words), 384)
    np.testing.assert_array_equal(base.table.valid_W, ~np.array(event))
    assert np.isnan(base.table.value_WD[event]).all()
    assert np.isfinite(base.table.value_WD[~np.array(event)]).all()
    assert base.quality["words_without_vector"] == 1


@pytest.mark.parametrize("window", ["session", "utterance"])
@pytest.mark.parametrize(
    "question",
    [
        "tell me less",
        "do you feel <laughter> depressed or did a doctor ever say that you were",
        "oh",
        "well it's my family they worry about ptsd",  # what the participant says next
        "so you are really very tired " * 150,  # more than a window
    ],
    ids=["of the same length", "longer", "shorter", "the answer itself", "very long"],
)
def test_another_question_changes_no_vector_of_the_answer(window: str, question: str) -> None:
    asked = list(INTERVIEW)
    asked[2] = ("Ellie", question)
    other = turns(*asked)
    first = of_role(measure(turns(*INTERVIEW), window=window), turns(*INTERVIEW), PARTICIPANT)
    second = of_role(measure(other, window=window), other, PARTICIPANT)
    assert first.tobytes() == second.tobytes()


def test_the_order_of_turns_changes_no_vector_of_a_turn_alone() -> None:
    said = [("Participant", text) for _, text in INTERVIEW] * 2
    there, back = (
        measure(turns(*order), window="utterance").table.value_WD for order in (said, said[::-1])
    )
    stops = np.cumsum([len(turn.words) for turn in turns(*said[::-1])])
    turned = np.concatenate(np.split(back, stops[:-1])[::-1])
    assert turned.tobytes() == there.tobytes()


def test_another_answer_changes_vectors_of_the_same_role(base: Measured) -> None:
    answered = list(INTERVIEW)
    answered[3] = ("Participant", "well it's my health they worry about ptsd")
    changed = measure(turns(*answered)).table.value_WD
    assert not np.allclose(changed[5], base.table.value_WD[5], atol=1e-3, equal_nan=True)


def test_a_turn_alone_is_another_feature_than_the_session(base: Measured) -> None:
    alone = measure(turns(*INTERVIEW), window="utterance")
    assert alone.quality["windows"] == 4
    assert base.quality["windows"] == 2
    assert not np.allclose(alone.table.value_WD, base.table.value_WD, atol=1e-2, equal_nan=True)


def test_repeated_runs_give_the_same_bytes(base: Measured) -> None:
    assert measure(turns(*INTERVIEW)).table.value_WD.tobytes() == base.table.value_WD.tobytes()


def test_vectors_are_the_means_of_the_pieces_that_the_model_gives_for_the_plain_text() -> None:
    """Reference: the text as one string, pieces found again by their characters."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    interview = turns(("Participant", "um not unbelievably well I'm tired of 1985"))
    words = words_of(interview)
    text = " ".join(word.text for word in words)
    folder = model_folder(None)
    encoded = AutoTokenizer.from_pretrained(folder)(
        text, return_offsets_mapping=True, return_tensors="pt"
    )
    spans = encoded.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        hidden_TD = AutoModel.from_pretrained(folder).eval()(**encoded).last_hidden_state[0].numpy()
    got = {
        pooling: measure(interview, pooling=pooling) for pooling in ("mean", "first", "last", "max")
    }
    start = 0
    for w, word in enumerate(words):
        stop = start + len(word.text)
        at = [t for t, (a, b) in enumerate(spans) if b > a >= start and b <= stop]
        for pooling, expected in (
            ("mean", hidden_TD[at].mean(0)),
            ("first", hidden_TD[at[0]]),
            ("last", hidden_TD[at[-1]]),
            ("max", hidden_TD[at].max(0)),
        ):
            np.testing.assert_allclose(got[pooling].table.value_WD[w], expected, atol=2e-5)
        start = stop + 1


def test_a_long_interview_is_read_to_its_end() -> None:
    rng = np.random.default_rng(0)
    lexicon = ["i", "feel", "really", "tired", "most", "days", "cannot", "sleep", "unbelievably"]
    said = [("Participant", " ".join(rng.choice(lexicon, 25))) for _ in range(30)]
    said.insert(15, ("Participant", " ".join(rng.choice(lexicon, 700))))  # longer than a window
    measured = measure(turns(*said))
    assert measured.quality["words"] == 1_450
    assert measured.table.valid_W.all()
    quality = measured.quality
    assert quality["windows"] >= 1_450 / 510
    assert quality["pieces"] < quality["pieces_fed"] <= 1.3 * quality["pieces"]
    assert quality["context_least"] >= 25
    assert measured.warnings == ()


def test_what_was_seen_and_fed_is_counted(base: Measured) -> None:
    """One window a role, with two marks each; the longer batch is not the shorter one's."""
    pieces = base.quality["pieces"]
    assert base.quality["pieces_fed"] == pieces + 4
    assert base.quality["pieces_unknown"] == 0
    assert base.quality["context_least"] is None, "all see everything"
    assert base.quality["model"] == {"id": "nreimers/MiniLM-L6-H384-uncased", "revision": None}
    strange = measure(turns(("Participant", "tired \u1200\u1201 days")))  # a script it lacks
    assert strange.quality["pieces_unknown"] == 1
    assert strange.quality["pieces_unknown_share"] == pytest.approx(1 / 3, abs=1e-4)


def test_a_role_reads_its_own_words_only() -> None:
    rows, texts = spoken_by(Role.PARTICIPANT, turns(*INTERVIEW))
    words = words_of(turns(*INTERVIEW))
    assert [words[row].text for row in rows] == [text for turn in texts for text in turn]
    assert all(words[row].role is Role.PARTICIPANT for row in rows)
    assert len(texts) == 2


def test_bfloat16_is_nearly_float32(base: Measured) -> None:
    half = measure(turns(*INTERVIEW), dtype="bfloat16").table.value_WD[base.table.valid_W]
    full = base.table.value_WD[base.table.valid_W]
    cosine = (half * full).sum(1) / np.linalg.norm(half, axis=1) / np.linalg.norm(full, axis=1)
    assert cosine.min() > 0.999
    assert not np.array_equal(half, full)


def test_every_file_that_shapes_the_vectors_is_named_with_its_licence() -> None:
    models = Bert().models()
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= models.keys()
    assert all(path.is_file() and licence == "Apache-2.0" for path, licence in models.values())


def test_a_users_model_is_used_and_its_licence_is_unknown(tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer, BertConfig

    config = BertConfig(
        hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    AutoModel.from_config(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(model_folder(None)).save_pretrained(tmp_path)
    assert measure(turns(*INTERVIEW), model=str(tmp_path)).table.value_WD.shape[1] == 24
    assert {licence for _, licence in Bert(model=str(tmp_path)).models().values()} == {
        "unknown (user's model)"
    }


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="bert-base-uncased is no folder"):
        Bert(model="bert-base-uncased").models()
    with pytest.raises(ModelMissing, match=r"has no config\.json"):
        Bert(model=str(tmp_path)).models()


def test_pickled_weights_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelMissing, match="pickled weights are never read"):
        measure(turns(*INTERVIEW), model=str(tmp_path))


def test_a_damaged_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    shutil.copy(model_folder(None) / "vocab.txt", tmp_path)
    with pytest.raises(ModelMissing, match="cannot be loaded") as caught:
        measure(turns(*INTERVIEW), model=str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"window": "day"}, {"pooling": "sum"}, {"dtype": "float16"}])
def test_an_unknown_choice_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"bert\.\w+: expected one of"):
        Bert(**wrong)


def test_a_session_without_words_has_no_vectors() -> None:
    with pytest.raises(NothingToMeasure):
        Bert()(Inputs())
