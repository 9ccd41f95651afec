"""How many participants a study needs, from the noncentral t distribution of the paired t-test."""

import math
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError

try:
    from scipy import stats
except ImportError as error:
    raise MsmdError(
        'the analysis of a study needs scipy, which is not installed: pip install "msmd[study]".'
    ) from error

ALPHA: Final = 0.05
_MOST: Final = 10_000


def power_of_paired_t(num_participants: int, effect: float, alpha: float = ALPHA) -> float:
    """Chance that a two-sided paired t-test finds an effect.

    Args:
        num_participants: at least 2.
        effect: true mean of the differences over their standard deviation (d_z).
        alpha: level of the test.
    """
    freedom = num_participants - 1
    shift = effect * math.sqrt(num_participants)
    limit = stats.t.ppf(1 - alpha / 2, freedom)
    power = stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift)
    # scipy's distribution gives NaN far out, where the power is 1 for all purposes
    return float(power) if np.isfinite(power) else float(abs(shift) > limit)


def participants_needed(effect: float, alpha: float = ALPHA, power: float = 0.8) -> int | None:
    """The smallest number of participants that gives the power; None beyond 10,000."""
    if effect <= 0:
        return None
    low, high = 2, 2
    while power_of_paired_t(high, effect, alpha) < power:
        low, high = high, high * 2
        if high > _MOST:
            return None
    while low < high:
        middle = (low + high) // 2
        if power_of_paired_t(middle, effect, alpha) < power:
            low = middle + 1
        else:
            high = middle
    return high


def smallest_effect(num_participants: int, alpha: float = ALPHA, power: float = 0.8) -> float:
    """The smallest d_z that so many participants find with the power; NaN for fewer than two."""
    if num_participants < 2:
        return float("nan")
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        if power_of_paired_t(num_participants, middle, alpha) < power:
            low = middle
        else:
            high = middle
    return high
