"""What the columns of a training set are: a line each, for the card and for Croissant.

Vectors are told by their modality.  Columns of the label table are the user's own: of those nothing
is known but their names.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ..delivery import FILED_AS
from ..settings import FRAMES, SESSIONS, TURNS, WORDS
from ..shards import TABLE

if TYPE_CHECKING:
    from .facts import Facts

VIEWS = {
    WORDS: "a row a word (or window, or pause), in the order of the session",
    FRAMES: "the face at a steady rate: the mean of the valid frames of each step",
    TURNS: "the same vectors pooled over a turn of one speaker",
    SESSIONS: "the same vectors pooled over a session",
    TABLE: "a row a session: labels, counts, shares measured",
}
"""What a row of each table is."""

COLUMNS = {
    "session": "id of the recording; a row group of a shard is one session",
    "index": "place of the word in the transcript; -1: no word of it",
    "turn": "turn of speech, counted from 0",
    "speaker": "name of the speaker as the transcript has it",
    "role": "participant, interviewer or unknown",
    "kind": "word, filler, event (such as laughter), pause or window",
    "text": "what was said, cleaned",
    "start_s": "begin on the clock of the session, seconds",
    "stop_s": "end on the clock of the session, seconds",
    "timing": "where the times are from: given, forced (found in the sound), proportional",
    "confidence": "how sure the timing is, 0..1; NaN: not judged",
    "masked": "true: of a speaker who was not chosen; its vectors are NaN, do not learn from it",
    "words": "how many words (or windows) were pooled",
    "time_s": "centre of the step on the clock of the session, seconds",
    "valid": "whether a face was measured in the step",
    "case": "what one label belongs to; several sessions may be one case",
    "participant": "the person; never crosses a split",
    "corpus": "where the recording is from",
    "split": "split as the labels or the corpus have it; null: none",
    "duration_s": "end of the last word or sample, seconds",
    "rows": "rows of words/",
    "rows_masked": "of them masked",
    "pauses": "of the rows not masked: silences",
    "windows": "of the rows not masked: windows",
    "words_given": "words whose times the transcript has",
    "words_forced": "words whose times were found in the sound",
    "words_proportional": "words whose times share those of their turn",
    "words_untimed": "words without times; no frame lies under them",
    "confidence_median": "median confidence of the times",
    "words_unknown_role": "words of nobody who is known, taken for the participant's",
    "words_events": "sounds that are no words",
    "interviewer_words": "words of the interviewer; for probes, never for models",
    "interviewer_s": "seconds of the interviewer's words; for probes, never for models",
    "interviewer_text": "mean text vector of the interviewer; for probes, never for models",
}
OF_VIEW = {
    (FRAMES, "role"): "whose turn the step is: participant, interviewer or none",
    (TABLE, "session"): "id of the recording",
    (TABLE, "words"): "words of the chosen speakers",
}
"""What is another thing in one of the tables."""
UNDER_KEY = {
    "session": "pseudonym of the recording",
    "speaker": "pseudonym of the speaker",
    "case": "what one label belongs to, by pseudonym; several sessions may be one case",
    "participant": "the person, by pseudonym; never crosses a split",
}
"""What ids are in a set under pseudonyms."""
NO_TEXT = "what was said was left out: empty in every row"
NO_WORDS = "empty in every row: windows have no words"
OF_MODALITY = {
    "_n_frames": "samples of {0} under the row",
    "_valid": "share of the row in which {0} was measured, 0..1",
    "_words_without_frames": "words under which no sample of {0} lies",
    "_share_valid": "mean share of the words in which {0} was measured, 0..1",
    "_origin": "{0} was computed by depx or given with the recording; null: there is none",
}
TITLES = {
    "face": "face: head pose, gaze, action units in OpenFace 2.2's names",
    "covarep": "voice: the columns of COVAREP",
    "egemaps": "sound: low-level descriptors of eGeMAPSv02",
    "egemaps_turns": "sound: functionals of eGeMAPSv02 over the word's turn",
    "compare": "sound: low-level descriptors of ComParE 2016",
    "mfcc": "sound: mel-frequency cepstral coefficients",
    "logmel": "sound: logarithmic mel bands",
    "bert": "text: an embedding a word, seen with words of its own role only",
}
"""What the modalities are that depx makes; others go by their names."""


def said_of(column: str, view: str, facts: "Facts") -> str:
    """Say in a line what a column is that is no vector; nothing where nothing is known."""
    if column == "text" and not facts.has_text:
        return NO_WORDS if facts.windows else NO_TEXT
    if column in UNDER_KEY and facts.pseudonyms is not None:
        return UNDER_KEY[column]
    if (view, column) in OF_VIEW:
        return OF_VIEW[view, column]
    if column in COLUMNS:
        return COLUMNS[column]
    modalities = (part["name"] for part in facts.manifest["modalities"])
    for name in sorted(modalities, key=len, reverse=True):
        suffix = column.removeprefix(name)
        if suffix != column and suffix in OF_MODALITY:
            return OF_MODALITY[suffix].format(name)
    return ""


def filed(view: str) -> str:
    """Name a table as it is called outside: ``sessions`` is the label table."""
    return FILED_AS.get(view, view)


def elements(names: Sequence[str], units: Sequence[str]) -> str:
    """List names with their units, runs of them shortened: ```x_0` .. `x_67` (px)``."""
    runs = groupby(zip(names, units, strict=True), key=lambda pair: pair[1])
    return "; ".join(
        f"{', '.join(_shortened([name for name, _ in run]))} ({unit})" for unit, run in runs
    )


def _shortened(names: Sequence[str]) -> Iterator[str]:
    """Put a run of numbered names together."""
    runs: list[list[str]] = []
    for name in names:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    for run in runs:
        few = len(run) < 4  # a run of three is no longer than its ends
        yield ", ".join(f"`{name}`" for name in run) if few else f"`{run[0]}` .. `{run[-1]}`"


def _follows(before: str, name: str) -> bool:
    """Say whether a name is the one before, a number further."""
    head = name.rstrip("0123456789")
    first, second = before.removeprefix(head), name.removeprefix(head)
    return first.isdecimal() and second.isdecimal() and int(second) == int(first) + 1
