"""What shared numbers give away: words from vectors, people from voices and faces, ids from hashes.

    python tests/bench/privacy.py words DATASET            # read the words back from the vectors
    python tests/bench/privacy.py halves STORE             # do two halves find each other
    python tests/bench/privacy.py halves STORE --piece 3   # the same for pieces of so many seconds
    python tests/bench/privacy.py ids                      # how long a hash of ids stands

The attacks are simple ones: nearest neighbours and a ridge regression, on one core.  Better ones
are published, so the numbers are what is given away at least.
"""

# W = words, V = words of the vocabulary, D = width, H = halves, C = columns

import hashlib
import pydoc_data.topics
import time
import warnings
from pathlib import Path

import click
import numpy as np

from depx.align.dataset import Dataset
from depx.extract.sharing.pseudonyms import Pseudonyms
from depx.extract.store.reader import Store, StoredSession
from depx.features.columns import ACTION_UNITS_R, GAZE, LANDMARKS_2D, POSE, names
from depx.features.text.encoder import Encoder
from depx.features.text.folder import model_folder
from depx.features.text.windows import Window
from depx.features.types import F32, F64, I64

READ = 20_000  # words of public text that the attacker learns from
SENTENCE = 20  # of these words are shown to the model at a time
PENALTY = 1.0  # of the ridge, on columns of unit variance
VALID = 0.5  # share of a word that is to be measured
FACE = {
    "landmarks": names(LANDMARKS_2D),
    "units, gaze, pose": names((*ACTION_UNITS_R, *GAZE, *POSE)),
}


@click.group()
def main() -> None:
    """Measure what shared numbers give away."""


@main.command()
@click.argument("dataset", type=click.Path(exists=True, path_type=Path))
def words(dataset: Path) -> None:
    """Read words back from the vectors of a training set that has its text."""
    opened = Dataset.open(dataset)
    texts, people, value_of = _spoken(opened)
    click.echo(f"{len(texts)} words, {len(set(texts))} different, {len(set(people))} participants")
    if "bert" in value_of:
        _by_the_model(texts, value_of["bert"])
    for name, value_WD in value_of.items():
        _by_the_others(name, texts, people, value_WD)


def _spoken(dataset: Dataset) -> tuple[list[str], list[str], dict[str, F32]]:
    """Read the unmasked words of all sessions, and their vectors."""
    who = dict(zip(*(dataset.table()[name].to_pylist() for name in ("session", "participant")),
                   strict=True))  # fmt: skip
    texts: list[str] = []
    people: list[str] = []
    found: dict[str, list[F32]] = {name: [] for name in dataset.modalities}
    for session in dataset.ids():
        arrays = dataset.session(session, ["text", "kind", "masked", *dataset.modalities])
        spoken = [
            w
            for w, text in enumerate(arrays["text"])
            if text and not arrays["masked"][w] and arrays["kind"][w] in ("word", "filler")
        ]
        texts += [str(arrays["text"][w]).casefold() for w in spoken]
        people += [who[session]] * len(spoken)
        for name in found:
            found[name].append(arrays[name][spoken])
    return texts, people, {name: np.concatenate(parts) for name, parts in found.items()}


def _by_the_model(texts: list[str], value_WD: F32) -> None:
    """Attack with the public model alone: it is named in the provenance."""
    folder = model_folder(None)
    encoder = Encoder(folder)
    vocabulary = [
        word for word in sorted(encoder._tokenizer.get_vocab()) if word.isascii() and word.isalpha()
    ]
    place = {word: v for v, word in enumerate(vocabulary)}
    truth_W = np.array([place.get(text, -1) for text in texts])
    in_it = f"{(truth_W >= 0).mean():.0%} of them in a vocabulary of {len(vocabulary)}"
    alone_VD = _encoded(encoder, vocabulary, 1)
    ranks_W = _ranks(value_WD - value_WD.mean(0), alone_VD - alone_VD.mean(0), truth_W)
    click.echo(f"bert, each word of the vocabulary alone ({in_it}): {_told(ranks_W)}")
    public = [
        word
        for word in " ".join(pydoc_data.topics.topics.values()).casefold().split()
        if word in place
    ][:READ]
    shown_ND = _encoded(encoder, public, SENTENCE)
    static_VD = encoder._model.get_input_embeddings().weight.detach().numpy()
    pieces_of = encoder._tokenizer.get_vocab()
    static_VD = static_VD[[pieces_of[word] for word in vocabulary]]
    wanted_ND = static_VD[[place[word] for word in public]]
    guess_WD = _ridge(shown_ND, wanted_ND, value_WD)
    ranks_W = _ranks(guess_WD, static_VD, truth_W)
    click.echo(f"bert, learnt on {len(public)} words of Python's manual: {_told(ranks_W)}")


