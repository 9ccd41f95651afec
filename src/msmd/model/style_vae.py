"""E_style of section 4.2: a reference of any length -> the posterior of its style code."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from msmd.core.config import ModelConfig
from msmd.model.layers import EncoderLayer, sinusoidal_encoding

INITIAL_LOG_VARIANCE = -3.0
"""Codes start out nearly certain, so that there is something to learn from; KL widens them again."""


class StyleVae(nn.Module):
    """Transformer encoder over frames, mean over the valid frames, two fully connected layers.

    Frames know their place by sinusoidal positions, so that dynamics count and not only the bag of
    frames. Sizes of section 5.2: 4 layers of 512, 4 heads, then 512 and 2 x 128 outputs.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim = config.style_hidden_dim
        self.dim = dim
        self.frame = nn.Linear(config.motion_dim, dim)
        self.layers = nn.ModuleList(
            EncoderLayer(dim, config.style_num_heads, config.feed_forward_factor, config.dropout)
            for _ in range(config.style_num_layers)
        )
        self.norm = nn.LayerNorm(dim)
        to_posterior = nn.Linear(dim, 2 * config.style_dim)
        nn.init.constant_(to_posterior.bias[config.style_dim :], INITIAL_LOG_VARIANCE)
        self.posterior = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), to_posterior)

    def forward(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"],
    ) -> tuple[Float[Tensor, "batch style_dim"], Float[Tensor, "batch style_dim"]]:
        """(mean, log_variance); masked-out frames neither are attended to nor enter the mean."""
        place = torch.arange(style_reference.shape[1], device=style_reference.device).float()
        tokens = self.frame(style_reference.masked_fill(~mask[..., None], 0))
        tokens = tokens + sinusoidal_encoding(place, self.dim)
        # A row with no valid frame would be a softmax over nothing: it sees its blank frames instead.
        seen = mask | ~mask.any(1, keepdim=True)
        for layer in self.layers:
            tokens = layer(tokens, seen)
        share = seen[..., None] / seen.sum(1)[:, None, None]
        mean, log_variance = self.posterior((self.norm(tokens) * share).sum(1)).chunk(2, dim=-1)
        return mean, log_variance


class NoStyle(nn.Module):
    """The unconditioned model: whatever the reference, the posterior is the prior, N(0, I)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.style_dim = config.style_dim

    def forward(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"],
    ) -> tuple[Float[Tensor, "batch style_dim"], Float[Tensor, "batch style_dim"]]:
        zeros = style_reference.new_zeros(len(style_reference), self.style_dim)
        return zeros, zeros


def sample_style_code(
    mean: Float[Tensor, "batch style_dim"],
    log_variance: Float[Tensor, "batch style_dim"],
    noise: Float[Tensor, "batch style_dim"],
) -> Float[Tensor, "batch style_dim"]:
    """The re-parameterisation trick of section 4.2: s = mu + sigma * epsilon."""
    return mean + (0.5 * log_variance).exp() * noise
