"""One training step of section 4.4: two windows, their conditions, the loss of Eq. 5."""

from dataclasses import dataclass, fields
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from msmd.core.config import TrainingConfig
from msmd.diffusion.schedule import Schedule
from msmd.model.motion_model import MotionModel
from msmd.model.style_vae import sample_style_code
from msmd.training.losses import (
    kl_divergence,
    lip_gap_loss,
    lip_tuck_loss,
    persistence_loss,
    simple_loss,
    smoothness_loss,
    velocity_loss,
)

MIN_REFERENCE_FRAMES = 25
"""A window with less motion than one second is no style reference for the other window."""

SEAM_FRAMES = 2
"""Frames of the window before that velocity and smoothness reach back to."""


@dataclass(frozen=True)
class WindowPairs:
    """A batch on the device: clips of 2 N_w frames, cut into two windows here.

    Attributes:
        motion: standardised; 0 where not valid.
        audio_features: of the same frames.
        valid: false in the padding after the end of a clip.
        has_lips: whether mouth and sound belong together; if not, audio is replaced by its null.
        restyled: whether the persistent expression is borrowed. Such a pair keeps its style, since
            without the reference nothing could tell the expression.
        weights: of each clip's dimensions in the losses.
        lip_gap: mm that each dimension opens the inner lips, and last the opening at the mean motion.
        lip_tuck: share of the lower lip's way under the teeth that each dimension is, and last that of the
            mean motion.
    """

    motion: Float[Tensor, "pairs both_windows motion_dim"]
    audio_features: Float[Tensor, "pairs both_windows audio_dim"]
    valid: Bool[Tensor, "pairs both_windows"]
    has_lips: Bool[Tensor, "pairs"]
    restyled: Bool[Tensor, "pairs"]
    weights: Float[Tensor, "pairs motion_dim"]
    lip_gap: Float[Tensor, "motion_dim_and_1"]
    lip_tuck: Float[Tensor, "motion_dim_and_1"]


@dataclass(frozen=True)
class Losses:
    """Eq. 5 and its terms, unweighted; `lips`, `tuck` and `persistence` are ours."""

    total: Float[Tensor, ""]
    simple: Float[Tensor, ""]
    velocity: Float[Tensor, ""]
    smoothness: Float[Tensor, ""]
    lips: Float[Tensor, ""]
    tuck: Float[Tensor, ""]
    persistence: Float[Tensor, ""]
    kl: Float[Tensor, ""]


LOSS_NAMES: Final = tuple(field.name for field in fields(Losses))


