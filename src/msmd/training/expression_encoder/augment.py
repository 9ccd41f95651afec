"""Crops as other cameras, codecs and habits of trackers would give them, a person at a time."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional


def augment_crops(
    crops: Float[Tensor, "frames 3 56 64"], person: Int[Tensor, "frames"], random: torch.Generator
) -> Float[Tensor, "frames 3 56 64"]:
    """Changed framing, gamma, shading, sharpness, grain; now and then something in front of the face.

    Args:
        crops: grey, 0 to 255.
        person: number of each frame's person, from 0 on; what is a habit of a video is the same for all of
            a person's frames.
        random: the source of it all.

    Returns:
        Grey, 0 to 255.
    """
    people = int(person.max()) + 1

    def habit(*shape: int) -> Tensor:
        return torch.randn(people, *shape, generator=random)[person]

    def moment(*shape: int) -> Tensor:
        return torch.randn(len(crops), *shape, generator=random)

    flat = (crops / 255).clamp(0.004, 1)
    gamma = torch.exp(0.35 * habit(1, 1, 1))
    flat = flat**gamma
    # light from a side, on all three crops
    ramp = torch.linspace(-1, 1, 64).view(1, 1, 1, -1) * 0.25 * habit(3, 1, 1)
    ramp = ramp + torch.linspace(-1, 1, 56).view(1, 1, -1, 1) * 0.2 * habit(1, 1, 1)
    flat = flat * torch.exp(ramp)
    flat = _reframe(flat, 0.05 * habit(3, 6) + 0.015 * moment(3, 6))
    flat = _blur(flat, 0.55 * habit(1) + 0.25 * moment(1))
    flat = _cover(flat, person, random)
    grain = 0.03 * (0.5 * habit(1, 1, 1)).abs() * moment(3, 56, 64)
    return ((flat + grain) * 255).clamp(0, 255)


def _reframe(
    crops: Float[Tensor, "frames 3 56 64"], change: Float[Tensor, "frames 3 6"]
) -> Float[Tensor, "frames 3 56 64"]:
    """Crops through an affine camera that is off by `change`."""
    theta = torch.tensor([[1.0, 0, 0], [0, 1, 0]]) + change.reshape(-1, 2, 3)
    single = crops.reshape(-1, 1, *crops.shape[2:])
    grid = functional.affine_grid(theta, list(single.shape), align_corners=False)
    out = functional.grid_sample(single, grid, padding_mode="border", align_corners=False)
    return out.reshape(crops.shape)


def _blur(
    crops: Float[Tensor, "frames 3 56 64"], strength: Float[Tensor, "frames 1"]
) -> Float[Tensor, "frames 3 56 64"]:
    """A mix of the crop and one blurred by binomial weights; strength 0 or less leaves it as it is."""
    chosen = torch.nonzero(strength[:, 0] > 0)[:, 0]
    soft = crops[chosen]
    for _ in range(2):
        padded = functional.pad(soft, (1, 1, 1, 1), mode="replicate")
        padded = padded[..., 1:-1] * 0.5 + (padded[..., :-2] + padded[..., 2:]) * 0.25
        soft = padded[:, :, 1:-1] * 0.5 + (padded[:, :, :-2] + padded[:, :, 2:]) * 0.25
    share = strength[chosen].clamp(max=1).view(-1, 1, 1, 1)
    return crops.index_copy(0, chosen, crops[chosen] + share * (soft - crops[chosen]))


def _cover(
    crops: Float[Tensor, "frames 3 56 64"], person: Int[Tensor, "frames"], random: torch.Generator
) -> Float[Tensor, "frames 3 56 64"]:
    """A fringe, a hand or a microphone: one edge of a crop of some people, in all their frames."""
    people = int(person.max()) + 1
    draw = torch.rand(people, 3, 4, generator=random)
    hidden = (draw[..., 0] < 0.08)[person].view(-1, 3, 1, 1)
    depth = 0.35 * draw[..., 1][person].view(-1, 3, 1, 1)
    tone = draw[..., 2][person].view(-1, 3, 1, 1)
    across = torch.linspace(0, 1, 64).view(1, 1, 1, -1)
    down = torch.linspace(0, 1, 56).view(1, 1, -1, 1)
    from_top = (draw[..., 3] < 0.5)[person].view(-1, 3, 1, 1)
    inside = torch.where(from_top, down < depth, across < depth)
    return torch.where(hidden & inside, tone, crops)
