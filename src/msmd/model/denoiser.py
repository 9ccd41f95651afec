"""M(X_t, t, C) of section 4.1: a transformer decoder that predicts the clean motion of one window."""

from dataclasses import dataclass
from typing import Final, cast

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from msmd.core.config import ModelConfig
from msmd.model.conditioning import Conditions
from msmd.model.layers import DecoderLayer, TimestepEncoder, sinusoidal_encoding
from msmd.model.style_basis import add_style_basis

POSITION_SIZE: Final = 0.5
"""Amplitude of a token's position at first, about the size of a frame's own content."""


@dataclass(frozen=True)
class Denoised:
    """A prediction of the clean motion, in standardised units.

    Attributes:
        motion: X_hat of Eq. 4.
        primary_motion: delta X_hat.
        alpha: the style modulation signal.
    """

    motion: Float[Tensor, "batch frames motion_dim"]
    primary_motion: Float[Tensor, "batch frames motion_dim"]
    alpha: Float[Tensor, "batch frames num_basis"]


class Denoiser(nn.Module):
    """Tokens: one for style and timestep, then N_p previous and N_w new frames.

    Every token has a learned position, which begins as a sinusoid of its place: neighbours are alike, so
    that a frame finds them and tells slow motion from noise. The style token hears audio only through
    the frames (the band of `BandCrossAttention` has no place for it). The timestep is also added to
    every frame, so that a frame knows at the first layer how much of what it sees is noise.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim = config.hidden_dim
        self.motion_dim = config.motion_dim
        self.num_frames = config.num_frames
        self.frame = nn.Linear(config.motion_dim + 1, dim)
        self.style = nn.Linear(config.style_dim, dim)
        self.timestep = TimestepEncoder(dim)
        place = torch.arange(1.0 + config.num_prev_frames + config.num_frames)
        waves = sinusoidal_encoding(place, dim, longest_period=float(len(place)))
        self.position = nn.Parameter(POSITION_SIZE * waves)
        self.audio = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(config.audio_dim, dim), nn.LayerNorm(dim)
        )
        self.layers = nn.ModuleList(
            DecoderLayer(
                dim, config.num_heads, config.feed_forward_factor, config.audio_mask_width, config.dropout
            )
            for _ in range(config.num_layers)
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Sequential(
            nn.Linear(dim, dim // 2), nn.GELU(), nn.Linear(dim // 2, config.motion_dim + config.num_basis)
        )

    def prepare_audio(
        self,
        audio_features: Float[Tensor, "batch prev_and_new_frames audio_dim"],
        valid: Bool[Tensor, "batch prev_and_new_frames"],
    ) -> tuple[tuple[Tensor, ...], ...]:
        """Keys and values of every layer, once for a window. Sound after the end is not heard."""
        audio = self.audio(audio_features.masked_fill(~valid[..., None], 0))
        return tuple(cast(DecoderLayer, layer).audio_attention.prepare(audio) for layer in self.layers)

    def forward(
        self,
        x_t: Float[Tensor, "batch frames motion_dim"],
        timestep: Int64[Tensor, "batch"],
        conditions: Conditions,
    ) -> Denoised:
        """Predict the clean motion.

        Args:
            x_t: noised motion of the new frames.
            timestep: 1 ... T.
            conditions: of this window.
        """
        valid = conditions.valid_mask[..., None]
        new = torch.cat([x_t.masked_fill(~valid, 0), valid.to(x_t)], dim=-1)
        prev = nn.functional.pad(conditions.prev_motion, (0, 1), value=1.0)
        step = self.timestep(timestep)[:, None]
        style = self.style(conditions.style_code)[:, None]
        tokens = torch.cat([style, self.frame(torch.cat([prev, new], dim=1))], dim=1) + step + self.position
        for layer, audio in zip(self.layers, conditions.audio, strict=True):
            tokens = layer(tokens, audio)
        out = self.head(self.norm(tokens[:, -self.num_frames :]))
        primary_motion, alpha = out[..., : self.motion_dim], out[..., self.motion_dim :]
        motion = add_style_basis(primary_motion, alpha, conditions.basis)
        return Denoised(motion, primary_motion, alpha)
