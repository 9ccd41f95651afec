"""The head: posture, slow sway, a new posture at each phrase, beats on accents."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import MOTION_FPS
from msmd.synthesis.performer.accents import Accent
from msmd.synthesis.performer.noise import wander
from msmd.synthesis.performer.phones import SILENCE, TimedPhone
from msmd.synthesis.performer.style import PerformerStyle
from msmd.synthesis.performer.upper_face import bump

SWAY_DEGREES: Final = (1.6, 1.7, 1.0)
"""Deviation of pitch, yaw and roll."""

SWAY_HZ: Final = 0.5
"""Corner of the sway's spectrum."""

POSTURE_DEGREES: Final = (1.6, 2.2, 1.3)
"""Deviation of the posture that a phrase takes."""

POSTURE_SECONDS: Final = 0.7
"""Time to change it."""

BEAT_DEGREES: Final = 2.6
"""Nod at an accent of strength 1."""

_SILENT_SHARE: Final = 0.5
"""Of the sway in silence."""

_LEAST_PAUSE_SECONDS: Final = 0.18


def head_curves(
    style: PerformerStyle,
    phones: Sequence[TimedPhone],
    accents: Sequence[Accent],
    loudness: Float32[np.ndarray, "frames"],
    chance: np.random.Generator,
) -> Float32[np.ndarray, "frames 3"]:
    """Pitch, yaw and roll of every frame, radians.

    Args:
        style: where the head is held, and how lively it is.
        phones: of `fill_silence`.
        accents: of the line.
        loudness: over half a second, 0 to 1: how much is going on.
        chance: decides.
    """
    num_frames = len(loudness)
    times = np.arange(num_frames) / float(MOTION_FPS)
    activity = _SILENT_SHARE + (1 - _SILENT_SHARE) * np.clip(loudness / 0.7, 0, 1)[:, None]
    degrees = activity * np.array(SWAY_DEGREES) * wander(chance, num_frames, 3, SWAY_HZ)
    degrees += _postures(times, phones, chance)
    degrees += _beats(times, accents, chance)
    return np.deg2rad(style.head * degrees + np.array(style.head_degrees)).astype(np.float32)


def _postures(
    times: Float[np.ndarray, "frames"], phones: Sequence[TimedPhone], chance: np.random.Generator
) -> Float[np.ndarray, "frames 3"]:
    """Smooth steps at the beginnings of phrases; each goes half of the way back to the middle."""
    posture = chance.normal(0, POSTURE_DEGREES)
    degrees = np.tile(posture, (len(times), 1))
    for phone in phones:
        if phone.name != SILENCE or phone.end_seconds - phone.start_seconds < _LEAST_PAUSE_SECONDS:
            continue
        new = 0.5 * posture + chance.normal(0, POSTURE_DEGREES) * np.sqrt(0.75)
        begin = phone.end_seconds - POSTURE_SECONDS * chance.uniform(0.3, 0.7)
        share = np.clip((times - begin) / POSTURE_SECONDS, 0, 1)
        degrees += (share * share * share * (10 - 15 * share + 6 * share * share))[:, None] * (new - posture)
        posture = new
    return degrees


def _beats(
    times: Float[np.ndarray, "frames"], accents: Sequence[Accent], chance: np.random.Generator
) -> Float[np.ndarray, "frames 3"]:
    """A nod down at an accent, with a little of the other axes; now and then up instead."""
    degrees = np.zeros((len(times), 3))
    for accent in accents:
        size = BEAT_DEGREES * accent.strength * chance.uniform(0.3, 1.2)
        direction = np.array(
            [1.0 if chance.random() < 0.8 else -0.7, chance.normal(0, 0.35), chance.normal(0, 0.25)]
        )
        rise, fall = chance.uniform(0.2, 0.35), chance.uniform(0.35, 0.6)
        degrees += (size * bump(times, accent.seconds + 0.04, rise, fall))[:, None] * direction
    return degrees
