"""``croissant.json`` as MLCommons' own reader takes it: valid, and its records are the shards'."""

import hashlib
import json
import logging
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from depx.align.cards.croissant import CONTEXT, slugs_of
from depx.align.summary import AlignSummary

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]
LABELS = "session,participant,phq8,gender,split\ns1,p1,3,f,train\ns2,p2,17,m,train\ns3,p3,,m,test\n"
VIEWS = ("words", "frames", "turns", "sessions")


@pytest.fixture
def mlcroissant() -> ModuleType:
    """The reader, whose libraries warn of their own age."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")


@pytest.fixture(params=["float32", "float16"])
def dataset(
    run: Run, filled: Path, labels: Write, tmp_path: Path, request: pytest.FixtureRequest
) -> Path:
    """A training set of several shards with all views."""
    settings = {"views": VIEWS, "shard_mb": 0.001, "pool": ("mean", "std"), "dtype": request.param}
    run(filled, tmp_path / "d", labels=labels(LABELS), **settings)
    return tmp_path / "d"


def described(dataset: Path) -> dict[str, Any]:
    return json.loads((dataset / "croissant.json").read_text())


def opened(mlcroissant: ModuleType, dataset: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mlcroissant.Dataset(jsonld=str(dataset / "croissant.json"))


def test_the_reader_finds_no_fault_but_that_there_is_no_date(
    mlcroissant: ModuleType, dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        issues = opened(mlcroissant, dataset).metadata.ctx.issues
    assert issues.errors == set()
    assert [text for text in map(str, issues.warnings) if "datePublished" not in text] == []
    assert "context" not in caplog.text  # it is the official one


def test_the_context_is_the_official_one(mlcroissant: ModuleType) -> None:
    from mlcroissant._src.core.context import Context, CroissantVersion
    from mlcroissant._src.core.rdf import make_context

    assert make_context(Context(conforms_to=CroissantVersion.V_1_1)) == CONTEXT


def test_every_file_is_described_as_it_is(dataset: Path) -> None:
    files = {
        one["contentUrl"]: one for one in described(dataset)["distribution"] if "sha256" in one
    }
    there = {path.relative_to(dataset).as_posix() for path in dataset.rglob("*.parquet")}
    assert set(files) == there
    assert len([name for name in files if name.startswith("words/")]) > 1
    for name, file in files.items():
        data = (dataset / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["contentSize"] == f"{len(data)} B"


def test_the_records_that_it_reads_are_those_of_the_shards(
    mlcroissant: ModuleType, dataset: Path
) -> None:
    read = opened(mlcroissant, dataset)
    places = {view: dataset / view for view in VIEWS[:-1]}
    places |= {"session_vectors": dataset / "sessions", "sessions": dataset / "sessions.parquet"}
    assert {one.id for one in read.metadata.record_sets} == set(places)
    for name, place in places.items():
        written = pq.read_table(place, partitioning=None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            records = list(read.records(name))
        assert len(records) == written.num_rows > 0
        assert {key.removeprefix(f"{name}/") for key in records[0]} == set(written.column_names)
        for column in written.column_names:
            for record, value in zip(records, written[column].to_pylist(), strict=True):
                assert same(record[f"{name}/{column}"], value), (name, column)


def same(read: Any, written: Any) -> bool:
    """Compare a record's value with Arrow's; the reader gives None for NaN, and bytes for text."""
    if isinstance(written, list):
        return np.array_equal(np.array(read, float), np.array(written, float), equal_nan=True)
    if isinstance(written, str):
        return read == written.encode()
    if written is None or (isinstance(written, float) and math.isnan(written)):
        return read is None
    return bool(read == written)


def test_a_vector_is_an_array_of_its_width(dataset: Path) -> None:
    schema = pq.read_schema(next((dataset / "words").glob("*.parquet")))
    sets = {one["@id"]: one for one in described(dataset)["recordSet"]}
    fields = {field["name"]: field for field in sets["words"]["field"]}
    assert list(fields) == schema.names
    for column in schema:
        field = fields[column.name]
        if pa.types.is_fixed_size_list(column.type):
            assert field["isArray"] is True
            assert field["arrayShape"] == str(column.type.list_size)
        else:
            assert "isArray" not in field
    assert "AU12_r (0..5)" in fields["face_mean"]["description"]


def test_what_responsible_ai_asks_is_answered(mlcroissant: ModuleType, dataset: Path) -> None:
    metadata = opened(mlcroissant, dataset).metadata
    answered = (
        metadata.data_collection,
        metadata.data_biases,
        metadata.data_limitations,
        metadata.data_use_cases,
        metadata.data_social_impact,
        metadata.data_annotation_protocol,
        metadata.personal_sensitive_information,
        metadata.data_release_maintenance_plan,
    )
    assert all(answered)
    assert any("gender" in line for line in metadata.data_biases)


def test_label_columns_may_have_any_name(
    mlcroissant: ModuleType, run: Run, filled: Path, labels: Write, tmp_path: Path
) -> None:
    odd = [
        *(
            "PHQ total",
            "PHQ_total",
            "PHQ\ttotal",
            "Alter (Jahre)",
            "Größe",
            "a/b#c%20",
            "抑郁 量表",
        ),
        *("..", "[x]", "(x)", 'say "it"', "<a>", "Session files"),
    ]
    names = ",".join('"' + name.replace('"', '""') + '"' for name in odd)
    rows = [f"s{s},{','.join(str(100 * s + n) for n in range(len(odd)))}" for s in (1, 2, 3)]
    table = labels("\n".join([f"session,{names}", *rows, ""]))
    run(filled, tmp_path / "d", labels=table, target="PHQ total")
    read = opened(mlcroissant, tmp_path / "d")
    assert read.metadata.ctx.issues.errors == set()
    written = pq.read_table(tmp_path / "d" / "sessions.parquet").to_pylist()
    assert set(odd) <= set(written[0])
    sets = {one["@id"]: one for one in described(tmp_path / "d")["recordSet"]}
    ids = {field["name"]: field["@id"] for field in sets["sessions"]["field"]}
    assert list(ids) == list(written[0])
    assert len(set(ids.values())) == len(ids)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        records = list(read.records("sessions"))
    assert len(records) == 3
    for record, row in zip(records, written, strict=True):
        for name in odd:
            assert row[name] is not None
            assert same(record[ids[name]], row[name]), name


def test_names_with_one_slug_stay_apart() -> None:
    names = ["a b", "a_b", "a(b", "a_b-2", "plain", "..", ""]
    slugs = slugs_of(names)
    assert list(slugs) == names
    assert len(set(slugs.values())) == len(names)
    for name in ("a_b", "a_b-2", "plain"):
        assert slugs[name] == name
