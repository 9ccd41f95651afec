"""From ratings to Fig. 4: means with intervals, paired tests, power.

The unit is the participant: ratings of one person are no independent observations. Each participant's ratings
of a system are averaged over trials and questions first; intervals are t-intervals over participants, tests
pair the systems within participants.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float
from scipy import stats

from msmd.evaluation.statistics import holm, wilcoxon_p
from msmd.study.answers import Rating
from msmd.study.design import ANCHOR, KINDS, QUESTIONS, Study, StudyKind
from msmd.study.exclusion import Judged, judge_participants
from msmd.study.power import ALPHA, participants_needed, smallest_effect

Scope = Literal["contrasting", "matching", "all"]
SCOPES: Final[tuple[Scope, ...]] = ("contrasting", "matching", "all")

DIFFERENCES: Final = (0.25, 0.5, 1.0)
"""For which the needed participants are reported, in points of the scale."""


@dataclass(frozen=True)
class Mean:
    """Mean rating of a system, with its 95 % t-interval over participants.

    Attributes:
        system: name.
        scope: which trials.
        question: key of `QUESTIONS`, or "all".
        mean, low, high: rating.
        count: participants.
    """

    system: str
    scope: Scope
    question: str
    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Comparison:
    """Two systems, paired within participants.

    Attributes:
        first, second: names; `difference` is first minus second.
        scope: which trials.
        difference, low, high: mean and its 95 % interval.
        effect: d_z, the mean of the differences over their standard deviation.
        deviation: that standard deviation.
        t, t_p: paired t-test, two-sided.
        wilcoxon_p: signed-rank test, two-sided.
        t_p_holm, wilcoxon_p_holm: corrected by Holm over all comparisons of one study.
    """

    first: str
    second: str
    scope: Scope
    difference: float
    low: float
    high: float
    effect: float
    deviation: float
    t: float
    t_p: float
    wilcoxon_p: float
    t_p_holm: float
    wilcoxon_p_holm: float


@dataclass(frozen=True)
class Power:
    """Participants that a paired t-test needs, at Holm's strictest level.

    Attributes:
        difference: to be found, in points of the scale.
        deviation: of the differences within participants: the largest of all pairs of systems under test.
        alpha: level, 0.05 over the number of comparisons.
        for_80, for_90: participants for a power of 80 % and 90 %; None: more than 10,000.
    """

    difference: float
    deviation: float
    alpha: float
    for_80: int | None
    for_90: int | None


@dataclass(frozen=True)
class KindAnalysis:
    """One of the two studies.

    Attributes:
        kind: which.
        count: participants.
        means: of every system, scope and question.
        comparisons: of every pair of systems and every scope.
        power: for `DIFFERENCES`.
        smallest_difference: that so many participants find with a power of 80 %.
        median_minutes: that the trials took.
    """

    kind: StudyKind
    count: int
    means: list[Mean]
    comparisons: list[Comparison]
    power: list[Power]
    smallest_difference: float
    median_minutes: float


@dataclass(frozen=True)
class Analysis:
    """A whole study.

    Attributes:
        systems: names, the anchor last.
        judged: every participant.
        kept: the analysis without those who are excluded; study -> results.
        everyone: with them, except the unfinished.
        simulated: whether any answer is simulated.
    """

    systems: list[str]
    judged: list[Judged]
    kept: Mapping[StudyKind, KindAnalysis]
    everyone: Mapping[StudyKind, KindAnalysis]
    simulated: bool

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; numbers that do not exist are None."""
        return _clean(asdict(self))


def analyse(study: Study, ratings: Sequence[Rating]) -> Analysis:
    """Everything that is reported of a study; studies without finished participants are left out."""
    judged = judge_participants(study, ratings)
    finished = {one.participant for one in judged if "unfinished" not in one.reasons}
    kept = {one.participant for one in judged if not one.reasons}
    systems = [*study.systems, ANCHOR]
    return Analysis(
        systems=systems,
        judged=judged,
        kept=_by_kind(ratings, kept, systems),
        everyone=_by_kind(ratings, finished, systems),
        simulated=any(rating.simulated for rating in ratings),
    )


def _by_kind(
    ratings: Sequence[Rating], participants: set[int], systems: list[str]
) -> dict[StudyKind, KindAnalysis]:
    found: dict[StudyKind, KindAnalysis] = {}
    for kind in KINDS:
        own = [rating for rating in ratings if rating.kind == kind and rating.participant in participants]
        if own:
            found[kind] = _analyse_kind(kind, own, systems)
    return found


