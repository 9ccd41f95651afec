"""Which landmarks and which rig vertices belong to which part of the face.

Landmarks are those of the 468-point landmark mesh (MediaPipe's face mesh); left and right are the
subject's. `LANDMARK_REGIONS` and `rig_region` have the same parts by name; pairs that meet are
`INNER_LIP_PAIRS` here, `Rig.inner_lip_pairs` and `Rig.lid_pairs` on the rig.
"""

from collections.abc import Mapping
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

UPPER_LIP: Final = (*OUTER_LIP[1:10], *INNER_LIP[2:9])
LOWER_LIP: Final = (*OUTER_LIP[11:], *INNER_LIP[12:19])
"""Without the corners of the mouth, which belong to both, and what lies next to them on the inside."""

_RIGHT_LIDS: Final = (130, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25)
_LEFT_LIDS: Final = (359, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255)
"""Once around the lids, half-way to brow and cheek."""
_NOSE: Final = (168, 193, 245, 188, 174, 198, 129, 98, 97, 2, 326, 327, 358, 420, 399, 412, 465, 417)
"""Once around the nose."""

LANDMARK_REGIONS: Final[Mapping[str, tuple[int, ...]]] = {
    "lips": LIPS,
    "upper_lip": UPPER_LIP,
    "lower_lip": LOWER_LIP,
    "lids_left": LEFT_EYE,
    "lids_right": RIGHT_EYE,
    "brow_left": LEFT_BROW,
    "brow_right": RIGHT_BROW,
    "nose": tuple(sorted({*_NOSE, 1, 4, 5, 6, 195, 197, 94, 19})),
    "upper_face": UPPER_FACE,
    "face_oval": FACE_OVAL,
}
"""Landmarks of each part, by name."""


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


@cache
def rig_region(name: str) -> Bool[np.ndarray, "V"]:
    """Vertices of a part of the rig: those of `LANDMARK_REGIONS` but the oval, skin, inside_mouth and jaw.

    The jaw is skin below the mouth, from the chin to where the jaw bends under the ears.
    """
    rig = load_rig()
    marks = rig.landmark_neutral
    if name == "inside_mouth":
        return rig.inside_mouth
    if name in _WHOLE:
        return _WHOLE[name]()
    if name in ("upper_lip", "lower_lip"):
        return rig.lip == (1 if name == "upper_lip" else 2)
    if name == "jaw":
        mouth, bend = float(marks[[61, 291], 1].mean()), float(marks[[172, 397], 2].mean())
        below = rig.neutral[:, 1] < mouth - 12
        above_neck = rig.neutral[:, 1] > float(marks[152, 1]) - 4
        return skin_vertices() & ~rig.inside_mouth & below & above_neck & (rig.neutral[:, 2] > bend)
    if name in _BROWS:
        line = marks[list(_BROWS[name]), :2]
        pieces = np.concatenate(
            [line + share * (np.roll(line, 1, 0) - line) for share in (0, 0.25, 0.5, 0.75)]
        )
        away = np.linalg.norm(rig.neutral[:, None, :2] - pieces, axis=2).min(1)
        return skin_vertices() & (away < _BROW_MM)
    outline = marks[list(_OUTLINES[name]), :2].astype(np.float64)
    front = float(marks[list(_OUTLINES[name]), 2].min()) - 6
    inside = _within(rig.neutral[:, :2].astype(np.float64), outline)
    return skin_vertices() & inside & (rig.neutral[:, 2] > front)


_WHOLE: Final = {"skin": skin_vertices, "lips": lip_vertices, "upper_face": upper_face_vertices}
_OUTLINES: Final[Mapping[str, tuple[int, ...]]] = {
    "lids_left": _LEFT_LIDS,
    "lids_right": _RIGHT_LIDS,
    "nose": _NOSE,
}
_BROWS: Final = {
    "brow_left": (*LEFT_BROW[:5], *LEFT_BROW[:4:-1]),
    "brow_right": (*RIGHT_BROW[:5], *RIGHT_BROW[:4:-1]),
}
_BROW_MM: Final = 4.0
"""A brow is so much wider than the outline of its landmarks."""
RIG_REGIONS: Final = (*_WHOLE, *_OUTLINES, *_BROWS, "upper_lip", "lower_lip", "jaw", "inside_mouth")
"""Names that `rig_region` knows."""


def _within(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Which points (N, 2) lie in a closed outline (M, 2): an odd number of its edges to their right."""
    first, second = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    spans = (first[:, 1] > y) != (second[:, 1] > y)
    height = np.where(second[:, 1] == first[:, 1], 1.0, second[:, 1] - first[:, 1])
    crossing = first[:, 0] + (y - first[:, 1]) / height * (second[:, 0] - first[:, 0])
    return (spans & (x < crossing)).sum(axis=1) % 2 == 1
