"""ARKit weights -> motion: rig -> landmark displacement -> expression code."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from jaxtyping import Float32

from msmd.core.animation import Motion
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.expression_space import load_expression_space


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
    code = load_expression_space().encode(landmarks_of_arkit(weights))
    return Motion(np.concatenate([code, head_rotation], axis=1).astype(np.float32), fps, dict(origin))
