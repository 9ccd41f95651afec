"""Where the head turns."""

import numpy as np
from jaxtyping import Float32

from msmd.face.rig import Rig

_EARS = (234, 454)


def head_pivot(rig: Rig) -> Float32[np.ndarray, "3"]:
    """The top of the neck, below and behind the ears, mm."""
    ears = rig.landmark_neutral[list(_EARS)].mean(0)
    return np.array([0, ears[1] - 35, ears[2] - 55], np.float32)
