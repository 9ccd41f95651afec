"""The training loop: the same for every preset, resumable, on one device or many.

Every batch and every validation draws from a seed of its own, so a run that was killed and resumed
gives the very weights of one that was not (on one device, when its end is a number of steps;
a limit in minutes makes the learning rate depend on the clock).
"""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from msmd.core.config import TrainingConfig
from msmd.core.errors import MsmdError
from msmd.core.presets import Preset
from msmd.diffusion.schedule import Schedule, cosine_schedule
from msmd.model.assemble import build_model
from msmd.model.motion_model import MotionModel
from msmd.training.checkpoint import TrainingState, restore_checkpoint, save_checkpoint, save_weights
from msmd.training.contrastive import pretrain_style_encoder
from msmd.training.run_folder import BEST, CHECKPOINT, LOG, TrainingLog
from msmd.training.step import Losses, WindowPairs, compute_losses
from msmd.training.workers import OneDevice, Workers

LOG_INTERVAL = 20
"""Steps between rows of the log."""

COLUMNS = (
    *("step", "seconds", "learning_rate", "gradient_norm"),
    *("total", "simple", "velocity", "smoothness", "kl"),
    *("validation_total", "validation_simple", "validation_from_noise"),
)

DrawPairs = Callable[[int], WindowPairs]
"""The batch of a number: a function of the number alone."""

OnLog = Callable[[Mapping[str, float | int]], None]
"""Told each row of the log."""

OnSample = Callable[[int, MotionModel], None]
"""Given the step and the averaged model, every `TrainingConfig.sample_interval` steps."""


@dataclass(frozen=True)
class Sitting:
    """How far one call of `fit` goes, and where; none of it changes what is learned by a given step.

    Attributes:
        until_step: end here, before the run's end; the next call goes on. None: to the run's end.
        minutes: the run ends after so many minutes of training over all sittings, and the
            learning rate decays over them.
        compile: whether torch compiles the networks: a minute at the start. It pays on a GPU.
    """

    until_step: int | None = None
    minutes: float | None = None
    compile: bool = False


ONE_SITTING = Sitting()
"""The whole run in one go."""


