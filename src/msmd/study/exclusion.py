"""Who is left out of the main analysis, and why. The rules are fixed before any answer is seen.

The paper has a negative anchor and names no rule. Ours, each by participant:

* unfinished: not all trials were rated;
* anchor: the anchor was rated as high as the systems under test, or higher, on average;
* constant: at least 95 % of the ratings are one and the same number;
* too fast: in half of the trials or more, less time than watching everything once and half a second a rating.

Results are always reported with and without those who are left out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from msmd.study.answers import Rating
from msmd.study.design import ANCHOR, Study, StudyKind

CONSTANT_SHARE: Final = 0.95
SECONDS_A_RATING: Final = 0.5

RULES: Final[Mapping[str, str]] = {
    "unfinished": "did not rate all trials",
    "anchor": "rated the anchor as high as the systems under test, or higher, on average",
    "constant": f"gave one and the same number in at least {100 * CONSTANT_SHARE:.0f} % of the ratings",
    "too fast": "took, in half of the trials or more, less time than watching everything once and "
    f"{SECONDS_A_RATING:g} s a rating",
}


@dataclass(frozen=True)
class Judged:
    """One participant.

    Attributes:
        participant: number.
        kind: which study.
        reasons: keys of `RULES`; empty for those who are kept.
        anchor_mean, systems_mean: mean ratings.
        median_seconds: of a trial.
    """

    participant: int
    kind: StudyKind
    reasons: tuple[str, ...]
    anchor_mean: float
    systems_mean: float
    median_seconds: float


def judge_participants(study: Study, ratings: Sequence[Rating]) -> list[Judged]:
    """Every participant who rated anything, with the reasons against them."""
    by_participant: dict[int, list[Rating]] = {}
    for rating in ratings:
        by_participant.setdefault(rating.participant, []).append(rating)
    return [_judge(study, number, own) for number, own in sorted(by_participant.items())]


def _judge(study: Study, number: int, own: list[Rating]) -> Judged:
    kind = own[0].kind
    values = [rating.rating for rating in own]
    anchor = float(np.mean([rating.rating for rating in own if rating.system == ANCHOR]))
    systems = float(np.mean([rating.rating for rating in own if rating.system != ANCHOR]))
    seconds = {rating.trial: rating.page_seconds for rating in own}
    count = Counter(rating.trial for rating in own)
    hasty = [
        taken < least_seconds(study, kind, trial, count[trial]) for trial, taken in sorted(seconds.items())
    ]
    broken = {
        "unfinished": len(seconds) < len(study.trials),
        "anchor": anchor >= systems,
        "constant": Counter(values).most_common(1)[0][1] >= CONSTANT_SHARE * len(values),
        "too fast": np.mean(hasty) >= 0.5,
    }
    reasons = tuple(rule for rule, holds in broken.items() if holds)
    return Judged(number, kind, reasons, anchor, systems, float(np.median(list(seconds.values()))))


def least_seconds(study: Study, kind: StudyKind, trial_id: str, num_ratings: int) -> float:
    """Nobody who watches all videos of a trial once and thinks is faster.

    In the style study they play side by side, in the lip-sync study one after the other.
    """
    lengths = [item.video.seconds for item in study.trial(trial_id).items[kind]]
    return (max(lengths) if kind == "style" else sum(lengths)) + SECONDS_A_RATING * num_ratings
