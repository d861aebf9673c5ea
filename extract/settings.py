"""What a user may set about reading and running; an extractor's own parameters stand with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from ..errors import UsageError
from ..features.extractor import Extractor
from ..features.parameters import configure
from ..features.registry import EXTRACTORS, OPTIONAL, with_prerequisites
from .sessions import Choice, Part
from .shard import Shard
from .transcripts.columns import columns_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """How video files are read."""

    file: str | None = None
    """Pattern of the file to take where a session has several, as in ``*_front.mp4``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Audio:
    """How sound is read."""

    file: str | None = None
    """Pattern of the file to take where a session has several."""
    channel: str = "mean"
    """``mean`` of all channels that are heard, ``left``, ``right``, or the number of one from 0."""
    loudness_target: float | None = None
    """Loudness to bring every recording to, in LUFS (-23 is EBU R 128's); none keeps its own."""
    remove_dc: bool = True
    """Take a constant part off; False leaves it in, as openSMILE hears a file by itself."""

    def __post_init__(self) -> None:
        if self.loudness_target is not None and not -70 < self.loudness_target <= 0:
            raise UsageError(
                f"audio.loudness_target={self.loudness_target:g}: expected LUFS, -70 to 0"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """How transcripts are read."""

    file: str | None = None
    """Pattern of the file to take where a session has several."""
    columns: str | None = None
    """Columns of a table whose header does not tell: ``start:A,stop:B,text:C,speaker:D``, by name
    or number; ``duration:`` for stop, ``word:`` for text, ``unit:ms``."""

    def __post_init__(self) -> None:
        columns_of(self.columns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """Which feature files of other programs are taken; whether they are, `--given` says."""

    face: str | None = None
    """Pattern of the OpenFace file to take where a session has several, as ``*_openface.csv``, or
    of the first of CLNF's files."""
    covarep: str | None = None
    """Pattern of the COVAREP file to take, as ``*_COVAREP.csv``."""
    egemaps: str | None = None
    """Pattern of the file of openSMILE's eGeMAPS descriptors to take, as ``*_egemaps.csv``."""
    formant: str | None = None
    """Pattern of the file of formants to take, as ``*_FORMANT.csv``."""
    opensmile_mfcc: str | None = None
    """Pattern of the file of openSMILE's MFCCs to take, as ``*_mfcc.csv``."""
    dvlog_visual: str | None = None
    """Pattern of D-Vlog's visual file to take, as ``*_visual.npy``."""
    dvlog_acoustic: str | None = None
    """Pattern of D-Vlog's acoustic file to take, as ``*_acoustic.npy``."""
    hog: str | None = None
    """Pattern of the file of CLNF's HOG to take, as ``*_CLNF_hog.bin``."""
    cnn_resnet: str | None = None
    """Pattern of the file of ResNet's activations to take, as ``*_CNN_ResNet.mat``."""
    cnn_vgg: str | None = None
    """Pattern of the file of VGG's activations to take, as ``*_CNN_VGG.mat``."""
    bovw_openface: str | None = None
    """Pattern of the file of bags of visual words to take, as ``*_BoVW_*.csv``."""
    boaw_egemaps: str | None = None
    """Pattern of the file of bags of eGeMAPS to take, as ``*_BoAW_*_eGeMAPS.csv``."""
    boaw_mfcc: str | None = None
    """Pattern of the file of bags of MFCCs to take, as ``*_BoAW_*_MFCC.csv``."""
    deepspectrum_densenet201: str | None = None
    """Pattern of DeepSpectrum's file of DenseNet-201 to take, as ``*_densenet201.csv``."""
    deepspectrum_vgg16: str | None = None
    """Pattern of DeepSpectrum's file of VGG-16 to take, as ``*_vgg16.csv``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one unit of work may use before it is ended, and its session fails."""

    memory_gb: float = 8.0
    """Address space on top of the loaded libraries, in GiB; 0 is no limit, as there is none with
    CUDA."""
    cpu_s: float = 6 * 3600.0
    """CPU time, in seconds."""
    wall_s: float = 12 * 3600.0
    """Clock time, in seconds."""
    open_files: int = 256
    """Open files."""

    def __post_init__(self) -> None:
        if self.memory_gb < 0 or min(self.cpu_s, self.wall_s, self.open_files) <= 0:
            raise UsageError("limits: expected memory_gb of 0 (none) or more, the others above 0")


@dataclass(frozen=True, kw_only=True)
class ExtractSettings:
    """All that ``depx extract`` can be told; see its ``--help``."""

    extractors: Mapping[str, Extractor]
    """The tracks to make, prerequisites included, in the order of the registry."""
    named: frozenset[str] = frozenset()
    """Tracks that the user asked for by name; of another it need not be said that no file of
    another program holds it."""
    values: Mapping[str, str] = field(default_factory=dict)
    """``--set`` values as the user gave them."""
    video: Video = field(default_factory=Video)
    audio: Audio = field(default_factory=Audio)
    transcript: Transcript = field(default_factory=Transcript)
    given: Given = field(default_factory=Given)
    limits: Limits = field(default_factory=Limits)
    choice: Choice = field(default_factory=Choice)
    jobs: int = 1
    scheduler: str | None = None
    """Address of the dask scheduler whose workers do the work; None is this machine."""
    shard: Shard | None = None
    """Which part of the sessions is done; None is all."""
    corpus: str = "auto"
    """Whose layout the sessions have; ``auto`` tells it by content."""
    corrections: Literal["published", "none", "strict"] = "published"
    """Which known errors of the corpus are mended; ``strict`` leaves the worst sessions out."""
    prefer_given: bool = True
    """Take tracks that other programs left in a session's folder, instead of measuring them."""
    force: bool = False
    """Measure anew what is there already."""
    spoken: bool = False
    """Whether the user says what is spoken; else it is what the corpus speaks."""
    fail_fast: bool = False
    """Stop after the first session that fails."""
    checksum: bool = False
    """Hash inputs and tables anew even where they look unchanged."""

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise UsageError(f"--jobs {self.jobs}: expected at least 1")

    def recipe(self) -> dict[str, Any]:
        """List what shapes the tracks as JSON has it; `parse` makes the same settings of it."""
        return {
            "tracks": sorted(self.named),
            "values": dict(self.values),
            "corpus": self.corpus,
            "corrections": self.corrections,
            "prefer_given": self.prefer_given,
        }

    def speaking(self, language: str) -> "ExtractSettings":
        """Take another language to be spoken, unless the user says which it is."""
        if self.spoken:
            return self
        extractors = {
            name: replace(extractor, language=language)  # type: ignore[type-var]
            if hasattr(extractor, "language")
            else extractor
            for name, extractor in self.extractors.items()
        }
        return replace(self, extractors=extractors)

    def patterns(self) -> dict[Part, str | None]:
        """Say which file the user wants for each part where several would do."""
        return {
            "video": self.video.file,
            "audio": self.audio.file,
            "transcript": self.transcript.file,
        }

    def given_patterns(self) -> dict[str, str | None]:
        """Say which given file the user wants for each track; tracks whose file is read."""
        return {
            field.name: getattr(self.given, field.name)
            for field in fields(self.given)
            if self.prefer_given or adds_given(self.extractors.get(field.name))
        }


def adds_given(extractor: Extractor | None) -> bool:
    """Say whether an extractor measures, but takes some of its columns from a given file.

    So does the face under ``face.aus_from=openface``, whatever ``--given`` says.
    """
    return getattr(extractor, "aus_from", None) == "openface"


LANGUAGE = "language"
"""Parameter of all extractors that read or hear words."""

PREFIXES: Mapping[str, type[object]] = {
    "video": Video,
    "audio": Audio,
    "transcript": Transcript,
    "given": Given,
    "limits": Limits,
    **EXTRACTORS,
}
"""Whose parameters ``--set PREFIX.NAME=VALUE`` sets."""


def common(name: str, value: str) -> dict[str, str]:
    """Give a value to the parameter `name` of every extractor that has one, as ``language``."""
    return {
        f"{track}.{name}": value
        for track, extractor in EXTRACTORS.items()
        if name in {field.name for field in fields(extractor)}  # type: ignore[arg-type]
    }


def parse(tracks: Sequence[str], values: Mapping[str, str], **rest: Any) -> ExtractSettings:
    """Turn names of tracks and ``--set`` values into settings.

    Parameters
    ----------
    tracks : sequence of str
        Names from the registry; empty is all but the optional ones.
    values : mapping of ``prefix.name`` to text
    **rest
        The fields of `ExtractSettings` that are no components.

    Raises
    ------
    UsageError
        If a track or parameter does not exist, or a value does not fit.
    """
    for track in tracks:
        if track not in EXTRACTORS:
            raise UsageError(f"no track {track!r}; there are: {', '.join(EXTRACTORS)}")
    for name in values:
        if name.partition(".")[0] not in PREFIXES or "." not in name:
            raise UsageError(f"--set {name}: expected PREFIX.NAME; prefixes: {', '.join(PREFIXES)}")
    wanted = with_prerequisites(tracks or [name for name in EXTRACTORS if name not in OPTIONAL])
    return ExtractSettings(
        extractors={name: configure(EXTRACTORS[name], name, values) for name in wanted},
        named=frozenset(tracks),
        values=dict(values),
        video=configure(Video, "video", values),
        audio=configure(Audio, "audio", values),
        transcript=configure(Transcript, "transcript", values),
        given=configure(Given, "given", values),
        limits=configure(Limits, "limits", values),
        spoken=any(name.partition(".")[2] == LANGUAGE for name in values),
        **rest,
    )
