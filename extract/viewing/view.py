"""What is served of one session: the page, frames, sound, rows of the face, words."""

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from ...errors import DamagedError, DepxError, MediaError, SessionError
from ...features.types import Seconds
from ..checks.registry import IN_ORDER
from ..checks.seen import Seen
from ..pages.blocks import Page, Section
from ..pages.render import render
from ..pages.timeline import Timeline
from ..picture import open_film
from ..report.judged import Judged, judged
from ..report.lanes import timeline
from ..report.session import part, said_of
from ..sessions import Choice
from ..store.reader import Store, StoredSession
from .media import Media, find_media
from .reel import LARGEST_PX, Reels, Still
from .rows import FaceRows, face_rows, last_s, timed_words
from .server import Reply, Route, whole
from .wave import Wave, open_wave

HERE = Path(__file__).parent
LONGEST_S: Seconds = 2.0  # of frames that are sent at a time
MOST_FRAMES = 250  # that are sent at a time
NOTICE = (
    "The recording of a person, and what was measured of it. Served to this machine only, until "
    "the command ends; nothing is stored and nothing leaves the machine."
)
CHANGED = "the recording has changed since this page was opened"
NO_TIMELINE = "No timeline: nothing of this session is on its clock."
HELD = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
"""Policy of the page beside its own, which stands in it and names its scripts."""
PLAYS = {"connect-src": "'self'", "media-src": "'self'", "img-src": "data: blob:"}
"""What the page may load, from where it was served: frames, rows, sound."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Picture:
    """A video that can be shown."""

    reels: Reels
    first: Still


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """One session, opened to be seen."""

    session: StoredSession
    media: Media
    picture: Picture | None
    wave: Wave
    face: FaceRows | None
    words: Sequence[tuple[Seconds, Seconds, str, str]]
    """Start, stop, text and role of each that has times."""
    alarms: tuple[str, ...]
    """What speaks against what is shown; one line each."""

    def routes(self) -> dict[str, Route]:
        """Name what is served."""
        page = self._page()
        served: dict[str, Route] = {
            "": lambda _query: whole(
                "text/html; charset=utf-8", page, Content_Security_Policy=HELD
            ),
            "session.json": partial(_json, json.dumps(self._facts()).encode()),
            "sound.wav": partial(_as_found, self.media, self._sound),
        }
        if self.picture is not None:
            served["frames"] = partial(_as_found, self.media, partial(_frames, self.picture))
        if self.face is not None:
            served["face"] = partial(_rows, self.face)
        return served

    def _page(self) -> bytes:
        markup, style, *scripts = (
            (HERE / name).read_text(encoding="utf-8")
            for name in ("view.html", "view.css", "overlay.js", "view.js")
        )
        one = judged(self.session, {})
        facts, curves, *checks = part(
            one, IN_ORDER, self._timeline(one), NO_TIMELINE, anchor="all", is_open=True
        ).blocks
        page = Page(
            title=self.session.id,
            notice=NOTICE,
            lead=said_of(one),
            alarms=self.alarms,
            sections=[
                Section(title="Timeline", blocks=[curves]),
                Section(title="Checks", blocks=[facts, *checks]),
            ],
        )
        top = f"<style>\n{style}</style>\n{markup}"
        return render(page, top=top, more=scripts, allowed=PLAYS).encode()

    def _timeline(self, one: Judged) -> Timeline | None:
        seen, left_out = Seen(self.session), one.damaged
        return _whole(
            partial(timeline, seen, one.findings, IN_ORDER, anchor="curves", left_out=left_out), []
        )

    def _facts(self) -> dict[str, Any]:
        picture, face = self.picture, self.face
        return {
            "start_s": self.wave.start_s,
            "stop_s": self.wave.start_s + self.wave.samples / self.wave.rate_hz,
            "largest_px": LARGEST_PX,
            "sound": self.wave.path is not None,
            "video": picture
            and {
                "width": picture.first.size_px[0],
                "height": picture.first.size_px[1],
                "rate_hz": picture.reels.film.rate_hz,
            },
            "face": face
            and {
                "columns": face.sent,
                "rate_hz": face.rate_hz or (picture.reels.film.rate_hz if picture else 25.0),
            },
            "words": self.words,
        }

    def _sound(self, _query: Mapping[str, str]) -> Reply:
        return Reply(kind="audio/wav", size=self.wave.size, read=self._heard, ranges=True)

    def _heard(self, first: int, stop: int) -> Iterator[bytes]:
        for block in self.wave.read(first, stop):
            if self.media.is_another():  # while it is sent, which may take an hour
                raise MediaError(CHANGED)
            yield block


def open_view(store: Path, name: str, *, folder: Path | None = None, force: bool = False) -> View:
    """Open a session of a store to be seen.

    Parameters
    ----------
    store : Path
    name : str
        The session's id.
    folder : Path or None
        Where its recording lies; None looks where it was read.
    force : bool
        Whether files that have changed since are shown.

    Raises
    ------
    StoreError
        If `store` is none.
    UsageError
        If it has no such session.
    SessionError
        If the recording is missing or another one, or there is none.
    DamagedError
        If its record is damaged.
    MediaError
        If neither its picture nor its sound can be read.
    """
    session = Choice(only=(name,)).apply(Store.open(store).sessions())[0]
    media = find_media(store, session, folder=folder, force=force)
    alarms = [
        f"{file} is not the file that was measured (another sha256): what is laid over may not fit"
        for file in media.changed
    ]
    face = _whole(partial(face_rows, session), alarms)
    words = _whole(partial(timed_words, session), alarms) or []
    picture = _opened_picture(media, face, alarms)
    wave = _opened_sound(media, session, picture, alarms)
    if picture is None and wave.path is None:
        raise SessionError(f"{session.id}: nothing can be shown of it: {'; '.join(alarms)}")
    alarms += [
        f"{track}: failed when it was extracted: {said['reason']}"
        for track, said in session.manifest["failures"].items()
    ]
    return View(
        session=session,
        media=media,
        picture=picture,
        wave=wave,
        face=face,
        words=words,
        alarms=tuple(dict.fromkeys(alarms)),
    )


T = TypeVar("T")


def _whole(read: Callable[[], T], alarms: list[str]) -> T | None:
    """Read something of the store; what is damaged is said, and the rest is shown."""
    try:
        return read()
    except DamagedError as error:
        alarms.append(str(error))
        return None


def _opened_picture(media: Media, face: FaceRows | None, alarms: list[str]) -> Picture | None:
    if media.video is None:
        alarms.append("no picture: the session has no video")
        return None
    try:
        film = open_film(media.video)
        known = face is not None and face.origin == "computed" and not media.changed
        reels = Reels(film, face.time_s_F if face is not None and known else None)
        with reels.near(film.start_s) as reel:
            stills = reel.stills(film.start_s, math.inf)
            first = next(stills, None)
            stills.close()
    except DepxError as error:
        alarms.append(f"no picture: {error}")
        return None
    if first is None:
        alarms.append(f"no picture: no frame of {media.video.name} decodes")
        return None
    return Picture(reels=reels, first=first)


def _opened_sound(
    media: Media, session: StoredSession, picture: Picture | None, alarms: list[str]
) -> Wave:
    first_s, last = 0.0, _whole(partial(last_s, session), alarms)
    if picture is not None:
        film = picture.reels.film
        first_s = picture.first.time_s
        ends = [end for end in (last, film.stated_s) if end is not None]
        if film.listed_s.size:
            ends.append(float(film.listed_s[-1]))
        last = max(ends) + 1 / film.rate_hz
    try:
        return open_wave(media.sound, first_s, last)
    except DepxError as error:
        alarms.append(f"no sound: {error}")
        return open_wave(None, first_s, last)


def _json(body: bytes, _query: Mapping[str, str]) -> Reply:
    return whole("application/json", body)


def _as_found(media: Media, route: Route, query: Mapping[str, str]) -> Reply | None:
    """Answer from a recording that is the one that was looked at, and say so where it is not."""
    reply = None if media.is_another() else route(query)
    if media.is_another():
        return whole("text/plain; charset=utf-8", CHANGED.encode(), HTTPStatus.CONFLICT)
    return reply


def _frames(picture: Picture, query: Mapping[str, str]) -> Reply | None:
    """Send the frames of a stretch: of each its time (float64), its size (uint32) and a JPEG."""
    asked = _stretch(query)
    if asked is None:
        return None
    start_s, stop_s = asked[0], min(asked[1], asked[0] + LONGEST_S)
    with picture.reels.near(start_s) as reel:
        body = b"".join(
            struct.pack("<dI", still.time_s, len(still.jpeg)) + still.jpeg
            for still in islice(reel.stills(start_s, stop_s), MOST_FRAMES)
        )
    return whole("application/octet-stream", body)


def _rows(face: FaceRows, query: Mapping[str, str]) -> Reply | None:
    asked = _stretch(query)
    return None if asked is None else whole("application/octet-stream", face.between(*asked))


def _stretch(query: Mapping[str, str]) -> tuple[Seconds, Seconds] | None:
    """Read ``from`` and ``to``; None where they are no stretch of time."""
    try:
        start_s, stop_s = float(query["from"]), float(query["to"])
    except (KeyError, ValueError):
        return None
    if not (math.isfinite(start_s) and math.isfinite(stop_s) and start_s <= stop_s):
        return None
    return start_s, stop_s
