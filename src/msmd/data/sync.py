"""Does the face move with the sound, and if not, by how much is it early or late?

The sound is turned into the opening of a mouth that would say it (`audio.heard_opening`); the lag at
which this goes best with the opening that was seen is the offset. A positive lag means that the face
comes after the sound. Natural speech reads -1 to +1 frames.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.audio.heard_opening import heard_opening
from msmd.core.lagged import correlations_by_lag
from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME

MAX_LAG_FRAMES: Final = 15
"""600 ms either way."""

SURE: Final = 0.7
"""From here an estimate is to be acted on: of those on recordings of known lag, 92 % were right within two
frames; of pairs of a face and another's sound, 1.0 % got here (docs/timing_and_quality.md)."""

_HALF_WINDOW_FRAMES: Final = 6
"""Changes slower than this (a quarter of a second) say more of mood and loudness than of phones."""

SURE_WEIGHTS: Final = (-4.41, 1.01)
"""Log odds of being right within two frames, from correlation * sqrt(frames); what they are worth is measured
by `tools/fit_heard_opening.py`."""

_MIN_FRAMES: Final = 25


@dataclass(frozen=True)
class Sync:
    """How a face lies in time against its sound.

    Attributes:
        lag_frames: of 40 ms, whole; positive: the face comes after the sound.
        lag_seconds: the same between frames, by a parabola through the peak.
        correlation: of the two openings at that lag, slow changes taken out.
        sure: how sure it is that the lag is right within two frames, 0 to 1; from `SURE` on nine in ten
            are (measured; on the safe side below). 0: nothing can be said, and the lag is 0.
    """

    lag_frames: int
    lag_seconds: float
    correlation: float
    sure: float

    @property
    def is_sure(self) -> bool:
        """Whether the lag is to be acted on."""
        return self.sure >= SURE

    def describe(self) -> str:
        """A line for people."""
        if not self.is_sure:
            return f"timing: mouth and sound do not agree clearly at any offset (r = {self.correlation:.2f})"
        if abs(self.lag_frames) <= 1:
            return f"timing: in sync (r = {self.correlation:.2f})"
        side = "after" if self.lag_frames > 0 else "before"
        return (
            f"timing: the face comes {abs(self.lag_seconds) * 1000:.0f} ms {side} its sound "
            f"({self.lag_frames:+d} frames, r = {self.correlation:.2f}, sure {self.sure:.2f})"
        )


NOTHING_KNOWN: Final = Sync(0, 0.0, 0.0, 0.0)
"""Of a still mouth, silence, or less than a second."""


def estimate_sync(
    opening: Float[np.ndarray, "frames"],
    samples: Float[np.ndarray, "num_samples"],
    max_lag_frames: int = MAX_LAG_FRAMES,
) -> Sync:
    """How much later than its sound a face moves.

    Args:
        opening: of the lips, mm, at 25 fps; frame 0 is at the first sample. NaN is bridged.
        samples: 16 kHz.
        max_lag_frames: greatest lag that is tried, either way.

    Raises:
        ValueError: the opening has no finite value.
    """
    count = min(len(opening), -(-len(samples) // SAMPLES_PER_FRAME))
    if count < _MIN_FRAMES:
        return NOTHING_KNOWN
    seen = without_slow_changes(np.sqrt(np.maximum(_bridged(opening), 0))[:count])
    heard = without_slow_changes(
        heard_opening(samples[: count * SAMPLES_PER_FRAME].astype(np.float32))[:count]
    )
    return _peak(seen, heard, max_lag_frames)


def shift_sound(samples: Float[np.ndarray, "num_samples"], lag_seconds: float) -> Float[np.ndarray, "_"]:
    """The sound moved so that a face which comes `lag_seconds` after it is in time: so much later."""
    shift = round(lag_seconds * SAMPLE_RATE_HZ)
    if shift >= 0:
        return np.concatenate([np.zeros(shift, samples.dtype), samples])
    return samples[-shift:]


def _peak(seen: Float[np.ndarray, "frames"], heard: Float[np.ndarray, "frames"], limit: int) -> Sync:
    frames = len(seen)
    # Weighted by the frames that overlap: few frames correlate highly by chance.
    by_lag = {
        lag: value * (frames - abs(lag)) / frames
        for lag, value in correlations_by_lag(seen, heard, limit).items()
        if np.isfinite(value)
    }
    if not by_lag:
        return NOTHING_KNOWN
    lag = max(by_lag, key=lambda lag: (by_lag[lag], -abs(lag)))
    correlation = by_lag[lag]
    odds = SURE_WEIGHTS[0] + SURE_WEIGHTS[1] * correlation * np.sqrt(frames)
    exact = lag + _vertex(by_lag.get(lag - 1), correlation, by_lag.get(lag + 1))
    return Sync(lag, exact / float(MOTION_FPS), correlation, float(1 / (1 + np.exp(-odds))))


def _vertex(before: float | None, at: float, after: float | None) -> float:
    """Where between -0.5 and 0.5 the parabola through three neighbours has its top."""
    if before is None or after is None or (bend := before - 2 * at + after) >= 0:
        return 0.0
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))


def without_slow_changes(signal: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    """Less its own mean under a Hann window."""
    window = np.hanning(2 * _HALF_WINDOW_FRAMES + 3)[1:-1]
    padded = np.pad(signal.astype(np.float64), _HALF_WINDOW_FRAMES, mode="reflect")
    return signal - np.convolve(padded, window / window.sum(), mode="valid")


def _bridged(opening: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    known = np.isfinite(opening)
    if not known.any():
        raise ValueError("the opening is not known in a single frame")
    frames = np.arange(len(opening))
    return np.interp(frames, frames[known], opening[known].astype(np.float64))
