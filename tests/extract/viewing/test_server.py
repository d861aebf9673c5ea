"""The server of a view: without the secret all is 404; ranges are what RFC 9110 says."""

import http.client
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from depx.extract.viewing.server import LOOPBACK, Reply, Server, part_of, whole

BODY = bytes(random.Random(1).randbytes(1000))


def big(query: Mapping[str, str]) -> Reply:
    """Answer in blocks of seven bytes."""

    def read(first: int, stop: int) -> Iterator[bytes]:
        for place in range(first, stop, 7):
            yield BODY[place : min(place + 7, stop)]

    return Reply(kind="audio/wav", size=len(BODY), read=read, ranges=True)


@pytest.fixture
def server() -> Iterator[Server]:
    routes = {
        "": lambda query: whole("text/html", b"page"),
        "part": big,
        "whole": lambda query: whole("text/plain", BODY),
        "none": lambda query: None,
    }
    with Server(routes) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def ask(server: Server) -> Callable[..., Answer]:
    def ask(path: str, method: str = "GET", host: str | None = None, **headers: str) -> Answer:
        port = server.server_address[1]
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"{LOOPBACK}:{port}")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        said = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return said

    return ask


def test_only_the_loopback_address_is_listened_on(server: Server) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert len(server.secret) >= 43


def test_no_name_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*told: object) -> str:
        raise AssertionError(told)

    for name in ("getfqdn", "gethostbyaddr", "getaddrinfo"):
        monkeypatch.setattr(socket, name, ask)
    with Server({}) as server:
        assert server.url.startswith("http://127.0.0.1:")


def test_each_server_has_a_secret_of_its_own(server: Server) -> None:
    with Server({}) as other:
        assert other.secret != server.secret


def test_the_page_is_under_the_secret(server: Server, ask: Callable[..., Answer]) -> None:
    code, headers, body = ask(f"/{server.secret}/")
    assert (code, body) == (200, b"page")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/", "", "/wrong/", "/{short}/", "/{secret}", "/{secret}x/", "/{secret}/none",
        "/{secret}/../", "/{secret}/../{secret}/", "/{secret}/%2e%2e/etc/passwd",
        "/{secret}/..%2f..%2fetc%2fpasswd", "/{secret}//etc/passwd", "/{secret}/./part",
        "/{secret}/part/", "/{secret}/part%00", "/{secret}/pyproject.toml", "/x/{secret}/part",
        "/%7Bsecret%7D/", "http://127.0.0.1/{secret}/", "/{secret}/view.js/../part",
        "/{secret}\\part", "/{secret}/{long}",
    ],
)  # fmt: skip
def test_all_other_paths_are_not_there(
    server: Server, ask: Callable[..., Answer], path: str
) -> None:
    secret = server.secret
    path = path.format(secret=secret, short=secret[:-1], long="x" * 5000)
    code, headers, body = ask(path)
    assert (code, body) == (404, b"")
    assert "Content-Type" not in headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "[::1]:1"])
def test_a_page_of_another_name_gets_nothing(
    server: Server, ask: Callable[..., Answer], host: str
) -> None:
    host = host.format(port=server.server_address[1])
    assert ask(f"/{server.secret}/", host=host)[::2] == (404, b"")


def test_localhost_is_this_machine_too(server: Server, ask: Callable[..., Answer]) -> None:
    assert ask(f"/{server.secret}/", host=f"LocalHost:{server.server_address[1]}")[0] == 200


def test_no_host_and_two_hosts_get_nothing(server: Server) -> None:
    port = server.server_address[1]
    for hosts in ("", f"Host: {LOOPBACK}:{port}\r\nHost: evil.example\r\n"):
        with socket.create_connection((LOOPBACK, port), 10) as line:
            line.sendall(
                f"GET /{server.secret}/ HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 404")
        assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_but_reading_is_answered(
    server: Server, ask: Callable[..., Answer], method: str
) -> None:
    code, headers, body = ask(f"/{server.secret}/", method)
    assert (code, body) == (405, b"")
    assert "Access-Control-Allow-Origin" not in headers


