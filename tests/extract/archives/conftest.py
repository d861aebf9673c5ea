"""Archives built by hand, so that they can say what no packing program would."""

import gzip
import io
import tarfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest


class Packer:
    """Writes archives of the kind that a name says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, files: Mapping[str, bytes]) -> Path:
        """Pack files."""
        return self.zip(name, files.items()) if name.endswith("zip") else self.tar(name, files)

    def zip(self, name: str, members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
        """Write a zip; a name may stand twice."""
        with (
            warnings.catch_warnings(action="ignore"),  # of two members of one name
            zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for member, content in members:
                archive.writestr(member, content)
        return self.folder / name

    def tar(
        self,
        name: str,
        files: Mapping[str, bytes] | None = None,
        *,
        more: Iterable[tarfile.TarInfo] = (),
    ) -> Path:
        """Write a tar of files, and of headers without content behind them."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for member, content in (files or {}).items():
                info = tarfile.TarInfo(member)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            for info in more:
                archive.addfile(info)
        data = stream.getvalue()
        (self.folder / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        return self.folder / name


@pytest.fixture
def pack(tmp_path: Path) -> Packer:
    """Pack archives into the test's own folder."""
    return Packer(tmp_path)


@pytest.fixture(params=["zip", "tar", "tar.gz"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of archive, as a name says it."""
    return str(request.param)
