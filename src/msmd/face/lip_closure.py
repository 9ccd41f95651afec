"""Lips that meet: where the tracked lips are closed, so are the rig's, at any opening of the jaw."""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES, EXPRESSION
from msmd.face.expression_space import load_expression_space
from msmd.face.regions import INNER_LIP_PAIRS
from msmd.face.rig import load_rig

CLOSED_MM: Final = 0.8
"""Tracked lips that are no further apart than this, beyond their distance at rest, are closed."""
OPEN_MM: Final = 2.4
"""From here on the solved weights are left alone."""

_CLOSE: Final = ARKIT_NAMES.index("mouthClose")
_OPENERS: Final = tuple(
    ARKIT_NAMES.index(name)
    for name in (
        "mouthFunnel",
        "mouthLowerDownLeft",
        "mouthLowerDownRight",
        "mouthUpperUpLeft",
        "mouthUpperUpRight",
    )
)
"""Shapes that part the lips so far that mouthClose cannot undo it without crossing them elsewhere.

noseSneer and mouthShrugUpper part them by less than a millimetre, which mouthClose takes.
"""
_MOST_CLOSING: Final = 0.1
"""How far mouthClose may exceed jawOpen, against what little gap other shapes leave (a pucker's)."""


@cache
def lip_gap_direction() -> Float32[np.ndarray, "64"]:
    """How each dimension of the code opens the inner lips, mm: the gap is this, times the code."""
    displacement = load_expression_space().decode(np.eye(EXPRESSION.stop, dtype=np.float32))
    upper, lower = np.asarray(INNER_LIP_PAIRS).T
    return (displacement[:, upper, 1] - displacement[:, lower, 1]).mean(1)


def tracked_gap_mm(displacement: Float[np.ndarray, "frames 468 3"]) -> Float[np.ndarray, "frames"]:
    """How far the middle of the inner lips is apart beyond their distance at rest, mm."""
    upper, lower = np.array(INNER_LIP_PAIRS[3:6]).T
    return (displacement[:, upper, 1] - displacement[:, lower, 1]).mean(axis=1)


def widest_gap_mm(displacement: Float[np.ndarray, "frames 468 3"]) -> Float[np.ndarray, "frames"]:
    """The same of the widest of three stretches: middle, left and right; a lip raised on one side is open."""
    upper, lower = np.array(INNER_LIP_PAIRS[1:8]).T
    gap = displacement[:, upper, 1] - displacement[:, lower, 1]
    return np.max([gap[:, start : start + 3].mean(axis=1) for start in (0, 2, 4)], axis=0)


def rig_gap_mm(weights: Float[np.ndarray, "frames 52"]) -> Float[np.ndarray, "frames pairs"]:
    """How far the rig's inner lips are apart beyond their distance at rest, mm, pair by pair."""
    return weights @ _gaps()


def close_lips(
    weights: Float32[np.ndarray, "frames 52"], displacement: Float[np.ndarray, "frames 468 3"]
) -> Float32[np.ndarray, "frames 52"]:
    """Take back what parts the rig's lips, as far as the tracked lips are closed.

    First mouthClose rises to the jaw's weight: at equal weights the two leave the lips as they are at
    rest. Then shapes that part the lips shrink, and mouthClose takes the small rest.

    Args:
        weights: solved for `displacement`.
        displacement: of the landmark mesh, mm.
    """
    share = np.clip((OPEN_MM - widest_gap_mm(displacement)) / (OPEN_MM - CLOSED_MM), 0, 1)
    share = (share * share * (3 - 2 * share)).astype(np.float32)
    out, gaps = weights.copy(), _gaps()
    jaw = ARKIT_NAMES.index("jawOpen")
    out[:, _CLOSE] += share * (np.maximum(out[:, jaw], out[:, _CLOSE]) - out[:, _CLOSE])
    middle = gaps[:, len(gaps[0]) // 2 - 1 : len(gaps[0]) // 2 + 2].mean(axis=1)
    openers = list(_OPENERS)
    parted = np.maximum(out @ middle, 0)
    opened = out[:, openers] @ np.maximum(middle[openers], 0)
    keep = 1 - share * np.clip(parted / np.maximum(opened, 1e-6), 0, 1)
    opening = middle[openers] > 0
    out[:, openers] = np.where(opening, out[:, openers] * keep[:, None], out[:, openers])
    left_over = np.clip(out @ middle / -middle[_CLOSE], 0, _MOST_CLOSING)
    out[:, _CLOSE] += share * left_over
    out[:, _CLOSE] = np.clip(out[:, _CLOSE], 0, np.minimum(out[:, jaw] + _MOST_CLOSING, 1))
    return out


@cache
def _gaps() -> Float32[np.ndarray, "52 pairs"]:
    """Change of the distance between paired vertices of the lips by each shape at weight 1, mm."""
    rig = load_rig()
    order = np.argsort(rig.neutral[rig.inner_lip_pairs[:, 0], 0])
    upper, lower = rig.inner_lip_pairs[order].T
    return np.ascontiguousarray(rig.shapes[:, upper, 1] - rig.shapes[:, lower, 1])
