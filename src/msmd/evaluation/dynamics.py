"""Does it move as much, as fast and as smoothly as the truth? Few sampling steps damp motion unseen.

Errors in mm do not show it: a face that is too still often has the smaller error.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from msmd.core.units import MOTION_FPS

LIDS_CLOSED: Final = 0.5
LIDS_OPEN: Final = 0.3
"""A blink begins when the lids close past the first, and ends when they open past the second."""

BLINK_MAX_SECONDS: Final = 0.8
"""Longer closures are closed eyes, not blinks."""


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
