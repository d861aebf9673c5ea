"""The ablations of MCCL (TCSVT 2025): its modules, its contrastive loss, and its four cues."""

from collections.abc import Mapping

from ..ablation.arms import Ablation, Arm, Table

PAPER = "MCCL (TCSVT 2025)"
CUES = {
    "landmarks": "3-D landmarks",
    "pose": "head pose",
    "gaze": "gaze",
    "au": "action units",
}
FULL = Arm(
    name="full", about="all cues, both interaction modules, the contrastive loss beside the label's"
)
MODULES = Table(
    name="modules",
    question="What is each part of the model worth?",
    arms=(
        FULL,
        Arm(
            name="no-contrast",
            about="both modules, without the contrastive loss between them",
            settings={"contrast": 0.0},
        ),
        Arm(
            name="no-cross",
            about="temporal segments alone: no interaction of whole cues, and nothing to contrast",
            settings={"modules": "temporal"},
        ),
        Arm(
            name="no-temporal",
            about="interaction of whole cues alone: no segments, and nothing to contrast",
            settings={"modules": "cross"},
        ),
    ),
)
WITHOUT = Table(
    name="cues",
    question="What is lost without a cue?",
    arms=(
        FULL,
        *(
            Arm(name=f"without-{cue}", about=f"without {what}", settings={"cues": f"-{cue}"})
            for cue, what in CUES.items()
        ),
    ),
)
ALONE = Table(
    name="alone",
    question="What does a cue tell by itself?",
    arms=(
        FULL,
        *(
            Arm(name=f"only-{cue}", about=f"{what} alone", settings={"cues": cue})
            for cue, what in CUES.items()
        ),
    ),
)
TABLES = (MODULES, WITHOUT, ALONE)
DRAWN = {"no-contrast": "without the contrastive loss", "full": "with it"}
ABLATIONS: Mapping[str, Ablation] = {
    one.name: one
    for one in (
        Ablation(name="paper", paper=PAPER, tables=TABLES, drawn=DRAWN),
        Ablation(name="modules", paper=PAPER, tables=(MODULES,), drawn=DRAWN),
        Ablation(name="cues", paper=PAPER, tables=(WITHOUT,)),
        Ablation(name="alone", paper=PAPER, tables=(ALONE,)),
    )
}
"""``paper`` has all three tables; each may be asked for by its own name."""
