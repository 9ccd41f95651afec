"""Raters whose preferences are known, to try a study and its analysis before anyone is asked.

Their answers are marked as simulated wherever they go, and lie in a file of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np

from msmd.core.errors import MsmdError
from msmd.study.answers import Answers, Participant
from msmd.study.design import ANCHOR, HIGHEST, LOWEST, QUESTIONS, Study, StudyKind
from msmd.study.exclusion import least_seconds
from msmd.study.order import Page

SIMULATED_NAME: Final = "simulated.sqlite"

Manner = Literal["honest", "constant", "fast", "reversed"]
"""honest: as the true means say; constant: always 3; fast: honest but hasty; reversed: 5 minus honest."""


@dataclass(frozen=True)
class Raters:
    """How simulated raters rate: mean + rater + rater for a system + noise, rounded to 0 to 5.

    Attributes:
        means: (scenario, system) -> the mean before rounding.
        rater_deviation: of a rater's leniency.
        taste_deviation: of a rater's liking of one system.
        noise_deviation: of each rating.
    """

    means: Mapping[tuple[str, str], float]
    rater_deviation: float = 0.5
    taste_deviation: float = 0.3
    noise_deviation: float = 0.9


def default_means(study: Study) -> dict[tuple[str, str], float]:
    """The first system best, the others in steps below, the anchor lowest; contrasting trials spread more."""
    means: dict[tuple[str, str], float] = {}
    for scenario, step in (("matching", 0.5), ("contrasting", 0.8)):
        for index, system in enumerate(study.systems):
            means[scenario, system] = 3.6 - step * index
        means[scenario, ANCHOR] = 1.0
    return means


def parse_means(study: Study, texts: list[str]) -> dict[tuple[str, str], float]:
    """`SYSTEM=3.5` for both scenarios, or `contrasting:SYSTEM=2`; others keep their defaults.

    Raises:
        MsmdError: another form, or an unknown system.
    """
    means = default_means(study)
    for text in texts:
        name, _, value = text.rpartition("=")
        scenario, colon, system = name.partition(":")
        keys = [(scenario, system)] if colon else [(one, name) for one in ("matching", "contrasting")]
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not set(keys) <= means.keys() or not LOWEST <= number <= HIGHEST:
            known = ", ".join([*study.systems, ANCHOR])
            raise MsmdError(
                f"mean {text!r}: give SYSTEM=0..5 or contrasting:SYSTEM=0..5. There are: {known}."
            )
        for key in keys:
            means[key] = number
    return means


def simulate(
    study: Study,
    path: Path,
    raters: Raters,
    manners: Mapping[Manner, int],
    kinds: tuple[StudyKind, ...] = ("style", "lips"),
    seed: int = 0,
) -> dict[int, Manner]:
    """Let raters answer into a file; gives who rated in which manner.

    Args:
        study: that is answered.
        path: of the file of answers.
        raters: how they rate.
        manners: manner -> so many raters in each study.
        kinds: which studies.
        seed: of everything random in the answers.
    """
    rng = np.random.default_rng(seed)
    queue: list[Manner] = [manner for manner, count in manners.items() for _ in range(count)]
    done: dict[int, Manner] = {}
    with Answers(path, study) as answers:
        for kind in kinds:
            for manner in queue:
                participant = answers.find(answers.admit(simulated=True, kind=kind))
                assert participant is not None
                done[participant.number] = manner
                _take_part(study, answers, participant, raters, manner, rng)
    return done


def _take_part(
    study: Study,
    answers: Answers,
    participant: Participant,
    raters: Raters,
    manner: Manner,
    rng: np.random.Generator,
) -> None:
    answers.practise(participant)
    lenience = float(rng.normal(0, raters.rater_deviation))
    taste = {name: float(rng.normal(0, raters.taste_deviation)) for name in (*study.systems, ANCHOR)}
    for place, page in enumerate(answers.pages(participant)[1:], start=1):
        rated = _rate(page, participant.kind, raters, manner, lenience, taste, rng)
        num_ratings = len(page.characters) * len(QUESTIONS[participant.kind])
        least = least_seconds(study, participant.kind, page.trial.id, num_ratings)
        seconds = float(least * (0.5 if manner == "fast" else rng.uniform(1.5, 4)))
        answers.rate(replace(participant, done=place - 1), place, rated, seconds)


def _rate(
    page: Page,
    kind: StudyKind,
    raters: Raters,
    manner: Manner,
    lenience: float,
    taste: Mapping[str, float],
    rng: np.random.Generator,
) -> dict[str, dict[str, int]]:
    rated: dict[str, dict[str, int]] = {}
    for letter, item in page.characters.items():
        mean = raters.means[page.trial.scenario, item.system] + lenience + taste[item.system]
        for question in QUESTIONS[kind]:
            value = int(np.clip(np.rint(mean + rng.normal(0, raters.noise_deviation)), LOWEST, HIGHEST))
            value = HIGHEST - value if manner == "reversed" else 3 if manner == "constant" else value
            rated.setdefault(letter, {})[question] = value
    return rated
