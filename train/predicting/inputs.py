"""From what a user points at to sessions that a run can predict: made as the run's own were.

A training set is taken as it is.  Stores are aligned, and session folders extracted and aligned,
with the settings that the run's training set had; labels are not needed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...align.dataset import Dataset
from ...errors import UsageError
from ...extract.store.place import kind_of
from ...features.registry import EXTRACTORS
from ..inputs import Prepared, Wanted, prepare
from .alike import as_text
from .saved import SavedRun

if TYPE_CHECKING:
    from ...extract.session_run import Outcome
    from ...extract.store.log import Listener

ALIGNED = ("timing", "tokens", "speakers", "pauses_s", "pool", "frame_rate_hz", "dtype")
"""Settings that a training set's vectors hang on."""
VIEWS = ("words", "frames")
"""What models read."""
NO_TARGET, NO_SPLITS = "", "none"


def dataset_of(
    inputs: Sequence[Path],
    work: Path,
    run: SavedRun,
    *,
    values: Mapping[str, str],
    jobs: int,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: "Listener | None",
) -> Prepared:
    """Find the training set that holds the sessions, or make one under `work`.

    Parameters
    ----------
    values : mapping of name to text
        ``--set`` values of the extraction; they win over those of the run.
    report, tell, hear
        See `depx.train.inputs.prepare`, as for what is raised.
    """
    if len(inputs) == 1 and kind_of(inputs[0]) == "dataset":
        if values:
            first = next(iter(values))
            raise UsageError(f"--set {first}: {inputs[0]} is a training set; set it in its making")
        lacks = Dataset.open(inputs[0]).manifest["exclusions"]
        lost = any(not lack["on_request"] for lack in lacks)
        return Prepared(dataset=inputs[0], exit_code=int(lost))
    made = run.about["made"]
    from_store = all(kind_of(path) == "store" for path in inputs)
    wanted = Wanted(
        target=NO_TARGET,
        splits=NO_SPLITS,
        values=values if from_store else {**_parameters(made["tracks"]), **values},
        jobs=jobs,
        participants=1,
        tracks=tuple(track for track in made["tracks"] if track in EXTRACTORS),
        prefer_given=_is_given(made["tracks"]),
        aligned=_aligned(made["align"]),
    )
    return prepare(inputs, work, wanted, report=report, tell=tell, hear=hear)


def _aligned(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in settings.items()
        if name in ALIGNED
    } | {"views": tuple(view for view in VIEWS if view in settings["views"])}


def _is_given(tracks: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Say whether any track was taken from files that came with the recordings."""
    return any(source["origin"] == "given" for of in tracks.values() for source in of)


def _parameters(tracks: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """List the parameters of the extractors that computed, as ``--set`` takes them.

    Left out are names of places and of persons, of which the run holds no more than a trace, and
    those of a track that was computed in several ways.
    """
    found = {}
    for track, sources in tracks.items():
        computed = [source for source in sources if source["origin"] == "computed"]
        if len(computed) != 1 or track not in EXTRACTORS:
            continue
        for field in fields(EXTRACTORS[track]):  # type: ignore[arg-type]
            if field.name in computed[0]["parameters"] and "recorded" not in field.metadata:
                found[f"{track}.{field.name}"] = as_text(computed[0]["parameters"][field.name])
    return found
