"""The training loop: the same for every preset, resumable, on one device or many.

Every batch and every validation draws from a seed of its own, so a run that was killed and resumed
gives the very weights of one that was not (on one device, when its end is a number of steps;
a limit in minutes makes the learning rate depend on the clock).
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from msmd.core.config import TrainingConfig
from msmd.core.errors import MsmdError
from msmd.core.presets import Preset
from msmd.diffusion.schedule import Schedule, cosine_schedule
from msmd.model.motion_model import MotionModel
from msmd.training import validation as validating
from msmd.training.checkpoint import TrainingState, save_checkpoint
from msmd.training.pace import ONE_SITTING, Sitting, batch_seed, learning_rate, run_fraction
from msmd.training.run_folder import CHECKPOINT, LOG, TrainingLog
from msmd.training.start import open_state
from msmd.training.step import LOSS_NAMES, Losses, WindowPairs, compute_losses
from msmd.training.workers import OneDevice, Workers

LOG_INTERVAL = 20
"""Steps between rows of the log."""

COLUMNS = (
    *("step", "seconds", "learning_rate", "gradient_norm"),
    *LOSS_NAMES,
    *validating.COLUMNS,
)

DrawPairs = Callable[[int], WindowPairs]
"""The batch of a number: a function of the number alone."""

OnLog = Callable[[Mapping[str, float | int]], None]
"""Told each row of the log."""

OnSample = Callable[[int, MotionModel], None]
"""Given the step and the averaged model, every `TrainingConfig.sample_interval` steps."""


def fit(
    preset: Preset,
    draw_pairs: DrawPairs,
    validation: Sequence[WindowPairs],
    folder: Path,
    sitting: Sitting = ONE_SITTING,
    workers: Workers | None = None,
    start: MotionModel | None = None,
    on_log: OnLog = lambda row: None,
    on_sample: OnSample = lambda step, model: None,
) -> TrainingState:
    """Train to the end of the run or of the sitting; go on where the folder left off.

    Args:
        preset: of model, diffusion and training.
        draw_pairs: training batches, on the worker's device.
        validation: batches, on it too; none skips validation, and the last weights are the best.
        folder: run folder.
        sitting: see there.
        workers: devices; None: this processor.
        start: model whose weights a new run begins with; None: fresh ones.
        on_log: told each row of log.csv.
        on_sample: shown the averaged model now and then.

    Raises:
        MsmdError: the loss is no longer a number.
        FormatError: the folder's checkpoint is of another model.
    """
    workers = workers or OneDevice("cpu")
    config, schedule = preset.training, cosine_schedule(preset.diffusion)
    out = folder if workers.rank == 0 else None
    state = open_state(preset, draw_pairs, folder, workers, start)
    losses_of = workers.wrap(PairLosses(state.model, schedule, config, sitting.compile))
    log = None if out is None else TrainingLog(out / LOG, COLUMNS, state.step)
    until = math.inf if sitting.until_step is None else sitting.until_step
    before, began, saved = state.seconds, time.monotonic(), time.monotonic()
    while (done := run_fraction(state, config, sitting.minutes)) < 1 and state.step < until:
        rate = learning_rate(state.step, done, config)
        losses, norm = take_step(state, losses_of, draw_pairs, config, rate, workers)
        state.seconds = workers.agree(before + time.monotonic() - began)
        ends = run_fraction(state, config, sitting.minutes) >= 1
        row = {"step": state.step, "seconds": round(state.seconds, 1), "learning_rate": rate}
        row |= {"gradient_norm": norm} | {name: value.item() for name, value in vars(losses).items()}
        if validates := ends or state.step % config.validation_interval == 0:
            row |= validating.validate(state, schedule, validation, config, out)
        if log is not None and (validates or state.step % LOG_INTERVAL == 0):
            log.write(row)
            on_log(row)
        if out is not None and config.sample_interval and state.step % config.sample_interval == 0:
            on_sample(state.step, state.average)
        if out is not None and time.monotonic() - saved > 60 * config.checkpoint_minutes:
            save_checkpoint(out / CHECKPOINT, state)
            saved = time.monotonic()
    if out is not None:
        save_checkpoint(out / CHECKPOINT, state)
    return state


def take_step(
    state: TrainingState,
    losses_of: Callable[..., Any],
    draw_pairs: DrawPairs,
    config: TrainingConfig,
    rate: float,
    workers: Workers,
) -> tuple[Losses, float]:
    """Move the weights and their average once; (losses, norm of the gradient before it was limited).

    A step is `accumulation` batches on each of the workers, and every batch has its own number.
    """
    state.optimizer.zero_grad()
    parts = []
    for part in range(config.accumulation):
        number = (state.step * config.accumulation + part) * workers.count + workers.rank
        pairs = draw_pairs(number)
        torch.manual_seed(batch_seed(config, number))
        with workers.hold(losses_of, holds=part + 1 < config.accumulation):
            parts.append(losses_of(pairs))
            workers.backward(parts[-1][0] / config.accumulation)
    norm = torch.nn.utils.clip_grad_norm_(state.model.parameters(), config.gradient_limit).item()
    if not math.isfinite(norm):
        raise MsmdError(
            f"training left the numbers at step {state.step}: the gradient is {norm}. "
            "Lower the learning rate, and look for broken clips in the data."
        )
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.optimizer.step()
    state.step += 1
    move_average(state.average, state.model, min(config.ema_decay, state.step / (9 + state.step)))
    means = [torch.stack(values).detach().mean() for values in zip(*parts, strict=True)]
    return Losses(*means), norm


class PairLosses(nn.Module):
    """`compute_losses` as one module, so that gradients can be averaged over devices around it."""

    def __init__(
        self, model: MotionModel, schedule: Schedule, config: TrainingConfig, compiles: bool = False
    ) -> None:
        super().__init__()
        self.model, self._schedule, self._config = model, schedule, config
        if compiles:
            model.denoiser.compile()
            model.style_encoder.compile()

    def forward(self, pairs: WindowPairs) -> tuple[Tensor, ...]:
        """The fields of `Losses`, in order."""
        with torch.autocast(pairs.motion.device.type, torch.bfloat16, enabled=self._config.bfloat16):
            losses = compute_losses(self.model, self._schedule, pairs, self._config)
        return tuple(vars(losses).values())


def move_average(average: MotionModel, model: MotionModel, decay: float) -> None:
    """average <- decay * average + (1 - decay) * model."""
    pairs = zip(average.parameters(), model.parameters(), strict=True)
    with torch.no_grad():
        for mean, value in pairs:
            mean.lerp_(value, 1 - decay)
