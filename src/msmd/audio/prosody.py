"""Loudness and melody of speech, which the upper face and the head follow."""

from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.units import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME

NUM_PROSODY: Final = 8
"""Columns of `prosody`."""

_MIN_HZ: Final = 60.0
_MAX_HZ: Final = 500.0
_WINDOW_SAMPLES: Final = 1024
_FFT_SAMPLES: Final = 2048
_RANGE_DB: Final = 50.0
_QUIETEST_TOP_DB: Final = -40.0
"""A file whose loudest tenth is quieter is measured against this: room noise is not to become speech."""

_VOICED: Final = 0.5


def prosody(samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames 8"]:
    """Loudness and pitch of every motion frame, without the level of the recording and the voice's own pitch.

    Columns: loudness of the frame's first and second half (0 is 50 dB under the loudest tenth of
    the file or less, 1 is that level), slope of loudness (per 80 ms), loudness over half a second, voicing
    (0 to 1), log2 of pitch against the file's median (octaves x 2; 0 where unvoiced), its slope, and pitch
    smoothed over half a second.

    Args:
        samples: at 16 kHz; frame i is samples [640 i, 640 (i + 1)).
    """
    count = -(-len(samples) // SAMPLES_PER_FRAME)
    padded = np.pad(samples, (0, count * SAMPLES_PER_FRAME - len(samples)))
    halves = _loudness(padded.reshape(2 * count, SAMPLES_PER_FRAME // 2))
    frames = halves.reshape(count, 2)
    mean = frames.mean(axis=1)
    pitch_hz, voicing = track_pitch(padded)
    voiced = (voicing > _VOICED) & (mean > 0.3)
    octaves = np.zeros(count, np.float32)
    if voiced.any():
        octaves[voiced] = 2 * np.log2(pitch_hz[voiced] / np.median(pitch_hz[voiced]))
    octaves = np.clip(octaves, -3, 3)
    weight = _smooth(voiced.astype(np.float32))
    contour = _smooth(octaves) / np.maximum(weight, 0.1)
    columns = (
        frames[:, 0],
        frames[:, 1],
        _slope(mean),
        _smooth(mean),
        voicing * (mean > 0.05),
        octaves,
        _slope(contour),
        contour,
    )
    return np.stack(columns, axis=1).astype(np.float32)


def track_pitch(
    samples: Float32[np.ndarray, "num_samples"],
) -> tuple[Float32[np.ndarray, "frames"], Float32[np.ndarray, "frames"]]:
    """Pitch and voicing by the normalised autocorrelation of 64 ms around each frame's middle.

    Args:
        samples: at 16 kHz, a whole number of frames of 640.

    Returns:
        Hz, within 60 to 500 and meaningful where voiced only; and the height of the peak, 0 to 1.
    """
    count = len(samples) // SAMPLES_PER_FRAME
    before = (_WINDOW_SAMPLES - SAMPLES_PER_FRAME) // 2
    padded = np.pad(samples, (before, _WINDOW_SAMPLES - SAMPLES_PER_FRAME - before))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::SAMPLES_PER_FRAME]
    window = np.hanning(_WINDOW_SAMPLES).astype(np.float32)
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT_SAMPLES)) ** 2)
    shortest, longest = (round(SAMPLE_RATE_HZ / hz) for hz in (_MAX_HZ, _MIN_HZ))
    pitch_hz = np.full(count, _MIN_HZ, np.float32)
    voicing = np.zeros(count, np.float32)
    for start in range(0, count, 1024):  # in parts: an hour of spectra would not fit the memory
        part = windows[start : start + 1024]
        part = (part - part.mean(axis=1, keepdims=True)) * window
        power = np.abs(np.fft.rfft(part, _FFT_SAMPLES, axis=1)) ** 2
        correlation = np.fft.irfft(power, axis=1)
        correlation = correlation / (correlation[:, :1] + 1e-6) / (shape / shape[0] + 1e-6)
        span = correlation[:, shortest:longest]
        # A slight preference for short lags: multiples of the period peak as high as the period.
        lag = (span * np.linspace(1.0, 0.85, longest - shortest)).argmax(axis=1)
        stop = start + len(part)
        voicing[start:stop] = np.clip(span[np.arange(len(part)), lag], 0, 1)
        pitch_hz[start:stop] = SAMPLE_RATE_HZ / (lag + shortest)
    return pitch_hz, voicing


def _loudness(blocks: Float32[np.ndarray, "blocks samples"]) -> Float32[np.ndarray, "blocks"]:
    """0 to 1 (and a little above) over the 50 dB under the level that the loudest tenth of speech reaches."""
    level_db = 10 * np.log10(np.square(blocks, dtype=np.float64).mean(axis=1) + 1e-12)
    heard = level_db[level_db >= level_db.max() - 30]
    top_db = max(float(np.quantile(heard, 0.9)), _QUIETEST_TOP_DB)
    return np.maximum(1 + (level_db - top_db) / _RANGE_DB, 0).astype(np.float32)


def _smooth(values: Float32[np.ndarray, "frames"]) -> Float32[np.ndarray, "frames"]:
    """Weighted mean over 13 frames, about half a second; what lies outside is 0."""
    kernel = np.hanning(15)[1:-1]
    return np.convolve(values, kernel / kernel.sum())[6 : 6 + len(values)].astype(np.float32)


def _slope(values: Float32[np.ndarray, "frames"]) -> Float32[np.ndarray, "frames"]:
    padded = np.pad(values, 1)
    return (padded[2:] - padded[:-2]).astype(np.float32)
