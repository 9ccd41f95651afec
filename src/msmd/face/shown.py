"""What a face shows relative to rest: landmarks where they see well, the encoder where they flatten.

Landmarks of a steady recording follow the voice; those of pictures that tremble, or that have nothing to do
with one another, err by more than a brow moves. So the noise of the landmarks says how far they are trusted.
"""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from msmd.core.units import NUM_LANDMARKS
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.neutral import Neutral
from msmd.face.regions import BROWS
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace
from msmd.face.smoothing import measure_noise

TRUST_LIPS, TRUST_CHEEKS, TRUST_UPPER_FACE = 0.4, 0.4, 0.3
"""Share of the encoder's reading in what is shown, by height, where landmarks do not tremble.

Chosen on recordings (docs/capture.md): on renders alone the encoder would be trusted with everything.
"""

TREMBLE_MM: Final = 0.07
"""Noise of the brows' landmarks at which landmarks count for half of that."""

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
    trust = trust_in_landmarks(measure_noise(face.pose_free[:, list(BROWS)]))
    return (read + trust[:, None] * (tracked - read)).astype(np.float32)


def trust_in_landmarks(noise_mm: float) -> Float64[np.ndarray, "468"]:
    """Share of the landmarks in what is shown, at each landmark; the rest is what the encoder reads."""
    return _steady_trust() / (1 + (noise_mm / TREMBLE_MM) ** 2)


@cache
def _steady_trust() -> Float64[np.ndarray, "468"]:
    """The same where nothing trembles."""
    height = load_rig().landmark_neutral[:, 1].astype(np.float64)
    assert len(height) == NUM_LANDMARKS
    above_nose = np.clip((height - height[2]) / _BLEND_MM + 0.5, 0, 1)
    above_lids = np.clip((height - height[[23, 253]].mean()) / _BLEND_MM + 0.5, 0, 1)
    encoder = TRUST_LIPS + (TRUST_CHEEKS - TRUST_LIPS) * above_nose
    return 1 - (encoder + (TRUST_UPPER_FACE - encoder) * above_lids)
