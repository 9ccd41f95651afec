"""The same words by another voice: pitch and throat, tempo. What was said when stays known."""

from typing import Final

import numpy as np
import soxr
from jaxtyping import Float32

from msmd.core.units import SAMPLE_RATE_HZ

_HOP_SAMPLES: Final = SAMPLE_RATE_HZ * 15 // 1000
_WINDOW_SAMPLES: Final = 2 * _HOP_SAMPLES
_SEARCH_SAMPLES: Final = SAMPLE_RATE_HZ * 6 // 1000
"""Half of a deep voice's period, so that waves can always be laid upon each other; and no more, for it is
by so much that a moment may be off."""


def change_voice(
    samples: Float32[np.ndarray, "num_samples"], semitones: float, speed: float
) -> Float32[np.ndarray, "new_samples"]:
    """Pitch and formants together, as of a longer or shorter throat; and tempo.

    What was at second t is at t / speed, within 6 ms; the result has round(num_samples / speed) samples.

    Args:
        samples: at 16 kHz.
        semitones: that the spectrum is raised by.
        speed: that it is spoken at; 1.25 takes four fifths of the time.
    """
    if not len(samples):
        return samples
    ratio = 2 ** (semitones / 12)
    wanted = round(len(samples) / speed)
    stretched = _change_tempo(samples, speed / ratio)
    changed = soxr.resample(stretched, SAMPLE_RATE_HZ * ratio, SAMPLE_RATE_HZ) if semitones else stretched
    changed = changed[:wanted].astype(np.float32)
    return np.pad(changed, (0, wanted - len(changed)))


def _change_tempo(
    samples: Float32[np.ndarray, "num_samples"], tempo: float
) -> Float32[np.ndarray, "new_samples"]:
    """WSOLA (Verhelst and Roelands 1993): windows are taken where they belong, moved by a few milliseconds
    at most so that each goes on as the one before it would have.
    """
    if tempo == 1.0:
        return samples
    count = round(len(samples) / tempo)
    half, search = _WINDOW_SAMPLES // 2, _SEARCH_SAMPLES
    padded = np.pad(samples, (half + search, 2 * _WINDOW_SAMPLES + search))
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW_SAMPLES) / _WINDOW_SAMPLES)).astype(np.float32)
    frames = count // _HOP_SAMPLES + 2
    out = np.zeros(frames * _HOP_SAMPLES + _WINDOW_SAMPLES, np.float32)
    taken = search
    for frame in range(frames):
        place = min(round(frame * _HOP_SAMPLES * tempo), len(samples)) + search
        if frame:
            natural = padded[taken + _HOP_SAMPLES : taken + _HOP_SAMPLES + _WINDOW_SAMPLES]
            place += _best_shift(padded[place - search : place + search + _WINDOW_SAMPLES], natural)
        taken = place
        start = frame * _HOP_SAMPLES
        out[start : start + _WINDOW_SAMPLES] += window * padded[taken : taken + _WINDOW_SAMPLES]
    return out[half : half + count]


def _best_shift(region: Float32[np.ndarray, "_"], wanted: Float32[np.ndarray, "_"]) -> int:
    """Where in the region the wanted wave is found best; 0 is its middle."""
    likeness = np.correlate(region, wanted, "valid")
    energy = np.convolve(np.square(region), np.ones(len(wanted), np.float32), "valid")
    if len(wanted) == 0 or energy.max() < 1e-8:
        return 0
    return int((likeness / np.sqrt(energy + 1e-8)).argmax()) - _SEARCH_SAMPLES
