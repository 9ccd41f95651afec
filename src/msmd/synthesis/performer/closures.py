"""What the lips must do whatever surrounds it: close for p, b, m; rest in pauses; tuck in for f, v.

Means of overlapping targets undershoot in quick speech; a face whose lips miss a p is seen to be wrong at
once. So here the mouth is held: a window that is 1 while it must be so, with a soft slope on either side.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.synthesis.performer.phones import BILABIALS, LABIODENTALS, SILENCE, TimedPhone

LEAST_HOLD_SECONDS: Final = 0.048
"""A closure lasts at least this long: more than a frame, so that one frame always shows it."""

CLOSE_SECONDS: Final = 0.05
PART_SECONDS: Final = 0.05
"""Slopes of a closure, before and after its hold."""

AHEAD_SECONDS: Final = 0.02
"""Lips are closed this long before the sound of a bilabial begins, and part at its middle (GRID)."""

REST_AFTER_SECONDS: Final = 0.02
"""Lips come to rest this long after the last sound of a phrase."""

REST_BEFORE_SECONDS: Final = 0.15
"""They begin to part this long before the next; on GRID 0.28, but then a short pause would hold no rest."""

REST_SLOPE_SECONDS: Final = 0.12
LEAST_REST_SECONDS: Final = 0.03


def closing(
    phones: Sequence[TimedPhone], times_seconds: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames"]:
    """How far the opening is taken away, 0 to 1: all of it at bilabials and in pauses."""
    held = np.zeros(len(times_seconds))
    for index, phone in enumerate(phones):
        if phone.name in BILABIALS:
            begin = phone.start_seconds - AHEAD_SECONDS
            end = max(phone.middle_seconds, begin + LEAST_HOLD_SECONDS)
            window = _window(times_seconds, begin, end, CLOSE_SECONDS, PART_SECONDS)
            held = np.maximum(held, window)
        elif phone.name == SILENCE:
            begin = phone.start_seconds + (REST_AFTER_SECONDS if index else -1.0)
            end = phone.end_seconds - REST_BEFORE_SECONDS + (1.0 if index == len(phones) - 1 else 0.0)
            if end - begin >= LEAST_REST_SECONDS:
                held = np.maximum(
                    held, _window(times_seconds, begin, end, REST_SLOPE_SECONDS, REST_SLOPE_SECONDS)
                )
    return held


def tucking(
    phones: Sequence[TimedPhone], times_seconds: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames"]:
    """How far the lower lip is drawn under the upper teeth, 0 to 1."""
    held = np.zeros(len(times_seconds))
    for phone in phones:
        if phone.name in LABIODENTALS:
            hold = max(0.6 * (phone.end_seconds - phone.start_seconds), LEAST_HOLD_SECONDS)
            middle = phone.middle_seconds - 0.01
            window = _window(times_seconds, middle - hold / 2, middle + hold / 2, CLOSE_SECONDS, PART_SECONDS)
            held = np.maximum(held, window)
    return held


def _window(
    times: Float[np.ndarray, "frames"], begin: float, end: float, before: float, after: float
) -> Float[np.ndarray, "frames"]:
    """1 from `begin` to `end`, half a cosine to 0 on either side."""
    outside = np.maximum((begin - times) / before, (times - end) / after)
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(outside, 0, 1))
