"""The network that hears phones: convolutions over the states of a speech model, at 50 Hz."""

from dataclasses import dataclass
from typing import Final

from jaxtyping import Float
from torch import Tensor, nn

from msmd.core.errors import FormatError

PHONES: Final = (
    *("SIL", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH"),
    *("IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW"),
    *("V", "W", "Y", "Z", "ZH"),
)
"""Silence and the 39 phones of ARPABET; those of other languages are put to the nearest."""

MOUTH_CLASSES: Final = (
    "silence",
    "bilabial",
    "labiodental",
    "rounded",
    "open",
    "mid",
    "spread",
    "dental",
    "other",
)
"""What the mouth does for a phone, as far as one sees it."""


@dataclass(frozen=True)
class PhoneNetworkConfig:
    """Attributes:
    states_dim: size of what it reads, `SpeechModelConfig.width`.
    width: channels.
    num_blocks: residual blocks.
    kernel: frames of 20 ms that a block's depthwise convolution spans; odd.
    bottleneck_dim: size of the features that are handed on, at 50 Hz.
    """

    states_dim: int = 288
    width: int = 192
    num_blocks: int = 4
    kernel: int = 7
    bottleneck_dim: int = 64

    def __post_init__(self) -> None:
        sizes = (self.states_dim, self.width, self.num_blocks, self.bottleneck_dim)
        if min(sizes) < 1 or self.kernel % 2 == 0:
            raise FormatError(f"a phone network cannot have {self}.")

    @property
    def dilations(self) -> tuple[int, ...]:
        """Every third block looks twice as far."""
        return tuple(2 if i % 3 == 2 else 1 for i in range(self.num_blocks))

    @property
    def context_frames(self) -> int:
        """Frames of 20 ms on either side beyond which nothing changes a frame."""
        return sum(self.dilations) * (self.kernel // 2)


class _Block(nn.Module):
    def __init__(self, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        reach = dilation * (kernel // 2)
        self.spread = nn.Conv1d(width, width, kernel, padding=reach, dilation=dilation, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        nn.init.normal_(self.narrow.weight, std=0.02)

    def forward(self, x: Float[Tensor, "batch frames width"]) -> Float[Tensor, "batch frames width"]:
        y = self.norm(self.spread(x.transpose(1, 2)).transpose(1, 2))
        return x + self.narrow(nn.functional.gelu(self.widen(y)))


class PhoneNetwork(nn.Module):
    """States of a `SpeechModel` -> features and what they say, both at 50 Hz."""

    def __init__(self, config: PhoneNetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.states_norm = nn.LayerNorm(config.states_dim)
        self.read_states = nn.Linear(config.states_dim, width)
        self.blocks = nn.ModuleList(_Block(width, config.kernel, d) for d in config.dilations)
        self.norm = nn.LayerNorm(width)
        self.bottleneck = nn.Linear(width, config.bottleneck_dim)
        self.unit = nn.LayerNorm(config.bottleneck_dim, elementwise_affine=False)
        self.phone_head = nn.Linear(config.bottleneck_dim, len(PHONES))
        self.mouth_head = nn.Linear(config.bottleneck_dim, len(MOUTH_CLASSES))

    def forward(
        self, states: Float[Tensor, "batch frames states"]
    ) -> tuple[
        Float[Tensor, "batch frames bottleneck"],
        Float[Tensor, "batch frames phones"],
        Float[Tensor, "batch frames mouth_classes"],
    ]:
        """Features of zero mean and unit variance, phone logits, mouth class logits."""
        x = self.read_states(self.states_norm(states))
        for block in self.blocks:
            x = block(x)
        features = self.unit(self.bottleneck(self.norm(x)))
        return features, self.phone_head(features), self.mouth_head(features)
