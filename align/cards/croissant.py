"""``croissant.json`` of a training set: files, tables and columns as Croissant 1.1 describes them.

JSON-LD for dataset search and for ``mlcroissant``, which reads records by it.  Places are relative
to the file.  A shard is a ``FileObject`` with size and sha256, the shards of a view are a
``FileSet``, a view is a ``RecordSet``; a vector is an array field of a fixed shape.  The fields
``rai:`` are of Croissant's vocabulary for responsible AI 1.0.

There is no date of publication: nobody has published the set, and what ``depx align`` writes knows
no clock.

References
----------
docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html, croissant-rai-spec.html
"""

import re
from collections.abc import Sequence
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from ..settings import FRAMES
from ..shards import TABLE
from .columns import TITLES, VIEWS, filed, said_of
from .facts import Facts
from .prose import (
    ANNOTATION,
    COLLECTION,
    FORBIDDEN,
    IMPACT,
    MAINTENANCE,
    ONE_LINE,
    USES,
    biases,
    limits,
    reveals,
)

if TYPE_CHECKING:
    import pyarrow as pa

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The official one of Croissant 1.1."""
CONFORMS = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
NOT_IN_IDS = re.compile(r"[^\w.-]+|^\.*$")
"""What an ``@id`` does without; dots alone would be a way in a tree of folders."""
PARQUET = "application/x-parquet"  # as mlcroissant and Hugging Face call it
TYPES = {
    "string": "sc:Text",
    "bool": "sc:Boolean",
    "int32": "cr:Int32",
    "int64": "cr:Int64",
    "halffloat": "cr:Float16",
    "float": "cr:Float32",
    "double": "cr:Float64",
}
"""Arrow's types in Croissant's words."""


def croissant(facts: Facts) -> dict[str, Any]:
    """Describe a training set."""
    views = [*facts.views, TABLE]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS),
        "name": f"depx-{facts.manifest['key'][:12]}",
        "description": ONE_LINE + " README.md beside this file says more.",
        "url": "README.md",
        "version": f"1.0.0+{facts.manifest['key'][:12]}",
        "license": "As the recordings and the consent of the participants: see README.md",
        "citeAs": "Cite the corpus of the recordings as its makers ask, and the content key "
        f"{facts.manifest['key']}",
        "creator": {
            "@type": "sc:Organization",
            "name": "whoever holds the recordings; made with depx",
        },
        "keywords": ["depression", "interviews", "multimodal", "health"],
        "inLanguage": facts.languages,
        "isLiveDataset": False,
        **_responsible(facts),
        "distribution": [*_objects(facts), *(_file_set(view) for view in facts.views)],
        "recordSet": [_record_set(view, facts) for view in views],
    }


def _responsible(facts: Facts) -> dict[str, Any]:
    """Say what the vocabulary for responsible AI asks, in the words of the card."""
    share = ", ".join(
        f"{part['name']} {facts.table[part['name'] + '_share_valid'].mean():.3f}"
        for part in facts.manifest["modalities"]
    )
    tools = [
        f"depx {source['extractor']} {source['version']} ({source['origin']}; "
        + (", ".join(f"{name} {of}" for name, of in source["libraries"].items()) or "no library")
        + ")"
        for source in facts.sources.values()
    ]
    out = [f"left out, {many}: {why}" for why, many in facts.left_out().items()]
    return {
        "rai:dataCollection": COLLECTION,
        "rai:dataCollectionType": ["Others"],
        "rai:dataCollectionMissingData": "NaN, never imputed and never dropped. Mean share of the "
        f"rows measured: {share}. " + " ".join(out),
        "rai:dataCollectionRawData": "Video, sound and transcripts of interviews; not part of it.",
        "rai:dataPreprocessingProtocol": [
            "Samples of every track are averaged under each word by the time that they own; what "
            "is not valid weighs nothing.",
            "Rows of speakers who were not chosen are masked and have no vectors.",
        ],
        "rai:dataAnnotationProtocol": ANNOTATION,
        "rai:machineAnnotationTools": tools,
        "rai:dataBiases": [biases(facts)],
        "rai:dataLimitations": limits(facts),
        "rai:dataUseCases": [USES, f"Not to be used: {FORBIDDEN}"],
        "rai:dataSocialImpact": IMPACT,
        "rai:personalSensitiveInformation": [line.replace("**", "") for line in reveals(facts)],
        "rai:dataReleaseMaintenancePlan": MAINTENANCE,
    }


def _objects(facts: Facts) -> list[dict[str, Any]]:
    """List every file."""
    return [
        {
            "@type": "cr:FileObject",
            "@id": shard["path"],
            "name": shard["path"],
            "contentUrl": shard["path"],
            "contentSize": f"{shard['bytes']} B",
            "encodingFormat": PARQUET,
            "sha256": shard["sha256"],
        }
        for view in (*facts.views, TABLE)
        for shard in facts.manifest["shards"][view]
    ]


def _file_set(view: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{filed(view)}-files",
        "name": f"{filed(view)}-files",
        "description": f"Shards of {view}/, a row group a session",
        "encodingFormat": PARQUET,
        "includes": f"{view}/*.parquet",
    }


def _record_set(view: str, facts: Facts) -> dict[str, Any]:
    name = filed(view)
    source = (
        {"fileObject": {"@id": "sessions.parquet"}}
        if view == TABLE
        else {"fileSet": {"@id": f"{name}-files"}}
    )
    record_set: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": VIEWS[view],
    }
    if view == TABLE:
        record_set["key"] = {"@id": f"{name}/session"}
    slugs = slugs_of(facts.schemas[view].names)
    record_set["field"] = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{slugs[field.name]}",
            "name": field.name,
            **_description(field.name, view, facts),
            **_type(field.type),
            "source": {**source, "extract": {"column": field.name}},
        }
        for field in facts.schemas[view]
    ]
    return record_set


def slugs_of(names: Sequence[str]) -> dict[str, str]:
    """Map the columns of a table to what stands for them in an ``@id``, each to another.

    Columns of labels are the user's, ``Alter (Jahre)`` too, and an ``@id`` is an IRI, without space
    or bracket.  A name that needs no change keeps itself, whichever else comes to the same.
    """
    slugs = {name: name for name in names if NOT_IN_IDS.sub("_", name) == name}
    taken = set(slugs)
    for name in names:
        if name not in slugs:
            slug = NOT_IN_IDS.sub("_", name)
            numbered = (f"{slug}-{n}" for n in count(2))
            slugs[name] = next(one for one in chain([slug], numbered) if one not in taken)
            taken.add(slugs[name])
    return {name: slugs[name] for name in names}


def _type(kind: "pa.DataType") -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_fixed_size_list(kind):
        element = TYPES[str(kind.value_type)]
        return {"dataType": element, "isArray": True, "arrayShape": str(kind.list_size)}
    return {"dataType": TYPES[str(kind)]}


def _description(column: str, view: str, facts: Facts) -> dict[str, str]:
    modalities = facts.manifest["modalities"]
    part = next((part for part in modalities if column in part["columns"]), None)
    if part is not None:
        title = TITLES.get(part["name"], f"track {part['name']}")
        of = [f"{name} ({unit})" for name, unit in zip(part["names"], part["units"], strict=True)]
        return {"description": f"{title}; elements: {', '.join(of) or 'of an embedding'}"}
    if view == FRAMES:
        units = {one["name"]: one["unit"] for one in facts.manifest["frames"]["columns"]}
        if column in units:
            return {"description": f"mean of the step, in {units[column]}"}
    said = said_of(column, view, facts)
    if not said and view == TABLE:
        said = "a column of the labels"
    return {"description": said} if said else {}
