"""All that a run needs to go on after it was killed, in one file that is whole or not there."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.model.motion_model import MotionModel

FORMAT = "msmd-checkpoint-1"
COUNTERS = ("step", "seconds", "best_validation", "validations_since")


@dataclass
class TrainingState:
    """What changes while a model is trained.

    Attributes:
        model: being fitted.
        average: its exponential moving average, which is what is used in the end.
        optimizer: AdamW over the parameters of `model`.
        step: steps done.
        seconds: of training done, over all its sittings.
        best_validation: lowest validation loss so far.
        validations_since: validations since then, none of them lower.
    """

    model: MotionModel
    average: MotionModel
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0
    best_validation: float = float("inf")
    validations_since: int = 0


def save_checkpoint(path: Path, state: TrainingState) -> None:
    """Write weights, average, optimizer moments and counters."""
    tensors = _named(state.model, "model") | _named(state.average, "average")
    for name, parameter in state.model.named_parameters():
        for key, value in state.optimizer.state[parameter].items():
            tensors[f"optimizer/{key}/{name}"] = value
    counters = {name: getattr(state, name) for name in COUNTERS}
    metadata = {"format": FORMAT, "counters": json.dumps(counters)}
    with whole_file(path) as aside:
        save_file({name: value.contiguous() for name, value in tensors.items()}, aside, metadata)


def restore_checkpoint(path: Path, state: TrainingState) -> None:
    """Put `state` where `save_checkpoint` left it, bit for bit.

    Raises:
        FormatError: not a checkpoint of this model.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") != FORMAT:
            raise FormatError(f"{path} is not a checkpoint of msmd. Give another --out.")
        state.model.load_state_dict(_part(tensors, "model"), strict=True)
        state.average.load_state_dict(_part(tensors, "average"), strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise FormatError(
            f"{path} cannot be resumed: {error}. It is damaged or of another preset: give another --out."
        ) from error
    for key in ("step", "exp_avg", "exp_avg_sq"):
        values = _part(tensors, f"optimizer/{key}")
        for name, parameter in state.model.named_parameters():
            if name in values:
                # A copy: Windows does not replace a file that something still looks into.
                value = values[name].clone()
                state.optimizer.state[parameter][key] = value if key == "step" else value.to(parameter.device)
    for name, value in json.loads(metadata["counters"]).items():
        setattr(state, name, value)


def save_weights(path: Path, model: nn.Module) -> None:
    """Write weights alone."""
    with whole_file(path) as aside:
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, aside)


def _named(model: MotionModel, part: str) -> dict[str, Tensor]:
    return {f"{part}/{name}": value for name, value in model.state_dict().items()}


def _part(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {name[len(part) + 1 :]: value for name, value in tensors.items() if name.startswith(part + "/")}
