"""The head of the card: what Hugging Face reads, and ``datasets`` goes by when it opens the set."""

from typing import Any

from ..settings import WORDS
from ..shards import TABLE
from .columns import filed
from .facts import Facts

SIZES = ((1e3, "n<1K"), (1e4, "1K<n<10K"), (1e5, "10K<n<100K"), (1e6, "100K<n<1M"))
"""Size categories of Hugging Face, below so many rows; more is told as one."""
LARGE = "1M<n<10M"


def head(facts: Facts) -> list[str]:
    """Write the YAML that Hugging Face reads."""
    import yaml

    rows = facts.manifest["counts"]["rows"]
    target = facts.target
    tasks = [] if target is None else ["tabular-" + _task(target.kind)]
    said: dict[str, Any] = {
        "pretty_name": "A training set of interviews made by depx",
        "license": "other",
        "license_name": "as-the-recordings",
        "language": facts.languages,
        "size_categories": [next((name for most, name in SIZES if rows < most), LARGE)],
        "task_categories": tasks,
        "tags": ["depression", "interviews", "multimodal", "health", "depx", "croissant"],
        "configs": [_config(view) for view in (*facts.views, TABLE)],
    }
    known = {name: value for name, value in said.items() if value}
    text: str = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=100)
    return ["---", *text.splitlines(), "---"]


def _task(kind: str) -> str:
    return "classification" if kind == "class" else "regression"


def _config(view: str) -> dict[str, Any]:
    path = "sessions.parquet" if view == TABLE else f"{view}/*.parquet"
    config: dict[str, Any] = {"config_name": filed(view)}
    if view == WORDS:
        config["default"] = True
    return {**config, "data_files": [{"split": "train", "path": path}]}
