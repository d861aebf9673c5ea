"""What every model card says, and by what its figures may differ."""

from collections.abc import Mapping
from typing import Any

from .table import NAMES

INTENDED = (
    "For research on how speech, face and language go with the scores of questionnaires, by people",
    "who know the data and the statistics: to compare methods, to study what a score can be read",
    "off, to find out where such models fail.",
    "",
    "Out of scope: any statement about a single person; any use in clinics, schools, work,",
    "insurance, courts or at borders; people without their consent; languages, ages, recordings",
    "and instruments that are not in the data.",
)
ETHICS = (
    "It was fitted to recordings of people who spoke about their health. Weights may remember",
    "them: treat weights and predictions as the recordings, and delete them when a participant",
    "withdraws and asks for it. A prediction can hurt whether it is right or wrong, and who is",
    "told by a machine that they are depressed has been told what the machine does not know.",
)
CAVEATS = (
    "What was measured depends on camera, microphone, language, transcript and population;",
    "nothing here says that the model holds for others than those that it was tested on.",
    "A score of a questionnaire is what was learnt, not depression itself. Before anything is",
    "built on a figure: look at the probes, at the figures by group and at the intervals; repeat",
    "it on another corpus; ask people who have the illness.",
)


def factors(metrics: Mapping[str, Any]) -> list[str]:
    """Say by what the figures may differ, and by what they were looked at."""
    groups = ", ".join(f"`{name}`" for name in metrics["groups"])
    told = (
        f"Looked at by: {groups}; the table of groups below has figures where a group is large "
        "enough."
        if groups
        else "The figures were not looked at by group: the labels have no gender, and `--groups` "
        "named no other column."
    )
    return [
        "The figures may differ by gender, age, origin, language and dialect, medication, other",
        "illness, glasses, beards and skin; by camera, light, microphone and room; by interviewer,",
        "questions and transcript.",
        told,
    ]


def measures(metrics: Mapping[str, Any]) -> list[str]:
    """Say what is measured, and how sure it is."""
    names = ", ".join(NAMES[name] for name in metrics["model"]["mean"] if name in NAMES)
    return [
        f"{names}. Test predictions of all folds pooled, mean over draws (a draw: a seed of a",
        "repeat of the folds); the constant is the mean label of those who train; `-` is",
        "undefined.",
        "Intervals are of 95 %, by a bootstrap of participants and draws: they know the chance",
        "of sampling these people and of training, not what another recording, clinic or",
        "language would change. The sd over draws knows the randomness of training alone.",
    ]
