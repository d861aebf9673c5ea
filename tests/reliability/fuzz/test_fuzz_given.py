"""Damaged feature files of other programs: a track, or one line.

The files are those that ``depx synth`` writes in the formats of the corpora, cut to a few rows.
"""

import os
import re
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.extract.given.base import GivenFile
from depx.extract.given.registry import FORMATS, read, recognise, refused
from depx.extract.heads import Head
from depx.extract.store import tables
from depx.features.registry import EXTRACTORS

fuzzed = settings(
    deadline=None,
    max_examples=int(os.environ.get("DEPX_FUZZ_EXAMPLES", "20")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILES = {
    "900_CLNF_AUs.txt": "face", "900_CLNF_features.txt": "face", "900_CLNF_gaze.txt": "face",
    "900_CLNF_features3D.txt": "face", "900_CLNF_pose.txt": "face", "900_CLNF_hog.bin": "hog",
    "900_COVAREP.csv": "covarep", "900_FORMANT.csv": "formant",
    "900_OpenFace2.1.0_Pose_gaze_AUs.csv": "face",
    "900_OpenSMILE2.3.0_egemaps.csv": "egemaps", "900_OpenSMILE2.3.0_mfcc.csv": "opensmile_mfcc",
    "900_CNN_ResNet.mat": "cnn_resnet", "900_CNN_VGG.mat": "cnn_vgg",
    "900_BoAW_openSMILE_2.3.0_MFCC.csv": "boaw_mfcc",
    "900_BoAW_openSMILE_2.3.0_eGeMAPS.csv": "boaw_egemaps",
    "900_BoVW_openFace_2.1.0_Pose_Gaze_AUs.csv": "bovw_openface",
    "900_densenet201.csv": "deepspectrum_densenet201",
    "0_visual.npy": "dvlog_visual", "0_acoustic.npy": "dvlog_acoustic", "Q1.csv": "face",
}  # fmt: skip
LINES, BYTES = 12, 100_000  # of a file that are kept as its seed


def seed(corpora: Path, name: str) -> bytes:
    path = next(corpora.rglob(name))
    if path.suffix in (".csv", ".txt"):
        return b"".join(path.read_bytes().splitlines(keepends=True)[:LINES])
    content = path.read_bytes()
    return content if path.suffix in (".mat", ".npy") else content[:BYTES]


def measured(path: Path, more: tuple[Path, ...], scratch: Path) -> object:
    """Read a file as the worker does, down to the table that is written."""
    form = recognise(Head.of(path), path.name)
    if form is None:
        promised = refused(Head.of(path), path.name)
        assert promised is None or promised[1].isprintable()
        return None
    reading = read(
        GivenFile(path=path, format=form, more=more if form.member else ()),
        None,
        partial(TemporaryFile, dir=scratch),
        {name: getattr(EXTRACTORS[form.track], name) for name in form.honours},
    )
    assert all(line.isprintable() and path.name in line for line in reading.warnings)
    return tables.write(reading.track, scratch / "track.parquet", {"track": form.track})


def test_every_format_is_fuzzed(corpora: Path) -> None:
    found = {}
    for name in FILES:
        form = recognise(Head.of(next(corpora.rglob(name))), name)
        found[name] = form.track if form else None
    assert found == FILES
    # VGG-16's has the reader of DenseNet's, and twice the columns: it takes half a second a file.
    assert {form.track for form in FORMATS} - {"deepspectrum_vgg16"} == set(FILES.values())


# Arrow decodes a row before it asks about it, and says so where it cannot; the file is refused.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("nothing_grows")
@pytest.mark.parametrize("name", FILES)
@fuzzed
@given(data=st.data())
def test_a_damaged_feature_file_is_a_track_or_one_line(
    fuzz, corpora: Path, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    content = data.draw(fuzz.damaged(seed(corpora, name)))
    others = []
    if "CLNF" in name and name.endswith(".txt"):  # one of five files
        for kind in {"AUs", "features", "features3D", "gaze", "pose"} - set(
            re.findall(r"\w+?_CLNF_(\w+)", name)
        ):
            others.append(tmp_path / f"900_CLNF_{kind}.txt")
            others[-1].write_bytes(seed(corpora, others[-1].name))
    fuzz.check(name, content, lambda path: measured(path, tuple(others), tmp_path))
