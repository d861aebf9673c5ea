"""What can go wrong, one class per thing that a user can mend.

A message is one line: what, which file, got, expected, remedy.  It never holds interview content.
"""


class DepxError(Exception):
    """Root of all errors that depx raises for its user; `exit_code` is the command's."""

    exit_code = 3


class UsageError(DepxError):
    """The command line or a configuration asks for something that does not exist."""

    exit_code = 2


class SessionError(DepxError):
    """A session folder holds nothing usable, or two files for one part."""


class ArchiveError(SessionError):
    """An archive cannot be opened, or a file in it is damaged."""


class RemoteError(DepxError):
    """A URL cannot be reached, or what lies there cannot be read or written."""


class MediaError(DepxError):
    """A video or sound file cannot be opened or decoded."""


class TranscriptError(DepxError):
    """A transcript cannot be read, or holds no word."""


class TrackError(DepxError):
    """Measured samples contradict each other."""


class SignalError(DepxError):
    """Samples that no extractor can work on."""


class ModelMissing(DepxError):  # noqa: N818  (the design's name)
    """A model file or folder is not where it should be."""


class StoreError(DepxError):
    """A place is not what the command expects, or was written by another version."""


class DamagedError(StoreError):
    """A file of a place is missing or does not match its record."""

    exit_code = 4


class LockedError(DepxError):
    """Another run is writing here."""

    exit_code = 75


class ClusterError(DepxError):
    """A scheduler of a cluster, or its workers, cannot be reached or used."""


class AlignmentError(DepxError):
    """A session cannot be aligned."""


class LabelError(DepxError):
    """A label table cannot be used."""


class TrainingError(DepxError):
    """A training set does not allow what was asked of it."""


class MadeOtherwise(DepxError):  # noqa: N818  (what is wrong with the features)
    """Features were made otherwise than those that a model was trained on; a line a difference."""


class FitError(DepxError):
    """The process of a fit was killed twice; what else was asked for is done."""

    exit_code = 1


class RankError(DepxError):
    """A process that trains along with this one, under torchrun, is gone or differs."""

    exit_code = 1


class NothingToMeasure(DepxError):  # noqa: N818  (no failure)
    """A file holds no picture or no sound: the track is absent, which is no failure."""
