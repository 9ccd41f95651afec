"""What the face is made of and painted with: colours, and where on the rig they go.

Pictures and exported heads share this. Everything follows the landmarks of the rig at rest, so that any
identity is painted alike. Colours are linear light.
"""

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int32

from msmd.face.complexion import linear
from msmd.face.rig import Rig

SKIN, EYE, TEETH, TONGUE, LASHES, CLOTH = range(6)
"""Materials; every part of the rig is one of the first five."""

_MATERIAL_OF: Final = {"eye": EYE, "teeth": TEETH, "tongue": TONGUE, "lashes": LASHES, "brows": LASHES}

UPPER_LIDS: Final = (386, 159)
"""Landmarks at the edges of the upper lids (left, right of the subject)."""
_HAIR_MM: Final = 3.5
_CHEEKS, _NOSE_TIP, _EARS, _CHIN = (50, 280), 4, (234, 454), 152


_MOUTH_COLOR: Final = linear(104, 36, 34)
_TEETH_COLOR: Final = linear(226, 217, 202)
_TONGUE_COLOR: Final = linear(190, 92, 90)
SCLERA_COLOR: Final = linear(232, 226, 220)
LASH_COLOR: Final = linear(38, 28, 24)
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


def hair_thickness(rig: Rig) -> Float32[np.ndarray, "V"]:
    """(V,) mm that the cropped hair stands off the head."""
    skin = vertices_with(rig, materials_of(rig) == SKIN)
    return (np.where(skin, np.clip(hair_line(rig) / 14, 0, 1), 0) * _HAIR_MM).astype(np.float32)


def arch_normals(teeth: Float32[np.ndarray, "V_teeth 3"]) -> Float32[np.ndarray, "V_teeth 3"]:
    """Normals as of a smooth arch: the few corners of the teeth would shade them in blotches."""
    center = np.array([0, 0, teeth[:, 2].max() - 42], np.float32)
    away = (teeth - center) * np.array([1, 0, 1], np.float32)
    return away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)


def beard_ground(rig: Rig) -> Float32[np.ndarray, "V"]:
    """(V,) where a beard grows: upper lip, chin, jaw up to before the ears; 0 on the lips."""
    marks, rest = rig.landmark_neutral.astype(np.float64), rig.neutral.astype(np.float64)
    nose, chin, mouth = marks[2], marks[_CHIN], marks[[13, 14]].mean(0)
    ear = np.abs(marks[list(_EARS)]).mean(0)
    sideways = np.abs(rest[:, 0]) / ear[0]
    # the upper edge falls from under the nose to the corner of the mouth and rises to the ear
    corner = (np.abs(marks[[61, 291], 0]).mean() + 6) / ear[0]
    upper = np.interp(
        sideways, [0, 0.12, corner, 0.75, 1], [nose[1] - 5, nose[1] - 6, mouth[1] + 4, mouth[1] + 20, ear[1]]
    )
    lower = chin[1] - 18 + 30 * sideways
    inside = _ramp(-4.0, 5.0, upper - rest[:, 1]) * _ramp(-6.0, 8.0, rest[:, 1] - lower)
    lips = ((rest[:, :2] - mouth[:2]) / [np.abs(marks[[61, 291], 0]).mean() + 3, 15]) ** 2
    inside *= _ramp(0.75, 1.25, lips.sum(1)) * _ramp(float(ear[2]) - 10, float(ear[2]) + 14, rest[:, 2])
    return inside.astype(np.float32)


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
    colors = rig.complexion
    albedo = np.tile(colors.skin, (len(rest), 1)).astype(np.float64)
    gloss = np.full(len(rest), 0.32)

    flush = 0.30 * sum(_falloff(rest, marks[cheek], 15.0) for cheek in _CHEEKS)
    flush = flush + 0.35 * _falloff(rest, marks[_NOSE_TIP], 11.0) + 0.12 * _falloff(rest, marks[_CHIN], 16.0)
    ear_width = abs(float(marks[_EARS[1], 0])) + 6
    flush = flush + 0.35 * _ramp(0.0, 6.0, np.abs(rest[:, 0]) - ear_width)
    flush = flush + 0.22 * sum(_falloff(rest, marks[lid], 11.0) for lid in UPPER_LIDS)
    albedo += np.clip(flush, 0, 1)[:, None] * (colors.flush - albedo)
    gloss += 0.22 * _falloff(rest, marks[_NOSE_TIP], 14.0) + 0.12 * _falloff(rest, marks[10], 22.0)

    # what is left of a shaved beard is the darker, the lighter the skin
    shadow = 0.5 * colors.beard * beard_ground(rig)[:, None]
    albedo += shadow * (0.55 * colors.hair + 0.45 * albedo * [0.92, 0.98, 1.02] - albedo)

    inner = np.where(rig.inside_mouth, _ramp(4.0, 11.0, marks[[13, 14], 2].mean() - rest[:, 2]), 0)
    # the lips roll inwards; what lies behind their front stays lip-coloured, then turns into the dark
    albedo += inner[:, None] * (_MOUTH_COLOR - albedo)
    gloss += 0.3 * inner
    in_mouth = vertices_with(rig, np.isin(material, (TEETH, TONGUE))) | (inner > 0.5)
    for which, color, shine in ((TEETH, _TEETH_COLOR, 0.6), (TONGUE, _TONGUE_COLOR, 0.5)):
        chosen = vertices_with(rig, material == which)
        albedo[chosen], gloss[chosen] = color, shine
    eyes, lashes = vertices_with(rig, material == EYE), vertices_with(rig, material == LASHES)
    albedo[eyes], albedo[lashes], gloss[lashes] = SCLERA_COLOR, LASH_COLOR, 0
    return VertexPaint(albedo.astype(np.float32), gloss.astype(np.float32), in_mouth)
