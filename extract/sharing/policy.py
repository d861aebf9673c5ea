"""What may be shared unless more is asked for, why the rest may not, and what each thing reveals.

Allow-lists: what is not named here stays out, and who shares may let it in by its name
(``--keep``).  The reasons are kept short here; ``docs/privacy.md`` gives the literature and what
was measured.
"""

from collections.abc import Collection, Iterable, Mapping

from ...errors import UsageError
from ...features.columns import FACE_ALL

TEXT = "text"
GROUPS = frozenset({"pose", "gaze", "gaze_head", "au_r", "au_c", "au_side"})
"""Groups of facial columns that go out: how a face moves, not its shape."""
SINGLE = frozenset({"confidence"})
POOLED = frozenset({"face", "covarep", "egemaps", "egemaps_turns"})
"""Modalities of a training set that go out: one vector a word or turn."""
SAMPLED = frozenset({"words", "word_times", "vad", "face", "egemaps_turns"})
"""Tracks of a store that go out: from none of them sound or picture can be made again."""
KEEPABLE_GROUPS: Mapping[str, frozenset[str]] = {
    "landmarks": frozenset({"landmarks_2d"}),
    "landmarks_3d": frozenset({"landmarks_3d"}),
    "eye_lmk": frozenset({"eye_lmk"}),
    "blendshapes": frozenset({"blendshapes"}),
    "quality": frozenset({"quality"}),
}
"""Name for ``--keep`` -> groups of facial columns."""
GROUP_OF = {column.name: column.group for column in FACE_ALL}

TO_SPEECH = frozenset({"covarep", "egemaps", "compare", "mfcc", "opensmile_mfcc", "logmel"}) | {
    "formant",
    "dvlog_acoustic",
    "deepspectrum_densenet201",
    "deepspectrum_vgg16",
    "boaw_egemaps",
    "boaw_mfcc",
}
TO_PICTURE = frozenset({"hog", "cnn_resnet", "cnn_vgg", "bovw_openface", "dvlog_visual"})
WHY = {
    TEXT: "what was said in an interview",
    "landmarks": "the shape of a face, by which people are told apart",
    "landmarks_3d": "the shape of a face, by which people are told apart",
    "eye_lmk": "the shape of the eyes, by which people are told apart",
    "blendshapes": "52 numbers of a face's shape and movement",
    "quality": "which face, how large and how bright: about the recording, not the person's state",
    "other": "columns that depx does not know",
}
OF_VECTORS = "word vectors are turned back into words"
OF_SPEECH = "numbers this dense are enough to make the speech again, words and voice"
OF_PICTURE = "made of the picture of a face, which is made again from it"
OF_UNKNOWN = "nobody has said what it reveals"

REVEALS = {
    "face": "action units, gaze and pose: how somebody moves the face is as good as a signature "
    "where other recordings of the person are at hand",
    "acoustic": "voice: spectrum and pitch of the words name the speaker to whoever has another "
    "recording of the voice; a word's mean also narrows down which word it was",
    "times": "words and pauses with their times: a rhythm that whoever has the recording, or the "
    "transcript, finds again",
    "landmarks": "the shape of the face, to be compared with any photograph",
    "vectors": "word vectors: most words can be read back from them",
    "text": "all that was said, names and places that were spoken included",
    "labels": "labels and groups: with what others know of somebody they single people out",
}


def check_keep(keep: Collection[str], left: Iterable[str]) -> None:
    """Refuse a name that lets nothing in.

    Raises
    ------
    UsageError
        If what is to be kept is not among what would be left out.
    """
    may = sorted(set(left))
    for name in keep:
        if name not in may:
            raise UsageError(f"--keep {name}: expected one of {', '.join(may) or 'nothing'}")


def column_is_in(name: str, keep: Collection[str]) -> bool:
    """Say whether a facial column goes out."""
    return name in SINGLE or GROUP_OF.get(name) in GROUPS or called(name) in keep


def called(column: str) -> str:
    """Name what lets a facial column in."""
    group = GROUP_OF.get(column, "")
    return next((name for name, of in KEEPABLE_GROUPS.items() if group in of), "other")


def why_not(track: str, kind: str) -> str:
    """Say why a track or modality is left out."""
    if kind == "vectors":
        return OF_VECTORS
    if track in TO_SPEECH:
        return OF_SPEECH
    return OF_PICTURE if track in TO_PICTURE else OF_UNKNOWN


def revealed(
    tracks: Mapping[str, str], facial: Collection[str], *, text: bool, labels: bool
) -> list[str]:
    """Say what the things that go out still reveal.

    Parameters
    ----------
    tracks : mapping of track or modality to its kind
    facial : collection of str
        Facial columns that go out.
    text, labels : bool
        Whether they do.
    """
    found = {"times"}
    found |= {"face"} if facial else set()
    found |= (
        {"landmarks"} if any(called(name).startswith("landmarks") for name in facial) else set()
    )
    found |= {"vectors"} if "vectors" in tracks.values() else set()
    found |= (
        {"acoustic"}
        if any(name in TO_SPEECH or name == "egemaps_turns" for name in tracks)
        else set()
    )
    found |= {"text"} if text else set()
    found |= {"labels"} if labels else set()
    return [said for name, said in REVEALS.items() if name in found]
