"""Which landmarks and which rig vertices belong to which part of the face.

Landmarks are those of the 468-point landmark mesh (MediaPipe's face mesh); left and right are the
subject's.
"""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Bool

from msmd.face.rig import load_rig

OUTER_LIP: Final = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(146, 91, 181, 84, 17, 314, 405, 321, 375),
)
INNER_LIP: Final = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    *(95, 88, 178, 87, 14, 317, 402, 318, 324),
)
LIPS: Final = OUTER_LIP + INNER_LIP
"""Both contours of both lips."""

INNER_LIP_PAIRS: Final = (
    *((191, 95), (80, 88), (81, 178), (82, 87), (13, 14)),
    *((312, 317), (311, 402), (310, 318), (415, 324)),
)
"""(upper, lower) landmarks that meet when the mouth is closed, from the right corner to the left."""

RIGHT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
EYES: Final = RIGHT_EYE + LEFT_EYE
"""Edges of the lids."""

RIGHT_BROW: Final = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
LEFT_BROW: Final = (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
BROWS: Final = RIGHT_BROW + LEFT_BROW

FACE_OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The contour, where trackers wobble most."""

_UNDER_EYES: Final = (
    *(110, 24, 23, 22, 26, 112, 243, 190, 56, 28, 27, 29, 30, 247, 130, 25),
    *(339, 254, 253, 252, 256, 341, 463, 414, 286, 258, 257, 259, 260, 467, 359, 255),
)
_FOREHEAD: Final = (
    *(9, 8, 151, 108, 69, 104, 68, 71, 139, 337, 299, 333, 298, 301, 368),
    *(193, 168, 417, 189, 221, 222, 223, 224, 225, 113, 413, 441, 442, 443, 444, 445, 342),
)
UPPER_FACE: Final = tuple(sorted({*EYES, *BROWS, *_UNDER_EYES, *_FOREHEAD}))
"""Lids and what surrounds them, brows, forehead: what the voice says little about."""


@cache
def skin_vertices() -> Bool[np.ndarray, "V"]:
    """Vertices of the rig's skin."""
    rig = load_rig()
    mask = np.zeros(len(rig.neutral), bool)
    mask[rig.triangles[rig.part == rig.part_names.index("skin")]] = True
    return mask


@cache
def lip_vertices() -> Bool[np.ndarray, "V"]:
    """Skin vertices of the rig's lips: within the outer contour, seen from the front."""
    rig = load_rig()
    outline = rig.landmark_neutral[list(OUTER_LIP[:11] + OUTER_LIP[:10:-1]), :2].astype(np.float64)
    inside = _within(rig.neutral[:, :2].astype(np.float64), outline)
    corner_depth = float(rig.landmark_neutral[[61, 291], 2].mean())
    return skin_vertices() & inside & (rig.neutral[:, 2] > corner_depth - 5)


@cache
def upper_face_vertices() -> Bool[np.ndarray, "V"]:
    """Skin vertices from the lower lids to the forehead, on the face's side of the head."""
    rig = load_rig()
    marks = rig.landmark_neutral
    lower = float(marks[[23, 253], 1].mean())
    upper, side = float(marks[10, 1]), float(np.abs(marks[[127, 356], 0]).mean())
    x, y, z = rig.neutral.T
    in_front = z > float(marks[[127, 356], 2].mean())
    return skin_vertices() & (y > lower) & (y < upper) & (np.abs(x) < side) & in_front


def _within(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Which points (N, 2) lie in a closed outline (M, 2): an odd number of its edges to their right."""
    first, second = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    spans = (first[:, 1] > y) != (second[:, 1] > y)
    height = np.where(second[:, 1] == first[:, 1], 1.0, second[:, 1] - first[:, 1])
    crossing = first[:, 0] + (y - first[:, 1]) / height * (second[:, 0] - first[:, 0])
    return (spans & (x < crossing)).sum(axis=1) % 2 == 1
