"""Attentive interaction: how MCCL lets tokens of cues, or of segments, tell of each other.

A BiLSTM over the tokens, attention among them with two heads, and a gate between the two (the
paper's block); then a convolution over the tokens makes one vector of them.  A token of which
nothing was seen is skipped by the BiLSTM, looked at by nobody, and 0 for the convolution.
"""

# B = rows of tokens, N = tokens, D = width of a token, E = width of the embedding, H = heads,
# P = width of a head

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN = 64  # a direction of the BiLSTM (the paper's)
EMBEDDING = 2 * HIDDEN  # width of each module's view of a window (the paper's)
HEADS = 2  # the paper's


class Interaction(nn.Module):
    """BiLSTM, attention and gate over tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.ahead = nn.LSTMCell(width, HIDDEN)
        self.back = nn.LSTMCell(width, HIDDEN)
        self.ask_answer = nn.Linear(EMBEDDING, 3 * EMBEDDING)
        self.out = nn.Linear(EMBEDDING, EMBEDDING)
        self.gate = nn.Linear(2 * EMBEDDING, EMBEDDING)

    def forward(self, token_BND: Tensor, seen_BN: Tensor) -> tuple[Tensor, Tensor]:
        """Refine tokens.

        Returns
        -------
        token_BNE : Tensor
            0 where nothing was seen.
        looked_BN : Tensor
            Share of all looks that fell on each token, mean over heads; sums to 1 where any token
            was seen, and is 0 elsewhere.
        """
        heard_BNE = torch.cat(
            [
                _along(self.ahead, token_BND, seen_BN),
                _along(self.back, token_BND.flip(1), seen_BN.flip(1)).flip(1),
            ],
            dim=-1,
        )
        mixed_BNE, looked_BN = self._attend(heard_BNE, seen_BN)
        gate_BNE = self.gate(torch.cat([heard_BNE, mixed_BNE], dim=-1)).sigmoid()
        refined_BNE = gate_BNE * mixed_BNE + (1.0 - gate_BNE) * heard_BNE
        return refined_BNE * seen_BN[..., None], looked_BN

    def _attend(self, heard_BNE: Tensor, seen_BN: Tensor) -> tuple[Tensor, Tensor]:
        split = [
            one.unflatten(-1, (HEADS, -1)).transpose(1, 2)
            for one in self.ask_answer(heard_BNE).chunk(3, dim=-1)
        ]
        ask_BHNP, key_BHNP, value_BHNP = split
        score_BHNN = ask_BHNP @ key_BHNP.mT / ask_BHNP.shape[-1] ** 0.5
        open_BN = seen_BN | ~seen_BN.any(dim=1, keepdim=True)  # where nothing is seen: a number
        weight_BHNN = score_BHNN.masked_fill(~open_BN[:, None, None], -torch.inf).softmax(dim=-1)
        mixed_BNE = (weight_BHNN @ value_BHNP).transpose(1, 2).flatten(2)
        asking_BN = seen_BN / seen_BN.sum(dim=1, keepdim=True).clamp(min=1)
        looked_BN = torch.einsum("bhqk,bq->bk", weight_BHNN, asking_BN) / HEADS
        return self.out(mixed_BNE), looked_BN


class Join(nn.Module):
    """Convolve over all tokens at once: one vector of them."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(EMBEDDING, EMBEDDING, kernel_size=tokens)

    def forward(self, token_BNE: Tensor) -> Tensor:
        """Join tokens, (B, N, E) -> (B, E)."""
        return functional.elu(self.conv(token_BNE.mT)[..., 0])


def _along(cell: nn.LSTMCell, token_BND: Tensor, seen_BN: Tensor) -> Tensor:
    """Run an LSTM over tokens, past those that were not seen; its state after each, (B, N, P)."""
    state_BP = memory_BP = token_BND.new_zeros(token_BND.shape[0], HIDDEN)
    states = []
    for n in range(token_BND.shape[1]):
        next_BP, kept_BP = cell(token_BND[:, n], (state_BP, memory_BP))
        seen_B1 = seen_BN[:, n, None]
        state_BP = torch.where(seen_B1, next_BP, state_BP)
        memory_BP = torch.where(seen_B1, kept_BP, memory_BP)
        states.append(state_BP)
    return torch.stack(states, dim=1)