def test_a_line_that_is_no_request_ends_the_connection(server: Server) -> None:
    with socket.create_connection((LOOPBACK, server.server_address[1]), 10) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert b"nonsense" not in answer


def test_head_says_what_get_would_without_the_content(
    server: Server, ask: Callable[..., Answer]
) -> None:
    for path in ("whole", "part", "none"):
        code, headers, body = ask(f"/{server.secret}/{path}")
        for asked in ({}, {"Range": "bytes=10-19"}):  # which is defined for GET alone
            head_code, head_headers, nothing = ask(f"/{server.secret}/{path}", "HEAD", **asked)
            headers.pop("Date", None), head_headers.pop("Date")
            assert (head_code, head_headers, nothing) == (code, headers, b"")
        assert int(headers["Content-Length"]) == len(body)


def naive(spec: str, body: bytes) -> tuple[int, bytes] | None:
    """Answer ``first-last`` a byte at a time; None where it is no range."""
    first, last = spec.split("-")
    places = range(len(body))
    if first and last and int(last) < int(first):
        return None
    if first:
        taken = [p for p in places if p >= int(first) and (not last or p <= int(last))]
    else:
        taken = [p for p in places if p >= len(body) - int(last)]
    return (206 if taken else 416), bytes(body[p] for p in taken)


def test_ranges_are_what_a_naive_reader_takes(server: Server, ask: Callable[..., Answer]) -> None:
    chance = random.Random(7)
    ends = ["", "0", "1", "998", "999", "1000", "1001", "99999999999"]
    for _ in range(300):
        first, last = (
            chance.choice(ends) if chance.random() < 0.4 else str(chance.randrange(1100))
            for _ in range(2)
        )
        if not first and not last:
            continue
        expected = naive(f"{first}-{last}", BODY)
        code, headers, body = ask(f"/{server.secret}/part", Range=f"bytes={first}-{last}")
        if expected is None:
            assert (code, body) == (200, BODY)
            continue
        assert (code, body) == expected, (first, last)
        if code == 206:
            start, stop = headers["Content-Range"].removeprefix("bytes ").split("/")[0].split("-")
            assert BODY[int(start) : int(stop) + 1] == body
            assert headers["Content-Range"].endswith("/1000")
        else:
            assert headers["Content-Range"] == "bytes */1000"


@pytest.mark.parametrize(
    "asked", ["bytes=-", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes 0-1", "bytes=1--2",
              "bytes=\N{ARABIC-INDIC DIGIT ONE}-", "bytes=" + "9" * 5000 + "-"],
)  # fmt: skip
def test_what_is_no_range_is_ignored(asked: str) -> None:
    assert part_of(asked, 1000) is None


def test_what_offers_no_ranges_is_sent_whole(server: Server, ask: Callable[..., Answer]) -> None:
    code, headers, body = ask(f"/{server.secret}/whole", Range="bytes=0-1")
    assert (code, body) == (200, BODY)
    assert "Accept-Ranges" not in headers


def test_many_are_answered_at_once(server: Server, ask: Callable[..., Answer]) -> None:
    held = [socket.create_connection((LOOPBACK, server.server_address[1]), 10) for _ in range(8)]
    got: list[Any] = []

    def one(first: int) -> None:
        got.append(ask(f"/{server.secret}/part", Range=f"bytes={first}-")[2] == BODY[first:])

    threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for line in held:
        line.close()
    assert got == [True] * 20


def test_the_secret_is_written_nowhere(
    server: Server, ask: Callable[..., Answer], capfd: pytest.CaptureFixture[str]
) -> None:
    ask(f"/{server.secret}/")
    ask("/wrong/", "POST")
    assert capfd.readouterr() == ("", "")
