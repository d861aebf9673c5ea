"""The bytes of a file at a URL, in order, and the certainty that they are those of the listing."""

from typing import Any

from ...errors import RemoteError
from .server import REQUEST_BYTES, Entry, Server, failures
from .web import stream


class Download:
    """A file that is read from its beginning to its end; a lost connection is taken up again.

    When the last byte has come, the file is looked at once more: one that was written meanwhile
    would be part of this and part of that.
    """

    def __init__(self, server: Server, entry: Entry, name: str, head: bytes = b"") -> None:
        """Take the file, and its beginning where it is there already."""
        self._server, self._entry, self._name = server, entry, name
        self._at = len(head)
        self._waiting = memoryview(head)
        """What came and was not asked for yet."""
        self._stream: Any = None
        """Of a web server, open."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; none at the end.

        Raises
        ------
        RemoteError
            If they do not come, or the file has changed since it was listed.
        """
        stated = self._entry.size or 0
        if not self._waiting and self._at < stated:
            wanted = min(REQUEST_BYTES, stated - self._at)
            data = self._server.tried(self._name, lambda fs: self._next(fs, wanted))
            if not data:
                raise self._changed()
            self._waiting = memoryview(data)
            self._at += len(data)
            if self._at == stated:
                self._look_again()
        data, self._waiting = bytes(self._waiting[:size]), self._waiting[size:]
        return data

    def close(self) -> None:
        """Give the connection back."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _next(self, fs: Any, wanted: int) -> bytes:
        if not self._server.is_web:
            return bytes(fs.cat_file(self._entry.key, start=self._at, end=self._at + wanted))
        try:
            if self._stream is None:
                self._stream = stream(fs, self._entry.key, self._at)
            return bytes(self._stream.read(wanted))
        except failures():
            self.close()  # the next try begins where this one stood
            raise

    def _look_again(self) -> None:
        self.close()
        now = self._server.entry(self._entry.key, self._name)
        if (now.size, now.identity) != (self._entry.size, self._entry.identity):
            raise self._changed()

    def _changed(self) -> RemoteError:
        return RemoteError(
            f"{self._name}: has changed at {self._server.url} while it was read; run the same "
            "command again"
        )
