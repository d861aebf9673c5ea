"""What the text track costs: CPU a piece fed beside a bare transformers loop, and pieces fed.

    python tests/bench/text_cost.py                          # the embedded model
    python tests/bench/text_cost.py --model FOLDER --repeats 5

The bare loop tokenises the same windows' texts, sorted by length, in batches of 32, and runs
AutoModel on them; both on one thread, as in a worker, and in turns.  Interviews are drawn from
CMUdict's words by a seed, in turns of 1 to 60 words.  What the loading of the model takes is left
out of both.  Machines are noisy: believe ratios, and repeat.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
import pocketsphinx
import torch
from transformers import AutoModel, AutoTokenizer

from depx.features.text.encoder import Encoder, Pieces
from depx.features.text.folder import model_folder
from depx.features.text.windows import Window, session_windows, turn_windows
from depx.features.types import F32

BATCH = 32  # windows of a batch of the bare loop
SPOKEN = 400  # distinct words of an interview; the rest of its words repeat them
LONGEST = 60  # words of a turn


@click.command()
@click.option("--model", type=click.Path(exists=True, path_type=Path), help="A local folder.")
@click.option("--words", default="500,10000", show_default=True, help="Lengths of the interviews.")
@click.option("--windows", default="session,utterance", show_default=True)
@click.option("--repeats", default=5, show_default=True)
def main(model: Path | None, words: str, windows: str, repeats: int) -> None:
    """Compare with a bare loop: CPU a piece fed, and pieces fed a piece of text."""
    torch.set_num_threads(1)
    folder = model_folder(None if model is None else str(model))
    encoder, loop = Encoder(folder), Bare(folder)
    for count in map(int, words.split(",")):
        turns = interview(count)
        for policy in windows.split(","):
            click.echo(f"{count} words, {policy}: {compare(encoder, loop, turns, policy, repeats)}")


def compare(
    encoder: Encoder, loop: "Bare", turns: list[list[str]], policy: str, repeats: int
) -> str:
    """Run both in turns, and tell of the medians."""
    texts = [word for turn in turns for word in turn]
    _, shown = laid(encoder, turns, policy)
    works: dict[str, Callable[[], int]] = {
        "depx": lambda: track(encoder, turns, policy)[1],
        "bare": lambda: loop.run([texts[w.first : w.last] for w in shown]),
    }
    spent: dict[str, list[float]] = {name: [] for name in works}
    fed: dict[str, int] = {}
    for _ in range(repeats):
        for name, work in works.items():
            start_s = time.process_time()
            fed[name] = work()
            spent[name].append(time.process_time() - start_s)
    cost_us = {name: 1e6 * float(np.median(times)) / fed[name] for name, times in spent.items()}
    text = sum(map(len, encoder.pieces(texts)))
    ratios = np.array(spent["depx"]) / np.array(spent["bare"]) * fed["bare"] / fed["depx"]
    return (
        f"CPU a piece fed {cost_us['depx']:.0f} us, bare {cost_us['bare']:.0f} us, ratio "
        f"{cost_us['depx'] / cost_us['bare']:.3f} (pair by pair {ratios.min():.3f} to "
        f"{ratios.max():.3f}); fed {fed['depx']} of {text} pieces of text, "
        f"{fed['depx'] / text:.3f} x (bare {fed['bare'] / text:.3f} x), {len(shown)} windows"
    )


def interview(count: int) -> list[list[str]]:
    """Draw the words of one role, by turns."""
    rng = np.random.default_rng(0)
    dictionary = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    lexicon = [line.split()[0] for line in dictionary.read_text().splitlines() if "(" not in line]
    said = rng.choice(rng.choice(lexicon, SPOKEN, replace=False), count).tolist()
    turns = []
    while said:
        length = int(rng.integers(1, LONGEST + 1))
        turns.append(said[:length])
        said = said[length:]
    return turns


def laid(
    encoder: Encoder, turns: Sequence[Sequence[str]], policy: str
) -> tuple[list[Pieces], tuple[Window, ...]]:
    """Turn an interview into pieces and lay windows over it, as the track does."""
    words = encoder.pieces([word for turn in turns for word in turn])
    counts = iter(map(len, words))
    pieces = [[next(counts) for _ in turn] for turn in turns]
    windows_of = session_windows if policy == "session" else turn_windows
    return words, windows_of(pieces, encoder.limit)


def track(encoder: Encoder, turns: Sequence[Sequence[str]], policy: str) -> tuple[F32, int]:
    """Do all that the track does to an interview."""
    words, windows = laid(encoder, turns, policy)
    return encoder.vectors(words, windows, "mean")


class Bare:
    """The loop that anybody would write first."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
        self.model = AutoModel.from_pretrained(folder).eval()

    def run(self, texts: Sequence[Sequence[str]]) -> int:
        """Give how many pieces were fed."""
        fed = 0
        order = sorted(texts, key=len)
        with torch.inference_mode():
            for i in range(0, len(order), BATCH):
                encoded = self.tokenizer(
                    list(order[i : i + BATCH]),
                    is_split_into_words=True,
                    padding=True,
                    truncation=True,
                    return_tensors="pt",
                )
                self.model(**encoded)
                fed += encoded["input_ids"].numel()
        return fed


if __name__ == "__main__":
    main()
