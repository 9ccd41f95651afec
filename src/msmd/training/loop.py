"""The training loop: the same for every preset, resumable, on any device.

Every step and every validation draws from a seed of its own, so a run that was killed and resumed
gives the very weights of one that was not (on one machine, when its end is a number of steps;
a limit in minutes makes the learning rate depend on the clock).
"""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from msmd.core.config import TrainingConfig
from msmd.core.errors import MsmdError
from msmd.core.presets import Preset
from msmd.diffusion.schedule import Schedule, cosine_schedule
from msmd.model.assemble import build_model
from msmd.model.motion_model import MotionModel
from msmd.training.checkpoint import TrainingState, restore_checkpoint, save_checkpoint, save_weights
from msmd.training.run_folder import BEST, CHECKPOINT, LOG, TrainingLog
from msmd.training.step import Losses, WindowPairs, compute_losses

LOG_INTERVAL = 20
"""Steps between rows of the log."""

COLUMNS = (
    *("step", "seconds", "learning_rate", "gradient_norm"),
    *("total", "simple", "velocity", "smoothness", "kl"),
    *("validation_total", "validation_simple", "validation_from_noise"),
)

DrawPairs = Callable[[int], WindowPairs]
"""The batch of a step: a function of the step alone."""

OnLog = Callable[[Mapping[str, float | int]], None]
"""Told each row of the log."""


def fit(
    preset: Preset,
    draw_pairs: DrawPairs,
    validation: Sequence[WindowPairs],
    folder: Path,
    minutes: float | None = None,
    device: str = "cpu",
    on_log: OnLog = lambda row: None,
) -> TrainingState:
    """Train to the last step or `minutes`, whichever is first; go on where the folder left off.

    Args:
        preset: of model, diffusion and training.
        draw_pairs: training batches, on `device`.
        validation: batches, on `device`; none skips validation, and the last weights are the best.
        folder: run folder.
        minutes: of training over all sittings; the learning rate decays over them.
        device: torch device.
        on_log: told each row of log.csv.

    Raises:
        MsmdError: the loss is no longer a number.
        FormatError: the folder's checkpoint is of another model.
    """
    config, schedule = preset.training, cosine_schedule(preset.diffusion)
    state = start_state(preset, device)
    if (folder / CHECKPOINT).is_file():
        restore_checkpoint(folder / CHECKPOINT, state)
    log = TrainingLog(folder / LOG, COLUMNS, state.step)
    before, saved = state.seconds, time.monotonic()
    began = time.monotonic()
    while (done := run_fraction(state, config, minutes)) < 1:
        rate = learning_rate(state.step, done, config)
        losses, norm = take_step(state, schedule, draw_pairs(state.step), config, rate)
        state.seconds = before + time.monotonic() - began
        validates = state.step % config.validation_interval == 0
        if validates or state.step % LOG_INTERVAL == 0:
            row = {"step": state.step, "seconds": round(state.seconds, 1), "learning_rate": rate}
            row |= {"gradient_norm": norm} | {name: value.item() for name, value in vars(losses).items()}
            row |= validate(state, schedule, validation, config, folder) if validates else {}
            log.write(row)
            on_log(row)
        if time.monotonic() - saved > 60 * config.checkpoint_minutes:
            save_checkpoint(folder / CHECKPOINT, state)
            saved = time.monotonic()
    validate(state, schedule, validation, config, folder)
    save_checkpoint(folder / CHECKPOINT, state)
    return state


def start_state(preset: Preset, device: str) -> TrainingState:
    """Fresh weights drawn from the preset's seed."""
    torch.manual_seed(preset.training.seed)
    model = build_model(preset.model).to(device).train()
    average = copy.deepcopy(model).eval().requires_grad_(False)
    config = preset.training
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return TrainingState(model, average, optimizer)


def take_step(
    state: TrainingState, schedule: Schedule, pairs: WindowPairs, config: TrainingConfig, rate: float
) -> tuple[Losses, float]:
    """Move the weights and their average once; (losses, norm of the gradient before it was limited)."""
    torch.manual_seed(_seed(config, state.step))
    with torch.autocast(pairs.motion.device.type, torch.bfloat16, enabled=config.bfloat16):
        losses = compute_losses(state.model, schedule, pairs, config)
    state.optimizer.zero_grad()
    losses.total.backward()
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
    return losses, norm


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
) -> dict[str, float]:
    """Losses of the averaged weights on fixed noise; keeps the weights if they are the best so far.

    Every window takes its style from the other one of its pair, as in use. "from_noise" is the
    error at t = T, where x_t tells nothing: how well audio, style and the window before predict
    motion.
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
    if not validation or sums["validation_total"] < state.best_validation:
        state.best_validation = sums["validation_total"] if validation else state.best_validation
        save_weights(folder / BEST, state.average)
    return sums if validation else {}


def run_fraction(state: TrainingState, config: TrainingConfig, minutes: float | None) -> float:
    """How much of the run is done: by steps, or by the clock if that is further."""
    by_clock = 0.0 if minutes is None else state.seconds / (60 * minutes)
    return max(state.step / config.num_steps, by_clock)


def learning_rate(step: int, done: float, config: TrainingConfig) -> float:
    """Linear warm-up, then a half cosine from 1 to `final_rate_fraction` over the run."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    floor = config.final_rate_fraction
    return config.learning_rate * warm * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))


def _seed(config: TrainingConfig, step: int) -> int:
    """A seed for each step (and, below 0, for each validation batch) that no other step has."""
    return (config.seed + 1) * 1_000_000_007 + step
