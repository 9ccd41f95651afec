"""How long a run lasts, how fast it learns, and the seeds of its chances; all from what is done so far."""

import math
from dataclasses import dataclass

from msmd.core.config import TrainingConfig
from msmd.training.checkpoint import TrainingState


@dataclass(frozen=True)
class Sitting:
    """How far one call of `fit` goes, and how; none of it changes what is learned by a given step,
    but `minutes`.

    Attributes:
        until_step: stop here, before the run's end; the next call goes on. None: to the run's end.
        minutes: the run ends after so many minutes of training over all sittings, and the
            learning rate decays over them.
        compile: whether torch compiles the networks: a minute at the start. It pays on a GPU.
    """

    until_step: int | None = None
    minutes: float | None = None
    compile: bool = False


ONE_SITTING = Sitting()
"""The whole run in one go."""


def run_fraction(state: TrainingState, config: TrainingConfig, minutes: float | None) -> float:
    """How much of the run is done: by steps, or by the clock if that is further; 1 if patience is spent.

    Patience (early stopping): `config.patience` validations without a new best end the run.
    """
    if 0 < config.patience <= state.validations_since:
        return 1.0
    by_clock = 0.0 if minutes is None else state.seconds / (60 * minutes)
    return min(1.0, max(state.step / config.num_steps, by_clock))


def learning_rate(step: int, done: float, config: TrainingConfig) -> float:
    """Linear warm-up, then a half cosine from 1 to `final_rate_fraction` over the run."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    floor = config.final_rate_fraction
    return config.learning_rate * warm * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))


def batch_seed(config: TrainingConfig, number: int) -> int:
    """A seed for each batch (and, below 0, for each validation batch) that no other has."""
    return (config.seed + 1) * 1_000_000_007 + number
