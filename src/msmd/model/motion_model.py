"""The whole of Figure 2 as one module: style encoder, style basis, conditions, denoiser."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from msmd.core.config import ModelConfig
from msmd.model.conditioning import Conditions, LearnedAbsence
from msmd.model.denoiser import Denoised, Denoiser
from msmd.model.style_basis import StyleBasis


class MotionModel(nn.Module):
    """Everything is in standardised units; frames are at 25 fps. Build it with `build_model`.

    A style encoder maps (style_reference, mask) to (mean, log_variance); see `model.style_vae`.
    """

    def __init__(
        self, config: ModelConfig, style_encoder: nn.Module, style_basis: StyleBasis, denoiser: Denoiser
    ) -> None:
        super().__init__()
        self.config = config
        self.style_encoder = style_encoder
        self.basis_decoder = style_basis
        self.absence = LearnedAbsence(config)
        self.denoiser = denoiser

    def encode_style(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"] | None = None,
    ) -> tuple[Float[Tensor, "batch style_dim"], Float[Tensor, "batch style_dim"]]:
        """(mean, log_variance) of the style code of references of any length.

        Args:
            style_reference: motion.
            mask: true at frames that are there; None: all.
        """
        if mask is None:
            mask = torch.ones(style_reference.shape[:2], dtype=torch.bool, device=style_reference.device)
        return self.style_encoder(style_reference, mask)

    def style_basis(
        self, style_code: Float[Tensor, "batch style_dim"]
    ) -> Float[Tensor, "batch num_basis motion_dim"]:
        """B of section 4.3."""
        return self.basis_decoder(style_code)

    def null_style(self, batch_size: int) -> Float[Tensor, "batch style_dim"]:
        """The learned code that stands for no style."""
        return self.absence.null_style.expand(batch_size, -1)

    def start(
        self, batch_size: int
    ) -> tuple[Float[Tensor, "batch prev_frames motion_dim"], Float[Tensor, "batch prev_frames audio_dim"]]:
        """(prev_motion, prev_audio_features) of a first window: learned."""
        motion, audio = self.absence.start_motion, self.absence.start_audio
        return motion.expand(batch_size, -1, -1), audio.expand(batch_size, -1, -1)

    def prepare(
        self,
        audio_features: Float[Tensor, "batch frames audio_dim"],
        style_code: Float[Tensor, "batch style_dim"],
        basis: Float[Tensor, "batch num_basis motion_dim"] | None = None,
        prev_motion: Float[Tensor, "batch prev_frames motion_dim"] | None = None,
        prev_audio_features: Float[Tensor, "batch prev_frames audio_dim"] | None = None,
        valid_mask: Bool[Tensor, "batch frames"] | None = None,
        audio_null: Bool[Tensor, "batch"] | None = None,
        style_null: Bool[Tensor, "batch"] | None = None,
        basis_only: Bool[Tensor, "batch"] | None = None,
    ) -> Conditions:
        """All that stays the same over the diffusion steps of one window.

        Args:
            audio_features: of the N_w new frames.
            style_code: s.
            basis: of `style_code`; computed if None. Where `style_null` is true it is replaced by
                the basis of the null style.
            prev_motion, prev_audio_features: the N_p frames before; None: the learned start.
            valid_mask: frames that are to be animated; None: all.
            audio_null, style_null: clips whose condition is replaced by its null; None: none of them.
            basis_only: clips of which the denoiser is not told the style code: the basis alone carries
                it; None: none of them.
        """
        count = len(audio_features)
        nobody = torch.zeros(count, dtype=torch.bool, device=audio_features.device)
        audio_null = nobody if audio_null is None else audio_null
        style_null = nobody if style_null is None else style_null
        untold = style_null if basis_only is None else style_null | basis_only
        if valid_mask is None:
            valid_mask = torch.ones(audio_features.shape[:2], dtype=torch.bool, device=audio_features.device)
        start_motion, start_audio = self.start(count)
        prev_motion = start_motion if prev_motion is None else prev_motion
        prev_audio = start_audio if prev_audio_features is None else prev_audio_features
        basis = self.style_basis(style_code) if basis is None else basis
        null_basis = self.style_basis(self.null_style(1))
        audio = self.absence.replace_audio(torch.cat([prev_audio, audio_features], dim=1), audio_null)
        valid = nn.functional.pad(valid_mask, (prev_audio.shape[1], 0), value=True)
        return Conditions(
            style_code=self.absence.replace_style(style_code, untold),
            basis=torch.where(style_null[:, None, None], null_basis, basis),
            prev_motion=prev_motion,
            valid_mask=valid_mask,
            audio=self.denoiser.prepare_audio(audio, valid),
        )

    def predict(
        self,
        x_t: Float[Tensor, "batch frames motion_dim"],
        timestep: Int64[Tensor, "batch"],
        conditions: Conditions,
    ) -> Denoised:
        """The clean motion of a window, given what `prepare` made of its conditions."""
        return self.denoiser(x_t, timestep, conditions)

    def denoise(
        self,
        x_t: Float[Tensor, "batch frames motion_dim"],
        timestep: Int64[Tensor, "batch"],
        audio_features: Float[Tensor, "batch frames audio_dim"],
        style_code: Float[Tensor, "batch style_dim"],
        basis: Float[Tensor, "batch num_basis motion_dim"] | None = None,
        prev_motion: Float[Tensor, "batch prev_frames motion_dim"] | None = None,
        prev_audio_features: Float[Tensor, "batch prev_frames audio_dim"] | None = None,
        valid_mask: Bool[Tensor, "batch frames"] | None = None,
        audio_null: Bool[Tensor, "batch"] | None = None,
        style_null: Bool[Tensor, "batch"] | None = None,
        basis_only: Bool[Tensor, "batch"] | None = None,
    ) -> Denoised:
        """`prepare` and `predict` in one: for a single evaluation. See there."""
        conditions = self.prepare(
            audio_features,
            style_code,
            basis,
            prev_motion,
            prev_audio_features,
            valid_mask,
            audio_null,
            style_null,
            basis_only,
        )
        return self.predict(x_t, timestep, conditions)
