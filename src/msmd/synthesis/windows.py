"""The window loop of section 4.1: a line of any length, N_w frames at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from msmd.core.progress import Progress, no_progress
from msmd.diffusion.guidance import Branches, GuidanceForm, guidance_branches
from msmd.diffusion.samplers import SAMPLERS
from msmd.diffusion.schedule import Schedule
from msmd.model.denoiser import Denoised
from msmd.model.motion_model import MotionModel
from msmd.synthesis.lip_hold import LipHold

JOIN_FRAMES = 8
"""Over which the correction at a seam fades; a third of a second."""


@dataclass(frozen=True)
class Sampling:
    """How one line is sampled.

    Attributes:
        sampler: key of `msmd.diffusion.samplers.SAMPLERS`.
        num_steps: for each window.
        guidance_audio, guidance_style: lambda of Eq. 6 for each condition.
        guidance_form: see `guidance_branches`; in the incremental form scales of 1 are no guidance.
        seed: with the number of the window it decides the noise, so that neither the batch nor
            the length of the line changes what an earlier window looks like.
    """

    sampler: str
    num_steps: int
    guidance_audio: float
    guidance_style: float
    seed: int
    guidance_form: GuidanceForm = "sum"


@dataclass(frozen=True)
class Generated:
    """A sampled line in standardised units; motion = primary_motion + alpha @ basis (Eq. 4).

    Attributes:
        motion, primary_motion: (frames, D).
        alpha: (frames, K).
        basis: (K, D).
    """

    motion: Float32[np.ndarray, "frames dim"]
    primary_motion: Float32[np.ndarray, "frames dim"]
    alpha: Float32[np.ndarray, "frames num_basis"]
    basis: Float32[np.ndarray, "num_basis dim"]


@torch.inference_mode()
def generate(
    model: MotionModel,
    schedule: Schedule,
    audio_features: Float32[np.ndarray, "frames audio_dim"],
    style_mean: Float32[np.ndarray, "style_dim"] | None,
    sampling: Sampling,
    progress: Progress = no_progress,
    hold: LipHold | None = None,
    filter_noise: Callable[[Tensor], Tensor] | None = None,
) -> Generated:
    """Sample the motion of a line, window after window. Only the result grows with the line.

    Guidance mixes branches whose bases differ. Alpha and basis are those of the fully conditioned
    branch; the primary motion takes up the rest, so that Eq. 4 holds for the result.

    Args:
        model: in evaluation mode.
        schedule: that it was trained with.
        audio_features: at 25 fps.
        style_mean: the style code; None speaks without a style.
        sampling: see there.
        progress: told of sampled frames.
        hold: keeps lips closed under guidance by style where they are closed without it, for which each
            window is sampled a second time without; None lets them go with the rest, as Eq. 6 is printed.
        filter_noise: what becomes of the (1, frames, D) standard normal noise that is drawn; None leaves it.
    """
    device = next(model.parameters()).device
    branches = _branches(sampling, styled=style_mean is not None)
    if sampling.guidance_form != "sum" or style_mean is None or sampling.guidance_style == 0:
        hold = None  # there is nothing to keep it from
    sound_alone = guidance_branches(float(sampling.guidance_audio), 0.0)
    if style_mean is None:
        code, basis_style = model.null_style(1), model.null_style(1)
    else:
        code = torch.from_numpy(style_mean).to(device)[None]
        basis_style = code
    basis = model.style_basis(basis_style)[0]
    motions, alphas, done = [], [], 0
    prev_motion = prev_audio = None
    for index, (audio, valid) in enumerate(_windows(audio_features, model.config.num_frames)):
        audio, valid = audio.to(device), valid.to(device)
        window = _Window(model, branches, audio, valid, code, style_mean is None, prev_motion, prev_audio)
        sampled = _sample(window, schedule, sampling, index, filter_noise)
        if hold is not None:
            plain = _Window(model, sound_alone, audio, valid, code, False, prev_motion, prev_audio)
            sampled = hold(sampled, _sample(plain, schedule, sampling, index, filter_noise))
        count = int(valid.sum())
        motions.append(sampled[0, :count].cpu().numpy())
        alphas.append(window.alpha[0, :count].cpu().numpy())
        prev_motion = sampled[:, -model.config.num_prev_frames :]
        prev_audio = audio[:, -model.config.num_prev_frames :]
        done += count
        progress("sampling", done, len(audio_features))
    motion, alpha = np.concatenate(motions), np.concatenate(alphas)
    poses = basis.cpu().numpy()
    return Generated(motion, motion - alpha @ poses, alpha, poses)


def _sample(
    window: "_Window",
    schedule: Schedule,
    sampling: Sampling,
    index: int,
    filter_noise: Callable[[Tensor], Tensor] | None,
) -> Float[Tensor, "1 frames dim"]:
    """One window from its own noise: the same for a seed and a place in the line."""
    noise = torch.Generator().manual_seed((sampling.seed * 1_000_003 + index) % 2**63)
    draw = partial(_draw, window, noise, filter_noise)
    return SAMPLERS[sampling.sampler](window.predict, draw(), schedule, sampling.num_steps, draw)


def _draw(
    window: "_Window", noise: torch.Generator, filter_noise: Callable[[Tensor], Tensor] | None
) -> Float[Tensor, "1 frames dim"]:
    drawn = torch.randn(window.shape, generator=noise).to(window.device)
    return drawn if filter_noise is None else filter_noise(drawn)


def _branches(sampling: Sampling, styled: bool) -> Branches:
    """Without a style there is nothing to guide by but sound: the two style terms are one and the same."""
    audio_scale = float(sampling.guidance_audio)
    no_style_scale = 0.0 if sampling.guidance_form == "sum" else audio_scale
    style_scale = float(sampling.guidance_style) if styled else no_style_scale
    return guidance_branches(audio_scale, style_scale, sampling.guidance_form)


def _windows(features: Float32[np.ndarray, "frames dim"], num_frames: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(1, N_w, dim) features and the (1, N_w) mask of frames that are there; the last is padded."""
    for start in range(0, len(features), num_frames):
        piece = torch.from_numpy(features[start : start + num_frames])
        missing = num_frames - len(piece)
        valid = torch.arange(num_frames) < len(piece)
        yield torch.nn.functional.pad(piece, (0, 0, 0, missing))[None], valid[None]


