"""Other voices, other rooms, other microphones: changes to spectrograms that leave the phones as they are."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from msmd.audio.mel import NUM_BANDS, band_centres_hz

_SCALE = 3.0  # of normalize_mel: nats in a unit
_LOWEST = -11.5 / _SCALE + 1.0


def augment(
    mel: Float[Tensor, "batch mel_frames 80"],
    labels: Int[Tensor, "batch label_frames"],
    num_labels: int,
    rng: torch.Generator,
) -> tuple[Float[Tensor, "batch new_mel_frames 80"], Int[Tensor, "batch num_labels"]]:
    """Each sample of the batch is changed in its own way.

    Speed 0.83 to 1.25; frequencies times 0.85 to 1.2, as of a longer or shorter throat; a random smooth
    equalisation and a gain; steady noise of a random colour; masked bands and moments (SpecAugment).

    Args:
        mel: normalised, at 100 Hz, at least 1.25 times as long as the result needs.
        labels: at 50 Hz.
        num_labels: length of the result.
        rng: draws everything.
    """
    batch = len(mel)
    speed = torch.exp(_uniform(batch, rng, math.log(0.83), math.log(1.25)))
    warp = torch.exp(_uniform(batch, rng, math.log(0.85), math.log(1.2)))
    mel = _warp(mel, speed, warp, 2 * num_labels)
    times = ((torch.arange(num_labels) + 0.5) * speed[:, None]).long().clamp(max=labels.shape[1] - 1)
    labels = labels.gather(1, times)
    mel = mel + _smooth_curve(batch, rng, 0.5)[:, None] + _uniform(batch, rng, -0.5, 0.5)[:, None, None]
    mel = _add_noise(mel.clamp(min=_LOWEST), rng)
    return _mask(mel, rng), labels


def _warp(
    mel: Float[Tensor, "batch mel_frames 80"],
    speed: Float[Tensor, "batch"],
    warp: Float[Tensor, "batch"],
    count: int,
) -> Float[Tensor, "batch count 80"]:
    """Read the spectrogram at other times and frequencies (bilinear, ends held)."""
    centres = torch.tensor(band_centres_hz())
    wanted = centres / warp[:, None]
    right = torch.searchsorted(centres, wanted.contiguous()).clamp(1, NUM_BANDS - 1)
    left_hz, right_hz = centres[right - 1], centres[right]
    band = right - 1 + ((wanted - left_hz) / (right_hz - left_hz)).clamp(0, 1)
    frame = (torch.arange(count) + 0.5) * speed[:, None] - 0.5
    x = 2 * (band + 0.5) / NUM_BANDS - 1
    y = 2 * (frame + 0.5) / mel.shape[1] - 1
    grid = torch.stack(
        (
            x[:, None].expand(-1, count, -1),
            y[:, :, None].expand(-1, -1, NUM_BANDS),
        ),
        dim=-1,
    )
    return torch.nn.functional.grid_sample(
        mel[:, None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )[:, 0]


def _add_noise(
    mel: Float[Tensor, "batch mel_frames 80"], rng: torch.Generator
) -> Float[Tensor, "batch mel_frames 80"]:
    """Powers add up: what is quieter than the noise drowns in it. Half of the batch stays clean."""
    batch, frames, _ = mel.shape
    level = _uniform(batch, rng, -2.6, 0.2)  # in units of 3 nats against the speech's own level at 1
    level[torch.rand(batch, generator=rng) < 0.4] = _LOWEST - 2
    colour = level[:, None] + _smooth_curve(batch, rng, 0.7)
    flicker = 0.25 * torch.randn(batch, frames, NUM_BANDS, generator=rng)
    return torch.logaddexp(_SCALE * mel, _SCALE * (colour[:, None] + flicker)) / _SCALE


def _smooth_curve(batch: int, rng: torch.Generator, size: float) -> Float[Tensor, "batch 80"]:
    knots = size * torch.randn(batch, 1, 5, generator=rng)
    return torch.nn.functional.interpolate(knots, NUM_BANDS, mode="linear", align_corners=True)[:, 0]


def _mask(
    mel: Float[Tensor, "batch mel_frames 80"], rng: torch.Generator
) -> Float[Tensor, "batch mel_frames 80"]:
    """Two bands of up to 12 and one moment of up to 80 ms are set to the mean."""
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


def _uniform(batch: int, rng: torch.Generator, low: float, high: float) -> Float[Tensor, "batch"]:
    return low + (high - low) * torch.rand(batch, generator=rng)
