"""The 68 landmarks of the iBUG scheme: their pose taken out, and the expression code that they show."""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import fit_similarity
from msmd.face.rig import load_rig

MESH_INDEX: Final = np.array(
    # right brow, left brow, nose bridge, nose base
    [
        *[70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327],
        # right eye, left eye
        *[33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380],
        # outer lips, inner lips
        *[61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87],
    ]
)
"""Vertices of the landmark mesh that landmarks 17 to 67 are; the jaw line (0 to 16) slides and is none."""

FIRST: Final = 17
"""The first of the 68 that has a vertex."""

CHIN: Final = 8
CHIN_MESH_INDEX: Final = 152
"""Of the jaw line the chin alone stays put on the face."""

_RIGID: Final = (27, 28, 29, 30, 31, 33, 35, 36, 39, 42, 45)
"""Nose bridge and base, corners of the eyes."""

_LIDS: Final = (37, 38, 40, 41, 43, 44, 46, 47)
"""Left out of the fit: the tracker's shape model hardly opens or shuts them. Lids come from action units."""

_NOISE_MM: Final = {"lips": 0.5, "brows": 0.7, "other": 1.2, "chin": 1.5}
_DEPTH_NOISE: Final = 2.5
"""How much worse depth is than what a single camera sees."""

_JUMP_MM: Final = 6.0
"""A frame further than this from the median of the five around it is a slip of the tracker."""


def find_slips(landmarks: Float[np.ndarray, "frames 68 3"]) -> Bool[np.ndarray, "frames"]:
    """Frames in which the landmarks jump away, all together or a good part of them, and come back.

    Args:
        landmarks: mm, pose still in them; heads do not move 6 mm in one frame and back in the next.
    """
    padded = np.pad(landmarks, ((2, 2), (0, 0), (0, 0)), mode="edge")
    around = np.median(np.stack([padded[shift : shift + len(landmarks)] for shift in range(5)]), axis=0)
    away = np.linalg.norm((landmarks - around)[..., :2], axis=2).mean(axis=1)
    return away > _JUMP_MM


def remove_pose(
    landmarks: Float[np.ndarray, "frames 68 3"],
) -> tuple[Float64[np.ndarray, "frames 68 3"], Float64[np.ndarray, "frames 3 3"]]:
    """Landmarks in the rig's frame and size, and the head's rotation in camera axes.

    The first fit, onto the rig, gives the face's own shape; the second, onto that shape, gives the
    pose, free of how this face differs from the rig. The size is one for the whole clip.

    Args:
        landmarks: mm; x to the right of the picture, y up, z towards the camera.
    """
    rig = load_rig().landmark_neutral.astype(np.float64)
    reference = np.zeros((68, 3))
    reference[FIRST:] = rig[MESH_INDEX]
    weights = np.zeros(68)
    weights[list(_RIGID)] = 1.0
    on_rig, _ = _lay_onto(reference, landmarks, weights)
    return _lay_onto(np.median(on_rig, axis=0), landmarks, weights)


def _lay_onto(
    reference: Float64[np.ndarray, "68 3"],
    landmarks: Float[np.ndarray, "frames 68 3"],
    weights: Float64[np.ndarray, "68"],
) -> tuple[Float64[np.ndarray, "frames 68 3"], Float64[np.ndarray, "frames 3 3"]]:
    scale, rotation, _ = fit_similarity(reference, landmarks, weights)
    share = weights / weights.sum()
    around_centre = landmarks - np.einsum("n,tnc->tc", share, landmarks)[:, None]
    free = np.einsum("tji,tnj->tni", rotation, around_centre) / np.median(scale) + share @ reference
    return free, rotation


def code_of_landmarks(displacement: Float[np.ndarray, "frames 68 3"]) -> Float32[np.ndarray, "frames 64"]:
    """The most probable expression code given the displacement of the 68 landmarks.

    Ridge regression inside the expression space: the code is whitened, so its prior is N(0, 1), and
    the landmarks are it, decoded, plus noise: z = (A'A + 1)^-1 A'd with A, d in units of the noise.

    Args:
        displacement: mm from the person's neutral, pose-free, in the size of the rig.
    """
    vertices, noise = _observed()
    seen = np.concatenate([displacement[:, FIRST:], displacement[:, CHIN : CHIN + 1]], axis=1)
    decoded = np.asarray(load_expression_space().decode(np.eye(64, dtype=np.float32)), np.float64)
    a = (decoded[:, vertices] / noise).reshape(64, -1)
    d = (seen / noise).reshape(len(seen), -1)
    return np.linalg.solve(a @ a.T + np.eye(64), a @ d.T).T.astype(np.float32)


@cache
def _observed() -> tuple[np.ndarray, Float64[np.ndarray, "points 3"]]:
    """Vertices of landmarks 17 to 67 and the chin, and the noise of each coordinate in mm."""
    vertices = np.append(MESH_INDEX, CHIN_MESH_INDEX)
    noise = np.full((len(vertices), 3), _NOISE_MM["other"])
    noise[: 27 - FIRST] = _NOISE_MM["brows"]
    noise[48 - FIRST : -1] = _NOISE_MM["lips"]
    noise[-1] = _NOISE_MM["chin"]
    noise[:, 2] *= _DEPTH_NOISE
    noise[np.array(_LIDS) - FIRST] = 1e3
    return vertices, noise
