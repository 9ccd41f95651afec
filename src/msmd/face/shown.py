"""What a face shows relative to rest: landmarks where they see well, the encoder where they flatten."""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from msmd.core.units import NUM_LANDMARKS
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.neutral import Neutral
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace

TRUST_LIPS, TRUST_CHEEKS, TRUST_UPPER_FACE = 0.4, 0.5, 0.7
"""Share of the encoder's reading in what is shown, by height; the rest is what the landmarks say."""

_BLEND_MM: Final = 12.0
"""Over which one share passes into the next."""


def shown_displacement(face: SeenFace, neutral: Neutral) -> Float32[np.ndarray, "frames 468 3"]:
    """Displacement of the landmark mesh from the face at rest, mm, of the tracker's scale.

    Args:
        face: of a clip.
        neutral: of the same person.

    Returns:
        NaN where no face was found. What the landmarks say, where pictures of the clip or of the face at rest
        were not looked at.
    """
    tracked = face.pose_free - neutral.landmarks
    if face.looks is None or (neutral.rest is None and neutral.error_mm is None):
        return tracked
    read = landmarks_of_arkit(face.read(neutral.rest))
    return (tracked + _trust()[:, None] * (read - tracked)).astype(np.float32)


@cache
def _trust() -> Float64[np.ndarray, "468"]:
    """Share of the encoder's reading at each landmark."""
    height = load_rig().landmark_neutral[:, 1].astype(np.float64)
    assert len(height) == NUM_LANDMARKS
    above_nose = np.clip((height - height[2]) / _BLEND_MM + 0.5, 0, 1)
    above_lids = np.clip((height - height[[23, 253]].mean()) / _BLEND_MM + 0.5, 0, 1)
    share = TRUST_LIPS + (TRUST_CHEEKS - TRUST_LIPS) * above_nose
    return share + (TRUST_UPPER_FACE - share) * above_lids
