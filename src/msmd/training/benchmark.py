"""What a training step of a preset costs on this machine, and where its time goes. Needs no data."""

import platform
import sys
import time
from dataclasses import dataclass, replace

import torch
from torch.profiler import ProfilerActivity, profile

from msmd.core.presets import Preset
from msmd.diffusion.schedule import cosine_schedule
from msmd.training.loop import PairLosses, take_step
from msmd.training.start import start_state
from msmd.training.step import WindowPairs
from msmd.training.workers import OneDevice

GROUPS: dict[str, tuple[str, ...]] = {
    "matrix products": ("mm", "addmm", "bmm", "linear", "matmul", "baddbmm"),
    "copies and casts": ("copy_", "_to_copy", "clone", "cat", "fill_", "zero_", "stack"),
    "optimiser": ("_fused_adamw_", "_foreach_norm", "linalg_vector_norm"),
    "averaged weights": ("lerp_",),
    "dropout": ("bernoulli_", "native_dropout", "native_dropout_backward"),
    "softmax": ("_softmax", "_softmax_backward_data"),
    "normalisation": ("native_layer_norm", "native_layer_norm_backward"),
    "activations": ("gelu", "gelu_backward"),
    "attention kernels": (
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_flash_attention_for_cpu_backward",
        "_scaled_dot_product_efficient_attention",
        "_scaled_dot_product_efficient_attention_backward",
        "_flash_attention_forward",
        "_flash_attention_backward",
    ),
}
"""Operators of torch by what they are for; all others are "element by element and the rest"."""

REST = "element by element and the rest"


@dataclass(frozen=True)
class StepCost:
    """What was measured.

    Attributes:
        parameters: numbers that are trained.
        seconds, processor_seconds: of one step; the second counts all threads of this process alone.
        memory_mb: most memory of this process so far, or of the GPU.
        shares: of a step's time, by `GROUPS`.
        machine: in words.
    """

    parameters: int
    seconds: float
    processor_seconds: float
    memory_mb: float
    shares: dict[str, float]
    machine: str


def measure_step(preset: Preset, num_steps: int = 5, device: str = "cpu") -> StepCost:
    """Take a few real optimisation steps on random motion and features of the preset's sizes.

    Args:
        preset: which; its batch size and precision count.
        num_steps: timed, after one that is not.
        device: of torch.
    """
    state = start_state(preset, device)
    losses_of = PairLosses(state.model, cosine_schedule(preset.diffusion), preset.training)
    pairs, workers = random_pairs(preset, device), OneDevice(device)

    def step(count: int) -> None:
        for _ in range(count):
            take_step(state, losses_of, lambda number: pairs, preset.training, 1e-4, workers)
        if device != "cpu":
            torch.cuda.synchronize()

    step(1)
    wall, processor = time.perf_counter(), time.process_time()
    step(num_steps)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    memory = peak_memory_mb(device)
    activities = [ProfilerActivity.CPU] if device == "cpu" else [ProfilerActivity.CUDA]
    with profile(activities=activities) as profiler:
        step(1)
    return StepCost(
        parameters=sum(value.numel() for value in state.model.parameters() if value.requires_grad),
        seconds=wall / num_steps,
        processor_seconds=processor / num_steps,
        memory_mb=memory,
        shares=_shares(profiler, device),
        machine=_describe_machine(device),
    )


def random_pairs(preset: Preset, device: str) -> WindowPairs:
    """A batch of the preset's sizes: smooth motion, noise for sound."""
    count, model = preset.training.batch_size, preset.model
    frames = 2 * model.num_frames
    generator = torch.Generator().manual_seed(0)
    motion = torch.randn(count, frames, model.motion_dim, generator=generator).cumsum(1) / 8
    pairs = WindowPairs(
        motion=motion,
        audio_features=torch.randn(count, frames, model.audio_dim, generator=generator),
        valid=torch.ones(count, frames, dtype=torch.bool),
        has_lips=torch.ones(count, dtype=torch.bool),
        restyled=torch.zeros(count, dtype=torch.bool),
        weights=torch.ones(count, model.motion_dim),
        lip_gap=torch.zeros(model.motion_dim + 1),
        lip_tuck=torch.zeros(model.motion_dim + 1),
    )
    return replace(pairs, **{name: value.to(device) for name, value in vars(pairs).items()})


def _shares(profiler: profile, device: str) -> dict[str, float]:
    where = {operator: group for group, operators in GROUPS.items() for operator in operators}
    times: dict[str, float] = {}
    for event in profiler.key_averages():
        spent = event.self_cpu_time_total if device == "cpu" else event.self_device_time_total
        group = where.get(event.key.removeprefix("aten::"), REST)
        times[group] = times.get(group, 0.0) + spent
    total = sum(times.values()) or 1.0
    return {name: spent / total for name, spent in sorted(times.items(), key=lambda row: -row[1])}


def peak_memory_mb(device: str) -> float:
    """Most memory that this process has had so far, or that it has had on the GPU; nan on Windows."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated() / 2**20
    try:
        import resource
    except ImportError:  # not on Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _describe_machine(device: str) -> str:
    if device != "cpu":
        return torch.cuda.get_device_name()
    return f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
