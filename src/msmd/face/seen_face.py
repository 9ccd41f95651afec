"""One face through one clip without its head's pose: in millimetres, and as the encoder keeps it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from msmd.face.expression_encoder import load_expression_encoder
from msmd.face.geometry import metric_landmarks, rotation_to_euler
from msmd.face.raw_landmarks import RawLandmarks


@dataclass(frozen=True)
class SeenFace:
    """What is known of a face before it is said which shape of it is at rest.

    Attributes:
        pose_free: (frames, 468, 3) mm in the rig's frame; NaN where no face was found.
        rotation: (frames, 3, 3) from head to camera; NaN likewise.
        times_seconds: (frames,).
        looks: of `RawLandmarks`; None: landmarks alone are read.
    """

    pose_free: Float32[np.ndarray, "frames 468 3"]
    rotation: Float32[np.ndarray, "frames 3 3"]
    times_seconds: Float64[np.ndarray, "frames"]
    looks: Float32[np.ndarray, "frames look_dim"] | None = None

    @classmethod
    def of_landmarks(
        cls,
        landmarks: Float[np.ndarray, "frames points 3"],
        times_seconds: Float64[np.ndarray, "frames"],
        width: int,
        height: int,
        looks: Float32[np.ndarray, "frames look_dim"] | None = None,
    ) -> "SeenFace":
        """Of landmarks as `RawLandmarks` has them."""
        pose_free, rotation = metric_landmarks(landmarks, width, height)
        return cls(pose_free, rotation, times_seconds, looks)

    @classmethod
    def of_raw(cls, raw: RawLandmarks) -> "SeenFace":
        """Of what a tracker saw."""
        return cls.of_landmarks(raw.landmarks, raw.times_seconds, raw.width, raw.height, raw.looks)

    @property
    def found(self) -> Bool[np.ndarray, "frames"]:
        """Where a face was found."""
        return np.isfinite(self.pose_free[:, 0, 0])

    @cached_property
    def embedded(self) -> Float32[np.ndarray, "frames embedding_dim"]:
        """What the expression encoder keeps of each frame; NaN where no face was found."""
        encoder = load_expression_encoder()
        found = self.found
        out = np.full((len(found), encoder.network.config.embedding_dim), np.nan, np.float32)
        if found.any():
            looks = None if self.looks is None else self.looks[found]
            out[found] = encoder.embed(self.pose_free[found], rotation_to_euler(self.rotation[found]), looks)
        return out

    def read(
        self, rest: Float32[np.ndarray, "embedding_dim"] | None = None
    ) -> Float32[np.ndarray, "frames 52"]:
        """ARKit weights that the expression encoder reads; NaN where no face was found.

        Args:
            rest: mean of `embedded` over frames of the same person at rest; None: not known.
        """
        found = self.found
        out = np.full((len(found), load_expression_encoder().network.config.num_shapes), np.nan, np.float32)
        if found.any():
            out[found] = load_expression_encoder().read(self.embedded[found], rest)
        return out
