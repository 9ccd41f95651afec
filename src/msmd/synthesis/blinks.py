"""Blinks that the model begins are finished.

Nothing in the sound tells when the lids close, so a prediction of the mean, in few sampling steps, lowers
them by a part and for a frame. When and how often is the model's, and with it the style's; what a blink is,
is the same for all people: quickly down, slowly up.
"""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES, MOTION_FPS, NUM_ARKIT
from msmd.face.blinks import find_blinks, lid_measure
from msmd.face.readers.arkit_motion import code_of_arkit

LEAST: Final = 0.3
"""Share of the way from open to shut, on both sides, that makes a dip of the lids a blink."""

CLOSING_SECONDS: Final = 0.1
SHUT_SECONDS: Final = 0.02
OPENING_SECONDS: Final = 0.22
"""Opening takes twice as long as closing (Evinger et al. 1991)."""

_AROUND_FRAMES: Final = 20


def finish_blinks(code: Float32[np.ndarray, "frames 64"]) -> Float32[np.ndarray, "frames 64"]:
    """Expression codes at 25 fps in which every blink shuts the eyes and lasts its time.

    Between blinks the lids rest at the lower quartile of what they do around: a prediction of the mean
    spreads blinks over the time in which there might be one, and so lowers the lids and lets them tremble.
    """
    measure, blink = _blink()
    closure = (code @ measure).astype(np.float64)
    seconds = np.arange(len(code)) / float(MOTION_FPS)
    resting = np.minimum(closure, _running_quartile(closure))
    course = np.zeros(len(code))
    for top in find_blinks(closure, seconds, LEAST):
        course = np.maximum(course, _course(seconds - seconds[top]))
    change = resting + np.maximum(1 - resting, 0) * course - closure
    return code + (change[:, None] * blink).astype(np.float32)


def _running_quartile(values: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    padded = np.pad(values, _AROUND_FRAMES, mode="reflect" if len(values) > _AROUND_FRAMES else "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AROUND_FRAMES + 1)
    return np.quantile(around, 0.25, axis=1)


def _course(seconds: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    """0 open to 1 shut, against the moment at which the lids are down."""
    down = np.clip(1 + seconds / CLOSING_SECONDS, 0, 1)
    up = np.clip((seconds - SHUT_SECONDS) / OPENING_SECONDS, 0, 1)
    return 0.25 * (1 - np.cos(np.pi * down)) * (1 + np.cos(np.pi * up))


@cache
def _blink() -> tuple[Float32[np.ndarray, "64"], Float32[np.ndarray, "64"]]:
    """What takes a code to closure, 0 at the neutral face and 1 shut; and the code that shuts the eyes."""
    weights = np.zeros((1, NUM_ARKIT), np.float32)
    weights[0, [ARKIT_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]] = 1
    blink = code_of_arkit(weights)[0]
    measure = lid_measure()
    return (measure / (measure @ blink)).astype(np.float32), blink
