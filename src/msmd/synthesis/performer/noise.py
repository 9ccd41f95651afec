"""Slow random curves: what a living face does for no reason."""

import numpy as np
from jaxtyping import Float32

from msmd.core.units import MOTION_FPS

_MARGIN_SECONDS = 8.0
_FALL = 1.2
_LIMIT_HZ = 6.0


def wander(
    chance: np.random.Generator, num_frames: int, dims: int, corner_hz: float
) -> Float32[np.ndarray, "num_frames dims"]:
    """Gaussian curves of deviation 1 whose power falls as (1 + (f / corner)^2)^-1.2, faster beyond 5 Hz.

    So do the head's angles in recordings (`docs/performer.md` compares the spectra).
    """
    fps = float(MOTION_FPS)
    # A filter by FFT is periodic: what is cut away keeps the end from being the beginning.
    padded = num_frames + round(_MARGIN_SECONDS * fps)
    white = chance.standard_normal((padded, dims))
    hz = np.fft.rfftfreq(padded, 1 / fps)[:, None]
    response = (1 + (hz / corner_hz) ** 2) ** (-_FALL / 2) * np.exp(-((hz / _LIMIT_HZ) ** 4))
    curve = np.fft.irfft(np.fft.rfft(white, axis=0) * response, padded, axis=0)[:num_frames]
    power = (np.square(response).sum() * 2 - response[0, 0] ** 2) / padded
    return (curve / np.sqrt(power)).astype(np.float32)
