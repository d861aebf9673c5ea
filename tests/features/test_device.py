"""The device of a text model is settled before keys are made, without PyTorch."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from depx.errors import UsageError
from depx.extract import worker
from depx.extract.plan import Task, Unit, source_of
from depx.extract.settings import parse
from depx.features import device
from depx.features.text.bert import Bert


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """A machine whose files promise CUDA; what PyTorch says to it is up to the test."""
    library = tmp_path / "lib" / "libtorch_cuda.so"
    library.parent.mkdir()
    library.touch()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(device, "NODES", ("null",))
    monkeypatch.setattr(
        device, "find_spec", lambda _: SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    )
    monkeypatch.setattr(device, "ASK", "")
    device.obstacle.cache_clear()
    yield monkeypatch
    device.obstacle.cache_clear()


def test_auto_is_cuda_where_pytorch_can_use_it(machine: pytest.MonkeyPatch) -> None:
    assert device.settled("auto", "x") == "cuda"
    assert device.settled("cuda", "x") == "cuda"
    assert device.settled("cpu", "x") == "cpu"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("NODES", "this machine has no NVIDIA device"),
        ("find_spec", "built without CUDA"),
        ("ASK", "PyTorch cannot use the NVIDIA device"),
        ("hidden", "CUDA_VISIBLE_DEVICES hides all devices"),
    ],
)
def test_auto_is_the_cpu_where_anything_lacks_and_cuda_is_refused_with_the_reason(
    machine: pytest.MonkeyPatch, what: str, said: str
) -> None:
    match what:
        case "NODES":
            machine.setattr(device, "NODES", ("no-such-node*",))
        case "find_spec":
            machine.setattr(device, "find_spec", lambda _: None)
        case "ASK":
            machine.setattr(device, "ASK", "raise SystemExit(1)")
        case _:
            machine.setenv("CUDA_VISIBLE_DEVICES", "")
    assert device.settled("auto", "x") == "cpu"
    with pytest.raises(UsageError, match=f"^x=cuda: .*{said}.*--device cpu"):
        device.settled("cuda", "x")


def test_the_source_of_word_vectors_tells_cpu_from_cuda(machine: pytest.MonkeyPatch) -> None:
    sources = {
        asked: source_of(Bert(device=asked), lambda path: path.name)
        for asked in ("auto", "cpu", "cuda")
    }
    assert sources["auto"] == sources["cuda"] != sources["cpu"]
    assert sources["auto"].parameters["device"] == "cuda"


def test_memory_is_not_limited_where_cuda_reserves_it(machine: pytest.MonkeyPatch) -> None:
    def most(asked: str) -> int | None:
        settings = parse(["bert"], {"bert.device": asked, "limits.memory_gb": "2"})
        bert = settings.extractors["bert"]
        task = Task(
            track="bert",
            takes="tracks",
            extractor=bert,
            key="",
            source=None,
            input=None,
            uses={},
            reading={},
        )
        return worker._most_memory(
            Unit(
                session="s",
                takes="tracks",
                tasks=(task,),
                folder=Path(),
                files={},
                settings=settings,
            )
        )

    assert most("cuda") is None
    assert most("cpu") == (2 << 30 if sys.platform == "linux" else None)


def test_settings_and_sources_are_made_without_pytorch() -> None:
    code = (
        "import sys\n"
        "from depx.extract.cli import settings_of\n"
        "from depx.extract.plan import source_of\n"
        "settings = settings_of(tracks='bert', device='auto', language='en')\n"
        "source_of(settings.extractors['bert'], str)\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
