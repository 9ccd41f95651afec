"""Conditions and their absence: what is not there is a learned value, never a zero."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from msmd.core.config import ModelConfig


@dataclass(frozen=True)
class Conditions:
    """All that stays the same while one window is sampled.

    Attributes:
        style_code: (batch, style_dim), nulls in place.
        basis: (batch, K, motion_dim) of those codes.
        prev_motion: (batch, N_p, motion_dim).
        valid_mask: (batch, N_w) frames that are to be animated.
        audio: for each layer of the denoiser, what its cross-attention prepared.
    """

    style_code: Float[Tensor, "batch style_dim"]
    basis: Float[Tensor, "batch num_basis motion_dim"]
    prev_motion: Float[Tensor, "batch prev_frames motion_dim"]
    valid_mask: Bool[Tensor, "batch frames"]
    audio: tuple[tuple[Tensor, ...], ...]


class LearnedAbsence(nn.Module):
    """The null of each condition (section 4.4, "learned null condition") and the start features of
    the first window, which has no window before it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.null_style = nn.Parameter(0.1 * torch.randn(config.style_dim))
        self.null_audio = nn.Parameter(0.1 * torch.randn(config.audio_dim))
        self.start_motion = nn.Parameter(0.1 * torch.randn(config.num_prev_frames, config.motion_dim))
        self.start_audio = nn.Parameter(0.1 * torch.randn(config.num_prev_frames, config.audio_dim))

    def replace_audio(
        self, audio_features: Float[Tensor, "batch frames audio_dim"], audio_null: Bool[Tensor, "batch"]
    ) -> Float[Tensor, "batch frames audio_dim"]:
        """Every frame of the chosen clips replaced by the null audio frame."""
        return torch.where(audio_null[:, None, None], self.null_audio.to(audio_features), audio_features)

    def replace_style(
        self, style_code: Float[Tensor, "batch style_dim"], style_null: Bool[Tensor, "batch"]
    ) -> Float[Tensor, "batch style_dim"]:
        """The chosen codes replaced by the null code."""
        return torch.where(style_null[:, None], self.null_style.to(style_code), style_code)
