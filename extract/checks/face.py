"""Whether the face is found, and who it is."""

from .base import Check, Measured, Stretch
from .seen import Seen

MOST = 10  # stretches that are named
SHORTEST_S = 1.0  # a face lost for less is a blink of the tracker


def _tracked(seen: Seen) -> Measured:
    if not seen.has("face"):
        return Measured(value=None, about="no facial track")
    face = seen.columns("face", ["confidence"])
    if face.rows == 0:
        return Measured(value=None, about="no frame")
    start_F, stop_F = face.owned()
    lost, begun = [], None
    for f in range(face.rows + 1):
        gone = f < face.rows and not face.valid_F[f]
        if gone and begun is None:
            begun = f
        elif not gone and begun is not None:
            lost.append((float(start_F[begun]), float(stop_F[f - 1])))
            begun = None
    longest = sorted((s for s in lost if s[1] - s[0] >= SHORTEST_S), key=lambda s: s[0] - s[1])
    return Measured(
        value=float(face.valid_F.mean()),
        stretches=tuple(Stretch(start_s=a, stop_s=b, about="face lost") for a, b in longest[:MOST]),
    )


CHECKS = (
    Check(
        name="face.tracked",
        title="Face tracked",
        unit="share",
        about="Share of the video's frames in which the participant's face was found; words under "
        "lost frames have no facial vector.",
        doubtful=0.9,
        bad=0.7,
        measure=_tracked,
    ),
)
