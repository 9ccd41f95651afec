"""E_style of section 4.2: a reference of any length -> the posterior of its style code."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from msmd.core.config import ModelConfig
from msmd.model.frame_pool import FramePool

INITIAL_LOG_VARIANCE = -3.0
"""Codes start out nearly certain, so that there is something to learn from; KL widens them again."""


class StyleVae(FramePool):
    """`FramePool`, then two fully connected layers: the mean and log-variance of the style code.

    Sizes of section 5.2: 4 layers of 512, 4 heads, then 512 and 2 x 128 outputs.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        to_posterior = nn.Linear(self.dim, 2 * config.style_dim)
        nn.init.constant_(to_posterior.bias[config.style_dim :], INITIAL_LOG_VARIANCE)
        self.posterior = nn.Sequential(nn.Linear(self.dim, self.dim), nn.GELU(), to_posterior)

    def forward(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"],
    ) -> tuple[Float[Tensor, "batch style_dim"], Float[Tensor, "batch style_dim"]]:
        """(mean, log_variance)."""
        mean, log_variance = self.posterior(self.pool(style_reference, mask)).chunk(2, dim=-1)
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