def _analyse_kind(kind: StudyKind, ratings: list[Rating], systems: list[str]) -> KindAnalysis:
    scopes: list[Scope] = [one for one in SCOPES if one == "all" or any(r.scenario == one for r in ratings)]
    tables: dict[Scope, np.ndarray] = {scope: participant_means(ratings, systems, scope) for scope in scopes}
    questions = list(QUESTIONS[kind])
    means = [
        _mean(name, scope, "all", tables[scope][:, i]) for scope in scopes for i, name in enumerate(systems)
    ]
    if len(questions) > 1:
        for question in questions:
            for scope in scopes:
                table = participant_means(ratings, systems, scope, question)
                means += [_mean(name, scope, question, table[:, i]) for i, name in enumerate(systems)]
    comparisons = _compare(tables, systems)
    count = len({one.participant for one in ratings})
    deviations = [one.deviation for one in comparisons if ANCHOR not in (one.first, one.second)]
    deviation = max(deviations, default=max((one.deviation for one in comparisons), default=float("nan")))
    alpha = ALPHA / max(1, len(comparisons))
    power = [_power(difference, deviation, alpha) for difference in DIFFERENCES]
    smallest = smallest_effect(count, alpha) * deviation
    return KindAnalysis(kind, count, means, comparisons, power, smallest, _median_minutes(ratings))


def participant_means(
    ratings: Iterable[Rating], systems: Sequence[str], scope: Scope = "all", question: str | None = None
) -> Float[np.ndarray, "participants systems"]:
    """Each participant's mean rating of each system."""
    sums: dict[int, np.ndarray] = {}
    index = {name: i for i, name in enumerate(systems)}
    for one in ratings:
        if scope not in ("all", one.scenario) or question not in (None, one.question):
            continue
        total = sums.setdefault(one.participant, np.zeros((2, len(systems))))
        total[:, index[one.system]] += one.rating, 1
    return np.array([total[0] / total[1] for _, total in sorted(sums.items())]).reshape(-1, len(systems))


def mean_interval(values: Float[np.ndarray, "participants"]) -> tuple[float, float, float]:
    """Mean and 95 % t-interval; the interval of one participant is NaN."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return mean, float("nan"), float("nan")
    half = float(stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half


def _mean(system: str, scope: Scope, question: str, values: Float[np.ndarray, "participants"]) -> Mean:
    mean, low, high = mean_interval(values)
    return Mean(system, scope, question, mean, low, high, len(values))


def _compare(tables: Mapping[Scope, np.ndarray], systems: Sequence[str]) -> list[Comparison]:
    pairs: list[tuple[Scope, int, int]] = [
        (scope, i, j) for scope in tables for i, j in combinations(range(len(systems)), 2)
    ]
    differences = [tables[scope][:, i] - tables[scope][:, j] for scope, i, j in pairs]
    t_tests = [_paired_t(difference) for difference in differences]
    # means of whole numbers: rounding keeps ties ties
    rounded = [np.round(difference, 9) for difference in differences]
    ranks = [wilcoxon_p(difference, np.zeros_like(difference)) for difference in rounded]
    t_holm, ranks_holm = holm([p for _, p in t_tests]), holm(ranks)
    found = []
    for index, ((scope, i, j), difference) in enumerate(zip(pairs, differences, strict=True)):
        mean, low, high = mean_interval(difference)
        deviation = float(difference.std(ddof=1)) if len(difference) > 1 else float("nan")
        found.append(
            Comparison(
                first=systems[i],
                second=systems[j],
                scope=scope,
                difference=mean,
                low=low,
                high=high,
                effect=mean / deviation if deviation > 0 else float("nan"),
                deviation=deviation,
                t=t_tests[index][0],
                t_p=t_tests[index][1],
                wilcoxon_p=ranks[index],
                t_p_holm=t_holm[index],
                wilcoxon_p_holm=ranks_holm[index],
            )
        )
    return found


def _paired_t(difference: Float[np.ndarray, "participants"]) -> tuple[float, float]:
    """t and p. Where all differences are alike the test says nothing: t is NaN and p is 1."""
    if len(difference) < 2 or difference.std() < 1e-12:
        return float("nan"), 1.0
    count = len(difference)
    t = float(difference.mean() / (difference.std(ddof=1) / np.sqrt(count)))
    return t, float(2 * stats.t.sf(abs(t), count - 1))


def _power(difference: float, deviation: float, alpha: float) -> Power:
    effect = difference / deviation if deviation > 0 else float("nan")
    if not np.isfinite(effect):
        return Power(difference, deviation, alpha, None, None)
    return Power(
        difference,
        deviation,
        alpha,
        participants_needed(effect, alpha, 0.8),
        participants_needed(effect, alpha, 0.9),
    )


def _median_minutes(ratings: Iterable[Rating]) -> float:
    pages = {(one.participant, one.trial): one.page_seconds for one in ratings}
    totals: dict[int, float] = {}
    for (participant, _), seconds in pages.items():
        totals[participant] = totals.get(participant, 0.0) + seconds
    return float(np.median(list(totals.values()))) / 60


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
