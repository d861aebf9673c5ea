"""A training set as MMSA's dictionaries, read as MMSA's data loader documents its input."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from depx.align.dataset import Dataset
from depx.align.delivery import Delivery
from depx.align.export import export_dataset
from depx.align.padded import fill_of, padded
from depx.errors import TrainingError, UsageError
from depx.extract.sessions import Choice

SPLITS = {"train": ["a1", "a2", "b"], "valid": ["c"], "test": ["d"]}
PARTS = {"text": "bert", "audio": "covarep", "vision": "face"}


def export(place: Path, out: Path, *, only: tuple[str, ...] = (), **values: object) -> Delivery:
    given = {f"mmsa.{name}": str(value) for name, value in values.items()}
    return export_dataset(
        place, out, "mmsa", Choice(only=only), given, tell=lambda *_: None, note=lambda _: None
    )


def load(path: Path) -> dict[str, dict[str, Any]]:
    with path.open("rb") as stream:
        document: dict[str, dict[str, Any]] = pickle.load(stream)
    return document


class Loaded(TorchDataset[dict[str, Any]]):
    """What MMSA's loader takes of a split, and the types that it turns it into."""

    def __init__(self, path: Path, split: str, *, bert: bool, aligned: bool) -> None:
        part = load(path)[split]
        self.text = part["text_bert" if bert else "text"].astype(np.float32)
        self.audio = part["audio"].astype(np.float32)
        self.vision = part["vision"].astype(np.float32)
        self.label = np.array(part["regression_labels"]).astype(np.float32)
        self.told = part["raw_text"], part["id"]
        self.lengths = None if aligned else (part["audio_lengths"], part["vision_lengths"])

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, index: int) -> dict[str, Any]:
        item = {
            "text": torch.tensor(self.text[index]),
            "audio": torch.tensor(self.audio[index]),
            "vision": torch.tensor(self.vision[index]),
            "label": torch.tensor(self.label[index].reshape(-1)),
            "raw_text": self.told[0][index],
            "id": self.told[1][index],
        }
        if self.lengths is not None:
            item |= {
                "audio_lengths": self.lengths[0][index],
                "vision_lengths": self.lengths[1][index],
            }
        return item


