"""How people differ in what one and the same expression does to their face."""

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES
from msmd.face.rig import Rig

_MEDIAL_BROW: Final = {"Right": (107, 55), "Left": (336, 285)}
"""Landmarks at the inner end of each brow."""

_MOST_KNIT_MM: Final = 4.5
_REACH_MM: Final = (13.0, 10.0)
"""Across and up: how far around the end of the brow skin comes along; by a third more or less."""
_MIDLINE_MM: Final = 9.0
"""Skin nearer to the middle of the forehead gives way to both sides, the middle not at all."""


def vary_frown(rig: Rig, random: np.random.Generator) -> Rig:
    """The rig with a frown of its own: brows go down by more or less, and come together by up to 4.5 mm.

    The rig's browDown hardly draws brows together. On many faces that is most of what a frown does, and where
    the inner ends are raised as well (sadness) it is all that is left to see of it.
    """
    together, down = random.uniform(0, _MOST_KNIT_MM), random.uniform(0.4, 1.2)
    reach = np.array(_REACH_MM) * random.uniform(0.7, 1.35, 2)
    shapes = rig.shapes.copy()
    for side in _MEDIAL_BROW:
        shape = shapes[ARKIT_NAMES.index(f"browDown{side}")]
        shape *= np.float32(down)
        shape[:, 0] += together * _knit(rig, side, reach)
    return replace(rig, shapes=shapes)


def _knit(rig: Rig, side: str, reach: Float[np.ndarray, "2"]) -> Float32[np.ndarray, "V"]:
    """How much of the way towards the other brow each vertex goes, with its sign."""
    center = rig.landmark_neutral[list(_MEDIAL_BROW[side])].mean(axis=0)
    off = rig.neutral - center
    near = np.exp(-0.5 * ((off[:, 0] / reach[0]) ** 2 + (off[:, 1] / reach[1]) ** 2))
    depth = np.clip(1.5 - np.abs(off[:, 2]) / 14, 0, 1)
    outward = np.sign(center[0])
    own_side = np.clip(outward * rig.neutral[:, 0] / _MIDLINE_MM, 0, 1)
    skin = np.zeros(len(rig.neutral), np.float32)
    skin[np.unique(rig.triangles[rig.part == rig.part_names.index("skin")])] = 1
    return (-outward * near * depth * own_side * skin).astype(np.float32)
