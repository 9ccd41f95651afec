"""Where a run begins: the folder's last checkpoint, the weights of a bundle, or fresh ones."""

import copy
from collections.abc import Callable
from pathlib import Path

import torch

from msmd.core.presets import Preset
from msmd.model.assemble import build_model
from msmd.model.motion_model import MotionModel
from msmd.training.checkpoint import TrainingState, restore_checkpoint
from msmd.training.contrastive import pretrain_style_encoder
from msmd.training.run_folder import CHECKPOINT
from msmd.training.step import WindowPairs
from msmd.training.workers import Workers


def open_state(
    preset: Preset,
    draw_pairs: Callable[[int], WindowPairs],
    folder: Path,
    workers: Workers,
    start: MotionModel | None = None,
) -> TrainingState:
    """The folder's last checkpoint, else the weights of `start`, else fresh ones by the preset's seed.

    A style encoder that is trained before the rest is trained here, unless there are weights to begin from.

    Raises:
        FormatError: the checkpoint is of another model, or damaged.
    """
    state = start_state(preset, workers.device)
    if (folder / CHECKPOINT).is_file():
        restore_checkpoint(folder / CHECKPOINT, state)
    elif start is not None:
        for model in (state.model, state.average):
            model.load_state_dict(start.state_dict())
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