def _encoded(encoder: Encoder, said: list[str], at_once: int) -> F32:
    """Encode words, so many shown to the model at a time."""
    pieces = encoder.pieces(said)
    windows = []
    for first in range(0, len(said), at_once):
        last = min(first + at_once, len(said))
        windows.append(Window(first=first, last=last, keep_first=first, keep_last=last))
    value_ND, _ = encoder.vectors(pieces, windows, "mean")
    return value_ND


def _ridge(x_ND: F32, y_NE: F32, new_WD: F32) -> F32:
    """Fit y on x, both centred and x of unit variance, and apply it; each side by its own mean."""
    scale_D = x_ND.std(0) + 1e-9
    x_ND = (x_ND - x_ND.mean(0)) / scale_D
    new_WD = (new_WD - new_WD.mean(0)) / scale_D
    gram_DD = x_ND.T @ x_ND + PENALTY * len(x_ND) * 0.01 * np.eye(x_ND.shape[1])
    fitted: F32 = np.linalg.solve(gram_DD, x_ND.T @ (y_NE - y_NE.mean(0)))
    guess_WE: F32 = new_WD @ fitted + y_NE.mean(0)
    return guess_WE


def _ranks(guess_WD: F32, known_VD: F32, truth_W: I64) -> I64:
    """Say how many known words are nearer than the true one; -1 where it is not among them."""
    cosine_WV = _unit(guess_WD) @ _unit(known_VD).T
    true_W = cosine_WV[np.arange(len(truth_W)), truth_W]
    ranks_W: I64 = (cosine_WV > true_W[:, None]).sum(1)
    return np.where(truth_W < 0, -1, ranks_W)


def _unit(value_WD: F32) -> F32:
    length_W1 = np.linalg.norm(value_WD, axis=1, keepdims=True)
    unit_WD: F32 = value_WD / np.maximum(length_W1, 1e-9)
    return unit_WD


def _told(ranks_W: I64) -> str:
    first, ten = (ranks_W == 0).mean(), ((ranks_W >= 0) & (ranks_W < 10)).mean()
    return f"{first:.0%} of the words read back, {ten:.0%} among the first ten"


def _by_the_others(name: str, texts: list[str], people: list[str], value_WD: F32) -> None:
    """Attack with the words of other participants whose transcripts are known.

    A word that stands between the same two words there does not count: the same sentence was read.
    """
    said, who = np.array(texts), np.array(people)
    value_WD = value_WD.astype(np.float64)
    before, after = np.roll(said, 1), np.roll(said, -1)
    known_W = np.isfinite(value_WD).mean(1) >= VALID
    value_WD = value_WD[:, np.isfinite(value_WD).any(0)]
    mean_D = np.nanmean(value_WD, axis=0)
    scale_D = np.nanstd(value_WD, axis=0) + 1e-9
    z_WD = np.nan_to_num((value_WD - mean_D) / scale_D).astype(np.float32)
    right, most, count = 0, 0, 0
    for w in np.flatnonzero(known_W):
        may_W = (who != who[w]) & known_W & ~((before == before[w]) & (after == after[w]))
        if said[w] not in said[may_W]:
            continue
        others = np.flatnonzero(may_W)
        nearest = others[((z_WD[others] - z_WD[w]) ** 2).sum(1).argmin()]
        values, counts = np.unique(said[others], return_counts=True)
        right += said[nearest] == said[w]
        most += values[counts.argmax()] == said[w]
        count += 1
    shares = f"{right / max(1, count):.0%}, the most frequent word alone {most / max(1, count):.0%}"
    click.echo(f"{name}, the nearest word of other participants: {shares} ({count} words)")


