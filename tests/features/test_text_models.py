"""Folders of text models: many families give what transformers gives, and faults are one line.

The models are tiny, drawn at random and saved as users have them; their tokenisers are made here.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from depx.errors import ModelMissing
from depx.features.extractor import Inputs
from depx.features.text.bert import Bert
from depx.features.text.encoder import Encoder
from depx.features.text.folder import model_folder
from depx.features.text.windows import Window, turn_windows
from depx.features.text.words import turns_of
from depx.features.types import F32
from depx.features.words import Role, Utterance

POSITIONS = 40
CORPUS = [
    "i feel unbelievably tired",
    "most days i cannot sleep at all",
    "it's my family they worry",
]
WORDPIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *("i", "feel", "un", "##believ", "##ably", "tired", "most", "days", "cannot", "sleep", "a"),
]
SAID = [  # turns of several lengths, so that batches hold padding; one is unknown to WORDPIECES
    "i feel unbelievably tired",
    "most days",
    "i cannot sleep",
    "zebra",
    "i feel tired most days",
    "tired",
]
MARKS = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """As in a worker."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def wordpieces(folder: Path) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    index = {piece: i for i, piece in enumerate(WORDPIECES)}
    tokenizer = Tokenizer(models.WordPiece(index, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)


def byte_pairs(folder: Path) -> None:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaTokenizer

    trained = ByteLevelBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained.train_from_iterator(CORPUS, vocab_size=320, special_tokens=specials)
    folder.mkdir(exist_ok=True)
    trained.save_model(str(folder))
    merges = [tuple(line.split()) for line in (folder / "merges.txt").read_text().splitlines()[1:]]
    index = json.loads((folder / "vocab.json").read_text())
    RobertaTokenizer(vocab=index, merges=merges).save_pretrained(folder)


def unigrams(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(
            vocab_size=60, special_tokens=specials, unk_token="<unk>", show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", **MARKS
    ).save_pretrained(folder)


FAMILIES: dict[str, tuple[Callable[[Path], None], int]] = {
    **dict.fromkeys(("bert", "distilbert", "electra", "albert", "modernbert"), (wordpieces, 0)),
    "mpnet": (byte_pairs, 2),
    "roberta": (byte_pairs, 2),
    **dict.fromkeys(("xlm-roberta", "camembert"), (unigrams, 2)),
    "deberta-v2": (unigrams, 0),
}
"""A tokeniser of each family, and how many positions it keeps for padding."""


def save(kind: str, folder: Path, **more: object) -> Path:
    """Save a model of a family, drawn at random."""
    import torch
    from transformers import AutoConfig, AutoModel

    pad = 0 if FAMILIES[kind][0] is wordpieces else 1
    numbers = {"num_hidden_layers": 2, "pad_token_id": pad}  # as some check what they are made of
    config = AutoConfig.for_model(kind, **numbers)
    more = {"max_position_embeddings": POSITIONS, "vocab_size": 340, "hidden_size": 24} | more
    for name, value in {"num_attention_heads": 2, "intermediate_size": 16, **more}.items():
        setattr(config, name, value)
    for name in ("embedding_size", "hidden_dim"):
        if hasattr(config, name):
            setattr(config, name, 16)
    torch.manual_seed(0)
    model = AutoModel.from_config(config)
    with torch.no_grad():  # livelier than a fresh model, whose vectors are nearly all alike
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    model.save_pretrained(folder)
    FAMILIES[kind][0](folder)
    return folder


def bare(folder: Path, words: list[str]) -> F32:
    """The means of the pieces of each word, by transformers alone; a text by itself."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
    encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.inference_mode():
        hidden_TD = AutoModel.from_pretrained(folder).eval()(**encoded).last_hidden_state[0].numpy()
    ids = encoded.word_ids(0)
    return np.stack(
        [hidden_TD[[t for t, at in enumerate(ids) if at == w]].mean(0) for w in range(len(words))]
    )


def encoded(folder: Path, texts: list[list[str]]) -> F32:
    """The same by our encoder, all texts at once."""
    encoder = Encoder(folder)
    words = encoder.pieces([word for text in texts for word in text])
    counts = iter(map(len, words))
    windows = turn_windows([[next(counts) for _ in text] for text in texts], encoder.limit)
    return encoder.vectors(words, windows, "mean")[0]


@pytest.mark.parametrize("kind", FAMILIES)
def test_vectors_are_those_of_transformers_whatever_else_is_in_the_batch(
    kind: str, tmp_path: Path
) -> None:
    folder = save(kind, tmp_path)
    texts = [text.split() for text in SAID]
    expected_WD = np.concatenate([bare(folder, text) for text in texts])
    assert expected_WD.std() > 0.1
    np.testing.assert_allclose(encoded(folder, texts), expected_WD, atol=1e-5)
    backwards_WD = encoded(folder, texts[::-1])
    lengths = np.cumsum([len(text) for text in texts[::-1]])
    again_WD = np.concatenate(np.split(backwards_WD, lengths[:-1])[::-1])
    assert again_WD.tobytes() == encoded(folder, texts).tobytes()


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_longest_window_is_what_the_positions_hold(kind: str, tmp_path: Path) -> None:
    folder = save(kind, tmp_path)
    encoder = Encoder(folder)
    assert encoder.limit == POSITIONS - FAMILIES[kind][1] - 2
    word = encoder.pieces(["tired"])[0]
    words = [word] * (encoder.limit // len(word))
    vectors_WD, fed = encoder.vectors(words, [Window(0, len(words), 0, len(words))], "mean")
    assert np.isfinite(vectors_WD).all()
    assert fed == len(words) * len(word) + 2


@pytest.fixture
def sentencepiece_alone(tmp_path: Path) -> Path:
    """A folder without a tokenizer.json, as those of DeBERTa-v3 are."""
    from sentencepiece import SentencePieceTrainer

    folder = save("deberta-v2", tmp_path)
    for file in folder.glob("tokenizer*"):
        file.unlink()
    SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 20),
        model_prefix=str(folder / "spm"),
        vocab_size=45,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return folder


def test_a_sentencepiece_model_alone_is_read_where_its_library_allows(
    sentencepiece_alone: Path,
) -> None:
    pytest.importorskip(
        "sentencepiece.sentencepiece_model_pb2",
        exc_type=ImportError,
        reason="the installed sentencepiece wants a protobuf that mediapipe does not allow",
    )
    folder = sentencepiece_alone
    texts = [text.split() for text in SAID]
    expected_WD = np.concatenate([bare(folder, text) for text in texts])
    np.testing.assert_allclose(encoded(folder, texts), expected_WD, atol=1e-5)
    assert "spm.model" in Bert(model=str(folder)).models()


def test_where_its_library_does_not_allow_the_remedy_is_told(
    sentencepiece_alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sentencepiece

    monkeypatch.delattr(sentencepiece, "sentencepiece_model_pb2", raising=False)
    monkeypatch.setitem(sys.modules, "sentencepiece.sentencepiece_model_pb2", None)
    with pytest.raises(
        ModelMissing, match=r"no tokenizer\.json; add one, or pip install"
    ) as caught:
        Encoder(sentencepiece_alone)
    assert "\n" not in str(caught.value)


def test_a_word_of_more_pieces_than_a_window_is_cut(tmp_path: Path) -> None:
    encoder = Encoder(save("roberta", tmp_path))
    words = encoder.pieces(["tired", "qxzj" * 40])
    assert len(words[1]) == encoder.limit
    vectors_WD, _ = encoder.vectors(words, [Window(0, 1, 0, 1), Window(1, 2, 1, 2)], "mean")
    assert np.isfinite(vectors_WD).all()


def test_windows_that_show_the_same_are_computed_once(tmp_path: Path) -> None:
    encoder = Encoder(save("bert", tmp_path))
    words = encoder.pieces(["tired"] * 50)
    vectors_WD, fed = encoder.vectors(words, turn_windows([[1]] * 50, encoder.limit), "mean")
    assert fed == 3
    assert np.unique(vectors_WD, axis=0).shape[0] == 1


def test_batches_do_not_depend_on_the_order_in_which_turns_were_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arithmetic differs in its last bits with what is in a batch."""
    encoder = Encoder(save("bert", tmp_path))
    words = [(first, second) for first in range(5, 25) for second in range(5, 25)]
    windows = turn_windows([[2]] * len(words), encoder.limit)
    batches: list[list[tuple[int, ...]]] = []
    hidden = Encoder._hidden

    def watched(self: Encoder, batch: list[tuple[int, ...]]) -> F32:
        batches.append(list(batch))
        return hidden(self, batch)

    monkeypatch.setattr(Encoder, "_hidden", watched)
    there_WD, _ = encoder.vectors(words, windows, "mean")
    first, batches[:] = list(batches), []
    back_WD, _ = encoder.vectors(words[::-1], windows, "mean")
    assert len(first) > 1
    assert batches == first
    assert back_WD[::-1].tobytes() == there_WD.tobytes()


def test_a_folder_without_a_tokeniser_is_refused(tmp_path: Path) -> None:
    """transformers would make up a tokeniser that knows no word."""
    folder = save("bert", tmp_path)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelMissing, match=r"has no tokeniser; expected one of tokenizer\.json"):
        model_folder(str(folder))


@pytest.mark.parametrize("fault", ["missing", "another shape"])
def test_weights_that_do_not_fit_are_refused_and_never_drawn(fault: str, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = save("bert", tmp_path)
    weights = load_file(folder / "model.safetensors")
    if fault == "missing":
        weights = {name: value for name, value in weights.items() if ".1.attention" not in name}
    else:
        weights = {name: value[..., :8].contiguous() for name, value in weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelMissing, match=r"lack .* of the model's parameters") as caught:
        Encoder(folder)
    assert "\n" not in str(caught.value)


def test_a_model_that_was_trained_for_another_task_is_read_and_its_head_left(
    tmp_path: Path,
) -> None:
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    BertForMaskedLM(config).save_pretrained(tmp_path)
    wordpieces(tmp_path)
    assert np.isfinite(encoded(tmp_path, [["tired"]])).all()


def test_the_folder_of_a_sentence_transformer_is_read(tmp_path: Path) -> None:
    save("bert", tmp_path / "0_Transformer")
    (tmp_path / "modules.json").write_text("[]")
    assert model_folder(str(tmp_path)) == tmp_path / "0_Transformer"


def warnings_of(model: Path | None, language: str, *said: str) -> tuple[str, ...]:
    utterances = [Utterance(start_s=0.0, stop_s=1.0, speaker="P", text=text) for text in said]
    turns = turns_of(utterances, {"P": Role.PARTICIPANT})
    extractor = Bert(model=None if model is None else str(model), language=language)
    return extractor(Inputs(turns=turns)).warnings


def test_a_model_of_another_language_is_told_in_one_line(tmp_path: Path) -> None:
    folder = save("bert", tmp_path)
    (folder / "README.md").write_text("---\nlanguage: de\n---\n")
    (line,) = warnings_of(folder, "en-GB", "i feel tired")
    assert line.startswith("bert: the model is for de, the words are en (--language)")
    assert "--text-model" in line
    assert "tired" not in line
    assert warnings_of(folder, "de-AT", "i feel tired") == ()
    (folder / "README.md").write_text("---\nlanguage: multilingual\n---\n")
    assert warnings_of(folder, "yue", "i feel tired") == ()


def test_words_that_a_model_does_not_know_are_told_beyond_a_twentieth(tmp_path: Path) -> None:
    folder = save("bert", tmp_path)
    known = ["i feel tired most days"] * 4
    assert warnings_of(folder, "en", *known[:-1], "i feel tired most", "zebra") == ()  # 1 of 20
    (line,) = warnings_of(folder, "en", *known[:-1], "i feel", "zebra")  # 1 of 18
    assert line.startswith(
        "bert: 5.6 % of the pieces of the words are not in the model's vocabulary"
    )
    assert "--text-model" in line
    assert "zebra" not in line
