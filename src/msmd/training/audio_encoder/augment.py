"""Other voices, other rooms, other microphones: changes to power spectra that leave the phones as they are.

They are made before the bands are summed, so that the log-mel spectrogram and the scores of the acoustic
model are those of one and the same altered sound.
"""

import math
from typing import Final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from msmd.audio.mel import NUM_BANDS, NUM_BINS

SPEED: Final = (0.8, 1.25)
THROAT: Final = (0.82, 1.22)
"""Frequencies are multiplied by it, as of a shorter or longer throat."""

_FLOOR: Final = 1e-14
_BIN_HZ: Final = 8000.0 / (NUM_BINS - 1)
_ECHO_FRAMES: Final = 30


def augment(
    power: Float[Tensor, "batch mel_frames bins"],
    labels: Int[Tensor, "batch label_frames"],
    num_labels: int,
    rng: torch.Generator,
) -> tuple[
    Float[Tensor, "batch new_mel_frames bins"],
    Float[Tensor, "batch new_mel_frames bins"],
    Int[Tensor, "batch num_labels"],
]:
    """Each sample of the batch is changed in its own way: speed and throat always, the rest by chance.

    A smooth equalisation and a gain; the reverberation of a room; steady noise of a random colour; the
    babble of others of the batch; the band of a telephone.

    Args:
        power: of `mel.power_spectrum`, at 100 Hz, at least `SPEED[1]` times as long as the result needs.
        labels: at 50 Hz.
        num_labels: length of the result.
        rng: draws everything.

    Returns:
        The changed spectra; the same moments of the spectra as they were; their labels.
    """
    batch = len(power)
    speed = torch.exp(_uniform(batch, rng, *map(math.log, SPEED)))
    throat = torch.exp(_uniform(batch, rng, *map(math.log, THROAT)))
    floored = power.clamp(min=_FLOOR).log()
    plain = _warp(floored, speed, torch.ones(batch), 2 * num_labels).exp()
    log_power = _warp(floored, speed, throat, 2 * num_labels)
    times = ((torch.arange(num_labels) + 0.5) * speed[:, None]).long().clamp(max=labels.shape[1] - 1)
    labels = labels.gather(1, times)
    log_power = log_power + _smooth_curve(batch, rng, 1.5)[:, None]
    gain = torch.exp(_uniform(batch, rng, -3.0, 3.0))
    changed = log_power.exp() * gain[:, None, None]
    changed = _where(_chance(batch, rng, 0.3), _echo(changed, rng), changed)
    level = _level(changed)
    changed = _where(_chance(batch, rng, 0.6), changed + _noise(changed, level, rng), changed)
    babble = changed.roll(1, 0) + changed.roll(2, 0) + changed.roll(5, 0)
    quieter = (level / _level(babble).clamp(min=_FLOOR)) * torch.exp(_uniform(batch, rng, -5.5, -1.4))
    changed = _where(_chance(batch, rng, 0.35), changed + babble * quieter[:, None, None], changed)
    changed = _where(_chance(batch, rng, 0.15), changed * _telephone(batch, rng)[:, None], changed)
    return changed, plain, labels


def mask(
    mel: Float[Tensor, "batch mel_frames 80"], rng: torch.Generator
) -> Float[Tensor, "batch mel_frames 80"]:
    """Two bands of up to 12 and one moment of up to 80 ms are set to the mean (SpecAugment)."""
    batch, frames, _ = mel.shape
    hidden = torch.zeros(mel.shape, dtype=torch.bool)
    for _ in range(2):
        width = torch.randint(0, 13, (batch, 1), generator=rng)
        first = torch.randint(0, NUM_BANDS - 12, (batch, 1), generator=rng)
        band = torch.arange(NUM_BANDS)
        hidden |= ((band >= first) & (band < first + width))[:, None]
    width = torch.randint(0, 9, (batch, 1), generator=rng)
    first = torch.randint(0, max(1, frames - 8), (batch, 1), generator=rng)
    moment = torch.arange(frames)
    hidden |= ((moment >= first) & (moment < first + width))[:, :, None]
    return mel.masked_fill(hidden, 0.0)


