"""The paper's encoder: each cue is an image, time by columns, and one ResNet-18 reads them all.

ResNet-18 of He et al. (CVPR 2016), its weights named as torchvision names them, so that a
safetensors file of those can be loaded.  The three channels are x, y and z of the landmarks; other
cues are grey: all channels alike.  Deviation: frames that nobody saw are 0 before every convolution
and left out of the last mean, so that padding and lost faces move nothing; in training they still
weigh in the moments of batch normalisation.  Where several ranks train, each normalises its own
share, and the moments that are kept are the mean of theirs.
"""

# B = windows or segments, X the same, U = cues, T = frames, C = columns, K = channels

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import TrainingError
from ...features.columns import LANDMARKS
from .config import Mccl
from .cues import Cues, cut

WIDTHS = (64, 128, 256, 512)
CHANNELS = 3


class ResNetEncoder(nn.Module):
    """Turn each cue of a window into one token."""

    width = WIDTHS[-1]

    def __init__(self, settings: Mccl) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(CHANNELS, WIDTHS[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = Norm(WIDTHS[0])
        before = WIDTHS[0]
        for number, width in enumerate(WIDTHS, 1):
            stride = 1 if number == 1 else 2
            self.add_module(
                f"layer{number}", nn.ModuleList([Block(before, width, stride), Block(width, width)])
            )
            before = width
        if settings.encoder_weights is not None:
            load(self, Path(settings.encoder_weights))

    def forward(self, cues: Cues, segments: int = 1) -> tuple[Tensor, Tensor]:
        """Encode windows, or each of their segments by itself.

        Returns
        -------
        token_XUD, seen_XU
            A token a cue, the mean over the frames that were seen; and whether any was; the
            segments of a window after each other.
        """
        tokens, seen = [], []
        for u, value_BTC in enumerate(cues.value.values()):
            seen_BT = cues.seen_BUT[:, u]
            if segments > 1:
                value_BTC, _ = cut(value_BTC, cues.frames_B, segments)
                seen_BT, within_BT = cut(seen_BT, cues.frames_B, segments)
                seen_BT = seen_BT & within_BT
            tokens.append(self._encode(image(value_BTC), seen_BT))
            seen.append(seen_BT.any(dim=-1))
        return torch.stack(tokens, dim=1), torch.stack(seen, dim=1)

    def _encode(self, x_BKTC: Tensor, seen_BT: Tensor) -> Tensor:
        x_BKTC = functional.relu(self.bn1(self.conv1(hidden(x_BKTC, seen_BT))))
        seen_BT = thinned(seen_BT)
        x_BKTC = functional.max_pool2d(hidden(x_BKTC, seen_BT), 3, stride=2, padding=1)
        seen_BT = thinned(seen_BT)
        for number in range(1, len(WIDTHS) + 1):
            for block in self.get_submodule(f"layer{number}"):  # type: ignore[attr-defined]
                x_BKTC, seen_BT = block(x_BKTC, seen_BT)
        share_BT = seen_BT / seen_BT.sum(dim=1, keepdim=True).clamp(min=1)
        return torch.einsum("bkt,bt->bk", x_BKTC.mean(dim=-1), share_BT)


class Block(nn.Module):
    """Two convolutions and what passes them by (a basic block)."""

    def __init__(self, before: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = Norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = Norm(width)
        self.downsample = None
        if stride != 1 or before != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, width, 1, stride=stride, bias=False), Norm(width)
            )

    def forward(self, x_BKTC: Tensor, seen_BT: Tensor) -> tuple[Tensor, Tensor]:
        """Refine an image; return it with the frames that were seen."""
        x_BKTC = hidden(x_BKTC, seen_BT)
        by_BKTC = x_BKTC if self.downsample is None else self.downsample(x_BKTC)
        if self.stride > 1:
            seen_BT = thinned(seen_BT)
        out_BKTC = functional.relu(self.bn1(self.conv1(x_BKTC)))
        out_BKTC = self.bn2(self.conv2(hidden(out_BKTC, seen_BT)))
        return functional.relu(out_BKTC + by_BKTC), seen_BT


class Norm(nn.BatchNorm2d):
    """Batch normalisation that takes a batch of one image of one point, by its running moments."""

    def forward(self, x_BKTC: Tensor) -> Tensor:
        """Normalise each channel."""
        if x_BKTC.numel() > x_BKTC.shape[1]:
            return super().forward(x_BKTC)
        return functional.batch_norm(
            x_BKTC, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


def image(value_BTC: Tensor) -> Tensor:
    """Lay a cue out as an image of three channels, (B, 3, T, columns)."""
    if value_BTC.shape[-1] == CHANNELS * LANDMARKS:
        return value_BTC.reshape(*value_BTC.shape[:2], CHANNELS, LANDMARKS).transpose(1, 2)
    return value_BTC[:, None].expand(-1, CHANNELS, -1, -1)


def hidden(x_BKTC: Tensor, seen_BT: Tensor) -> Tensor:
    """Set the frames that nobody saw to 0."""
    return x_BKTC * seen_BT[:, None, :, None]


def thinned(seen_BT: Tensor) -> Tensor:
    """Say which steps of half the rate have a seen frame at their centre or behind it.

    Not before it: past an even number of frames there would be a step that they alone do not have.
    """
    wide_B1T = functional.max_pool1d(seen_BT[:, None].float(), 2, stride=2, ceil_mode=True)
    return wide_B1T[:, 0] > 0


def load(encoder: ResNetEncoder, path: Path) -> None:
    """Take over the weights of torchvision's ResNet-18 but those of its last layer.

    Raises
    ------
    TrainingError
        If the file is no safetensors, or has other weights.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as load_safetensors

    try:
        tensors = load_safetensors(path.read_bytes())
        encoder.load_state_dict(
            {name: tensor for name, tensor in tensors.items() if not name.startswith("fc.")}
        )
    except (SafetensorError, RuntimeError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise TrainingError(
            f"encoder_weights={path}: expected the weights of torchvision's ResNet-18 as "
            f"safetensors, got: {first}"
        ) from error
