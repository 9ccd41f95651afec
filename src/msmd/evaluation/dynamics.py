"""Does it move as much, as fast and as smoothly as the truth? Few sampling steps damp motion unseen.

Errors in mm do not show it: a face that is too still often has the smaller error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from msmd.core.units import MOTION_FPS

LIDS_CLOSED: Final = 0.5
LIDS_OPEN: Final = 0.3
"""A blink begins when the lids close past the first, and ends when they open past the second."""

BLINK_MAX_SECONDS: Final = 0.8
"""Longer closures are closed eyes, not blinks."""

SPECTRUM_FRAMES: Final = 50
"""Pieces of 2 s, half overlapping: lines 0.5 Hz apart, up to 12.5 Hz."""

SPECTRUM_BANDS_HZ: Final = ((0.25, 2.25), (2.25, 4.25), (4.25, 8.25), (8.25, 12.75))
"""Moods and phrases; syllables; single sounds; what no face does on purpose."""

_SILENT_DB: Final = 40.0
"""A face without power in a band counts as so far from the truth, and no face as farther."""


def std_ratio(
    truth: Float[np.ndarray, "frames *rest"], prediction: Float[np.ndarray, "frames *rest"]
) -> float:
    """Standard deviation over time of the prediction over that of the truth; 1 is right, 0 is still.

    Deviations of all dimensions are pooled, so that loud dimensions lead. NaN where the truth is still.
    """
    true = _pooled_std(truth)
    return _pooled_std(prediction) / true if true > 1e-9 else float("nan")


def velocity_ratio(
    truth: Float[np.ndarray, "frames *rest"], prediction: Float[np.ndarray, "frames *rest"]
) -> float:
    """Root mean square speed of the prediction over that of the truth; 1 is right."""
    true = _pooled_rms(np.diff(truth, axis=0))
    return _pooled_rms(np.diff(prediction, axis=0)) / true if true > 1e-9 else float("nan")


def jitter(
    vertices: Float[np.ndarray, "frames vertices 3"], where: Bool[np.ndarray, "frames"] | None = None
) -> float:
    """Root mean square second difference, mm per frame²: 0 for steady movement, large for tremble.

    Args:
        vertices: mm.
        where: frames that count (say, silence); None counts all. NaN if fewer than three in a row.
    """
    if len(vertices) < 3:
        return float("nan")
    second = vertices[2:] - 2 * vertices[1:-1] + vertices[:-2]
    if where is not None:
        second = second[where[2:] & where[1:-1] & where[:-2]]
    if not len(second):
        return float("nan")
    return float(np.sqrt(np.square(second.astype(np.float64)).sum(axis=-1).mean()))


def power_spectrum(
    values: Float[np.ndarray, "frames *rest"], order: int = 1, fps: float = float(MOTION_FPS)
) -> tuple[Float[np.ndarray, "lines"], Float[np.ndarray, "lines"]]:
    """Power of velocity (`order` 1) or acceleration (2), summed over dimensions: (Hz, power).

    Mean over Hann-windowed pieces of 2 s that overlap by half (Welch); a shorter signal is one piece,
    padded with stillness. Units are those of the values per second (per second squared), squared.
    """
    flat = values.reshape(len(values), -1).astype(np.float64)
    moved = np.diff(flat, n=order, axis=0) * fps**order
    if len(moved) < SPECTRUM_FRAMES:
        moved = np.pad(moved, ((0, SPECTRUM_FRAMES - len(moved)), (0, 0)))
    starts = range(0, len(moved) - SPECTRUM_FRAMES + 1, SPECTRUM_FRAMES // 2)
    window = np.hanning(SPECTRUM_FRAMES + 1)[:-1, None]
    pieces = [np.fft.rfft(window * moved[start : start + SPECTRUM_FRAMES], axis=0) for start in starts]
    power = np.mean([np.square(np.abs(piece)).sum(axis=1) for piece in pieces], axis=0)
    return np.fft.rfftfreq(SPECTRUM_FRAMES, 1 / fps), power / np.square(window).sum()


def band_levels_db(
    truth: Float[np.ndarray, "frames *rest"], prediction: Float[np.ndarray, "frames *rest"], order: int = 1
) -> Float[np.ndarray, "bands"]:
    """Power of the prediction over that of the truth in each of `SPECTRUM_BANDS_HZ`, dB; 0 is right.

    Negative: too sluggish there; positive: too restless. Held within +-40 dB, and NaN where the
    truth itself does not move.
    """
    return pooled_band_levels_db([truth], [prediction], order)


def pooled_band_levels_db(
    truths: Sequence[Float[np.ndarray, "_ *rest"]],
    predictions: Sequence[Float[np.ndarray, "_ *rest"]],
    order: int = 1,
) -> Float[np.ndarray, "bands"]:
    """`band_levels_db` of the power summed over clips, which need not come in pairs but in equal numbers."""
    frequency = power_spectrum(truths[0], order)[0]
    true_power = sum(power_spectrum(one, order)[1] for one in truths)
    power = sum(power_spectrum(one, order)[1] for one in predictions)
    levels = []
    for low, high in SPECTRUM_BANDS_HZ:
        band = (frequency >= low) & (frequency < high)
        true, own = np.sum(true_power[band]), np.sum(power[band])  # type: ignore[index]
        levels.append(10 * np.log10(max(own, 1e-12) / true) if true > 1e-9 else float("nan"))
    return np.clip(np.array(levels), -_SILENT_DB, _SILENT_DB)


def spectral_distance_db(
    truth: Float[np.ndarray, "frames *rest"], prediction: Float[np.ndarray, "frames *rest"], order: int = 1
) -> float:
    """Root mean square of `band_levels_db` over the bands: 0 is right, 6 is twice or half the amplitude."""
    return float(np.sqrt(np.square(band_levels_db(truth, prediction, order)).mean()))


def diversity(takes: Sequence[Float[np.ndarray, "frames vertices 3"]]) -> float:
    """How much several seeds differ: mean distance of a vertex between two takes, mm; NaN for one take."""
    pairs = [np.linalg.norm(a - b, axis=-1).mean() for a, b in combinations(takes, 2)]
    return float(np.mean(pairs)) if pairs else float("nan")


@dataclass(frozen=True)
class Blinks:
    """How the eyes blink.

    Attributes:
        per_minute: how often.
        median_seconds: from half closed to open again; NaN without a blink.
    """

    per_minute: float
    median_seconds: float


def count_blinks(lid_closure: Float[np.ndarray, "frames"], fps: float = float(MOTION_FPS)) -> Blinks:
    """Blinks in the weight of ARKit's eyeBlink (mean of both eyes), 0 open to 1 shut."""
    starts_ends: list[tuple[int, int]] = []
    start: int | None = None
    for frame, closure in enumerate(lid_closure):
        if start is None and closure > LIDS_CLOSED:
            start = frame
        elif start is not None and closure < LIDS_OPEN:
            starts_ends.append((start, frame))
            start = None
    lengths = [(end - begin) / fps for begin, end in starts_ends]
    lengths = [length for length in lengths if length <= BLINK_MAX_SECONDS]
    minutes = len(lid_closure) / fps / 60
    median = float(np.median(lengths)) if lengths else float("nan")
    return Blinks(per_minute=len(lengths) / minutes, median_seconds=median)


def _pooled_std(values: np.ndarray) -> float:
    return float(np.sqrt(values.astype(np.float64).var(axis=0).mean()))


def _pooled_rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.square(values.astype(np.float64)).mean()))