def compute_losses(
    model: MotionModel,
    schedule: Schedule,
    pairs: WindowPairs,
    config: TrainingConfig,
    timestep: int | None = None,
) -> Losses:
    """The loss of both windows of every pair, as one batch of windows: all first ones, then all second.

    A first window follows the learned start; a second one follows the last N_p recorded frames of
    the first, motion and audio. Chance comes from torch's global CPU generator, so that any device
    sees the same.

    Args:
        model: in training mode or not.
        schedule: of noise.
        pairs: batch.
        config: weights, pairing, dropout.
        timestep: of all windows; None draws it for each from 1 ... T.
    """
    size = model.config.num_frames
    motion, audio = _stack_windows(pairs.motion, size), _stack_windows(pairs.audio_features, size)
    recorded, weights = _stack_windows(pairs.valid, size), pairs.weights.repeat(2, 1)
    count, device = len(motion), motion.device

    mean, log_variance = model.encode_style(motion, recorded)
    reference = choose_references(recorded, config).to(device)
    mean, log_variance = mean[reference], log_variance[reference]
    style_code = sample_style_code(mean, log_variance, torch.randn(mean.shape).to(mean))

    valid = recorded & (torch.arange(size)[None] < draw_ends(count, size, config)[:, None]).to(device)
    prev_motion, prev_audio = _window_before(model, pairs)
    audio_null = (torch.rand(count) < config.audio_dropout).to(device) | ~pairs.has_lips.repeat(2)
    style_null = (torch.rand(count) < config.style_dropout).to(device) & ~pairs.restyled.repeat(2)
    basis_only = _draw(count, config.basis_only_probability if model.config.num_basis else 0.0, device)
    if config.audio_noise:
        sizes = config.audio_noise * torch.rand(count, 1, 1)
        audio = audio + (sizes * torch.randn(audio.shape)).to(audio)
    times = torch.randint(1, schedule.num_timesteps + 1, (count,))
    if timestep is not None:
        times = torch.full_like(times, timestep)
    x_t = schedule.add_noise(motion, torch.randn(motion.shape).to(motion), times.to(device))

    denoised = model.denoise(
        x_t,
        times.to(device),
        audio,
        style_code,
        prev_motion=prev_motion,
        prev_audio_features=prev_audio,
        valid_mask=valid,
        audio_null=audio_null,
        style_null=style_null,
        basis_only=basis_only,
    )
    predicted = denoised.motion.float()
    seam = prev_motion[:, -SEAM_FRAMES:].detach()
    seam_mask = torch.arange(count, device=device)[:, None].expand(-1, SEAM_FRAMES) >= count // 2
    with_seam = torch.cat([seam, motion], 1), torch.cat([seam, predicted], 1)
    mask = torch.cat([seam_mask & valid.any(1, keepdim=True), valid], 1)
    simple = simple_loss(motion, predicted, valid, weights)
    velocity = velocity_loss(*with_seam, mask, weights)
    smoothness = smoothness_loss(with_seam[1], mask, weights)
    heard = valid & pairs.has_lips.repeat(2)[:, None]
    lips = lip_gap_loss(motion, predicted, heard, pairs.lip_gap)
    tuck = lip_tuck_loss(motion, predicted, heard, pairs.lip_tuck)
    persistence = persistence_loss(motion, predicted, valid, weights)
    kl = kl_divergence(mean.float(), log_variance.float(), valid.any(1) & ~style_null)
    total = (
        config.simple_weight * simple
        + config.velocity_weight * velocity
        + config.smooth_weight * smoothness
        + config.lip_weight * lips
        + config.tuck_weight * tuck
        + config.persistence_weight * persistence
        + config.kl_weight * kl
    )
    return Losses(total, simple, velocity, smoothness, lips, tuck, persistence, kl)


def choose_references(recorded: Bool[Tensor, "windows frames"], config: TrainingConfig) -> Tensor:
    """For each window the index of the window that is its style reference.

    "alternate" tosses a coin for each window between its own motion (self-conditioning) and the
    other window of its pair (cross-conditioning). A window too short to show a style is not used
    by the other.
    """
    count = len(recorded)
    own = torch.arange(count)
    other = (own + count // 2) % count
    crosses = {
        "self": torch.zeros(count, dtype=torch.bool),
        "cross": torch.ones(count, dtype=torch.bool),
        "alternate": torch.rand(count) < 0.5,
    }[config.style_pairing]
    long_enough = (recorded.sum(1) >= MIN_REFERENCE_FRAMES).cpu()[other]
    return torch.where(crosses & long_enough, other, own)


def draw_ends(count: int, size: int, config: TrainingConfig) -> Tensor:
    """For each window the frame at which it is cut off: mostly `size`, else anywhere after the first."""
    cut = torch.rand(count) < config.truncation_probability
    return torch.where(cut, torch.randint(1, size + 1, (count,)), size)


def _draw(count: int, probability: float, device: torch.device) -> Bool[Tensor, "windows"]:
    """True by chance; a probability of 0 draws nothing, so that what comes after is as without it."""
    if probability == 0:
        return torch.zeros(count, dtype=torch.bool, device=device)
    return (torch.rand(count) < probability).to(device)


def _stack_windows(value: Tensor, size: int) -> Tensor:
    """(pairs, 2 N_w, ...) -> (2 pairs, N_w, ...): all first windows, then all second ones."""
    return torch.cat([value[:, :size], value[:, size : 2 * size]])


def _window_before(model: MotionModel, pairs: WindowPairs) -> tuple[Tensor, Tensor]:
    """(prev_motion, prev_audio_features) of the stacked windows."""
    size, prev = model.config.num_frames, model.config.num_prev_frames
    start_motion, start_audio = model.start(len(pairs.motion))
    end = slice(size - prev, size)
    return (
        torch.cat([start_motion, pairs.motion[:, end]]),
        torch.cat([start_audio, pairs.audio_features[:, end]]),
    )
