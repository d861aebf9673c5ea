"""Whether features were made as those that a run was trained on: the same tools, settings, models.

Another tool's action units, another text model's vectors or words timed otherwise are other
numbers under the same names: a prediction of them would mean nothing, and nothing would show it.
So whatever differs is refused, a line a difference, each with what makes it alike.  Other versions
of the libraries that computed are told only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...align.dataset import Dataset
from ...errors import MadeOtherwise
from ..made import sources_of
from ..plan import some
from .saved import SavedRun

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "words": {
        "timing": "--timing",
        "tokens": "--tokens",
        "speakers": "--speakers",
        "pauses_s": "--pauses",
    },
    "frames": {"frame_rate_hz": "--frame-rate", "tokens": "--tokens"},
}
"""What a row is -> settings of the alignment that shape its vectors, with their options."""
OF_A_SESSION = frozenset({("words", "participant")})
"""Parameters that say who somebody is, and shape no number of the others."""


def check_alike(run: SavedRun, dataset: Dataset, present: Sequence[str], name: str) -> list[str]:
    """Refuse features that were made otherwise than those that a run was trained on.

    Parameters
    ----------
    run : SavedRun
    dataset : Dataset
        Its labels do not matter.
    present : sequence of str
        Parts of the model of which the sessions measured something.
    name : str
        What the user calls the sessions.

    Returns
    -------
    list of str
        Lines to tell: libraries of other versions, parts that are predicted without.

    Raises
    ------
    MadeOtherwise
        With a line a difference.
    """
    told: list[str] = []
    differ = [*_of_parts(run, present, told), *_of_alignment(run, dataset)]
    for track, trained in run.about["made"]["tracks"].items():
        for source, sessions in sources_of(dataset, track):
            alike = [one for one in trained if not _facets(track, source, one)]
            if not alike:
                differ += _of_source(run, track, source, sessions, trained)
            elif all(one["libraries"] != source["libraries"] for one in alike):
                told.append(_of_libraries(track, source, alike[0]))
    if differ:
        lines = "\n  ".join(dict.fromkeys(differ))
        raise MadeOtherwise(
            f"{name}: its features were made otherwise than those that {run.path} was "
            f"trained on, so its predictions would mean nothing; expected the same:\n  {lines}"
        )
    return told


def as_text(value: object) -> str:
    """Print a value as the command line takes it."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of_parts(run: SavedRun, present: Sequence[str], told: list[str]) -> list[str]:
    """Say which parts are missing that the model does not know to be missing."""
    differ = []
    for part, modality in run.parts.items():
        if part in present:
            continue
        lacked = part in run.about["sessions_without"]
        if present and (lacked or run.model.imagines(part)):
            how = "is imagined" if run.model.imagines(part) else "is not read, as in training"
            told.append(f"no session has {modality}: {part} {how}")
            continue
        differ.append(f"{part}: no session has {modality}, trained with it; extract it")
    return differ


def _of_alignment(run: SavedRun, dataset: Dataset) -> list[str]:
    """Say which settings of the alignment differ."""
    was, now = run.about["made"]["align"], dataset.manifest["settings"]
    rows = run.about["rows"]
    differ = [
        f"align: {name} is {as_text(now[name])}, trained with {as_text(was[name])}; "
        + _as_option(option, was[name])
        for name, option in SETTINGS[rows].items()
        if now[name] != was[name]
    ]
    lacking = [name for name in run.model.pool if name not in now["pool"]]
    if rows == "words" and lacking:
        pool = ",".join(run.model.pool)
        differ.append(
            f"align: pool is {','.join(now['pool'])}, trained with {pool}; depx align --pool {pool}"
        )
    return differ


def _as_option(option: str, value: object) -> str:
    return f"depx align without {option}" if value is None else f"depx align {option} {value}"


def _facets(track: str, now: Mapping[str, Any], was: Mapping[str, Any]) -> list[str]:
    """Name what shapes numbers and differs between two sources, but libraries."""
    differ = [
        name for name in ("origin", "extractor", "version", "models") if now[name] != was[name]
    ]
    return differ + [
        f"parameters.{name}"
        for name in sorted({*now["parameters"], *was["parameters"]})
        if now["parameters"].get(name) != was["parameters"].get(name)
        and (track, name) not in OF_A_SESSION
    ]


def _of_source(
    run: SavedRun,
    track: str,
    now: Mapping[str, Any],
    sessions: Sequence[str],
    trained: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Say how a source differs from the one of the training that is nearest to it."""
    was = min(trained, key=lambda one: (one["extractor"] != now["extractor"],
                                        len(_facets(track, now, one))))  # fmt: skip
    where = f"of {some(sessions)}"
    if (now["origin"], now["extractor"]) != (was["origin"], was["extractor"]):
        mend = (
            "--given prefer, where those files lie beside the recording"
            if was["origin"] == "given"
            else "--given ignore, which measures it from the recording"
        )
        return [
            f"{track} {where}: {now['origin']} ({now['extractor']}), trained with "
            f"{was['origin']} ({was['extractor']}); depx extract {mend}; or train on features that "
            "are made as these"
        ]
    lines = []
    for facet in _facets(track, now, was):
        if facet == "version":
            lines.append(
                f"{track} {where}: version {now['version']} of {now['extractor']}, trained with "
                f"{was['version']}; extract with depx {run.about['depx']}, or train again"
            )
        elif facet == "models":
            mend = " --text-model FOLDER with that model" if track == "bert" else ""
            lines.append(
                f"{track} {where}: computed by {_files(now['models'])}, trained with "
                f"{_files(was['models'])}; depx extract{mend or ' with those model files'}"
            )
        else:
            name = facet.removeprefix("parameters.")
            before = was["parameters"].get(name)
            lines.append(
                f"{track} {where}: {name} is {as_text(now['parameters'].get(name))}, trained with "
                f"{as_text(before)}; depx extract --set {track}.{name}={as_text(before)}"
            )
    return lines


def _of_libraries(track: str, now: Mapping[str, Any], was: Mapping[str, Any]) -> str:
    names = sorted({*now["libraries"], *was["libraries"]})
    differ = [
        f"{name} {now['libraries'].get(name)} (trained with {was['libraries'].get(name)})"
        for name in names
        if now["libraries"].get(name) != was["libraries"].get(name)
    ]
    return f"warning: {track} was computed by {', '.join(differ)}: numbers may differ a little"


def _files(models: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {sha[:12]}" for name, sha in sorted(models.items())) or "no model"
