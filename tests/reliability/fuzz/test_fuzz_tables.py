"""Damaged label files, archives and configurations: read, or refused in one line."""

import json
import os
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.align.label_file import records
from depx.cli import main
from depx.extract.archives.registry import forget_heads, open_archive
from depx.extract.corpora import registry
from depx.extract.corpora.base import Wishes
from depx.extract.labels.registry import FAMILIES, read_labels
from depx.extract.trees import walk
from depx.features.text.folder import identity, languages, model_folder

fuzzed = settings(
    deadline=None,
    max_examples=int(os.environ.get("DEPX_FUZZ_EXAMPLES", "20")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.usefixtures("nothing_grows")

ROWS = [
    {"session": "300", "phq8": 4, "gender": "female", "note": "Xylophonquarz"},
    {"session": "301", "phq8": 17, "gender": "male", "note": "Xylophonquarz"},
]
OFFICIAL = {
    "daic-woz": ("dev_split_Depression_AVEC2017.csv", "full_test_split.csv"),
    "e-daic": ("Detailed_PHQ8_Labels.csv", "detailed_lables.csv", "metadata_mapped.csv"),
    "cmdc": ("SubjectInfo.csv",),
    "d-vlog": ("labels.csv",),
}
CONFIG = """
[extract]
tracks = "words,vad"
jobs = 2
force = false
only = ["one", "two"]

[extract.set]
face.focal = 800
limits = { memory_gb = 2.0, wall_s = 60 }

[align]
target = "phq8"
pool = ["mean", "std"]
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Give the same labels in every format."""
    lines = [",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS)]
    text = "\n".join(lines) + "\n"
    path = tmp_path_factory.mktemp("labels") / "labels.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return {
        "labels.csv": text.encode(),
        "labels.tsv": text.replace(",", "\t").encode(),
        "labels.json": json.dumps(ROWS).encode(),
        "labels.parquet": path.read_bytes(),
    }


@pytest.mark.parametrize("name", ["labels.csv", "labels.tsv", "labels.json", "labels.parquet"])
@fuzzed
@given(data=st.data())
def test_a_damaged_table_of_labels(fuzz, tables, name: str, data: st.DataObject) -> None:
    fuzz.check(name, data.draw(fuzz.damaged(tables[name])), records)


def test_the_label_files_of_every_corpus_are_fuzzed() -> None:
    assert set(FAMILIES) - {"avec2014"} == set(OFFICIAL)  # whose files hold one number each


@pytest.mark.parametrize(
    ("corpus", "name"), [(corpus, name) for corpus, names in OFFICIAL.items() for name in names]
)
@fuzzed
@given(data=st.data())
def test_a_damaged_label_file_of_a_corpus(
    fuzz, corpora: Path, corpus: str, name: str, data: st.DataObject
) -> None:
    whole = next((corpora / corpus).rglob(name)).read_bytes()
    content = data.draw(fuzz.damaged(whole))

    def read(path: Path) -> object:
        sheet = read_labels(corpus, [(path.name, path.read_bytes())])
        assert all(note.isprintable() for note in sheet.notes)
        return sheet

    fuzz.check(name, content, read)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Pack a session with a sound, a transcript and a damaged-looking name."""
    folder = tmp_path_factory.mktemp("packed")
    files = {
        "P/a.wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0" + bytes(200),
        "P/t.csv": b"start_time\tstop_time\tspeaker\tvalue\n1.5\t2.0\tEllie\tXylophonquarz\n",
        "Q/long" + "g" * 120 + ".wav": b"RIFF" * 50,
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name in files:
            out.write(folder / name, name)
    for kind in ("tar", "tar.gz"):
        with tarfile.open(folder / f"x.{kind}", "w:gz" if kind == "tar.gz" else "w") as packed:
            for name in files:
                packed.add(folder / name, name)
    return {kind: (folder / f"x.{kind}").read_bytes() for kind in ("zip", "tar", "tar.gz")}


def every_byte(path: Path) -> object:
    """Read an archive as a source of sessions, then every file that it lists."""
    try:
        tree = open_archive(path)
        assert all(why.isprintable() for why in tree.left_out().values())
        found = registry.find([path], Wishes(), "folder").sessions
        said = [line for session in found for line in (session.problem or "", *session.warnings)]
        assert not [line for line in said if "Xylophonquarz" in line or not line.isprintable()]
        for folder in walk(tree):
            for file in folder.files():
                with tree.open(file) as stream:
                    while stream.read(1 << 16):
                        pass
    finally:
        forget_heads()
    return found


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@fuzzed
@given(data=st.data())
def test_a_damaged_archive(fuzz, archives, kind: str, data: st.DataObject) -> None:
    fuzz.check(f"x.{kind}", data.draw(fuzz.damaged(archives[kind])), every_byte)


@fuzzed
@given(data=st.data())
def test_a_damaged_configuration_is_a_usage_error(fuzz, capsys, data: st.DataObject) -> None:
    path = fuzz.folder / "depx.toml"
    path.write_bytes(data.draw(fuzz.damaged(CONFIG.encode())))
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(path), "extract", "--list"])
    said = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code in (0, 2)
    if ended.value.code and said[0].startswith("depx: "):  # else click shows how it is used
        fuzz.line("\n".join(said), "depx.toml")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "model.safetensors").touch()
    (folder / "tokenizer.json").touch()
    return folder


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        (
            "config.json",
            '{"model_type": "bert", "_name_or_path": "org/model", "is_decoder": false}',
        ),
        ("README.md", "---\nlanguage:\n- en\n- de\nlicense: mit\n---\n# A model\n"),
    ],
)
@fuzzed
@given(data=st.data())
def test_a_damaged_description_of_a_model(
    fuzz, model: Path, name: str, whole: str, data: st.DataObject
) -> None:
    (model / "config.json").write_text('{"model_type": "bert"}')
    content = data.draw(fuzz.damaged(whole.encode()))

    def read(path: Path) -> object:
        (model / name).write_bytes(path.read_bytes())
        return model_folder(str(model)), languages(model), identity(model)

    fuzz.check(name, content, read)
