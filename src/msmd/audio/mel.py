"""Log-mel spectrogram."""

import math
from functools import cache
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from msmd.core.units import SAMPLE_RATE_HZ

HOP_SAMPLES: Final = 160
"""10 ms at 16 kHz: 100 mel frames a second."""

NUM_BANDS: Final = 80

_WINDOW_SAMPLES: Final = 400
_FFT_SAMPLES: Final = 512

NUM_BINS: Final = _FFT_SAMPLES // 2 + 1
"""Of `power_spectrum`, 0 to 8000 Hz."""

_MIN_HZ: Final = 50.0
_MAX_HZ: Final = 7600.0
_FLOOR: Final = 1e-14


def hz_to_mel(hz: float) -> float:
    """The mel scale of O'Shaughnessy: 2595 log10(1 + hz / 700)."""
    return 2595.0 * math.log10(1.0 + hz / 700.0)


def mel_to_hz(mel: float) -> float:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


@cache
def band_centres_hz() -> tuple[float, ...]:
    """Frequency at which each of the `NUM_BANDS` triangular bands peaks."""
    low, high = hz_to_mel(_MIN_HZ), hz_to_mel(_MAX_HZ)
    return tuple(mel_to_hz(low + (high - low) * (i + 1) / (NUM_BANDS + 1)) for i in range(NUM_BANDS))


@cache
def _filters() -> Float[Tensor, "bins bands"]:
    edges = torch.tensor([_MIN_HZ, *band_centres_hz(), _MAX_HZ])
    bins = torch.arange(_FFT_SAMPLES // 2 + 1) * (SAMPLE_RATE_HZ / _FFT_SAMPLES)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rising, falling).clamp(min=0)
    # The lowest bands are narrower than a bin and may hold none: each gets its nearest bin at least.
    nearest = (bins[:, None] - edges[1:-1]).abs().argmin(dim=0)
    bands = torch.arange(NUM_BANDS)
    filters[nearest, bands] = filters[nearest, bands].clamp(min=0.2)
    return filters / filters.sum(dim=0)


@cache
def _window() -> Float[Tensor, "window"]:
    return torch.hann_window(_WINDOW_SAMPLES)


def power_spectrum(samples: Float[Tensor, "*batch num_samples"]) -> Float[Tensor, "*batch mel_frames bins"]:
    """Power in each of `NUM_BINS` bins of 31.25 Hz, 25 ms of sound about the middle of each frame.

    Frame i is centred on the middle of samples [160 i, 160 (i + 1)); what lies outside the sound is
    silence. There are ceil(num_samples / 160) frames.

    Args:
        samples: at 16 kHz.
    """
    count = -(-samples.shape[-1] // HOP_SAMPLES)
    before = (_FFT_SAMPLES - HOP_SAMPLES) // 2
    after = (count - 1) * HOP_SAMPLES + _FFT_SAMPLES - before - samples.shape[-1]
    padded = torch.nn.functional.pad(samples, (before, after))
    frames = padded.unfold(-1, _FFT_SAMPLES, HOP_SAMPLES)
    margin = (_FFT_SAMPLES - _WINDOW_SAMPLES) // 2
    window = torch.nn.functional.pad(_window(), (margin, margin))
    return torch.fft.rfft(frames * window).abs().square() / window.square().sum()


def mel_of_power(power: Float[Tensor, "*batch mel_frames bins"]) -> Float[Tensor, "*batch mel_frames 80"]:
    """Natural logarithm of the mean power in each band. Silence is ln 1e-14 = -32.24."""
    return (power @ _filters()).clamp(min=_FLOOR).log()


def log_mel(samples: Float[Tensor, "*batch num_samples"]) -> Float[Tensor, "*batch mel_frames 80"]:
    """`mel_of_power` of `power_spectrum`; twice the amplitude adds ln 4 everywhere.

    Args:
        samples: at 16 kHz.
    """
    return mel_of_power(power_spectrum(samples))
