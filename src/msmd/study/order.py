"""Who sees what in which order: drawn anew for every participant and trial, and always the same again."""

from dataclasses import dataclass

import numpy as np

from msmd.study.design import KINDS, LETTERS, Item, Study, StudyKind, Trial


@dataclass(frozen=True)
class Page:
    """What one participant sees at one place of a study.

    Attributes:
        trial: which trial it is.
        characters: letter -> item, in the order of the screen.
    """

    trial: Trial
    characters: dict[str, Item]


def pages_of(study: Study, kind: StudyKind, participant: int) -> list[Page]:
    """The practice page and then all trials in random order, the characters of each in random order.

    Args:
        study: the study.
        kind: which of its halves.
        participant: number of the participant.
    """
    rng = np.random.default_rng([study.seed, KINDS.index(kind), participant])
    order = [study.trials[index] for index in rng.permutation(len(study.trials))]
    return [_page(trial, kind, rng) for trial in (study.practice[kind], *order)]


def _page(trial: Trial, kind: StudyKind, rng: np.random.Generator) -> Page:
    items = [trial.items[kind][index] for index in rng.permutation(len(trial.items[kind]))]
    return Page(trial, dict(zip(LETTERS, items, strict=False)))
