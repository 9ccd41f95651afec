"""The network of the expression encoder: what a face shows, told apart from whose face it is.

A frame is seen three ways: landmarks without the head's pose, crops of brows and eyes, a crop of the mouth
(`face.crops`), told by their gradients. Its embedding is read beside two others: the mean over the clip,
which holds what the person looks like, and that of the person at rest, where it is known.
"""

from dataclasses import asdict, dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

NUM_CROPS: Final = 3


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes.

    Attributes:
        landmark_dim: what a frame's landmarks are told by, see `face.expression_encoder.LandmarkView`.
        direct_dim: so many of them, the last ones, are kept in the embedding as they are.
        descriptor_dim: what each crop is told by, see `face.crops.describe_crops`.
        crop_dim: what is kept of each crop.
        mixed_dim: what is kept of a frame beside that.
        hidden_dim: of the network that reads embeddings.
        num_shapes: weights that come out.
    """

    landmark_dim: int
    direct_dim: int
    descriptor_dim: int
    crop_dim: int = 48
    mixed_dim: int = 192
    hidden_dim: int = 320
    num_shapes: int = 52

    def as_json(self) -> dict[str, int]:
        """For the file beside the weights."""
        return asdict(self)

    @property
    def look_dim(self) -> int:
        """What is kept of a frame's crops."""
        return NUM_CROPS * self.crop_dim

    @property
    def embedding_dim(self) -> int:
        """What is kept of a frame."""
        return self.mixed_dim + self.direct_dim


class ExpressionNetwork(nn.Module):
    """Frames, their clip and the resting face -> ARKit weights."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.eye = _build_crop_network(config.descriptor_dim, config.crop_dim)
        self.mouth = _build_crop_network(config.descriptor_dim, config.crop_dim)
        self.landmark = nn.Sequential(
            nn.Linear(config.landmark_dim, 256), nn.GELU(), nn.Linear(256, 128), nn.GELU()
        )
        self.embedding = nn.Linear(128 + config.look_dim + 1, config.mixed_dim)
        self.standardise = nn.BatchNorm1d(3 * config.embedding_dim, affine=False)
        self.reader = nn.Sequential(
            nn.Linear(3 * config.embedding_dim + 1, config.hidden_dim),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Linear(config.hidden_dim, config.hidden_dim),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Linear(config.hidden_dim, config.num_shapes),
        )

    def look(self, descriptors: Float[Tensor, "frames 3 descriptor_dim"]) -> Float[Tensor, "frames look_dim"]:
        """What the crops show: all that needs to be kept of a picture."""
        eyes = self.eye(descriptors[:, :2])
        return torch.cat([eyes.flatten(1), self.mouth(descriptors[:, 2])], dim=1)

    def embed(
        self,
        looks: Float[Tensor, "frames look_dim"],
        landmarks: Float[Tensor, "frames landmark_dim"],
        looked: Bool[Tensor, "frames"],
    ) -> Float[Tensor, "frames embedding_dim"]:
        """A frame's embedding.

        Args:
            looks: of `look`; of no account where not `looked`.
            landmarks: of `LandmarkView`.
            looked: whether there are crops of the frame.
        """
        flag = looked[:, None].to(looks.dtype)
        mixed = self.embedding(torch.cat([looks * flag, self.landmark(landmarks), flag], dim=1))
        return torch.cat([mixed, landmarks[:, len(landmarks[0]) - self.config.direct_dim :]], dim=1)

    def read(
        self,
        frame: Float[Tensor, "frames embedding_dim"],
        clip: Float[Tensor, "frames embedding_dim"],
        neutral: Float[Tensor, "frames embedding_dim"],
        known: Bool[Tensor, "frames"],
    ) -> Float[Tensor, "frames 52"]:
        """ARKit weights, not bounded.

        Args:
            frame: embeddings.
            clip: mean embedding of the clip that each frame is from.
            neutral: mean embedding of the same person at rest; of no account where not `known`.
            known: whether the resting face is known.
        """
        flag = known[:, None].to(frame.dtype)
        views = self.standardise(torch.cat([frame, frame - clip, (frame - neutral) * flag], dim=1))
        return self.reader(torch.cat([views, flag], dim=1))


def _build_crop_network(inputs: int, dim: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(inputs), nn.Linear(inputs, 128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, dim)
    )
