"""A step on several processes that is, to float rounding, the step of one on the whole batch.

Each rank runs its share of a batch through the networks.  Raw outputs, and the sums that a mean is
made of, are gathered, so every rank computes the loss of the whole batch; going back, each takes
the gradient of its own share only, and the parameters' gradients are summed.  In a process group of
one, or without any, every function here is the identity.
"""

# B = sessions of a batch, here of the rank's share, G = of all shares, C = columns, S = sessions

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, distributed

from ..errors import RankError
from ..features.types import Bool
from .batches import Crops
from .tensors import Batch, Resident

T = TypeVar("T")
SEEDS = 2**63


def here() -> tuple[int, int]:
    """Rank of this process in torch's process group, and how many there are."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def gathered(own_B: Tensor) -> Tensor:
    """Lay the shares of all ranks one after the other, (B, ...) -> (G, ...), with gradients.

    All shares are of one size, see `share`.  The gradient of the result must be the same on all
    ranks: each takes its own part of it.
    """
    if here()[1] == 1:
        return own_B
    of_all_G: Tensor = _Gathered.apply(own_B)  # type: ignore[no-untyped-call]
    return of_all_G


def summed(own: Tensor) -> Tensor:
    """Add a tensor up over ranks, with gradients as in `gathered`."""
    return own if here()[1] == 1 else gathered(own[None]).sum(dim=0)


def add_up_gradients(parameters: Sequence[Tensor]) -> None:
    """Let each parameter's gradient be the sum over ranks; the same ones have a gradient on all."""
    if here()[1] == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    with _together():
        distributed.all_reduce(flat)
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, of_all in zip(gradients, parts, strict=True):
        gradient.copy_(of_all.view_as(gradient))


def average(tensors: Iterable[Tensor]) -> None:
    """Let each tensor be its mean over ranks; those that count are alike already."""
    size = here()[1]
    for tensor in tensors if size > 1 else ():
        if tensor.is_floating_point():
            with _together():
                distributed.all_reduce(tensor)
            tensor /= size


def share(resident: Resident, crops: Crops, *, together: int = 1, shortest: int = 1) -> Batch:
    """Gather what this rank takes of a batch.

    Crops are dealt by length, so that ranks have alike work, and equally many: where they do not
    divide, some ranks have a short stand-in of which nothing was measured and which weighs
    nothing in any loss.

    Parameters
    ----------
    together : int > 0
        So many crops, one after the other, stay on one rank.
    shortest : int > 0
        Words of a stand-in.
    """
    rank, size = here()
    if size == 1:
        return resident.gather(crops)
    group_GX = np.arange(crops.words_B.size).reshape(-1, together)
    by_length = np.argsort(-crops.words_B[group_GX].sum(axis=1), kind="stable")
    own_G = by_length[rank::size]
    lacking = -(-by_length.size // size) - own_G.size  # 0 or 1
    own = group_GX[np.concatenate([own_G, by_length[-1:].repeat(lacking)])].reshape(-1)
    stands_in_B = np.arange(own.size) >= own.size - lacking * together
    chosen = crops.only(own)
    batch = resident.gather(
        replace(chosen, words_B=np.where(stands_in_B, shortest, chosen.words_B))
    )
    return _unmeasured(batch, stands_in_B) if lacking else batch


def _unmeasured(batch: Batch, chosen: Bool) -> Batch:
    chosen_B = torch.as_tensor(chosen, device=batch.weight_B.device)
    return replace(
        batch,
        vectors={
            part: value_BWC.masked_fill(chosen_B[:, None, None], float("nan"))
            for part, value_BWC in batch.vectors.items()
        },
        weight_B=batch.weight_B.masked_fill(chosen_B, 0.0),
    )


def share_of_list(batches: Sequence[T]) -> Sequence[T]:
    """Take the batches of an evaluation that this rank predicts."""
    rank, size = here()
    return batches[rank::size]


def merged(out_S: Tensor, device: torch.device) -> Tensor:
    """Put predictions together, each made by one rank and 0 on the others: the same on all."""
    return out_S if here()[1] == 1 else summed(out_S.to(device)).cpu()


def diverge(rng: np.random.Generator) -> None:
    """Let torch's draws (dropout, latents) differ by rank from here on.

    `rng` stands where it does on the other ranks, and is in the checkpoint: what follows is the
    same in a training that goes on from one.
    """
    rank, size = here()
    if size > 1:
        drawn = int(rng.integers(SEEDS))
        state = np.random.SeedSequence([drawn, rank]).generate_state(1, np.uint64)
        torch.manual_seed(int(state[0]) % SEEDS)


def from_first(make: Callable[[], T]) -> T:
    """Call `make` on the first rank, and give all what it made."""
    rank, size = here()
    if size == 1:
        return make()
    made = [make() if rank == 0 else None]
    with _together():
        distributed.broadcast_object_list(made)
    return made[0]  # type: ignore[return-value]


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, own_B: Tensor) -> Tensor:
        context.sessions = own_B.shape[0]
        shares = [torch.empty_like(own_B) for _ in range(here()[1])]
        with _together():
            distributed.all_gather(shares, own_B.contiguous())
        return torch.cat(shares)

    @staticmethod
    def backward(context: Any, gradient_G: Tensor) -> Tensor:
        return gradient_G.narrow(0, here()[0] * context.sessions, context.sessions)


@contextmanager
def _together() -> Iterator[None]:
    """Say in one line that another rank is gone."""
    try:
        yield
    except RuntimeError as error:
        raise RankError(
            "a process that torchrun started beside this one has ended; whatever it said tells "
            "why; run the same command again to go on from the last checkpoint"
        ) from error
