"""What the readers make of a synthetic session, cell by cell against pandas, in all variants."""

import csv
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from depx.extract.corpora.base import Wishes
from depx.extract.corpora.registry import find
from depx.extract.given.base import GivenFile
from depx.extract.given.registry import read as read_given
from depx.extract.sessions import Session
from depx.extract.synth.corpora.order import Order
from depx.extract.synth.corpora.run import build
from depx.extract.transcripts.registry import read as read_transcript
from depx.features.registry import EXTRACTORS
from depx.features.track import Track

ODD = re.compile(rb"-?1\.#(?:IND|QNAN|INF)\d*|-?nan\(ind\)")
CLNF = {
    "AUs": lambda name: name,
    "features": lambda name: f"{name[0]}_{name[1:]}",
    "features3D": lambda name: f"{name[0]}_{name[1:]}",
    "pose": lambda name: f"pose_{name}",
}
"""File -> how its columns are called in the track; gaze is compared by itself."""
SEPARATORS = {"face": ",", "covarep": ",", "formant": ",", "egemaps": ";", "opensmile_mfcc": ";"}
"""Of the tracks that are read unasked."""
MEASURES = re.compile(r"AU\d\d_[rc]|[xyXYZ]\d+|[TR][xyz]")


def table(path: Path, separator: str, header: int | None = 0) -> pd.DataFrame:
    """Read a table by pandas, the odd NaN of Microsoft's C++ spelt as others do."""
    with tempfile.NamedTemporaryFile() as mended:
        mended.write(ODD.sub(b"nan", path.read_bytes()))
        mended.flush()
        frame = pd.read_csv(mended.name, sep=separator, header=header, skipinitialspace=True)
    return frame if header is None else frame.rename(columns=str.strip)


def tracked(file: GivenFile) -> Track:
    """Read a file as the engine does."""
    extractor = EXTRACTORS[file.format.track]()
    honoured = {name: getattr(extractor, name) for name in file.format.honours}
    return read_given(file, None, tempfile.TemporaryFile, honoured).track.whole()


def column(track: Track, name: str) -> npt.NDArray[np.float32]:
    """Take a column by name."""
    return track.value_FC[:, [c.name for c in track.columns].index(name)]


def compare_clnf(session: Session, track: Track) -> None:
    by_kind = {path.stem.partition("_CLNF_")[2]: path for path in session.given["face"].paths}
    frames = {kind: table(path, ",") for kind, path in by_kind.items()}
    lost = np.logical_or.reduce([frame["success"] < 0.5 for frame in frames.values()])
    np.testing.assert_array_equal(track.valid_F, ~lost)
    np.testing.assert_allclose(track.time_s, frames["AUs"]["timestamp"], atol=2e-6)
    for kind, called in CLNF.items():
        for name in filter(MEASURES.fullmatch, frames[kind].columns):
            expected = frames[kind][name].to_numpy(np.float32)
            expected[lost] = np.nan
            np.testing.assert_array_equal(column(track, called(name)), expected)
    for eye in ("0", "1"):
        for axis in "xyz":
            expected = frames["gaze"][f"{axis}_{eye}"].to_numpy(np.float32)
            expected[lost | (frames["gaze"][[f"{a}_{eye}" for a in "xyz"]] == 0).all(axis=1)] = (
                np.nan
            )
            np.testing.assert_array_equal(column(track, f"gaze_{eye}_{axis}"), expected)


def compare_rows(path: Path, separator: str, track: Track) -> None:
    """Hold a row a row, and equal numbers wherever the track has one."""
    names = [c.name for c in track.columns]
    frame = table(path, separator, None if {"VUV", "F5"} & set(names) else 0)
    if isinstance(frame.columns, pd.RangeIndex):  # COVAREP's and the formants have no header
        frame.columns = pd.Index(names)
    assert track.rows == len(frame)
    for name in set(names) & set(frame.columns):
        got, expected = column(track, name), frame[name].to_numpy(np.float32)
        measured = ~np.isnan(got)
        np.testing.assert_array_equal(got[measured], expected[measured])
        assert measured.any()


def compare_transcript(path: Path) -> None:
    """Hold a row a row, whatever stands in it; texts as csv splits them at tabs or commas."""
    text = path.read_text(encoding="utf-8-sig")
    daic = text.startswith("start_time\t")
    quoting = csv.QUOTE_NONE if daic else csv.QUOTE_MINIMAL
    rows = csv.reader(text.splitlines(), delimiter="\t" if daic else ",", quoting=quoting)
    said = [row for row in list(rows)[1:] if row]
    got = read_transcript(path).utterances
    assert [u.text for u in got] == [row[3 if daic else 2].strip() for row in said]
    np.testing.assert_allclose([u.start_s for u in got], [float(row[0]) for row in said])


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    corpus=st.sampled_from(["daic-woz", "e-daic"]),
    layout=st.sampled_from(["bare", "nested"]),
    seed=st.integers(0, 2**31),
    daic_ids=st.booleans(),
    signal=st.sampled_from(["face-from-speech", "none"]),
)
def test_every_cell_is_the_files_own(
    corpus: str,
    layout: str,
    seed: int,
    daic_ids: bool,
    signal: str,
    order: Callable[..., Order],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "corpus"
        asked = {"seed": seed, "daic_ids": daic_ids, "layout": layout, "signal": signal}
        build(folder, order(corpus, sessions=1, minutes=0.7, **asked))
        (session,) = find([folder], Wishes()).sessions
        assert session.problem is None
        compare_transcript(session.files["transcript"])
        for name in SEPARATORS.keys() & session.given.keys():
            file = session.given[name]
            track = tracked(file)
            if name == "face" and corpus == "daic-woz":
                compare_clnf(session, track)
            else:
                compare_rows(file.path, SEPARATORS[name], track)
