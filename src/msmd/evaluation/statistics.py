"""Intervals and paired tests over clips ("p < 0.05" of section 6.1), by scipy (extra `evaluate`).

The paper does not say which test stands behind the bold numbers of its tables; for its user study it
used paired t-tests. Here a difference counts if a paired t-test and Wilcoxon's signed-rank test both
find it after Holm's correction over all pairs of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.core.errors import MsmdError

SIGNIFICANT_P: Final = 0.05
_NUM_RESAMPLES: Final = 2000
_CHUNK: Final = 256
_INTERVAL: Final = 0.95

Values = Float[np.ndarray, "clips"]


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


@dataclass(frozen=True)
class PairedTest:
    """Two systems on the same clips.

    Attributes:
        first, second: their names.
        count: clips on which both have a value.
        mean_difference: first less second.
        low, high: 95 % bootstrap interval of the mean difference.
        t_p, wilcoxon_p: two-sided p of the paired t-test and of the signed-rank test.
        t_p_holm, wilcoxon_p_holm: the same after Holm's correction over all pairs that were compared.
        cohens_d: mean over standard deviation of the differences; infinite where they are all alike.
        rank_biserial: (rank sum of positive less that of negative differences) / all; -1 to 1.
    """

    first: str
    second: str
    count: int
    mean_difference: float
    low: float
    high: float
    t_p: float
    wilcoxon_p: float
    t_p_holm: float
    wilcoxon_p_holm: float
    cohens_d: float
    rank_biserial: float

    @property
    def significant(self) -> bool:
        """Whether both corrected tests find a difference."""
        return max(self.t_p_holm, self.wilcoxon_p_holm) < SIGNIFICANT_P


def summarize(values: Values, seed: int = 0) -> Summary:
    """Median, interval and mean of the finite values; all NaN if there is none."""
    values = values[np.isfinite(values)]
    if not len(values):
        nan = float("nan")
        return Summary(nan, nan, nan, nan, 0)
    low, high = bootstrap_interval(values, np.median, seed)
    return Summary(float(np.median(values)), low, high, float(values.mean()), len(values))


def bootstrap_interval(values: Values, statistic=np.mean, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of a statistic; the value itself where there is but one.

    Args:
        values: finite.
        statistic: takes an `axis`, as those of numpy do.
        seed: of the resamples; the same values give the same interval.
    """
    if len(values) < 2:
        return float(statistic(values)), float(statistic(values))
    found = _stats().bootstrap(
        (values,),
        statistic,
        n_resamples=_NUM_RESAMPLES,
        batch=_CHUNK,
        confidence_level=_INTERVAL,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def wilcoxon_p(a: Values, b: Values) -> float:
    """Two-sided p of Wilcoxon's signed-rank test for paired clips.

    Exact for up to 50 clips without ties, else by the normal approximation. Pairs that are equal or
    not finite are left out (Wilcoxon's own way); without pairs p is 1.
    """
    difference = _known_differences(a, b)
    difference = difference[difference != 0]
    return float(np.asarray(_stats().wilcoxon(difference))[1]) if len(difference) else 1.0


def t_test_p(a: Values, b: Values) -> float:
    """Two-sided p of the paired t-test; 1 with fewer than two pairs, or where all pairs are equal."""
    difference = _known_differences(a, b)
    if len(difference) < 2 or not difference.any():
        return 1.0
    if np.ptp(difference) == 0:
        return 0.0
    return float(np.asarray(_stats().ttest_1samp(difference, 0))[1])


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's step-down correction of several p, in the order given.

    The smallest of n counts n times, the next n - 1 times and so on; none may fall below one before it.
    """
    order = np.argsort(ps, kind="stable")
    corrected = np.maximum.accumulate(np.asarray(ps, float)[order] * np.arange(len(ps), 0, -1))
    result = np.empty(len(ps))
    result[order] = np.minimum(corrected, 1)
    return [float(value) for value in result]


def paired_tests(values: Mapping[str, Values]) -> list[PairedTest]:
    """Every pair of systems, corrected together.

    Args:
        values: system -> a value a clip, the same clips in the same order; NaN where there is none.
    """
    pairs = list(combinations(values, 2))
    t_ps = [t_test_p(values[first], values[second]) for first, second in pairs]
    rank_ps = [wilcoxon_p(values[first], values[second]) for first, second in pairs]
    tests = []
    for (first, second), t_p, rank_p, t_holm, rank_holm in zip(
        pairs, t_ps, rank_ps, holm(t_ps), holm(rank_ps), strict=True
    ):
        difference = _known_differences(values[first], values[second])
        low, high = bootstrap_interval(difference) if len(difference) else (float("nan"), float("nan"))
        tests.append(
            PairedTest(
                first=first,
                second=second,
                count=len(difference),
                mean_difference=float(difference.mean()) if len(difference) else float("nan"),
                low=low,
                high=high,
                t_p=t_p,
                wilcoxon_p=rank_p,
                t_p_holm=t_holm,
                wilcoxon_p_holm=rank_holm,
                cohens_d=_cohens_d(difference),
                rank_biserial=_rank_biserial(difference),
            )
        )
    return tests


def better_than_all(name: str, names: Sequence[str], tests: Sequence[PairedTest]) -> bool:
    """Whether a system is significantly lower than every other one: what the paper prints in bold."""
    against = {}
    for test in tests:
        if name == test.first:
            against[test.second] = test.significant and test.mean_difference < 0
        elif name == test.second:
            against[test.first] = test.significant and test.mean_difference > 0
    others = [other for other in names if other != name]
    return bool(others) and all(against.get(other, False) for other in others)


def _known_differences(a: Values, b: Values) -> Float[np.ndarray, "_"]:
    difference = a - b
    return difference[np.isfinite(difference)]


def _cohens_d(difference: Values) -> float:
    if len(difference) < 2 or not difference.any():
        return 0.0
    spread = float(difference.std(ddof=1))
    mean = float(difference.mean())
    return mean / spread if spread > 0 else float(np.copysign(np.inf, mean))


def _rank_biserial(difference: Values) -> float:
    difference = difference[difference != 0]
    if not len(difference):
        return 0.0
    ranks = _stats().rankdata(np.abs(difference))
    return float((ranks * np.sign(difference)).sum() / ranks.sum())


def _stats():
    try:
        from scipy import stats
    except ImportError as error:
        raise MsmdError(
            'significance needs scipy, which is not installed: pip install "msmd[evaluate]".'
        ) from error
    return stats
