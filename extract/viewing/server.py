"""A page for this machine: read-only, on the loopback address, under a secret in its address.

Whoever does not know the secret, comes under another name (a page elsewhere whose name leads here:
DNS rebinding) or asks for anything else gets 404 and nothing besides.  Nothing is read by a name
that a request brings: each path stands for one function.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import ClassVar
from urllib.parse import parse_qsl

from ...errors import DepxError

LOOPBACK = "127.0.0.1"
SECRET_BYTES = 32
IDLE_S = 600.0  # after which a connection that says or takes nothing is closed
LONGEST_TARGET = 1024  # characters of what is asked for
ONE_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")
GUARDS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with everything."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reply:
    """What is answered to a request."""

    kind: str
    """Media type."""
    size: int
    read: Callable[[int, int], Iterable[bytes]]
    """Gives the bytes from one place up to another."""
    ranges: bool = False
    """Whether a part of it may be asked for."""
    headers: Mapping[str, str] = field(default_factory=dict)
    code: HTTPStatus = HTTPStatus.OK
    """Another than OK is sent whole."""


def whole(kind: str, body: bytes, code: HTTPStatus = HTTPStatus.OK, **headers: str) -> Reply:
    """Answer with bytes that are there."""
    return Reply(
        kind=kind,
        size=len(body),
        read=lambda first, stop: [body[first:stop]],
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        code=code,
    )


Route = Callable[[Mapping[str, str]], Reply | None]
"""Takes the query; None where there is no such thing."""


class Server(ThreadingHTTPServer):
    """Serves some functions under a secret; see the module."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, routes: Mapping[str, Route], port: int = 0) -> None:
        """Begin to listen.

        Parameters
        ----------
        routes : mapping
            Name, as it stands behind the secret -> what answers.
        port : int
            0 takes a free one.

        Raises
        ------
        OSError
            If the port is taken.
        """
        self.routes = routes
        self.secret = secrets.token_urlsafe(SECRET_BYTES)
        super().__init__((LOOPBACK, port), Handler)
        self.url = f"http://{LOOPBACK}:{self.server_port}/{self.secret}/"
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost"))

    def server_bind(self) -> None:
        """Bind, and ask no name server who this is, as `HTTPServer` would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a viewer who went away."""


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server_version, sys_version = "depx", ""
    gone: ClassVar = (BrokenPipeError, ConnectionResetError, TimeoutError)

    def do_GET(self) -> None:
        """Answer with the content."""
        self._answer(content=True)

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._answer(content=False)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with a number and nothing else."""
        self.close_connection = True
        self._nothing(HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else code)

    def log_message(self, format: str, *args: object) -> None:
        """Keep no list of what was asked for: the secret stands in it."""

    def _answer(self, *, content: bool) -> None:
        route = self._route()
        try:
            reply = None if route is None else route[0](route[1])
        except DepxError as error:  # the file went away, or is damaged
            reply = whole("text/plain; charset=utf-8", str(error).encode())
            code = HTTPStatus.INTERNAL_SERVER_ERROR
            return self._send(code, reply, range(reply.size), content=content)
        if reply is None:
            return self._nothing(HTTPStatus.NOT_FOUND)
        asked = self.headers.get("Range") if reply.ranges and content else None  # of GET alone
        part = part_of(asked, reply.size)
        if part is None:
            return self._send(reply.code, reply, range(reply.size), content=content)
        if not part:
            more = {"Content-Range": f"bytes */{reply.size}"}
            return self._nothing(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, more)
        return self._send(HTTPStatus.PARTIAL_CONTENT, reply, part, content=content)

    def _route(self) -> tuple[Route, dict[str, str]] | None:
        """Find what is asked for; None for whatever is not to be answered."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].lower() not in self.server.hosts:
            return None
        if len(self.path) > LONGEST_TARGET:
            return None
        path, _, query = self.path.partition("?")
        secret, slash, name = path.removeprefix("/").partition("/")
        same = hmac.compare_digest(
            secret.encode("utf-8", "surrogateescape"), self.server.secret.encode()
        )
        if not (same and slash and path.startswith("/")):
            return None
        route = self.server.routes.get(name)
        return None if route is None else (route, dict(parse_qsl(query)))

    def _nothing(self, code: int, more: Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {**GUARDS, **(more or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, code: int, reply: Reply, part: range, *, content: bool) -> None:
        self.send_response(code)
        said = {**GUARDS, **reply.headers, "Content-Type": reply.kind}
        said["Content-Length"] = str(len(part))
        if reply.ranges:
            said["Accept-Ranges"] = "bytes"
        if code == HTTPStatus.PARTIAL_CONTENT:
            said["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{reply.size}"
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()
        if content and part:
            self._write(reply.read(part.start, part.stop))

    def _write(self, blocks: Iterable[bytes]) -> None:
        source: Iterator[bytes] = iter(blocks)
        try:
            for block in source:
                self.wfile.write(block)
        except (*self.gone, DepxError):  # what was promised cannot be kept: the connection ends
            self.close_connection = True
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                close()


def part_of(asked: str | None, size: int) -> range | None:
    """Say which bytes a ``Range`` header asks for.

    Parameters
    ----------
    asked : str or None
    size : int >= 0

    Returns
    -------
    range or None
        None is all of them: there is no header, or it asks for no single range of bytes (RFC 9110,
        14.2: it is then ignored).  Empty where it asks for nothing that there is.
    """
    found = ONE_RANGE.fullmatch(asked or "")
    if found is None or found["first"] == found["last"] == "":
        return None
    if not found["first"]:
        return range(max(size - int(found["last"]), 0), size)
    first, last = int(found["first"]), int(found["last"] or size)
    if last < first and found["last"]:
        return None
    return range(first, min(last + 1, size))