def fit(
    preset: Preset,
    draw_pairs: DrawPairs,
    validation: Sequence[WindowPairs],
    folder: Path,
    sitting: Sitting = ONE_SITTING,
    workers: Workers | None = None,
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
        on_log: told each row of log.csv.
        on_sample: shown the averaged model now and then.

    Raises:
        MsmdError: the loss is no longer a number.
        FormatError: the folder's checkpoint is of another model.
    """
    workers = workers or OneDevice("cpu")
    writes, config, schedule = workers.rank == 0, preset.training, cosine_schedule(preset.diffusion)
    state = open_state(preset, draw_pairs, folder, workers)
    losses_of = workers.wrap(PairLosses(state.model, schedule, config, sitting.compile))
    log = TrainingLog(folder / LOG, COLUMNS, state.step) if writes else None
    before, began, saved = state.seconds, time.monotonic(), time.monotonic()
    while (done := run_fraction(state, config, sitting.minutes)) < 1:
        if state.step == sitting.until_step or is_patience_spent(state, config):
            break
        rate = learning_rate(state.step, done, config)
        losses, norm = take_step(state, losses_of, draw_pairs, config, rate, workers)
        state.seconds = workers.agree(before + time.monotonic() - began)
        validates = state.step % config.validation_interval == 0
        if validates or state.step % LOG_INTERVAL == 0:
            row = {"step": state.step, "seconds": round(state.seconds, 1), "learning_rate": rate}
            row |= {"gradient_norm": norm} | {name: value.item() for name, value in vars(losses).items()}
            row |= validate(state, schedule, validation, config, folder, writes) if validates else {}
            if log is not None:
                log.write(row)
                on_log(row)
        if writes and config.sample_interval and state.step % config.sample_interval == 0:
            on_sample(state.step, state.average)
        if writes and time.monotonic() - saved > 60 * config.checkpoint_minutes:
            save_checkpoint(folder / CHECKPOINT, state)
            saved = time.monotonic()
    if state.step % config.validation_interval:
        validate(state, schedule, validation, config, folder, writes)
    if writes:
        save_checkpoint(folder / CHECKPOINT, state)
    return state


class PairLosses(nn.Module):
    """`compute_losses` as one module, so that gradients can be averaged over devices around it."""

    def __init__(
        self, model: MotionModel, schedule: Schedule, config: TrainingConfig, compile: bool = False
    ) -> None:
        super().__init__()
        self.model, self._schedule, self._config = model, schedule, config
        if compile:
            model.denoiser.compile()
            model.style_encoder.compile()

    def forward(self, pairs: WindowPairs) -> tuple[Tensor, ...]:
        """The fields of `Losses`, in order."""
        with torch.autocast(pairs.motion.device.type, torch.bfloat16, enabled=self._config.bfloat16):
            losses = compute_losses(self.model, self._schedule, pairs, self._config)
        return tuple(vars(losses).values())


def open_state(preset: Preset, draw_pairs: DrawPairs, folder: Path, workers: Workers) -> TrainingState:
    """The folder's last checkpoint, or fresh weights drawn from the preset's seed.

    A style encoder that is trained before the rest is trained here, unless there is a checkpoint.
    """
    state = start_state(preset, workers.device)
    if (folder / CHECKPOINT).is_file():
        restore_checkpoint(folder / CHECKPOINT, state)
    elif preset.style_pretraining is not None:
        encoder = pretrain_style_encoder(preset, draw_pairs, folder, workers.device, workers.rank == 0)
        for model in (state.model, state.average):
            model.style_encoder.load_state_dict(encoder.state_dict())
    return state


def start_state(preset: Preset, device: str) -> TrainingState:
    """Fresh weights drawn from the preset's seed; what was trained before, or will be, is frozen."""
    torch.manual_seed(preset.training.seed)
    model = build_model(preset.model).to(device).train()
    if preset.style_pretraining is not None:
        model.style_encoder.requires_grad_(False).eval()
    average = copy.deepcopy(model).eval().requires_grad_(False)
    config = preset.training
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return TrainingState(model, average, optimizer)


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
        torch.manual_seed(_seed(config, number))
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


def move_average(average: MotionModel, model: MotionModel, decay: float) -> None:
    """average <- decay * average + (1 - decay) * model."""
    pairs = zip(average.parameters(), model.parameters(), strict=True)
    with torch.no_grad():
        for mean, value in pairs:
            mean.lerp_(value, 1 - decay)


def validate(
    state: TrainingState,
    schedule: Schedule,
    validation: Sequence[WindowPairs],
    config: TrainingConfig,
    folder: Path,
    writes: bool = True,
) -> dict[str, float]:
    """Losses of the averaged weights on fixed noise; keeps the weights if they are the best so far.

    Every window takes its style from the other one of its pair, as in use. "from_noise" is the
    error at t = T, where x_t tells nothing: how well audio, style and the window before predict
    motion. All workers come to the same numbers; one of them writes.
    """
    as_used = replace(
        config, style_pairing="cross", audio_dropout=0.0, style_dropout=0.0, truncation_probability=0.0
    )
    sums = {"validation_total": 0.0, "validation_simple": 0.0, "validation_from_noise": 0.0}
    with torch.no_grad():
        for index, pairs in enumerate(validation):
            torch.manual_seed(_seed(config, -1 - index))
            losses = compute_losses(state.average, schedule, pairs, as_used)
            noise = compute_losses(state.average, schedule, pairs, as_used, schedule.num_timesteps)
            sums["validation_total"] += losses.total.item() / len(validation)
            sums["validation_simple"] += losses.simple.item() / len(validation)
            sums["validation_from_noise"] += noise.simple.item() / len(validation)
    state.validations_since += 1
    if not validation or sums["validation_total"] < state.best_validation:
        state.best_validation = sums["validation_total"] if validation else state.best_validation
        state.validations_since = 0
        if writes:
            save_weights(folder / BEST, state.average)
    return sums if validation else {}


def is_patience_spent(state: TrainingState, config: TrainingConfig) -> bool:
    """Early stopping: whether the last `config.patience` validations brought no new best."""
    return 0 < config.patience <= state.validations_since


def run_fraction(state: TrainingState, config: TrainingConfig, minutes: float | None) -> float:
    """How much of the run is done: by steps, or by the clock if that is further."""
    by_clock = 0.0 if minutes is None else state.seconds / (60 * minutes)
    return max(state.step / config.num_steps, by_clock)


def learning_rate(step: int, done: float, config: TrainingConfig) -> float:
    """Linear warm-up, then a half cosine from 1 to `final_rate_fraction` over the run."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    floor = config.final_rate_fraction
    return config.learning_rate * warm * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))


def _seed(config: TrainingConfig, number: int) -> int:
    """A seed for each batch (and, below 0, for each validation batch) that no other has."""
    return (config.seed + 1) * 1_000_000_007 + number
