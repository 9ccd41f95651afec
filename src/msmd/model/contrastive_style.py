"""The style encoder of the DiffPoseTalk baseline (section 5.3): trained before the rest, then frozen."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from msmd.core.config import ModelConfig
from msmd.model.frame_pool import FramePool

CERTAIN_LOG_VARIANCE = -30.0
"""Of a code without doubt: e^-15 of a unit; finite, so that a KL divergence of weight 0 is a number."""


class ContrastiveStyle(FramePool):
    """4 layers of 128, mean pool; the pooled vector is the style code.

    `training.contrastive` fits it by `embed`. As part of a model it is a constant function: no
    gradient passes through `forward`. Which position encoding it uses stands in
    `ModelConfig.style_positions`: "frame" in our preset; with "constant" it is what the public code
    of this family does, in which every frame gets one and the same vector.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.style_dim = config.style_dim

    def embed(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "batch style_dim"]:
        """The code, with gradients."""
        return self.pool(style_reference, mask)

    def forward(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"],
    ) -> tuple[Float[Tensor, "batch style_dim"], Float[Tensor, "batch style_dim"]]:
        """(code, log_variance): a posterior that is one point."""
        with torch.no_grad():
            code = self.embed(style_reference, mask)
        return code, torch.full_like(code, CERTAIN_LOG_VARIANCE)

    def freeze(self) -> None:
        """No more training, no more dropout."""
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "ContrastiveStyle":
        """Once frozen it stays in evaluation mode, whatever the model around it does."""
        frozen = not any(parameter.requires_grad for parameter in self.parameters())
        return super().train(mode and not frozen)
