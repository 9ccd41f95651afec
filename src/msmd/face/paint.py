"""What the face is made of and painted with: colours, and where on the rig they go.

Pictures and exported heads share this. Everything follows the landmarks of the rig at rest, so that any
identity is painted alike. Colours are linear light.
"""

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int32

from msmd.face.rig import Rig

SKIN, EYE, TEETH, TONGUE, LASHES, CLOTH = range(6)
"""Materials; every part of the rig is one of the first five."""

_MATERIAL_OF: Final = {"eye": EYE, "teeth": TEETH, "tongue": TONGUE, "lashes": LASHES, "brows": LASHES}

UPPER_LIDS: Final = (386, 159)
"""Landmarks at the edges of the upper lids (left, right of the subject)."""
_CHEEKS, _NOSE_TIP, _EARS, _CHIN = (50, 280), 4, (234, 454), 152


def linear(*srgb: int) -> Float32[np.ndarray, "3"]:
    """A colour as it is picked on a screen (0 to 255) in linear light."""
    value = np.array(srgb) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


SKIN_COLOR: Final = linear(220, 174, 151)
FLUSH_COLOR: Final = linear(212, 122, 104)
LIP_COLOR: Final = linear(186, 98, 92)
BROW_COLOR: Final = linear(58, 40, 30)
HAIR_COLOR: Final = linear(46, 35, 30)
IRIS_COLOR: Final = linear(92, 118, 128)
_MOUTH_COLOR: Final = linear(104, 36, 34)
_TEETH_COLOR: Final = linear(226, 217, 202)
_TONGUE_COLOR: Final = linear(190, 92, 90)
SCLERA_COLOR: Final = linear(232, 226, 220)
_LASH_COLOR: Final = linear(38, 28, 24)
CLOTH_COLOR: Final = linear(48, 60, 74)


def materials_of(rig: Rig) -> Int32[np.ndarray, "F"]:
    """Material of each triangle, told by the first word of its part's name; unknown parts are skin."""
    by_part = [_MATERIAL_OF.get(name.split("_")[0], SKIN) for name in rig.part_names]
    return np.array(by_part, np.int32)[rig.part]


def vertices_with(rig: Rig, chosen: Bool[np.ndarray, "F"]) -> Bool[np.ndarray, "V"]:
    """Vertices that the chosen triangles use."""
    mask = np.zeros(len(rig.neutral), bool)
    mask[rig.triangles[chosen]] = True
    return mask


def _falloff(rest: np.ndarray, center: np.ndarray, radius_mm: float) -> np.ndarray:
    return np.exp(-((rest - center) ** 2).sum(1) / (2 * radius_mm**2))


def _ramp(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater."""
    u = np.clip((value - low) / (high - low), 0, 1)
    return u * u * (3 - 2 * u)


def hair_line(rig: Rig) -> Float32[np.ndarray, "V"]:
    """Signed mm inside the hair line (positive under hair), a curve in the side view around the ears."""
    ear = rig.landmark_neutral[list(_EARS)].mean(0)
    z, y = rig.neutral[:, 2] - ear[2], rig.neutral[:, 1] - ear[1]
    curve = [(-140, -58), (-75, -52), (-56, -25), (-50, 44), (-10, 44), (-5, 0), (7, 0)]
    curve += [(12, 44), (24, 74), (36, 90), (100, 95)]
    along, height = np.array(curve, float).T
    inside = y - np.interp(z, along, height)
    width = abs(float(rig.landmark_neutral[_EARS[1], 0]))
    ear_shell = (np.abs(rig.neutral[:, 0]) > width + 7) & (np.abs(y) < 43) & (z < 4)
    return np.where(ear_shell, -30, np.clip(inside, -30, 30)).astype(np.float32)


def _depth_behind_landmarks(rig: Rig) -> np.ndarray:
    """(V,) mm that a vertex at rest lies behind the landmarks in front of it."""
    marks = rig.landmark_neutral.astype(np.float64)
    away = ((rig.neutral[:, None, :2] - marks[None, :, :2]) ** 2).sum(-1)
    near = np.argsort(away, 1)[:, :4]
    weight = 1 / (np.take_along_axis(away, near, 1) + 0.5)
    return (marks[near, 2] * weight).sum(1) / weight.sum(1) - rig.neutral[:, 2]


class VertexPaint(NamedTuple):
    """Paint on the vertices of the rig.

    Attributes:
        albedo: (V, 3) linear colour, without hair, brows and lips.
        gloss: (V,) strength of the highlight, about 0.3 for dry skin.
        in_mouth: (V,) whether it lies behind the lips: teeth, tongue, inner skin.
    """

    albedo: Float32[np.ndarray, "V 3"]
    gloss: Float32[np.ndarray, "V"]
    in_mouth: Bool[np.ndarray, "V"]


def paint_vertices(rig: Rig) -> VertexPaint:
    """Flush and gloss of the skin, the inside of the mouth, teeth, eyes and lashes."""
    rest, marks = rig.neutral, rig.landmark_neutral
    material = materials_of(rig)
    skin = material == SKIN
    albedo = np.tile(SKIN_COLOR, (len(rest), 1)).astype(np.float64)
    gloss = np.full(len(rest), 0.32)

    flush = 0.30 * sum(_falloff(rest, marks[cheek], 15.0) for cheek in _CHEEKS)
    flush = flush + 0.35 * _falloff(rest, marks[_NOSE_TIP], 11.0) + 0.12 * _falloff(rest, marks[_CHIN], 16.0)
    ear_width = abs(float(marks[_EARS[1], 0])) + 6
    flush = flush + 0.35 * _ramp(0.0, 6.0, np.abs(rest[:, 0]) - ear_width)
    flush = flush + 0.22 * sum(_falloff(rest, marks[lid], 11.0) for lid in UPPER_LIDS)
    albedo += np.clip(flush, 0, 1)[:, None] * (FLUSH_COLOR - albedo)
    gloss += 0.22 * _falloff(rest, marks[_NOSE_TIP], 14.0) + 0.12 * _falloff(rest, marks[10], 22.0)

    hard = rest[vertices_with(rig, np.isin(material, (TEETH, TONGUE)))]
    margin = np.array([2, 6, 25])
    near_mouth = ((rest > hard.min(0) - margin) & (rest < hard.max(0) + margin)).all(1)
    behind = _depth_behind_landmarks(rig)
    inner = np.where(near_mouth & vertices_with(rig, skin), _ramp(5.0, 11.0, behind), 0)
    # the lips roll inwards; what lies behind their front stays lip-coloured, then turns into the dark
    albedo += inner[:, None] * (_MOUTH_COLOR - albedo)
    gloss += 0.3 * inner
    in_mouth = vertices_with(rig, np.isin(material, (TEETH, TONGUE))) | (inner > 0.5)
    for which, color, shine in ((TEETH, _TEETH_COLOR, 0.6), (TONGUE, _TONGUE_COLOR, 0.5)):
        chosen = vertices_with(rig, material == which)
        albedo[chosen], gloss[chosen] = color, shine
    eyes, lashes = vertices_with(rig, material == EYE), vertices_with(rig, material == LASHES)
    albedo[eyes], albedo[lashes], gloss[lashes] = SCLERA_COLOR, _LASH_COLOR, 0
    return VertexPaint(albedo.astype(np.float32), gloss.astype(np.float32), in_mouth)
