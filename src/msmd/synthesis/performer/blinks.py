"""When and how the lids close: quickly down, slowly up, and rather where the speaker pauses."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import MOTION_FPS
from msmd.synthesis.performer.phones import SILENCE, TimedPhone

CLOSING_SECONDS: Final = (0.07, 0.10)
SHUT_SECONDS: Final = (0.01, 0.05)
OPENING_SECONDS: Final = (0.15, 0.26)
"""Ranges of the three parts of a blink; opening takes twice as long as closing (Evinger et al. 1991)."""

REACH_SECONDS: Final = 0.8
"""A blink that is due this near to the end of a phrase waits for it, or comes before its time."""

AT_PHRASE_END: Final = 0.65
"""Chance that it does so."""

_IRREGULARITY: Final = 0.55
"""Deviation of the logarithm of the time between blinks."""

_LEAST_GAP_SECONDS: Final = 0.6
_DOUBLE: Final = 0.07
_LEAST_PAUSE_SECONDS: Final = 0.12


def draw_blinks(
    chance: np.random.Generator, phones: Sequence[TimedPhone], duration_seconds: float, per_minute: float
) -> Float32[np.ndarray, "frames"]:
    """Lid closure, 0 open to 1 shut, of every motion frame.

    Times between blinks are log-normal; a blink that is due near the end of a phrase is likely to fall there.

    Args:
        chance: decides.
        phones: of `fill_silence`.
        duration_seconds: of the line.
        per_minute: mean rate; 0 is a stare.
    """
    fps = float(MOTION_FPS)
    times = np.arange(int(np.ceil(duration_seconds * fps - 1e-9))) / fps
    closure = np.zeros(len(times), np.float32)
    if per_minute <= 0:
        return closure
    ends = np.array(
        [
            one.start_seconds
            for one in phones
            if one.name == SILENCE and one.start_seconds > 0
            if one.end_seconds - one.start_seconds >= _LEAST_PAUSE_SECONDS
        ]
    )
    mean_gap = 60 / per_minute
    due, last = mean_gap * chance.uniform(0, 1), -np.inf
    while due < duration_seconds:
        start = due
        if len(ends) and chance.random() < AT_PHRASE_END:
            nearest = float(ends[np.abs(ends - due).argmin()]) + float(chance.uniform(-0.05, 0.2))
            start = nearest if abs(nearest - due) < REACH_SECONDS else due
        if start - last >= _LEAST_GAP_SECONDS:
            closure = np.maximum(closure, _blink(times, start, chance))
            last = start
            if chance.random() < _DOUBLE:
                closure = np.maximum(closure, _blink(times, start + float(chance.uniform(0.4, 0.6)), chance))
        gap = np.exp(chance.normal(-(_IRREGULARITY**2) / 2, _IRREGULARITY))
        due += max(mean_gap * gap, _LEAST_GAP_SECONDS)
    return closure


def _blink(
    times: Float[np.ndarray, "frames"], start: float, chance: np.random.Generator
) -> Float32[np.ndarray, "frames"]:
    """One blink: half a cosine down, shut, half a cosine up."""
    closing, shut, opening = (
        chance.uniform(*span) for span in (CLOSING_SECONDS, SHUT_SECONDS, OPENING_SECONDS)
    )
    down = np.clip((times - start) / closing, 0, 1)
    up = np.clip((times - start - closing - shut) / opening, 0, 1)
    depth = chance.uniform(0.88, 1.0)
    return (depth * 0.25 * (1 - np.cos(np.pi * down)) * (1 + np.cos(np.pi * up))).astype(np.float32)
