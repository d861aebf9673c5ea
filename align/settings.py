"""What a training set is made to be: every option of ``depx align``, with unit and source."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import UsageError
from ..features.words import Role, Timing
from .moments import STATISTICS
from .timing import AUTO

RULE = re.compile(r"(>=|<=|==|>|<)\s*(-?\d+(?:\.\d+)?)")
"""A rule that tells who is positive, such as ``>=10``."""
LABEL_RULE = re.compile(rf"([^<>=]*?)\s*({RULE.pattern})")
"""The same with the target's name before it, or without."""
RELEASED = "released"
OFFICIAL, NO_SPLITS = "official", "none"

Speakers = Literal["participant", "interviewer", "both"]
SPOKEN: dict[str, frozenset[Role]] = {
    "participant": frozenset({Role.PARTICIPANT, Role.UNKNOWN}),
    "interviewer": frozenset({Role.INTERVIEWER}),
    "both": frozenset(Role),
}
"""Roles whose rows have vectors; an unknown role is treated as the participant."""

WORDS, FRAMES, TURNS, SESSIONS = VIEWS = ("words", "frames", "turns", "sessions")
"""Folders of a training set, each with shards."""

WINDOWS = re.compile(r"windows:(\d+(?:\.\d*)?|\.\d+)")
"""Tokens that are windows of so many seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlignSettings:
    """Options of ``depx align``.

    Raises
    ------
    UsageError
        If an option is outside its domain.
    """

    labels: Path | None = None
    """Label table, an official label file of a corpus or a folder of such; None takes the one that
    the corpus brought."""
    target: str = "phq8"
    """Column of the label table that models learn; empty where none will be: labels are carried."""
    label_rule: str | None = None
    """Who is positive: ``released`` follows the class that came with the corpus, ``phq8>=10`` the
    score; None takes the rule that is known of the target's name."""
    splits: str = OFFICIAL
    """``official``: as the labels have them; ``none``; or a corpus, whose split of a participant
    then is that of all sessions of this person."""
    target_kind: Literal["score", "class"] | None = None
    """A score on a scale, or a class 0 | 1; None takes what is known of the name, else a score."""
    target_min: float | None = None
    target_max: float | None = None
    """Ends of the scale; None takes what is known of the target's name, else the data's range."""
    target_positive_rule: str | None = None
    """Who is positive, such as ``>=10``; None takes what is known by name, else nobody knows."""
    timing: str = AUTO
    """``auto``: given, else forced, else proportional, word by word; or one method's name."""
    tokens: str = WORDS
    """What is a row: ``words`` of the transcript, or ``windows:1.0``: windows of so many seconds
    that hold voice, for recordings without a transcript."""
    speakers: Speakers = "participant"
    """Whose rows have vectors; the others' stay in the table, masked."""
    pauses_s: float | None = None
    """Silences of a speaker longer than this become rows; seconds; None makes no such rows."""
    pool: tuple[str, ...] = ("mean",)
    """Statistics of the samples under a word; the mean is always among them."""
    views: tuple[str, ...] = (WORDS, FRAMES)
    """Folders to write; ``turns`` and ``sessions`` hold the vectors of ``words`` pooled over a turn
    and over the session."""
    frame_rate_hz: float = 3.0
    """Steps per second of ``frames/``: 180 a minute, as MCCL samples its clips."""
    dtype: Literal["float32", "float16"] = "float32"
    """Type of the vectors; float16 halves them.  A session with a value above 65,504 is refused
    then; one below 6e-8 becomes 0, and below 6e-5 digits are lost."""
    shard_mb: float = 256.0
    """Shards are closed at the first session that takes them to this size; 10^6 bytes."""
    no_text: bool = False
    """Whether no word is written: ``text`` stays a column and is null in every row; vectors and
    times are as they are otherwise."""
    pseudonyms: str | None = None
    """Fingerprint of the key under whose pseudonyms ids go; None: under their own names."""
    only: tuple[str, ...] = ()
    """Sessions to align; empty: all."""
    exclude: tuple[str, ...] = ()
    limit: int | None = None
    """At most this many sessions, first by id."""
    force: bool = False
    """Write anew what is up to date."""
    dry_run: bool = False
    """Say what would be aligned; write nothing."""

    def __post_init__(self) -> None:
        methods = (AUTO, *(method.value for method in Timing))
        _require(self.timing in methods, "--timing", self.timing, "|".join(methods))
        _require(
            self.tokens == WORDS or (self.window_s or 0) > 0,
            "--tokens",
            self.tokens,
            "words, or windows:S with S > 0 seconds, such as windows:1.0",
        )
        _require(self.speakers in SPOKEN, "--speakers", self.speakers, "|".join(SPOKEN))
        _require(
            set(self.pool) <= set(STATISTICS) and "mean" in self.pool,
            "--pool",
            ",".join(self.pool),
            f"mean, and any of {','.join(STATISTICS[1:])}",
        )
        _require(
            set(self.views) <= set(VIEWS) and WORDS in self.views,
            "--views",
            ",".join(self.views),
            f"words, and any of {','.join(VIEWS[1:])}",
        )
        _require(self.pauses_s is None or self.pauses_s > 0, "--pauses", self.pauses_s, "> 0 s")
        _require(
            self.pauses_s is None or self.tokens == WORDS,
            "--pauses",
            self.pauses_s,
            "--tokens words: windows have no pauses",
        )
        _require(
            0 < self.frame_rate_hz <= 1000, "--frame-rate", self.frame_rate_hz, "0 < Hz <= 1000"
        )
        _require(self.dtype in ("float32", "float16"), "--dtype", self.dtype, "float32|float16")
        _require(self.shard_mb > 0, "--shard-mb", self.shard_mb, "> 0")
        _require(self.limit is None or self.limit > 0, "--limit", self.limit, "> 0")
        _require(
            self.target_kind in (None, "score", "class"),
            "target.kind",
            self.target_kind,
            "score|class",
        )
        _require(bool(self.splits), "--splits", "nothing", "official, none, or a corpus")
        self._check_label_rule()
        rule = self.target_positive_rule
        _require(
            not rule or RULE.fullmatch(rule) is not None,
            "target.positive_rule",
            rule,
            "a comparison such as >=10",
        )
        for option, number in (
            ("--pauses", self.pauses_s),
            ("--shard-mb", self.shard_mb),
            ("target.min", self.target_min),
            ("target.max", self.target_max),
        ):
            _require(number is None or math.isfinite(number), option, number, "a finite number")
        low, high = self.target_min, self.target_max
        _require(
            low is None or high is None or low < high,
            "target.min, target.max",
            f"{low}, {high}",
            "min < max",
        )

    def _check_label_rule(self) -> None:
        """Hold that the label rule is one, is the target's, and contradicts no other option."""
        rule = self.label_rule
        if rule is None or rule == RELEASED:
            return
        found = LABEL_RULE.fullmatch(rule.strip())
        expected = f"released, or a comparison such as {self.target}>=10"
        _require(found is not None, "--label-rule", rule, expected)
        name = "" if found is None else found[1].strip()
        _require(name in ("", self.target), "--label-rule", f"{rule}, a rule of {name}", expected)
        other = self.target_positive_rule
        _require(
            other is None or _tight(other) == self.comparison,
            "--label-rule",
            f"{rule} and --set target.positive_rule={other}",
            "one of the two",
        )

    @property
    def comparison(self) -> str | None:
        """What is set of who is positive by the score, such as ``>=10``; None where nothing is."""
        if self.label_rule is None or self.label_rule == RELEASED:
            return self.target_positive_rule
        found = LABEL_RULE.fullmatch(self.label_rule.strip())
        return None if found is None else _tight(found[2])

    @property
    def window_s(self) -> float | None:
        """Length of the windows that are rows, in seconds; None where words are."""
        found = WINDOWS.fullmatch(self.tokens)
        return None if found is None else float(found[1])

    def content(self) -> dict[str, object]:
        """List the options that shape the bytes of a training set, apart from its inputs."""
        return {
            "target": self.target,
            "label_rule": self.label_rule,
            "splits": self.splits,
            "timing": self.timing,
            "tokens": WORDS if self.window_s is None else f"windows:{self.window_s}",
            "speakers": self.speakers,
            "pauses_s": self.pauses_s,
            "pool": [name for name in STATISTICS if name in self.pool],
            "views": [view for view in VIEWS if view in self.views],
            "frame_rate_hz": self.frame_rate_hz,
            "dtype": self.dtype,
            "shard_mb": self.shard_mb,
            "no_text": self.no_text,
            "pseudonyms": self.pseudonyms,
        }


def _tight(rule: str) -> str:
    return rule.replace(" ", "")


def _require(holds: bool, option: str, got: object, expected: str) -> None:
    if not holds:
        raise UsageError(f"{option}: got {got}, expected {expected}")
