"""Web servers: a folder is a page with links, and what a file is, the file itself must be asked.

So a listing costs a request a folder and one a file.  Only links to below the folder are followed.
Many servers (Python's ``http.server``) know no ranges, so files are read from their beginning on.
"""

import html
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ...errors import RemoteError
from .server import SILENCE_S, Server, failures

DEEPEST = 12  # folders within folders; readers look less deep
CONNECT_S = 10.0
NO_LINKS = "lists no files; its server must show folders as pages with links, or take another way"


def patient(protocol: str) -> dict[str, Any]:
    """Give the options of a connection: the length of a file bounds no time, silence does."""
    import aiohttp
    import fsspec

    if fsspec.config.conf.get(protocol, {}).get("client_kwargs"):  # the user's own
        return {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
    return {"client_kwargs": {"timeout": timeout}}


def found(server: Server, root: str) -> dict[str, Mapping[str, Any]]:
    """List all files below a folder, and ask each what it is."""
    files: dict[str, None] = {}
    seen = {f"{root}/"}
    level = [f"{root}/"]
    for _ in range(DEEPEST):
        below: list[str] = []
        for links in server.each(lambda folder: _links(server, folder), level):
            files |= dict.fromkeys(link for link in links if not link.endswith("/"))
            below += [link for link in links if link.endswith("/") and link not in seen]
        level = list(dict.fromkeys(below))
        seen |= set(level)
        if not level:
            break
    if not files:
        raise RemoteError(f"{server.url}: {NO_LINKS}")
    return dict(zip(files, server.each(lambda key: _info(server, key), list(files)), strict=True))


def _links(server: Server, folder: str) -> list[str]:
    """Give the links of a page that lead below it; not those that sort it anew."""

    def ask(fs: Any) -> list[str]:
        fs.invalidate_cache()
        return [html.unescape(link) for link in fs.ls(folder, detail=False)]

    return sorted(
        link for link in server.tried(folder, ask) if _is_below(link.removeprefix(folder), link)
    )


def _is_below(inside: str, link: str) -> bool:
    """Say whether a link leads below its page, and `inside` is what it has behind the page's."""
    parts = name_of(inside).removesuffix("/").split("/")
    return inside != link and not {"?", "#"} & set(inside) and not {"", ".", ".."} & set(parts)


def name_of(inside: str) -> str:
    """Read a name as a link spells it."""
    return unquote(inside)


def _info(server: Server, key: str) -> Mapping[str, Any]:
    info: Mapping[str, Any] = server.tried(key, lambda fs: fs.info(key))
    return info


def beginning(server: Server, key: str, size: int) -> bytes | None:
    """Read the first bytes of a file; None if that fails."""
    try:
        with stream(server.connect()[0], key, 0) as file:
            data = b""
            while len(data) < size and (block := file.read(size - len(data))):
                data += block
            return data
    except failures():
        return None


def stream(fs: Any, key: str, at: int) -> Any:
    """Open a file for reading from a place on; as it is, not compressed for the way."""
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={at}-"} if at else {})}
    file = fs.open(key, "rb", block_size=0, size=1, headers=headers)
    ignored = at if at and file.r.status != 206 else 0  # a server that knows no ranges
    while ignored:
        block = file.read(min(ignored, 1 << 20))
        if not block:
            break
        ignored -= len(block)
    return file
