"""ARKit weights -> motion: rig -> landmark displacement -> expression code."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Motion
from msmd.core.units import NUM_EXPRESSION
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.expression_space import load_expression_space

_RIG_NOISE_MM: Final = 0.6
"""How far the rig's idea of an expression is from people's, for a landmark of weight 1."""


def motion_of_arkit(
    weights: Float32[np.ndarray, "frames 52"],
    head_rotation: Float32[np.ndarray, "frames 3"],
    fps: Fraction,
    origin: Mapping[str, str],
) -> Motion:
    """Motion that shows ARKit weights on the rig.

    Args:
        weights: in [0, 1], in the order of `ARKIT_NAMES`.
        head_rotation: pitch, yaw, roll in radians.
        fps: of both.
        origin: travels with the motion.
    """
    code = code_of_arkit(weights)
    return Motion(np.concatenate([code, head_rotation], axis=1).astype(np.float32), fps, dict(origin))


def code_of_arkit(weights: Float32[np.ndarray, "frames 52"]) -> Float32[np.ndarray, "frames 64"]:
    """The most probable expression code of ARKit weights.

    Plain encoding would chase every peculiarity of the rig's shapes through dimensions in which people
    hardly move, at ten deviations and more. With the code's prior N(0, 1) and noise on the landmarks
    (z = (A'A + 1)^-1 A'd) that goes away, and the lips stay where they are to a few tenths of a mm.
    """
    space = load_expression_space()
    sharpness = space.weights.astype(np.float64)[:, None] / _RIG_NOISE_MM
    basis = space.decode(np.eye(NUM_EXPRESSION, dtype=np.float32))
    a, d = _flatten(basis * sharpness), _flatten(landmarks_of_arkit(weights) * sharpness)
    return np.linalg.solve(a @ a.T + np.eye(NUM_EXPRESSION), a @ d.T).T.astype(np.float32)


def _flatten(displacement: Float[np.ndarray, "frames 468 3"]) -> Float[np.ndarray, "frames 1404"]:
    return displacement.reshape(len(displacement), -1)
