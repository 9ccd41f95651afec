"""The first layers of a recogniser that heard hundreds of thousands of hours of speech, at 50 Hz.

The phone network learns from few people; what it reads comes from here, learned from very many. The weights
are those of Moonshine "tiny" for English (Jeffries et al. 2024, MIT licence): three convolutions and a
transformer whose attention turns with the distance in time (RoPE). `training.audio_encoder.moonshine` reads
them. Three things differ from the recogniser, so that a frame depends on its surroundings alone:

* a frame every 20 ms and not every 24: the convolutions are evaluated there, and distances in time are kept;
* attention reaches `reach_frames` to either side, and silence is never attended to;
* the level, and the mean and variance after the first convolution, are those of the speech in the sound.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor, nn
from torch.nn import functional

from msmd.core.errors import FormatError

HOP_SAMPLES: Final = 320
"""20 ms at 16 kHz: 50 frames a second."""

_FIRST_KERNEL: Final = 127
_FIRST_HOP: Final = 64
_SECOND_KERNEL: Final = 7
_SECOND_HOP: Final = 3  # of frames of the first
_THIRD_KERNEL: Final = 3
_TOKEN_SAMPLES: Final = 384
"""Between two frames of the recogniser, 24 ms: what one step of its positions means."""

FIELD_SAMPLES: Final = _FIRST_KERNEL + _FIRST_HOP * (_SECOND_KERNEL - 1 + _SECOND_HOP * (_THIRD_KERNEL - 1))
"""Sound that the convolutions see at once, 895 samples."""

_TURNED: Final = 0.9
_BASE: Final = 10_000.0
_LEVEL: Final = 0.07
_SPEECH: Final = 1e-3  # of the loudest frame's power, 30 dB
_HEARD: Final = 1e-6  # 60 dB
_QUIETEST: Final = 1e-8  # power, 80 dB under full scale
_EPSILON: Final = 1e-5
_CHUNK_FRAMES: Final = 3000


@dataclass(frozen=True)
class SpeechModelConfig:
    """Attributes:
    width: channels; `num_heads` divides it.
    num_layers: of the transformer.
    num_heads: of its attention.
    reach_frames: of 20 ms, to either side, that a layer attends to.
    """

    width: int = 288
    num_layers: int = 5
    num_heads: int = 8
    reach_frames: int = 100

    def __post_init__(self) -> None:
        if min(self.width, self.num_layers, self.num_heads, self.reach_frames) < 1 or (
            self.width % self.num_heads
        ):
            raise FormatError(f"a speech model cannot have {self}.")

    @property
    def context_frames(self) -> int:
        """Frames of 20 ms on either side beyond which nothing changes a frame, convolutions apart."""
        return self.num_layers * self.reach_frames


class SpeechFacts(NamedTuple):
    """What must be known of a whole sound before a piece of it is heard; see `SpeechModel.measure`.

    Attributes:
        gain: brings its speech to one level.
        mean, deviation: after the first convolution, over the frames with speech.
        quiet: power under which a frame counts as silence.
    """

    gain: float
    mean: float
    deviation: float
    quiet: float


class SpeechModel(nn.Module):
    """16 kHz speech -> what it says, `width` numbers every 20 ms. Nothing in it is learned here."""

    def __init__(self, config: SpeechModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.first = nn.Conv1d(1, width, _FIRST_KERNEL, bias=False)
        self.first_norm = nn.GroupNorm(1, width)
        self.second = nn.Conv1d(width, 2 * width, _SECOND_KERNEL)
        self.third = nn.Conv1d(2 * width, width, _THIRD_KERNEL)
        self.layers = nn.ModuleList(_Layer(width, config.num_heads) for _ in range(config.num_layers))

    @torch.inference_mode()
    def hear(
        self, samples: Float32[np.ndarray, "num_samples"], count: int, around: int = 0
    ) -> Float[Tensor, "frames width"]:
        """States of a whole sound, minute by minute, each with as much context as matters.

        Args:
            samples: outside of which is silence.
            count: frames wanted; frame i is centred on the middle of samples [320 i, 320 (i + 1)).
            around: frames more on either side.
        """
        before = around * HOP_SAMPLES + (FIELD_SAMPLES - HOP_SAMPLES) // 2
        frames = count + 2 * around
        needed = (frames - 1) * HOP_SAMPLES + FIELD_SAMPLES
        padded = torch.from_numpy(np.pad(samples, (before, max(0, needed - before - len(samples))))[:needed])
        facts = self.measure(padded)
        states = torch.empty(frames, self.config.width)
        for start in range(0, frames, _CHUNK_FRAMES):
            stop = min(start + _CHUNK_FRAMES, frames)
            first = max(0, start - self.config.context_frames)
            last = min(frames, stop + self.config.context_frames)
            part = padded[first * HOP_SAMPLES : (last - 1) * HOP_SAMPLES + FIELD_SAMPLES]
            states[start:stop] = self(part, facts)[start - first : stop - first]
        return states

    def measure(self, samples: Float[Tensor, "num_samples"]) -> SpeechFacts:
        """Level and spread of the speech: of what lies within 30 dB of the loudest. Silence counts nothing.

        Args:
            samples: a whole sound, at least `FIELD_SAMPLES`.
        """
        power = _power(samples, _FIRST_HOP)
        loudest = float(power.max())
        speech = power > max(_SPEECH * loudest, _QUIETEST)
        if not speech.any():
            return SpeechFacts(1.0, 0.0, 1.0, _QUIETEST)
        gain = _LEVEL / float(power[speech].mean().sqrt())
        count, total, squares = 0, 0.0, 0.0
        for start in range(0, len(power), _CHUNK_FRAMES):
            chosen = speech[start : start + _CHUNK_FRAMES]
            part = samples[_FIRST_HOP * start : _FIRST_HOP * (start + len(chosen) - 1) + _FIRST_KERNEL]
            values = self._hear_first(gain * part)[:, chosen].double()
            count += values.numel()
            total, squares = total + float(values.sum()), squares + float(values.square().sum())
        mean = total / count
        deviation = (squares / count - mean**2 + _EPSILON) ** 0.5
        return SpeechFacts(gain, mean, deviation, max(_HEARD * loudest, _QUIETEST))

    def forward(
        self, samples: Float[Tensor, "num_samples"], facts: SpeechFacts
    ) -> Float[Tensor, "frames width"]:
        """A piece of the sound. Frame i is centred on sample 320 i + 447 of it.

        Args:
            samples: (frames - 1) 320 + 895 of them.
            facts: of the whole sound.
        """
        heard = _power(samples, HOP_SAMPLES, FIELD_SAMPLES) > facts.quiet
        first = (self._hear_first(facts.gain * samples) - facts.mean) / facts.deviation
        first = first * self.first_norm.weight[:, None] + self.first_norm.bias[:, None]
        step = HOP_SAMPLES // _FIRST_HOP
        taps = []
        for tap in range(_THIRD_KERNEL):
            part = first[:, tap * _SECOND_HOP :]
            second = functional.conv1d(part, self.second.weight, self.second.bias, stride=step)
            taps.append(functional.gelu(second)[:, : len(heard)])
        weight = self.third.weight.permute(0, 2, 1).flatten(1)
        x = functional.gelu(functional.linear(torch.cat(taps).T, weight, self.third.bias))
        near = _Near(heard, self.config, x.device)
        for layer in self.layers:
            x = layer(x, near)
        return x

    def _hear_first(self, samples: Float[Tensor, "num_samples"]) -> Float[Tensor, "width first_frames"]:
        return functional.conv1d(samples[None], self.first.weight, stride=_FIRST_HOP).tanh()


class _Near:
    """Who may attend to whom. Frames go in blocks of `reach`; a block sees itself and its two neighbours."""

    def __init__(
        self, heard: Bool[Tensor, "frames"], config: SpeechModelConfig, device: torch.device
    ) -> None:
        self.reach, self.count = config.reach_frames, len(heard)
        self.blocks = -(-self.count // self.reach)
        query = torch.arange(self.reach, device=device)[:, None] + self.reach
        key = torch.arange(3 * self.reach, device=device)
        near = (query - key).abs() <= self.reach
        self.mask = ((near & self.neighbours(heard[:, None])[..., 0][:, None]) | (query == key))[:, None]
        turned = 2 * int(_TURNED * config.width // config.num_heads / 2)
        speed = _BASE ** -(torch.arange(0, turned, 2, device=device) / turned)
        seconds = torch.arange(self.count, device=device) * (HOP_SAMPLES / _TOKEN_SAMPLES)
        angles = (seconds[:, None, None] * speed).repeat_interleave(2, -1)
        self.cos, self.sin = angles.cos(), angles.sin()

    def own(self, x: Tensor) -> Tensor:
        """(frames, ...) -> (blocks, reach, ...), nothing after the end."""
        rest = self.blocks * self.reach - self.count
        return functional.pad(x, (0, 0) * (x.ndim - 1) + (0, rest)).unflatten(0, (self.blocks, self.reach))

    def neighbours(self, x: Tensor) -> Tensor:
        """(frames, ...) -> (blocks, 3 reach, ...)."""
        padded = functional.pad(self.own(x), (0, 0) * x.ndim + (1, 1))
        return torch.cat((padded[:-2], padded[1:-1], padded[2:]), 1)

    def turn(self, x: Float[Tensor, "frames heads size"]) -> Float[Tensor, "frames heads size"]:
        """Rotary positions on the first nine tenths of each head, neighbours in pairs."""
        part, rest = x[..., : self.cos.shape[-1]], x[..., self.cos.shape[-1] :]
        across = torch.stack((-part[..., 1::2], part[..., 0::2]), -1).flatten(-2)
        return torch.cat((part * self.cos + across * self.sin, rest), -1)


class _Layer(nn.Module):
    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm = nn.LayerNorm(width, bias=False)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.mlp_norm = nn.LayerNorm(width, bias=False)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x: Float[Tensor, "frames width"], near: _Near) -> Float[Tensor, "frames width"]:
        y = self.attention_norm(x)
        query, key, value = (
            project(y).unflatten(-1, (self.num_heads, -1)) for project in (self.query, self.key, self.value)
        )
        attended = functional.scaled_dot_product_attention(
            near.own(near.turn(query)).transpose(1, 2),
            near.neighbours(near.turn(key)).transpose(1, 2),
            near.neighbours(value).transpose(1, 2),
            attn_mask=near.mask,
        )
        x = x + self.out(attended.transpose(1, 2).flatten(2).flatten(0, 1)[: len(x)])
        return x + self.narrow(functional.gelu(self.widen(self.mlp_norm(x))))


def _power(
    samples: Float[Tensor, "num_samples"], hop: int, window: int = _FIRST_KERNEL
) -> Float[Tensor, "frames"]:
    """Mean square in each window."""
    return functional.avg_pool1d(samples.square()[None], window, hop)[0]
