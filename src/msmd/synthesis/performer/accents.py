"""Where the voice puts weight: the moments that brows and head mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import MOTION_FPS
from msmd.synthesis.performer.phones import VOWELS, TimedPhone

LEAST_GAP_SECONDS: Final = 0.35
"""Of two accents nearer than this the weaker is dropped."""

_PITCH_WEIGHT: Final = 0.6
_THRESHOLD: Final = 0.3
"""Prominence that a vowel needs, in deviations over the vowels of the line."""


@dataclass(frozen=True)
class Accent:
    """A vowel that stands out.

    Attributes:
        seconds: its middle.
        strength: 0 to 1.
        rise: octaves that the pitch lies above the line's median; negative below.
    """

    seconds: float
    strength: float
    rise: float


def find_accents(phones: Sequence[TimedPhone], prosody: Float32[np.ndarray, "frames 8"]) -> list[Accent]:
    """The vowels that are higher and louder than the others of their line.

    Prominence is 0.6 of pitch and 0.4 of loudness, each in deviations over the line's vowels, and a little
    more where the word's stress is known to be; local peaks of it are accents.

    Args:
        phones: of `fill_silence`.
        prosody: of `audio.prosody.prosody`.
    """
    vowels = [phone for phone in phones if phone.name in VOWELS]
    if len(vowels) < 2 or not len(prosody):
        return []
    loudness = np.array([mean_over(prosody[:, :2].mean(axis=1), phone) for phone in vowels])
    pitch = np.array([mean_over(prosody[:, 7], phone) for phone in vowels])
    stress = np.array([0.3 if phone.stressed else 0.0 for phone in vowels])
    prominence = _PITCH_WEIGHT * _deviations(pitch) + (1 - _PITCH_WEIGHT) * _deviations(loudness) + stress
    accents: list[Accent] = []
    for index in np.argsort(-prominence, kind="stable"):
        seconds = vowels[index].middle_seconds
        if prominence[index] < _THRESHOLD:
            break
        if all(abs(seconds - one.seconds) >= LEAST_GAP_SECONDS for one in accents):
            strength = float(np.clip(0.35 + 0.4 * prominence[index], 0, 1))
            accents.append(Accent(seconds, strength, float(pitch[index]) / 2))
    return sorted(accents, key=lambda one: one.seconds)


def mean_over(values: Float[np.ndarray, "frames"], phone: TimedPhone) -> float:
    """Mean of a per-frame signal while a phone lasts, at least of one frame."""
    fps = float(MOTION_FPS)
    first = min(int(phone.start_seconds * fps), len(values) - 1)
    end = max(first + 1, round(phone.end_seconds * fps))
    return float(values[first:end].mean())


def _deviations(values: Float[np.ndarray, "vowels"]) -> Float[np.ndarray, "vowels"]:
    return (values - values.mean()) / max(float(values.std()), 1e-3)
