"""Medians, bootstrap intervals and paired tests over clips ("p < 0.05" of section 6.1), without scipy."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

_NUM_RESAMPLES: Final = 2000
_INTERVAL_PERCENT: Final = (2.5, 97.5)


@dataclass(frozen=True)
class Summary:
    """A metric over clips.

    Attributes:
        median: over clips.
        low, high: 95 % bootstrap interval of the median.
        mean: over clips.
        count: clips with a finite value.
    """

    median: float
    low: float
    high: float
    mean: float
    count: int


def summarize(values: Float[np.ndarray, "clips"], seed: int = 0) -> Summary:
    """Median, interval and mean of the finite values; all NaN if there is none."""
    values = values[np.isfinite(values)]
    if not len(values):
        nan = float("nan")
        return Summary(nan, nan, nan, nan, 0)
    rng = np.random.default_rng(seed)
    resamples = values[rng.integers(len(values), size=(_NUM_RESAMPLES, len(values)))]
    low, high = np.percentile(np.median(resamples, axis=1), _INTERVAL_PERCENT)
    return Summary(float(np.median(values)), float(low), float(high), float(values.mean()), len(values))


def wilcoxon_p(a: Float[np.ndarray, "clips"], b: Float[np.ndarray, "clips"]) -> float:
    """Two-sided p of Wilcoxon's signed-rank test for paired clips.

    Exact for any number of clips and with ties: the distribution of the rank sum under random signs
    is computed, not approximated. Pairs that are equal or not finite are left out (Wilcoxon's own
    way); without pairs p is 1.
    """
    difference = a - b
    difference = difference[np.isfinite(difference) & (difference != 0)]
    if not len(difference):
        return 1.0
    # Tied ranks are halves at worst, so doubled ranks are whole numbers and sums can be counted.
    ranks = _doubled_ranks(np.abs(difference))
    total = int(ranks.sum())
    chance = np.zeros(total + 1)
    chance[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(chance)
        moved[rank:] = chance[: total + 1 - rank]
        chance = (chance + moved) / 2
    observed = int(ranks[difference > 0].sum())
    tail = min(chance[: observed + 1].sum(), chance[observed:].sum())
    return float(min(1.0, 2 * tail))


def _doubled_ranks(values: np.ndarray) -> np.ndarray:
    ordered = np.sort(values)
    first = np.searchsorted(ordered, values, side="left")
    last = np.searchsorted(ordered, values, side="right")
    return first + last + 1