@pytest.fixture(scope="module")
def out(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mmsa")
    export(made.path, folder)
    return folder


def test_the_dictionaries_have_the_documented_keys_shapes_and_types(made: Any, out: Path) -> None:
    longest = max(
        int((~np.array(made.words[s]["masked"])).sum()) for of in SPLITS.values() for s in of
    )
    for file, seen in (("aligned.pkl", longest), ("unaligned.pkl", 13)):
        document = load(out / file)
        assert list(document) == ["train", "valid", "test"]
        for split, part in document.items():
            n = len(SPLITS[split])
            assert {
                "raw_text", "audio", "vision", "id", "text", "text_bert", "annotations",
                "classification_labels", "regression_labels", "audio_lengths", "vision_lengths",
            } <= set(part)  # fmt: skip
            assert part["id"] == SPLITS[split]
            assert all(len(value) == n for value in part.values())
            assert part["text"].shape == (n, longest, 6)
            assert part["audio"].shape == (n, longest, 4)
            assert part["vision"].shape == (n, seen, 5)
            assert part["text_bert"].shape[:2] == (n, 3)
            for name in PARTS:
                assert part[name].dtype == np.float32
                assert part[f"{name}_mask"].shape == part[name].shape
                assert np.isfinite(part[name]).all()


def test_aligned_values_are_those_of_the_unmasked_words_and_masks_say_what_was_measured(
    made: Any, out: Path
) -> None:
    dataset, document = Dataset.open(made.path), load(out / "aligned.pkl")
    train = dataset.words(list(PARTS.values()), SPLITS["train"])
    for split, members in SPLITS.items():
        for n, session in enumerate(members):
            arrays = dataset.session(session)
            kept = ~arrays["masked"]
            for part, modality in PARTS.items():
                wanted, rows = arrays[modality][kept], int(kept.sum())
                value, mask = document[split][part][n], document[split][f"{part}_mask"][n]
                np.testing.assert_array_equal(mask[:rows], np.isfinite(wanted))
                np.testing.assert_array_equal(value[:rows][mask[:rows]], wanted[mask[:rows]])
                assert not mask[rows:].any()
                assert not value[rows:].any()
                mean = np.nan_to_num(np.nanmean(train.vectors[modality].astype(np.float64), axis=0))
                filled = np.broadcast_to(mean, value.shape)[:rows][~mask[:rows]]
                np.testing.assert_allclose(value[:rows][~mask[:rows]], filled, rtol=1e-5)
            assert document[split]["audio_lengths"][n] == rows


def test_unaligned_vision_is_the_frames_at_their_own_rate(made: Any, out: Path) -> None:
    dataset, document = Dataset.open(made.path), load(out / "unaligned.pkl")
    names = dataset.modalities["face"].names
    for split, members in SPLITS.items():
        for n, session in enumerate(members):
            frames = dataset.session(session, view="frames")
            wanted = np.stack([frames[name] for name in names], axis=1)
            mask = document[split]["vision_mask"][n]
            np.testing.assert_array_equal(mask[: frames.rows], np.isfinite(wanted))
            value = document[split]["vision"][n]
            np.testing.assert_array_equal(value[mask], wanted[np.isfinite(wanted)])
            assert document[split]["vision_lengths"][n] == max(1, frames.rows)
    assert document["train"]["vision_lengths"] == [12, 12, 1]  # b has no face


def test_labels_are_the_target_and_its_rule(out: Path) -> None:
    document = load(out / "aligned.pkl")
    assert document["train"]["regression_labels"].tolist() == [3.0, 3.0, 17.0]
    assert document["train"]["classification_labels"].tolist() == [0, 0, 2]
    assert document["train"]["annotations"] == ["Negative", "Negative", "Positive"]
    assert document["valid"]["annotations"] == ["Positive"]


def test_texts_are_the_words_of_the_chosen_speakers(made: Any, out: Path) -> None:
    for split, part in load(out / "aligned.pkl").items():
        for session, text in zip(SPLITS[split], part["raw_text"], strict=True):
            rows = made.words[session].select(["text", "kind", "masked"]).to_pylist()
            kept = [
                r["text"] for r in rows if not r["masked"] and r["kind"] == "word" and r["text"]
            ]
            assert text == " ".join(kept)


def test_pieces_are_those_that_transformers_feeds_to_bert(made: Any, out: Path) -> None:
    from transformers import AutoTokenizer

    from depx.features.text.bert import model_folder

    tokenizer = AutoTokenizer.from_pretrained(model_folder(None), local_files_only=True)
    for part in load(out / "aligned.pkl").values():
        wanted = tokenizer(
            part["raw_text"], padding="max_length", truncation=True,
            max_length=part["text_bert"].shape[2], return_tensors="np",
        )  # fmt: skip
        keys = ("input_ids", "attention_mask", "token_type_ids")
        for row, key in enumerate(keys):
            np.testing.assert_array_equal(part["text_bert"][:, row], wanted[key])


@pytest.mark.parametrize("aligned", [True, False])
def test_a_batch_goes_through_an_lstm_that_packs_by_lengths(out: Path, *, aligned: bool) -> None:
    file = out / ("aligned.pkl" if aligned else "unaligned.pkl")
    torch.manual_seed(0)
    for bert in (True, False):
        loader = DataLoader(Loaded(file, "train", bert=bert, aligned=aligned), batch_size=3)
        batch = next(iter(loader))
        assert batch["label"].shape == (3, 1)
    for part in ("text", "audio", "vision"):
        lstm = torch.nn.LSTM(batch[part].shape[2], 7, batch_first=True)
        lengths = batch.get(f"{part}_lengths", torch.full((3,), batch[part].shape[1]))
        packed = pack_padded_sequence(batch[part], lengths, batch_first=True, enforce_sorted=False)
        _, (last, _) = lstm(packed)
        assert torch.isfinite(last).all()


def test_what_is_cut_left_out_and_filled_is_said(made: Any, tmp_path: Path) -> None:
    done = export(made.path, tmp_path / "O", length=7)
    counts = [int((~np.array(made.words[s]["masked"])).sum()) for of in SPLITS.values() for s in of]
    beyond = sum(max(0, many - 7) for many in counts)
    longer = sum(many > 7 for many in counts)
    assert f"{longer} of 5 sessions are cut to 7 words: {beyond} of {sum(counts)} are left out" in (
        done.notes
    )
    assert "1 left out (no phq8): e" in done.notes
    assert "1 left out (no split): f" in done.notes
    assert any(
        line.startswith("audio: ") and "audio_mask says where" in line for line in done.notes
    )
    assert load(tmp_path / "O" / "aligned.pkl")["train"]["text"].shape[1] == 7


def test_texts_longer_than_bert_takes_are_cut_and_said(make: Any, tmp_path: Path) -> None:
    make(tmp_path / "D", words=900)
    done = export(tmp_path / "D", tmp_path / "O")
    text = load(tmp_path / "O" / "aligned.pkl")["train"]["text_bert"]
    assert text.shape == (3, 3, 512)
    assert (text[:, 0, -1] == 102).all()  # [SEP]
    assert any("5 of 5 sessions are cut" in line for line in done.notes)


def test_without_splits_participants_are_dealt_and_never_cross(make: Any, tmp_path: Path) -> None:
    made = make(tmp_path / "D", splits={})
    dealt = []
    for seed in (0, 1, 2):
        done = export(made.path, tmp_path / f"O{seed}", seed=seed)
        document = load(tmp_path / f"O{seed}" / "aligned.pkl")
        of = {split: {s[0] for s in part["id"]} for split, part in document.items()}
        assert all(of.values())
        assert sum(len(part["id"]) for part in document.values()) == 6
        assert sum(len(letters) for letters in of.values()) == len(set.union(*of.values()))
        assert any(f"participants were dealt by seed {seed}" in line for line in done.notes)
        dealt.append(of)
    assert dealt[0] != dealt[1] or dealt[1] != dealt[2]


def test_a_filling_looks_at_train_alone_and_can_be_chosen(made: Any, tmp_path: Path) -> None:
    for fill, value in (("zero", 0.0), ("nan", np.nan)):
        export(made.path, tmp_path / fill, fill=fill)
        part = load(tmp_path / fill / "aligned.pkl")["test"]
        rows = part["audio_lengths"][0]
        unmeasured = ~part["audio_mask"][0][:rows]
        np.testing.assert_array_equal(part["audio"][0][:rows][unmeasured], value)
        assert unmeasured.any()
    one = np.array([[1, np.nan], [3, np.nan]], np.float32)
    np.testing.assert_array_equal(fill_of([one], 2, "mean"), [2, 0])
    block = padded([one, one[:0]], 3, np.array([7, 8], np.float32))
    np.testing.assert_array_equal(block.value_NTD[0], [[1, 8], [3, 8], [0, 0]])
    assert block.lengths == [2, 1]


@pytest.mark.parametrize("fill", ["mean", "zero", "nan"])
def test_a_session_without_frames_is_one_row_that_is_filled_and_counted(
    made: Any, tmp_path: Path, fill: str
) -> None:
    done = export(made.path, tmp_path / "O", fill=fill)
    document = load(tmp_path / "O" / "unaligned.pkl")
    part = document["train"]
    measured = np.concatenate([part["vision"][n][part["vision_mask"][n][:, 0]] for n in (0, 1)])
    mean = measured.astype(np.float64).mean(axis=0)
    wanted = {"mean": mean, "zero": np.zeros(5), "nan": np.full(5, np.nan)}[fill]
    np.testing.assert_allclose(part["vision"][2][0], wanted, rtol=1e-5)
    assert not part["vision_mask"][2].any()
    assert not part["vision"][2][1:].any()
    seen = sum(int(split["vision_mask"].sum()) for split in document.values())
    values = 5 * sum(sum(split["vision_lengths"]) for split in document.values())
    assert any(
        f"unaligned vision: {values - seen} of {values} values were not measured" in line
        for line in done.notes
    )
    assert "1 have no frames/, their unaligned vision is one row, filled: b" in done.notes


@pytest.mark.parametrize(("fill", "stands"), [("mean", "zeros stand"), ("nan", "NaN stands")])
def test_a_part_that_nobody_measured_is_said_to_have_no_mean(
    make: Any, tmp_path: Path, fill: str, stands: str
) -> None:
    make(tmp_path / "D", never="bert")
    done = export(tmp_path / "D", tmp_path / "O", fill=fill)
    (line,) = (line for line in done.notes if line.startswith("text: "))
    assert f"nothing of bert was measured in any of 5 sessions, {stands} there" in line
    text = load(tmp_path / "O" / "aligned.pkl")["test"]["text"][0]
    np.testing.assert_array_equal(text[0], np.full(6, np.nan if fill == "nan" else 0))


def test_columns_that_train_never_measured_are_not_said_to_have_its_mean(
    made: Any, tmp_path: Path
) -> None:
    done = export(made.path, tmp_path / "O", only=("b", "c", "d"))  # b trains and has no face
    (line,) = (line for line in done.notes if line.startswith("vision: "))
    assert "stands the mean of train, or 0 in 5 columns never measured there" in line


def test_what_mmsa_does_not_get_is_said(made: Any, tmp_path: Path) -> None:
    notes = export(made.path, tmp_path / "O").notes
    assert "MMSA takes the mean of a word and no more; left out: face_std, covarep_std" in notes
    assert any("since the set holds no acoustic frames" in line for line in notes)


def test_the_configuration_names_the_sizes_that_mmsa_asks_for(out: Path) -> None:
    import json

    told = json.loads((out / "mmsa.json").read_text())
    for form in ("aligned", "unaligned"):
        part = load(out / told[form]["featurePath"])["train"]
        assert told[form]["feature_dims"] == [part[name].shape[2] for name in PARTS]
        assert told[form]["seq_lens"] == [part[name].shape[1] for name in PARTS]
        assert told[form]["train_samples"] == len(part["id"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"audio": "wav2vec"}, "there is no wav2vec; the set has face, covarep, bert; choose with"),
        ({"length": 0}, "mmsa.length: got 0, expected > 0 or none"),
        ({"lenght": 5}, "mmsa.lenght: no such parameter; there are: length, frames"),
        ({"fill": "median"}, "mmsa.fill: expected mean|zero|nan, got 'median'"),
        ({"tokenizer": "/nowhere"}, "tokenizer.json: is not there"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    made: Any, tmp_path: Path, values: dict[str, object], said: str
) -> None:
    from depx.errors import DepxError

    with pytest.raises(DepxError) as told:
        export(made.path, tmp_path / "O", **values)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_a_set_without_labels_or_a_rule_is_told_apart(make: Any, tmp_path: Path) -> None:
    make(tmp_path / "D", target=False)
    with pytest.raises(TrainingError, match="has no target; align with --labels"):
        export(tmp_path / "D", tmp_path / "O")
    make(tmp_path / "E", rule="")
    done = export(tmp_path / "E", tmp_path / "P")
    assert "no classification_labels: nobody knows who is positive in phq8" in done.notes
    assert "annotations" not in load(tmp_path / "P" / "aligned.pkl")["train"]
    with pytest.raises(TrainingError, match="none of 1 sessions has both words and a phq8"):
        export(tmp_path / "E", tmp_path / "Q", only=("e",))


def test_a_parameter_of_another_form_is_refused(made: Any, tmp_path: Path) -> None:
    choice = Choice()
    with pytest.raises(UsageError, match="--as csv has no such parameter"):
        export_dataset(
            made.path, tmp_path / "O", "csv", choice, {"mmsa.length": "5"},
            tell=lambda *_: None, note=lambda _: None,
        )  # fmt: skip


def test_a_session_in_which_nobody_chosen_speaks_is_left_out(make: Any, tmp_path: Path) -> None:
    made = make(tmp_path / "D", words=1)  # a1's only row is masked
    assert Dataset.open(made.path).session("a1")["masked"].all()
    done = export(made.path, tmp_path / "O")
    assert "1 left out (no words): a1" in done.notes
    assert load(tmp_path / "O" / "aligned.pkl")["train"]["id"] == ["a2", "b"]