def _warp(
    log_power: Float[Tensor, "batch mel_frames bins"],
    speed: Float[Tensor, "batch"],
    throat: Float[Tensor, "batch"],
    count: int,
) -> Float[Tensor, "batch count bins"]:
    """Read the spectrum at other times and frequencies (bilinear, ends held)."""
    bins = torch.arange(NUM_BINS) / throat[:, None]
    frames = (torch.arange(count) + 0.5) * speed[:, None] - 0.5
    x = 2 * (bins + 0.5) / NUM_BINS - 1
    y = 2 * (frames + 0.5) / log_power.shape[1] - 1
    grid = torch.stack(
        (x[:, None].expand(-1, count, -1), y[:, :, None].expand(-1, -1, NUM_BINS)),
        dim=-1,
    )
    return torch.nn.functional.grid_sample(
        log_power[:, None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )[:, 0]


def _echo(
    power: Float[Tensor, "batch frames bins"], rng: torch.Generator
) -> Float[Tensor, "batch frames bins"]:
    """Energy that comes back 10 to 300 ms later, falling by 60 dB in 0.15 to 0.7 s."""
    batch = len(power)
    fall = 13.8 * 0.01 / _uniform(batch, rng, 0.15, 0.7)  # nats a frame
    strength = torch.exp(_uniform(batch, rng, -4.0, -1.4))
    delays = torch.arange(_ECHO_FRAMES)
    tail = strength[:, None] * torch.exp(-fall[:, None] * delays)
    tail[:, 0] = 1.0
    padded = torch.nn.functional.pad(power, (0, 0, _ECHO_FRAMES - 1, 0))
    rows = padded.transpose(1, 2).reshape(1, batch * NUM_BINS, -1)
    kernel = tail.flip(1).repeat_interleave(NUM_BINS, 0)[:, None]
    return torch.nn.functional.conv1d(rows, kernel, groups=batch * NUM_BINS).view(batch, NUM_BINS, -1).mT


def _noise(
    power: Float[Tensor, "batch frames bins"], level: Float[Tensor, "batch"], rng: torch.Generator
) -> Float[Tensor, "batch frames bins"]:
    """Steady noise at 28 dB to 2 dB under the speech; in each bin its power is exponentially distributed."""
    batch = len(power)
    colour = _smooth_curve(batch, rng, 2.0).exp()
    colour = colour / colour.mean(1, keepdim=True)
    size = level * torch.exp(_uniform(batch, rng, -6.4, -0.5))
    draws = -torch.rand(power.shape, generator=rng).clamp(min=1e-6).log()
    return size[:, None, None] * colour[:, None] * draws


def _telephone(batch: int, rng: torch.Generator) -> Float[Tensor, "batch bins"]:
    """300 to 3400 Hz, and what leaks through beside it."""
    hz = torch.arange(NUM_BINS) * _BIN_HZ
    low, high = _uniform(batch, rng, 150.0, 400.0)[:, None], _uniform(batch, rng, 3000.0, 4200.0)[:, None]
    outside = torch.relu(low - hz) / 100 + torch.relu(hz - high) / 300
    return torch.exp(-outside.clamp(max=9.0))


def _level(power: Float[Tensor, "batch frames bins"]) -> Float[Tensor, "batch"]:
    """Mean power of the frames within 30 dB of the loudest."""
    loudness = power.mean(2)
    speech = loudness > loudness.amax(1, keepdim=True) * 1e-3
    return (loudness * speech).sum(1) / speech.sum(1).clamp(min=1)


def _smooth_curve(batch: int, rng: torch.Generator, size: float) -> Float[Tensor, "batch bins"]:
    """Nats for each bin: straight lines between five knots, which are closer together at low frequencies."""
    knots = size * torch.randn(batch, 1, 5, generator=rng)
    place = torch.linspace(0, 1, NUM_BINS).sqrt()
    fine = torch.nn.functional.interpolate(knots, NUM_BINS, mode="linear", align_corners=True)[:, 0]
    return fine[:, (place * (NUM_BINS - 1)).round().long()]


def _where(chosen: Bool[Tensor, "batch"], changed: Tensor, kept: Tensor) -> Tensor:
    return torch.where(chosen[:, None, None], changed, kept)


def _chance(batch: int, rng: torch.Generator, probability: float) -> Bool[Tensor, "batch"]:
    return torch.rand(batch, generator=rng) < probability


def _uniform(batch: int, rng: torch.Generator, low: float, high: float) -> Float[Tensor, "batch"]:
    return low + (high - low) * torch.rand(batch, generator=rng)
