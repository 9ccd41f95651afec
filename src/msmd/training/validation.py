"""How good the averaged weights are on recordings they do not learn from, as the model is used."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from msmd.core.config import TrainingConfig
from msmd.diffusion.schedule import Schedule
from msmd.training.checkpoint import TrainingState, save_weights
from msmd.training.pace import batch_seed
from msmd.training.run_folder import BEST
from msmd.training.step import WindowPairs, compute_losses

COLUMNS = ("validation_total", "validation_simple", "validation_from_noise")


def validate(
    state: TrainingState,
    schedule: Schedule,
    validation: Sequence[WindowPairs],
    config: TrainingConfig,
    folder: Path | None,
) -> dict[str, float]:
    """Losses of the averaged weights on fixed noise; keeps the weights if they are the best so far.

    Every window takes its style from the other one of its pair, as in use. "from_noise" is the
    error at t = T, where x_t tells nothing: how well audio, style and the window before predict
    motion. All workers come to the same numbers; the one that has a `folder` writes.
    """
    as_used = replace(
        config,
        style_pairing="cross",
        audio_dropout=0.0,
        style_dropout=0.0,
        basis_only_probability=0.0,
        audio_noise=0.0,
        truncation_probability=0.0,
    )
    sums: dict[str, float] = dict.fromkeys(COLUMNS, 0.0)
    with torch.no_grad():
        for index, pairs in enumerate(validation):
            torch.manual_seed(batch_seed(config, -1 - index))
            losses = compute_losses(state.average, schedule, pairs, as_used)
            noise = compute_losses(state.average, schedule, pairs, as_used, schedule.num_timesteps)
            for name, loss in zip(COLUMNS, (losses.total, losses.simple, noise.simple), strict=True):
                sums[name] += loss.item() / len(validation)
    state.validations_since += 1
    if not validation or sums["validation_total"] < state.best_validation:
        state.best_validation = sums["validation_total"] if validation else state.best_validation
        state.validations_since = 0
        if folder is not None:
            save_weights(folder / BEST, state.average)
    return sums if validation else {}
