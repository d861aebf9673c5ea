"""Write the parameters of extractors and models as tables, from the code."""

from depx.extract.settings import PREFIXES
from depx.features.parameters import parameters
from depx.train.registry import MODELS


def _table(kind: type[object], prefix: str) -> list[str]:
    rows = ["| parameter | default | choices | |", "|---|---|---|---|"]
    for one in parameters(kind):
        default = "none" if one.default is None else str(one.default)
        choices = " ".join(f"`{choice}`" for choice in one.choices)
        said = one.doc.replace("``", "`").replace("|", r"\\|")
        rows.append(f"| `{prefix}{one.name}` | `{default}` | {choices} | {said} |")
    return rows


def as_page() -> str:
    """Give a section a component that has any parameter."""
    parts = ["## depx extract", ""]
    for name, kind in PREFIXES.items():
        if parameters(kind):
            parts += [f"### {name}", "", *_table(kind, f"{name}."), ""]
    for model in MODELS.values():
        tries = [f"`{name}`: {', '.join(map(str, some))}" for name, some in model.grid.items()]
        parts += [f"## depx train {model.name}", "", *_table(model, ""), ""]
        parts += [f"`--tune` tries {'; '.join(tries)}.", ""]
    return "\n".join(parts)
