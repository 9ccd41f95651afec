"""Transformer parts that the style encoder and the denoiser share. Normalised before each branch."""

import math

import torch
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor, nn
from torch.nn import functional


def sinusoidal_encoding(
    position: Float32[Tensor, "*shape"], dim: int, longest_period: float = 10_000.0
) -> Float32[Tensor, "*shape {dim}"]:
    """sin and cos of each position at `dim` / 2 geometrically spaced frequencies; `dim` is even."""
    exponent = torch.arange(dim // 2, device=position.device, dtype=torch.float32) / max(dim // 2 - 1, 1)
    angle = position[..., None] * longest_period**-exponent
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class TimestepEncoder(nn.Module):
    """Diffusion timestep -> a vector of the denoiser's width."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.mix = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim))

    def forward(self, timestep: Int64[Tensor, "batch"]) -> Float[Tensor, "batch dim"]:
        return self.mix(sinusoidal_encoding(timestep.float(), self.dim))


class SelfAttention(nn.Module):
    """Every token attends to every token that is not masked."""

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query_key_value = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(
        self, tokens: Float[Tensor, "batch tokens dim"], mask: Bool[Tensor, "batch tokens"] | None = None
    ) -> Float[Tensor, "batch tokens dim"]:
        """`mask` is true where a token may be attended to."""
        heads = self.query_key_value(tokens).unflatten(-1, (3, self.num_heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        allowed = None if mask is None else mask[:, None, None, :]
        # On a processor the fused kernel is slow backward: products take a fifth off a training step.
        in_products = tokens.device.type == "cpu" and torch.is_grad_enabled()
        attend = attend_in_products if in_products else functional.scaled_dot_product_attention
        return self.out(attend(query, key, value, allowed).transpose(1, 2).flatten(2))


def attend_in_products(
    query: Float[Tensor, "batch heads queries dim"],
    key: Float[Tensor, "batch heads keys dim"],
    value: Float[Tensor, "batch heads keys dim"],
    allowed: Bool[Tensor, "batch #heads #queries keys"] | None,
) -> Float[Tensor, "batch heads queries dim"]:
    """softmax(Q K^T / sqrt(d)) V, as `scaled_dot_product_attention` has it, with the products written out."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -math.inf)
    return scores.softmax(-1).to(value.dtype) @ value


class BandCrossAttention(nn.Module):
    """Frame i attends to the audio frames i - w/2 ... i + w/2 of a window, each with a learned bias.

    The audio side does not change while a window is sampled, so it is a separate step, `prepare`.
    At width 1 there is nothing to choose between: attention is a linear map of the frame's own
    audio, and so it is computed.
    """

    def __init__(self, dim: int, num_heads: int, width: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.width = width
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)
        if width > 1:
            self.query = nn.Linear(dim, dim)
            self.key = nn.Linear(dim, dim)
            self.offset_bias = nn.Parameter(torch.zeros(num_heads, width))

    def prepare(self, audio: Float[Tensor, "batch frames dim"]) -> tuple[Tensor, ...]:
        """What is constant over diffusion steps: (output,) at width 1, else padded (keys, values)."""
        if self.width == 1:
            return (self.out(self.value(audio)),)
        margin = self.width // 2
        return tuple(
            functional.pad(project(audio), (0, 0, margin, margin)).unflatten(-1, (self.num_heads, -1))
            for project in (self.key, self.value)
        )

    def forward(
        self, frames: Float[Tensor, "batch frames dim"], prepared: tuple[Tensor, ...]
    ) -> Float[Tensor, "batch frames dim"]:
        if self.width == 1:
            return prepared[0]
        keys, values = prepared
        count = frames.shape[1]
        query = self.query(frames).unflatten(-1, (self.num_heads, -1)) / math.sqrt(keys.shape[-1])
        shifted = [slice(offset, offset + count) for offset in range(self.width)]
        scores = torch.stack([(query * keys[:, at]).sum(-1) for at in shifted], -1) + self.offset_bias
        scores = scores.masked_fill(self._outside(count, frames.device)[:, None, :], -math.inf)
        weights = scores.softmax(-1)
        mixed = sum(weights[..., i, None] * values[:, at] for i, at in enumerate(shifted))
        return self.out(torch.as_tensor(mixed).flatten(2))

    def _outside(self, count: int, device: torch.device) -> Bool[Tensor, "frames width"]:
        neighbour = torch.arange(count, device=device)[:, None] + torch.arange(self.width, device=device)
        neighbour = neighbour - self.width // 2
        return (neighbour < 0) | (neighbour >= count)


class FeedForward(nn.Sequential):
    """Two linear layers around a GELU."""

    def __init__(self, dim: int, factor: int) -> None:
        super().__init__(nn.Linear(dim, factor * dim), nn.GELU(), nn.Linear(factor * dim, dim))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each added to its input."""

    def __init__(self, dim: int, num_heads: int, feed_forward_factor: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(dim)
        self.attention = SelfAttention(dim, num_heads)
        self.feed_forward_norm = nn.LayerNorm(dim)
        self.feed_forward = FeedForward(dim, feed_forward_factor)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, tokens: Float[Tensor, "batch tokens dim"], mask: Bool[Tensor, "batch tokens"] | None
    ) -> Float[Tensor, "batch tokens dim"]:
        tokens = tokens + self.dropout(self.attention(self.attention_norm(tokens), mask))
        return tokens + self.dropout(self.feed_forward(self.feed_forward_norm(tokens)))


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention of all tokens but the first to audio, feed-forward."""

    def __init__(
        self, dim: int, num_heads: int, feed_forward_factor: int, audio_mask_width: int, dropout: float
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(dim)
        self.attention = SelfAttention(dim, num_heads)
        self.audio_norm = nn.LayerNorm(dim) if audio_mask_width > 1 else nn.Identity()
        self.audio_attention = BandCrossAttention(dim, num_heads, audio_mask_width)
        self.feed_forward_norm = nn.LayerNorm(dim)
        self.feed_forward = FeedForward(dim, feed_forward_factor)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, tokens: Float[Tensor, "batch tokens dim"], audio: tuple[Tensor, ...]
    ) -> Float[Tensor, "batch tokens dim"]:
        """`audio` is what `audio_attention.prepare` made of the frames behind tokens 1, 2, ..."""
        tokens = tokens + self.dropout(self.attention(self.attention_norm(tokens)))
        heard = self.audio_attention(self.audio_norm(tokens[:, 1:]), audio)
        tokens = tokens + functional.pad(self.dropout(heard), (0, 0, 1, 0))
        return tokens + self.dropout(self.feed_forward(self.feed_forward_norm(tokens)))
