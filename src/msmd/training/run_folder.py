"""What a training run leaves behind, so that its weights can be explained and used.

run.json                 preset, shares of the corpora, command, commit, environment, checksums of the data
statistics.safetensors   mean (67,), std (67,) of training motion
log.csv                  one row for each logged step
checkpoint.safetensors   everything, to go on
best.safetensors         averaged weights at the lowest validation loss
samples/step-N.png       recordings of the validation split, and what the model makes of them
tensorboard/             the same for TensorBoard, if asked for
style_encoder.*          weights and log of a style encoder that was trained first, if the preset has one
"""

import csv
import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file

from msmd.core.config import ContrastiveConfig, DiffusionConfig, ModelConfig, TrainingConfig
from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.core.presets import Preset
from msmd.data.packed import SETTINGS_NAME, Statistics
from msmd.model.assemble import build_model
from msmd.model.motion_model import MotionModel

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
LOG = "log.csv"
SAMPLES = "samples"


@dataclass(frozen=True)
class TrainedModel:
    """The result of a run.

    Attributes:
        model: averaged weights of the lowest validation loss, in evaluation mode.
        preset: how it was made.
        mean, std: (67,) of training motion; `model` works on (motion - mean) / std.
        run: the content of run.json.
    """

    model: MotionModel
    preset: Preset
    mean: Float32[np.ndarray, "67"]
    std: Float32[np.ndarray, "67"]
    run: Mapping[str, object]


def describe_run(name: str, preset: Preset, dataset: Path, shares: Mapping[str, float]) -> dict[str, object]:
    """What run.json says; `name` is the preset's, `shares` are of a batch."""
    return {
        "format": "msmd-run-1",
        "msmd": version("msmd"),
        "name": name,
        "preset": asdict(preset),
        "shares": {corpus: round(share, 4) for corpus, share in sorted(shares.items())},
        "command": sys.argv,
        "commit": _commit(),
        "environment": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "machine": platform.machine(),
            "threads": torch.get_num_threads(),
        },
        "data_sha256": {path.name: _checksum(path) for path in sorted(dataset.glob("*")) if path.is_file()},
    }


def save_description(folder: Path, description: Mapping[str, object]) -> None:
    """Write run.json, before the first step."""
    with whole_file(folder / "run.json") as aside:
        aside.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


def require_same_run(folder: Path, description: Mapping[str, object]) -> None:
    """Whether the folder's run may go on as `description` says: by the same preset, on the same clips.

    How long it lasts, its batches and its pace may change.

    Raises:
        FormatError: it may not, or cannot be read; nothing was written.
    """
    given = json.loads(json.dumps(description))
    preset = read_preset(given["preset"])
    try:
        begun = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        name, kept, data = begun["name"], read_preset(begun["preset"]), begun["data_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"{folder} has a checkpoint, and its run.json cannot be read: {error}. Give another --out."
        ) from error
    networks = [(one.model, one.diffusion, one.style_pretraining) for one in (kept, preset)]
    if name != given["name"] or networks[0] != networks[1]:
        raise FormatError(
            f"{folder} is a run of the preset {name!r}, this is {given['name']!r}, or the preset has changed "
            "since. Give another --out."
        )
    for name in data.keys() & given["data_sha256"].keys() - {SETTINGS_NAME}:
        if data[name] != given["data_sha256"][name]:
            raise FormatError(
                f"{folder} is a run on other data: {name} differs. Give its dataset, or another --out."
            )


def load_statistics(folder: Path) -> Statistics:
    """What standardised the motion of a run that goes on.

    Raises:
        FormatError: they are missing or damaged.
    """
    try:
        arrays = load_arrays(folder / "statistics.safetensors")
        return Statistics(arrays["mean"], arrays["std"])
    except (OSError, KeyError, SafetensorError) as error:
        raise FormatError(
            f"{folder} has a checkpoint, and its statistics cannot be read: {error}. Give another --out."
        ) from error


def save_statistics(folder: Path, mean: Float32[np.ndarray, "67"], std: Float32[np.ndarray, "67"]) -> None:
    """Write what standardised the motion."""
    with whole_file(folder / "statistics.safetensors") as aside:
        save_arrays({"mean": mean, "std": std}, aside)


def load_trained_model(folder: Path) -> TrainedModel:
    """Read the best weights of a run.

    Raises:
        FormatError: no run, or one that has not reached its first validation.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        statistics = load_arrays(folder / "statistics.safetensors")
        preset = read_preset(run["preset"])
        model = build_model(preset.model)
        model.load_state_dict(load_file(folder / BEST), strict=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise FormatError(
            f"{folder} holds no finished training: {error}. Run msmd train until its first validation."
        ) from error
    model = model.eval().requires_grad_(False)
    return TrainedModel(model, preset, statistics["mean"], statistics["std"], run)


def read_preset(values: Mapping[str, Any]) -> Preset:
    """The preset that `asdict` made the values of; what an earlier version did not write has its default."""
    pretraining = values.get("style_pretraining")
    configs = {
        "model": ModelConfig(**values["model"]),
        "diffusion": DiffusionConfig(**values["diffusion"]),
        "training": TrainingConfig(**values["training"]),
        "style_pretraining": None if pretraining is None else ContrastiveConfig(**pretraining),
    }
    return Preset(**{**values, **configs})


class TrainingLog:
    """log.csv: appended row by row; rows after the step that a resumed run starts from are dropped."""

    def __init__(self, path: Path, columns: tuple[str, ...], start_step: int) -> None:
        self.path = path
        self.columns = columns
        kept: list[dict[str, str]] = []
        if path.is_file() and start_step > 0:
            with path.open(newline="", encoding="utf-8") as file:
                kept = [row for row in csv.DictReader(file) if int(row["step"]) <= start_step]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(kept)

    def write(self, row: Mapping[str, float | int]) -> None:
        """Add one row; columns that it lacks stay empty."""
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns).writerow(row)


def _commit() -> str:
    """The commit this code stands at, "+" if it was changed since; "unknown" outside a repository."""
    here = Path(__file__).parent
    try:
        ask = {"cwd": here, "capture_output": True, "text": True, "check": True}
        head = subprocess.run(["git", "rev-parse", "HEAD"], **ask).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], **ask).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
