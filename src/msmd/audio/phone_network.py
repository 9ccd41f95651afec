"""The network that hears phones: convolutions over a log-mel spectrogram, 50 frames a second."""

from dataclasses import dataclass
from typing import Final

from jaxtyping import Float
from torch import Tensor, nn

from msmd.audio.mel import NUM_BANDS
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

_STEM_KERNEL: Final = 5
_GATE: Final = 6.9  # nats, 30 dB
_QUIETEST_LEVEL: Final = -18.0  # ln of power: 78 dB under full scale
_LOWEST: Final = -11.5  # nats under the level, 50 dB
_HIGHEST: Final = 6.0
_SCALE: Final = 3.0


@dataclass(frozen=True)
class PhoneNetworkConfig:
    """Attributes:
    width: channels.
    num_blocks: residual blocks.
    kernel: frames of 20 ms that a block's depthwise convolution spans; odd.
    bottleneck_dim: size of the features that are handed on, at 50 Hz.
    """

    width: int = 192
    num_blocks: int = 8
    kernel: int = 7
    bottleneck_dim: int = 64

    def __post_init__(self) -> None:
        if min(self.width, self.num_blocks, self.bottleneck_dim) < 1 or self.kernel % 2 == 0:
            raise FormatError(f"a phone network cannot have {self}.")

    @property
    def dilations(self) -> tuple[int, ...]:
        """Every third block looks twice as far."""
        return tuple(2 if i % 3 == 2 else 1 for i in range(self.num_blocks))

    @property
    def context_frames(self) -> int:
        """Frames of 20 ms on either side beyond which nothing changes a frame."""
        stem = 2  # one mel frame of the strided and two of the first convolution, rounded up
        return stem + sum(self.dilations) * (self.kernel // 2)


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
    """Normalised log-mel at 100 Hz -> features and what they say, at 50 Hz.

    Frame j of the output is centred between mel frames 2j and 2j + 1.
    """

    def __init__(self, config: PhoneNetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.stem = nn.Conv1d(NUM_BANDS, width, _STEM_KERNEL, padding=_STEM_KERNEL // 2)
        self.halve = nn.Conv1d(width, width, 4, stride=2, padding=1)
        self.blocks = nn.ModuleList(_Block(width, config.kernel, d) for d in config.dilations)
        self.norm = nn.LayerNorm(width)
        self.bottleneck = nn.Linear(width, config.bottleneck_dim)
        self.unit = nn.LayerNorm(config.bottleneck_dim, elementwise_affine=False)
        self.phone_head = nn.Linear(config.bottleneck_dim, len(PHONES))
        self.mouth_head = nn.Linear(config.bottleneck_dim, len(MOUTH_CLASSES))

    def forward(
        self, mel: Float[Tensor, "batch mel_frames 80"]
    ) -> tuple[
        Float[Tensor, "batch frames bottleneck"],
        Float[Tensor, "batch frames phones"],
        Float[Tensor, "batch frames mouth_classes"],
    ]:
        """Features of zero mean and unit variance, phone logits, mouth class logits.

        Args:
            mel: of `normalize_mel`, an even number of frames.
        """
        x = nn.functional.gelu(self.stem(mel.transpose(1, 2)))
        x = nn.functional.gelu(self.halve(x)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        features = self.unit(self.bottleneck(self.norm(x)))
        return features, self.phone_head(features), self.mouth_head(features)


def normalize_mel(mel: Float[Tensor, "mel_frames 80"]) -> Float[Tensor, "mel_frames 80"]:
    """Log-mel against the level of the speech in it.

    The level is the mean power of the frames within 30 dB of the loudest, so that silence before,
    after or between changes nothing; sound without speech is measured against a fixed quiet level.
    """
    loudness = mel.exp().mean(dim=1).log()
    gated = loudness[loudness > loudness.max() - _GATE]
    level = gated.exp().mean().log().clamp(min=_QUIETEST_LEVEL)
    return (mel - level).clamp(_LOWEST, _HIGHEST) / _SCALE + 1.0
