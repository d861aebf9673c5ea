"""What a folder of a text model says of itself, and what is refused before anything is loaded."""

import json
from pathlib import Path

import pytest

from depx.errors import ModelMissing
from depx.features.text.folder import MULTILINGUAL, identity, languages, model_folder


@pytest.mark.parametrize(
    ("what", "config"),
    [
        ("a model of type gpt2", {"model_type": "gpt2"}),
        ("a model of type t5", {"model_type": "t5"}),
        ("a model of type None", {}),
        (r"a decoder \(bert\)", {"model_type": "bert", "is_decoder": True}),
    ],
)
def test_what_is_no_encoder_is_refused_before_anything_is_loaded(
    what: str, config: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / name).touch()
    with pytest.raises(ModelMissing, match=f"holds {what}; expected an encoder of the BERT"):
        model_folder(str(tmp_path))


@pytest.mark.parametrize(
    ("card", "known"),
    [
        ("---\nlanguage: de\n---\n", {"de"}),
        ("---\nlanguage:\n- en\n- fr-FR\nlicense: mit\n---\n# Model", {"en", "fr"}),
        ("---\nlanguage: no\n---\n", {"no"}),  # which YAML itself takes for `false`
        ("---\nlanguage: multilingual\n---\n", {MULTILINGUAL}),
        ("---\nlanguage: [multilingual, af, de]\n---\n", {MULTILINGUAL}),
        ("---\nlanguage: German\n---\n", {"de"}),
        ("---\nlicense: mit\n---\n", set()),
        ("---\n: {\n---\n", set()),
        ("a text without a head", set()),
    ],
)
def test_a_model_card_tells_the_languages(card: str, known: set[str], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text(card)
    assert languages(tmp_path) == known


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("bert-base-german-cased", {"de"}),
        ("bert-base-chinese", {"zh"}),
        ("bert-base-multilingual-cased", {MULTILINGUAL}),
        ("xlm-roberta-base", {MULTILINGUAL}),
        ("bert-base-uncased", set()),
    ],
)
def test_without_a_card_the_name_tells(name: str, known: set[str], tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert languages(folder) == known
    (tmp_path / "config.json").write_text(json.dumps({"_name_or_path": f"someone/{name}"}))
    assert languages(tmp_path) == known


def test_the_embedded_model_is_english() -> None:
    assert languages(model_folder(None)) == {"en"}


def test_the_place_of_a_model_in_a_cache_tells_its_id_and_revision(tmp_path: Path) -> None:
    folder = tmp_path / "models--someone--bert-x" / "snapshots" / "0ab1"
    folder.mkdir(parents=True)
    assert identity(folder) == {"id": "someone/bert-x", "revision": "0ab1"}


def test_the_notes_of_a_download_tell_the_revision_and_no_place_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"_name_or_path": "someone/bert-x"}))
    assert identity(tmp_path) == {"id": "someone/bert-x", "revision": None}
    note = tmp_path / ".cache" / "huggingface" / "download" / "config.json.metadata"
    note.parent.mkdir(parents=True)
    note.write_text("0ab1\netag\n1.0\n")
    assert identity(tmp_path)["revision"] == "0ab1"
    config.write_text(json.dumps({"_name_or_path": "/home/somebody/models/x"}))
    assert identity(tmp_path)["id"] is None