@main.command()
@click.argument("store", type=click.Path(exists=True, path_type=Path))
@click.option("--piece", "piece_s", type=float, help="Seconds of a piece; the whole session else.")
def halves(store: Path, piece_s: float | None) -> None:
    """Let the first half of each recording look for its second half."""
    sessions = Store.open(store).sessions()
    for name, track, columns in (
        *((of, "face", columns) for of, columns in FACE.items()),
        ("covarep", "covarep", None),
        ("egemaps", "egemaps", None),
    ):
        first, second = [], []
        for stored in sessions:
            for one, other in _halved(stored, track, columns, piece_s, shape=name == "landmarks"):
                first.append(one)
                second.append(other)
        if len(first) > 1:
            _find(name, np.array(first), np.array(second))


def _halved(
    stored: StoredSession, track: str, columns: tuple[str, ...] | None, piece_s: float | None,
    *, shape: bool,
) -> list[tuple[F64, F64]]:  # fmt: skip
    """Describe both halves of each piece by means and deviations."""
    if not stored.has(track):
        return []
    samples = stored.samples(track)
    at = [c for c, one in enumerate(samples.columns) if columns is None or one.name in columns]
    value_FC = samples.value_FC[:, at].astype(np.float64)
    if shape:
        value_FC = _shapes(value_FC)
    end_s = float(samples.time_s[-1])
    long_s = piece_s or end_s
    pairs = []
    for k in range(max(1, int(end_s / long_s + 0.5))):
        middle_s = (k + 0.5) * long_s
        parts = []
        for begin_s, stop_s in ((k * long_s, middle_s), (middle_s, (k + 1) * long_s)):
            inside_F = (samples.time_s >= begin_s) & (samples.time_s < stop_s)
            part = value_FC[inside_F]
            with warnings.catch_warnings():  # a column that was never measured is left out below
                warnings.simplefilter("ignore", RuntimeWarning)
                parts.append(np.concatenate([np.nanmean(part, 0), np.nanstd(part, 0)]))
        pairs.append((parts[0], parts[1]))
    return pairs


def _shapes(value_FC: F64) -> F64:
    """Take place and size away: the shape of the face is left, and how it is turned."""
    point_FKP = value_FC.reshape(len(value_FC), 2, -1)  # x of all points, then y
    point_FKP = point_FKP - point_FKP.mean(2, keepdims=True)
    size_F11 = np.sqrt((point_FKP**2).sum((1, 2), keepdims=True))
    shape_FC: F64 = (point_FKP / size_F11).reshape(len(value_FC), -1)
    return shape_FC


def _find(name: str, first_HC: F64, second_HC: F64) -> None:
    both = np.concatenate([first_HC, second_HC])
    there = np.isfinite(both).all(0) & (both.std(0) > 0)
    z_HC = (both[:, there] - both[:, there].mean(0)) / both[:, there].std(0)
    one_HC, other_HC = z_HC[: len(first_HC)], z_HC[len(first_HC) :]
    distance_HH = ((one_HC[:, None] - other_HC[None]) ** 2).sum(2)
    found = (distance_HH.argmin(1) == np.arange(len(first_HC))).sum()
    many = len(first_HC)
    click.echo(f"{name}: {found} of {many} find their other half, by chance 1")


@main.command()
def ids() -> None:
    """Find DAIC-WOZ-like ids behind plain hashes, and fail to behind keyed ones."""
    candidates = [str(number) for number in range(1_000_000)]
    hidden = {hashlib.sha256(str(number).encode()).hexdigest() for number in range(300, 493)}
    began = time.perf_counter()
    found = sum(hashlib.sha256(one.encode()).hexdigest() in hidden for one in candidates)
    took_s = time.perf_counter() - began
    click.echo(f"plain SHA-256: {found} of {len(hidden)} ids found in {took_s:.1f} s")
    secret, guess = Pseudonyms(b"\x01" * 32), Pseudonyms(b"\x02" * 32)
    keyed = {secret.of(str(number)) for number in range(300, 493)}
    began = time.perf_counter()
    found = sum(guess.of(one) in keyed for one in candidates[:100_000])
    took_s = time.perf_counter() - began
    click.echo(f"under another key: {found} of {len(keyed)} found among 100000 in {took_s:.1f} s")


if __name__ == "__main__":
    main()
