"""A session of DAIC-WOZ or E-DAIC before either corpus writes it: talk, voices, face.

Both corpora hold the same interviews, so a number and a seed give the same one in both.
"""

from dataclasses import dataclass
from functools import cached_property

from ....features.types import Seconds
from . import known_errors
from .face import Face, move
from .interview import LEAST_S, SETUP_S, Interview, hold
from .order import Order, lasting
from .prosody import Voices, voices
from .signal import Person

VARIES = 0.1  # by how much of the length asked for a session is longer or shorter


@dataclass(frozen=True)
class Recording:
    """One session; its parts are made when they are asked for."""

    order: Order
    number: int
    default_s: tuple[Seconds, Seconds]

    @cached_property
    def person(self) -> Person:
        """Give the participant."""
        return self.order.person(self.number)

    @cached_property
    def interview(self) -> Interview:
        """Give the talk."""
        low_s, high_s = self.default_s
        if self.order.minutes is not None:
            low_s, high_s = (60 * self.order.minutes * (1 + s) for s in (-VARIES, VARIES))
        early_s = known_errors.EARLY_TRANSCRIPT_S.get(self.number, 0.0)
        begin_s = SETUP_S + early_s  # so that the early transcript begins after 0
        wanted_s = lasting(self.person, self.order.seed, low_s, high_s)
        return hold(
            self.order.seed,
            self.person,
            max(wanted_s, begin_s + LEAST_S, known_errors.shortest_s(self.number)),
            begin_s=begin_s,
            interruption_s=known_errors.INTERRUPTION_S.get(self.number),
        )

    @cached_property
    def voices(self) -> Voices:
        """Give both voices."""
        return voices(self.order.seed, self.person, self.interview)

    @cached_property
    def face(self) -> Face:
        """Give the face."""
        return move(
            self.order.seed,
            self.person,
            self.interview,
            self.voices,
            missing_s=known_errors.VIDEO_ENDS_EARLY_S.get(self.number, 0.0),
        )

    def told(self) -> dict[str, object]:
        """Say for `truth.json` what is planted."""
        interview, face = self.interview, self.face
        known: dict[str, object] = {}
        if self.number in known_errors.EARLY_TRANSCRIPT_S:
            known["transcript_early_s"] = known_errors.EARLY_TRANSCRIPT_S[self.number]
        if interview.interruption_s is not None:
            known["interruption_s"] = list(interview.interruption_s)
        if self.number in known_errors.VIDEO_ENDS_EARLY_S:
            known["video_ends_early_s"] = known_errors.VIDEO_ENDS_EARLY_S[self.number]
        if self.number in known_errors.WITHOUT_ELLIE:
            known["without_ellie_rows"] = True
        return {
            "person": self.person.planted(),
            "duration_s": interview.duration_s,
            "interview_begins_s": interview.begin_s,
            "fps": face.fps,
            "frames": int(face.time_s.size),
            "frames_lost": int((~face.success_F).sum()),
            "scrubbed_s": [list(span) for span in interview.scrubbed_s()],
            "events": [[r.event, r.start_s, r.stop_s] for r in interview.rows if r.event],
            "known_errors": known,
        }
