"""Do the lips belong to the sound? Measures of mouth opening against truth, loudness, phones and silence.

Mouth opening is `metrics.mouth_opening`: (frames,) mm at 25 fps. A positive lag means that the face
comes after what it is compared with.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from msmd.core.lagged import LaggedCorrelation as LaggedCorrelation
from msmd.core.lagged import correlate as correlate
from msmd.core.units import MOTION_FPS, SAMPLES_PER_FRAME

CLOSED_FRACTION: Final = 0.15
"""Lips count as closed under this fraction of the clip's 95th-percentile opening."""

CLOSURE_TOLERANCE_FRAMES: Final = 2
"""A closure may come this many frames early or late."""

RESTING_FRACTION: Final = 0.10
"""In silence the mouth should be open less than this fraction of the 95th percentile."""

SILENCE_DEPTH_DB: Final = 30.0
"""A frame is silent when it is this far under the clip's 95th-percentile level ..."""

NOISE_MARGIN_DB: Final = 6.0
"""... or, in a noisy room, this near to the clip's 5th-percentile level ..."""

SILENCE_MIN_DEPTH_DB: Final = 20.0
"""... and in any case this far under the 95th percentile."""

SILENCE_MIN_SECONDS: Final = 0.3
"""Shorter pauses belong to speech: stops, breaths between words."""

SILENCE_MARGIN_FRAMES: Final = 3
"""At either end of a pause the mouth may still be closing or already opening (120 ms)."""

Signal = Float[np.ndarray, "frames"]


def level_db(samples: Float[np.ndarray, "num_samples"], num_frames: int) -> Float[np.ndarray, "num_frames"]:
    """Level of each 40 ms motion frame of 16 kHz sound, dB of full scale, never under -100."""
    padded = np.zeros(num_frames * SAMPLES_PER_FRAME, np.float64)
    count = min(len(samples), len(padded))
    padded[:count] = samples[:count]
    power = np.square(padded).reshape(num_frames, SAMPLES_PER_FRAME).mean(axis=1)
    return 10 * np.log10(power + 1e-10)


def find_silence(
    level: Float[np.ndarray, "frames"], min_seconds: float = SILENCE_MIN_SECONDS, margin_frames: int = 0
) -> Bool[np.ndarray, "frames"]:
    """Frames inside pauses of at least `min_seconds`, less `margin_frames` at each end touching speech."""
    floor, loud = (float(value) for value in np.percentile(level, [5, 95]))
    limit = max(loud - SILENCE_DEPTH_DB, floor + NOISE_MARGIN_DB)
    quiet = level < min(limit, loud - SILENCE_MIN_DEPTH_DB)
    silence = np.zeros(len(level), bool)
    min_frames = round(min_seconds * float(MOTION_FPS))
    for start, end in _runs(quiet):
        if end - start < min_frames:
            continue
        first = start + margin_frames if start > 0 else start
        last = end - margin_frames if end < len(level) else end
        silence[first:last] = True
    return silence


def _runs(mask: Bool[np.ndarray, "frames"]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def full_opening(opening: Signal, rest: float = 0.0) -> float:
    """The clip's 95th-percentile opening above `rest`, mm."""
    return float(np.percentile(opening, 95)) - rest


def closed_at(opening: Signal, times_seconds: list[float], rest: float = 0.0) -> list[bool]:
    """Whether the lips close within two frames of each time.

    Closed means: opened less than 15 % of the clip's 95th-percentile opening. A mouth that never opens
    more than 0.5 mm closes nothing: it does not speak, and counts as failing.

    Args:
        opening: mm.
        times_seconds: of the middle of each bilabial sound.
        rest: opening of the neutral face, mm; both sides are measured from it.
    """
    full = full_opening(opening, rest)
    if full < 0.5:
        return [False] * len(times_seconds)
    results = []
    for time in times_seconds:
        frame = round(time * float(MOTION_FPS))
        window = opening[max(0, frame - CLOSURE_TOLERANCE_FRAMES) : frame + CLOSURE_TOLERANCE_FRAMES + 1]
        results.append(bool(len(window) and window.min() - rest < CLOSED_FRACTION * full))
    return results


def resting_rate(opening: Signal, silence: Bool[np.ndarray, "frames"], rest: float = 0.0) -> float:
    """Fraction of silent frames in which the mouth is open under 10 % of the 95th percentile.

    NaN without silence; 1 for a mouth that never opens.
    """
    if not silence.any():
        return float("nan")
    full = full_opening(opening, rest)
    if full < 0.5:
        return 1.0
    return float(np.mean(opening[silence] - rest < RESTING_FRACTION * full))