class _Window:
    """The guided predictor of one window; its conditions are prepared once for all steps."""

    def __init__(
        self,
        model: MotionModel,
        branches: Branches,
        audio: Tensor,
        valid: Tensor,
        code: Tensor,
        unstyled: bool,
        prev_motion: Tensor | None,
        prev_audio: Tensor | None,
    ) -> None:
        self._model, self._branches = model, branches
        self.shape, self.device = (1, model.config.num_frames, model.config.motion_dim), audio.device
        audio_null, style_null = branches.null_flags(1, audio.device)
        self._conditions = model.prepare(
            branches.repeat(audio),
            branches.repeat(code),
            prev_motion=None if prev_motion is None else branches.repeat(prev_motion),
            prev_audio_features=None if prev_audio is None else branches.repeat(prev_audio),
            valid_mask=branches.repeat(valid),
            audio_null=audio_null,
            style_null=torch.ones_like(style_null) if unstyled else style_null,
        )
        self._prev_motion = prev_motion
        self.alpha: Tensor = torch.empty(0)

    def predict(self, x_t: Tensor, timestep: int) -> Tensor:
        """x_0 by Eq. 6; keeps alpha of the fully conditioned branch, which comes first."""
        times = torch.full((len(self._branches),), timestep, device=x_t.device)
        output: Denoised = self._model.predict(self._branches.repeat(x_t), times, self._conditions)
        self.alpha = output.alpha[:1]
        x_0 = self._branches.combine(output.motion)
        return x_0 if self._prev_motion is None else join(self._prev_motion, x_0)


def join(
    prev_motion: Float[Tensor, "batch prev_frames dim"], motion: Float[Tensor, "batch frames dim"]
) -> Float[Tensor, "batch frames dim"]:
    """A window that goes on from the one before it at the speed that both have around the seam.

    The model knows the frames before the window and still starts with a step of twice the usual
    size, since it predicts a mean. What the step to the first frame has beyond the mean of the steps
    before and after it is taken out of the first frame, and less and less out of the next ones.
    Inside the sampler, so that the frames after it are sampled to follow.
    """
    step = motion[:, 0] - prev_motion[:, -1]
    around = 0.5 * (prev_motion[:, -1] - prev_motion[:, -2] + motion[:, 1] - motion[:, 0])
    count = min(JOIN_FRAMES, motion.shape[1])
    fade = 0.5 + 0.5 * torch.cos(torch.pi * torch.arange(count, device=motion.device) / count)
    joined = motion.clone()
    joined[:, :count] -= fade[:, None].to(motion) * (step - around)[:, None]
    return joined
