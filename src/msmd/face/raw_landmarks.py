"""What a face tracker saw, before any interpretation: kept, so that motion can be computed anew."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64


@dataclass(frozen=True)
class RawLandmarks:
    """The landmarks of one face through one video.

    Attributes:
        landmarks: (frames, 478, 3): x and y as shares of the upright picture's width and height,
            from the top left; z, towards the scene, in units of the width. NaN where no face was
            found. The first 468 are the landmark mesh, the last 10 the irises.
        times_seconds: (frames,) of presentation, increasing; 0 is the start of the file, sound included.
        width, height: of the upright picture in square pixels.
        num_faces: faces seen for half a second or more, the one followed among them.
        looks: (frames, look_dim) what the pictures of brows, eyes and mouth show beside the landmarks, of
            `ExpressionEncoder.look`; NaN where no face was found. None: the pictures were not looked at.
    """

    landmarks: Float32[np.ndarray, "frames 478 3"]
    times_seconds: Float64[np.ndarray, "frames"]
    width: int
    height: int
    num_faces: int = 1
    looks: Float32[np.ndarray, "frames look_dim"] | None = None

    @property
    def found(self) -> Bool[np.ndarray, "frames"]:
        """Where a face was found."""
        return np.isfinite(self.landmarks[:, 0, 0])
