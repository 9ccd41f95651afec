"""Is the mouth in the shape that a sound needs?

The lower lip under the upper teeth at f and v, on the rig; rounded vowels narrower than spread ones.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES, HEAD_ROTATION, MOTION_FPS
from msmd.evaluation.alignment import LABIODENTALS, Phone, middles_of, middles_of_open_vowels
from msmd.evaluation.lip_sync import CLOSURE_TOLERANCE_FRAMES
from msmd.evaluation.protocol import FaceMesh
from msmd.evaluation.records import Row
from msmd.evaluation.unseen_voices import measure_line
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.regions import lip_vertices
from msmd.face.rig import load_rig

ROUNDED: Final = frozenset({"UW", "UH", "OW", "AO", "W"})
SPREAD: Final = frozenset({"IY", "IH", "EY", "Y"})

TUCKED_HEIGHT_MM: Final = 2.0
TUCKED_DEPTH_MM: Final = 1.5
"""The lower lip is under the upper teeth when its highest point is at most so much lower than at rest, and
its inner edge is at least so much further back against the upper lip's. (At rest the teeth end 1.3 mm up.)
"""

_CORNERS: Final = (61, 291)
_MIDDLE_MM: Final = 5.0


def tucked_at(motion: Float32[np.ndarray, "frames 67"], times_seconds: Sequence[float]) -> list[bool]:
    """Whether the rig's lower lip comes under its upper teeth within two frames of each time."""
    weights = arkit_of_motion(Motion(np.ascontiguousarray(motion)))
    lip, moved, depth_of_shape = _lower_lip()
    height = (lip + np.tensordot(weights, moved, 1)).max(axis=1) - lip.max()
    depth = weights @ depth_of_shape
    tucked = (height > -TUCKED_HEIGHT_MM) & (depth < -TUCKED_DEPTH_MM)
    return [bool(tucked[_around(time, len(motion))].any()) for time in times_seconds]


def mouth_widths(
    mesh: FaceMesh, motion: Float32[np.ndarray, "frames 67"], times_seconds: Sequence[float]
) -> list[float]:
    """Distance of the corners of the mouth at each time, mm."""
    vertices = mesh.vertices(motion)
    widths = np.linalg.norm(vertices[:, _CORNERS[0]] - vertices[:, _CORNERS[1]], axis=1)
    frames = [min(round(time * float(MOTION_FPS)), len(widths) - 1) for time in times_seconds]
    return [float(widths[frame]) for frame in frames]


def effect_size(wide: Sequence[float], narrow: Sequence[float]) -> float:
    """Cohen's d: difference of the means over the pooled deviation; NaN with fewer than two of either."""
    if min(len(wide), len(narrow)) < 2:
        return float("nan")
    pooled = np.sqrt((np.var(wide, ddof=1) + np.var(narrow, ddof=1)) / 2)
    return float((np.mean(wide) - np.mean(narrow)) / max(float(pooled), 1e-9))


def voice_row(
    mesh: FaceMesh, motion: Float32[np.ndarray, "frames 67"], samples: np.ndarray, phones: Sequence[Phone]
) -> Row:
    """`unseen_voices.measure_line`, with the lower lip at f and v, and the mouth's width at vowels."""
    row = measure_line(mesh, motion, samples, phones)
    row["tucked"] = tucked_at(motion, middles_of(phones, LABIODENTALS))
    row["tucked_at_vowels"] = tucked_at(motion, middles_of_open_vowels(phones))
    row["rounded_mm"] = mouth_widths(mesh, motion, middles_of(phones, ROUNDED))
    row["spread_mm"] = mouth_widths(mesh, motion, middles_of(phones, SPREAD))
    row["head_degrees"] = float(np.rad2deg(motion[:, HEAD_ROTATION]).std(axis=0).mean())
    return row


@cache
def _lower_lip() -> tuple[
    Float[np.ndarray, "points"], Float[np.ndarray, "52 points"], Float[np.ndarray, "52"]
]:
    """The middle of the rig's lower lip.

    Returns:
        height of its points, mm; what each shape at weight 1 does to that; and how far each shape moves its
        inner edge forward of the upper lip's, mm.
    """
    rig = load_rig()
    order = np.argsort(np.abs(rig.neutral[rig.inner_lip_pairs[:, 0], 0]))[:3]
    upper, lower = rig.inner_lip_pairs[order].T
    x, y, _ = rig.neutral.T
    dropped = rig.shapes[ARKIT_NAMES.index("jawOpen"), :, 1]
    lip = lip_vertices() & (np.abs(x) < _MIDDLE_MM) & (dropped < dropped[lower].mean() / 2)
    depth = (rig.shapes[:, lower, 2] - rig.shapes[:, upper, 2]).mean(axis=1)
    return y[lip], rig.shapes[:, lip, 1], depth


def _around(time_seconds: float, num_frames: int) -> slice:
    frame = min(round(time_seconds * float(MOTION_FPS)), num_frames - 1)
    return slice(max(0, frame - CLOSURE_TOLERANCE_FRAMES), frame + CLOSURE_TOLERANCE_FRAMES + 1)
