"""What all style encoders share: frames of motion -> one vector, whatever their number."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from msmd.core.config import ModelConfig
from msmd.model.layers import EncoderLayer, sinusoidal_encoding


class FramePool(nn.Module):
    """Transformer encoder over frames, then the mean over the valid ones (section 4.2).

    With positions "frame", frames know their place by sinusoids, so that dynamics count and not
    only the bag of frames. With "constant" every frame gets the vector of place 0.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim = config.style_hidden_dim
        self.dim = dim
        self.knows_order = config.style_positions == "frame"
        self.frame = nn.Linear(config.motion_dim, dim)
        self.layers = nn.ModuleList(
            EncoderLayer(dim, config.style_num_heads, config.feed_forward_factor, config.dropout)
            for _ in range(config.style_num_layers)
        )
        self.norm = nn.LayerNorm(dim)

    def pool(
        self,
        style_reference: Float[Tensor, "batch frames motion_dim"],
        mask: Bool[Tensor, "batch frames"],
    ) -> Float[Tensor, "batch hidden_dim"]:
        """Masked-out frames neither are attended to nor enter the mean."""
        place = torch.arange(style_reference.shape[1], device=style_reference.device).float()
        place = place if self.knows_order else torch.zeros_like(place)
        tokens = self.frame(style_reference.masked_fill(~mask[..., None], 0))
        tokens = tokens + sinusoidal_encoding(place, self.dim)
        # A row with no valid frame would be a softmax over nothing: it sees its blank frames instead.
        seen = mask | ~mask.any(1, keepdim=True)
        for layer in self.layers:
            tokens = layer(tokens, seen)
        share = seen[..., None] / seen.sum(1)[:, None, None]
        return (self.norm(tokens) * share).sum(1)
