"""The style basis of section 4.3 and the sum of Eq. 4."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from msmd.core.config import ModelConfig
from msmd.core.units import NUM_EXPRESSION


class StyleBasis(nn.Module):
    """D_style: K sets of three fully connected layers, each mapping the style code to one b_k."""

    moved: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.motion_dim = config.motion_dim
        dim = config.style_dim
        self.decoders = nn.ModuleList(
            nn.Sequential(
                nn.Linear(dim, dim),
                nn.GELU(),
                nn.Linear(dim, dim),
                nn.GELU(),
                nn.Linear(dim, config.motion_dim),
            )
            for _ in range(config.num_basis)
        )
        moved = torch.ones(config.motion_dim)
        if config.basis_reach == "expression":
            moved[NUM_EXPRESSION:] = 0
        self.register_buffer("moved", moved, persistent=False)

    def forward(
        self, style_code: Float[Tensor, "batch style_dim"]
    ) -> Float[Tensor, "batch num_basis motion_dim"]:
        """B; for K = 0 a tensor with no basis in it."""
        if not self.decoders:
            return style_code.new_zeros(len(style_code), 0, self.motion_dim)
        return torch.stack([decode(style_code) for decode in self.decoders], dim=1) * self.moved


def add_style_basis(
    primary_motion: Float[Tensor, "batch frames motion_dim"],
    alpha: Float[Tensor, "batch frames num_basis"],
    basis: Float[Tensor, "batch num_basis motion_dim"],
) -> Float[Tensor, "batch frames motion_dim"]:
    """X_hat = delta X_hat + sum_k alpha_k b_k, frame by frame (Eq. 4).

    The paper's sum runs from 0 to K over one alpha_t without a basis index; here there are K bases,
    each with its own modulation signal (N, K), unbounded.
    """
    return primary_motion + alpha @ basis
