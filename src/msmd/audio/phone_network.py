"""The network that hears phones: convolutions over a spectrogram and an acoustic model's scores, at 50 Hz."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from msmd.audio.acoustic_model import NUM_SCORES, AcousticModel
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
    spectrogram: whether it reads the log-mel spectrogram.
    acoustic_model: whether it reads the scores of an `AcousticModel`.
    """

    width: int = 192
    num_blocks: int = 8
    kernel: int = 7
    bottleneck_dim: int = 64
    spectrogram: bool = True
    acoustic_model: bool = False

    def __post_init__(self) -> None:
        sizes = (self.width, self.num_blocks, self.bottleneck_dim)
        if min(sizes) < 1 or self.kernel % 2 == 0 or not (self.spectrogram or self.acoustic_model):
            raise FormatError(f"a phone network cannot have {self}.")

    @property
    def dilations(self) -> tuple[int, ...]:
        """Every third block looks twice as far."""
        return tuple(2 if i % 3 == 2 else 1 for i in range(self.num_blocks))

    @property
    def context_frames(self) -> int:
        """Frames of 20 ms on either side beyond which nothing changes a frame."""
        stem = 2  # one mel frame of the strided and two of the first convolution (slopes: three), rounded up
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
        if config.spectrogram:
            self.stem = nn.Conv1d(NUM_BANDS, width, _STEM_KERNEL, padding=_STEM_KERNEL // 2)
            self.halve = nn.Conv1d(width, width, 4, stride=2, padding=1)
        self.acoustic_model = AcousticModel() if config.acoustic_model else None
        self.read_scores = nn.Linear(NUM_SCORES, width) if config.acoustic_model else None
        self.blocks = nn.ModuleList(_Block(width, config.kernel, d) for d in config.dilations)
        self.norm = nn.LayerNorm(width)
        self.bottleneck = nn.Linear(width, config.bottleneck_dim)
        self.unit = nn.LayerNorm(config.bottleneck_dim, elementwise_affine=False)
        self.phone_head = nn.Linear(config.bottleneck_dim, len(PHONES))
        self.mouth_head = nn.Linear(config.bottleneck_dim, len(MOUTH_CLASSES))

    def forward(
        self, mel: Float[Tensor, "batch mel_frames 80"], centred: Float[Tensor, "batch mel_frames 13"]
    ) -> tuple[
        Float[Tensor, "batch frames bottleneck"],
        Float[Tensor, "batch frames phones"],
        Float[Tensor, "batch frames mouth_classes"],
    ]:
        """Features of zero mean and unit variance, phone logits, mouth class logits.

        Args:
            mel: of `normalize_mel`, an even number of frames.
            centred: of `acoustic_model.centre_cepstra`, of the same sound.
        """
        x = mel.new_zeros(len(mel), mel.shape[1] // 2, self.config.width)
        if self.config.spectrogram:
            heard = nn.functional.gelu(self.stem(mel.transpose(1, 2)))
            x = x + nn.functional.gelu(self.halve(heard)).transpose(1, 2)
        if self.acoustic_model is not None and self.read_scores is not None:
            x = x + self.read_scores(self.acoustic_model(centred))
        for block in self.blocks:
            x = block(x)
        features = self.unit(self.bottleneck(self.norm(x)))
        return features, self.phone_head(features), self.mouth_head(features)


def normalize_mel(mel: Float[Tensor, "*batch mel_frames 80"]) -> Float[Tensor, "*batch mel_frames 80"]:
    """Log-mel against the level of the speech in it.

    The level is the mean power of the frames within 30 dB of the loudest, so that silence before,
    after or between changes nothing; sound without speech is measured against a fixed quiet level.

    Args:
        mel: of `log_mel`, one whole sound for each of the batch.
    """
    loudness = mel.exp().mean(dim=-1).log()
    top = loudness.amax(-1, keepdim=True)
    speech = loudness > top - _GATE
    power = torch.where(speech, (loudness - top).exp(), 0.0).sum(-1, keepdim=True)
    level = (power / speech.sum(-1, keepdim=True)).log() + top
    return (mel - level.clamp(min=_QUIETEST_LEVEL)[..., None]).clamp(_LOWEST, _HIGHEST) / _SCALE + 1.0
