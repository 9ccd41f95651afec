"""Irregular, jittery, gappy samples -> an even frame rate, in one step."""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

HALF_WIDTH_SECONDS: Final = 0.092
"""Reach of the fit around each new frame.

At 25 fps it keeps 96 % of motion at 4 Hz, where lips are, 83 % at 6 Hz, and a quarter of what
alternates from frame to frame, which is noise.
"""

USUAL_NOISE_MM: Final = 0.1
"""Up to this noise of a landmark the reach is `HALF_WIDTH_SECONDS`: sharp recordings have 0.05 ..."""

_MOST_HALF_WIDTH_SECONDS: Final = 0.14
"""... and soft, small or shaky ones 0.15 to 0.4. There the reach grows, to no more than this."""

_LEAST_FRAMES_REACHED: Final = 2.3
"""At low frame rates the reach grows to this many frames, or there would be nothing to fit."""


def smooth_to_rate(
    values: Float[np.ndarray, "frames *dims"],
    times_seconds: Float64[np.ndarray, "frames"],
    new_times_seconds: Float64[np.ndarray, "new_frames"],
    half_width_seconds: float = HALF_WIDTH_SECONDS,
) -> Float32[np.ndarray, "new_frames *dims"]:
    """Local quadratic regression with tricube weights (Cleveland 1979), evaluated at new times.

    On even frames this is a Savitzky-Golay filter with a tapered window; it needs no even frames,
    passes parabolas unchanged, and samples at the new rate at once. Beyond the first and the last
    frame the nearest value is held.

    Args:
        values: without gaps (see `fill_gaps`).
        times_seconds: increasing.
        new_times_seconds: increasing.
        half_width_seconds: reach of the fit; `half_width_for` says which for a noise.
    """
    flat = values.reshape(len(values), -1).astype(np.float64)
    if len(values) < 3:
        nearest = np.abs(new_times_seconds[:, None] - times_seconds).argmin(axis=1)
        return values[nearest].astype(np.float32)
    wanted = np.clip(new_times_seconds, times_seconds[0], times_seconds[-1])
    reach = max(half_width_seconds, _LEAST_FRAMES_REACHED * float(np.median(np.diff(times_seconds))))
    out = np.empty((len(wanted), flat.shape[1]), np.float32)
    for i, now in enumerate(wanted):
        out[i] = _fit_at(flat, times_seconds, now, reach)
    return out.reshape(len(wanted), *values.shape[1:])


def measure_noise(values: Float[np.ndarray, "frames *dims"]) -> float:
    """Standard deviation of what changes from frame to frame without reason, in the unit of the values.

    Third differences of white noise have 20 times its variance, and those of motion are small; the
    quietest quarter of the frames counts. 0 with fewer than four frames.

    Args:
        values: of parts that speech does not move, such as the brows; NaN where nothing was found.
    """
    third = np.diff(values.reshape(len(values), -1).astype(np.float64), n=3, axis=0)
    third = third[np.isfinite(third).all(axis=1)]
    if not len(third):
        return 0.0
    energy = np.square(third).mean(axis=1)
    quiet = energy[energy <= np.quantile(energy, 0.25)]
    return float(np.sqrt(quiet.mean() / 20))


def half_width_for(noise_mm: float) -> float:
    """Reach of the fit, seconds: the optimal smoother's grows with the square root of the noise."""
    grown = HALF_WIDTH_SECONDS * np.sqrt(max(noise_mm / USUAL_NOISE_MM, 1.0))
    return float(min(grown, _MOST_HALF_WIDTH_SECONDS))


def _fit_at(
    flat: Float64[np.ndarray, "frames dims"],
    times_seconds: Float64[np.ndarray, "frames"],
    now: float,
    reach: float,
) -> Float64[np.ndarray, "dims"]:
    while True:
        first, end = np.searchsorted(times_seconds, [now - reach, now + reach])
        if end - first >= 3:
            break
        reach *= 1.5  # a hole in a variable frame rate
    offset = (times_seconds[first:end] - now) / reach
    weight = (1 - np.minimum(np.abs(offset), 0.999) ** 3) ** 1.5  # the square root of tricube
    design = np.stack([np.ones_like(offset), offset, offset**2], axis=1) * weight[:, None]
    value_at_now = np.linalg.pinv(design)[0] * weight
    return value_at_now @ flat[first:end]


def fill_gaps(
    values: Float[np.ndarray, "frames *dims"],
    times_seconds: Float64[np.ndarray, "frames"],
    found: Bool[np.ndarray, "frames"],
) -> Float[np.ndarray, "frames *dims"]:
    """Straight lines across frames that were not found; the ends are held.

    Args:
        values: anything where not `found`.
        times_seconds: of the frames.
        found: at least one.
    """
    if found.all():
        return values
    flat = values.reshape(len(values), -1)
    known = np.flatnonzero(found)
    right = np.clip(np.searchsorted(known, np.arange(len(values))), 0, len(known) - 1)
    left = np.maximum(right - 1, 0)
    start, stop = times_seconds[known[left]], times_seconds[known[right]]
    share = np.clip((times_seconds - start) / np.maximum(stop - start, 1e-9), 0, 1)[:, None]
    filled = flat[known[left]] * (1 - share) + flat[known[right]] * share
    return np.where(found[:, None], flat, filled).astype(values.dtype).reshape(values.shape)
