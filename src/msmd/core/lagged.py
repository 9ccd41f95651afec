"""How two signals of one rate go together when one is shifted against the other.

A positive lag means that the first signal comes after the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

STILL: Final = 1e-3
"""A signal that stays within this of its mean (mm, dB) is constant."""

LAG_RANGE_FRAMES: Final = 8

Signal = Float[np.ndarray, "frames"]


@dataclass(frozen=True)
class LaggedCorrelation:
    """How two signals go together; all NaN where one of them is constant.

    Attributes:
        at_zero: correlation without shift.
        best: highest correlation over lags.
        best_lag_frames: where it is; positive: the first comes late.
    """

    at_zero: float
    best: float
    best_lag_frames: float


def correlate(face: Signal, other: Signal, max_lag_frames: int = LAG_RANGE_FRAMES) -> LaggedCorrelation:
    """Pearson correlation of two signals at lags of -max to +max frames."""
    by_lag = correlations_by_lag(face, other, max_lag_frames)
    known = {lag: value for lag, value in by_lag.items() if np.isfinite(value)}
    if not known:
        return LaggedCorrelation(float("nan"), float("nan"), float("nan"))
    # Ties go to the smaller shift: a periodic signal must not be called late.
    best = max(known, key=lambda lag: (round(known[lag], 9), -abs(lag)))
    return LaggedCorrelation(by_lag[0], known[best], float(best))


def correlations_by_lag(face: Signal, other: Signal, max_lag_frames: int) -> Mapping[int, float]:
    """Lag -> Pearson correlation over the frames that overlap; NaN where one is constant there."""
    if len(face) != len(other):
        raise ValueError(f"{len(face)} frames against {len(other)}: cut both to the same frames")
    limit = min(max_lag_frames, max(0, len(face) - 3))
    return {lag: _pearson(*_shifted(face, other, lag)) for lag in range(-limit, limit + 1)}


def _shifted(face: np.ndarray, other: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    count = len(face) - abs(lag)
    return (face[lag:], other[:count]) if lag >= 0 else (face[:count], other[-lag:])


def _pearson(a: Signal, b: Signal) -> float:
    a, b = (values.astype(np.float64) - values.mean(dtype=np.float64) for values in (a, b))
    # Vertices are float32: a face that holds still flickers by rounding, and that is no movement.
    if min(np.abs(a).max(), np.abs(b).max()) < STILL:
        return float("nan")
    return float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))
