"""The ablations of the CMG-VS paper (CVPR 2026, on DAIC-WOZ), and the controls that it lacks."""

from collections.abc import Mapping

from ..ablation.arms import Ablation, Arm, Table

PAPER = "CMG-VS (CVPR 2026), DAIC-WOZ"
JOINT = Arm(
    name="joint",
    about="synthesis from speech and text, all visual columns, guided by the recogniser's loss",
    published=0.860,
    needs=("vision",),
)
SYNTHESIS = Table(
    name="synthesis",
    question="Does guided synthesis help, and does it matter what is synthesised?",
    arms=(
        JOINT,
        Arm(
            name="two-stage",
            about="the synthesiser learns to rebuild the face alone, then is frozen",
            settings={"synth": "two-stage"},
            published=0.841,
        ),
        Arm(name="none", about="no synthesis", settings={"synth": "none"}, published=0.825),
        Arm(
            name="noise",
            about="control: the second stream is the real face plus noise as large as its spread",
            control=True,
            settings={"synth": "noise"},
        ),
        Arm(
            name="shuffled",
            about="control: the second stream is what was synthesised for another participant",
            control=True,
            settings={"synth": "shuffled"},
        ),
    ),
)
CONDITION = Table(
    name="condition",
    question="What should synthesis be conditioned on?",
    arms=(
        JOINT,
        Arm(
            name="condition-t",
            about="on text alone",
            settings={"condition": "t"},
            published=0.851,
            needs=("text", "acoustic"),
        ),
        Arm(
            name="condition-a",
            about="on acoustics alone",
            settings={"condition": "a"},
            published=0.845,
            needs=("text", "acoustic"),
        ),
    ),
)
COLUMNS = Table(
    name="columns",
    question="Which visual columns should be synthesised?",
    arms=(
        JOINT,
        Arm(
            name="columns-au",
            about="action units; pose and gaze stay real",
            settings={"synth_columns": "au"},
            published=0.857,
        ),
        Arm(
            name="columns-pose-gaze",
            about="pose and gaze; action units stay real",
            settings={"synth_columns": "pose_gaze"},
            published=0.837,
        ),
    ),
)

TABLES = (SYNTHESIS, CONDITION, COLUMNS)
DRAWN = {"none": "without synthesis", "joint": "with guided synthesis"}  # the paper's figure
ABLATIONS: Mapping[str, Ablation] = {
    one.name: one
    for one in (
        Ablation(name="paper", paper=PAPER, tables=TABLES, drawn=DRAWN),
        Ablation(name="synthesis", paper=PAPER, tables=(SYNTHESIS,), drawn=DRAWN),
        Ablation(name="condition", paper=PAPER, tables=(CONDITION,)),
        Ablation(name="columns", paper=PAPER, tables=(COLUMNS,)),
    )
}
"""``paper`` has all three tables; each may be asked for by its own name."""
