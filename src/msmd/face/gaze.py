"""Eyes that keep looking ahead while the head turns.

Landmarks say little of the eyes' direction, and motion holds none. People keep their gaze on what they
look at, so that the eyes turn against the head; within what is comfortable.
"""

from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES

_FULL_TURN_RADIANS: Final = {
    name: np.radians(degrees) for name, degrees in (("Up", 22.0), ("Down", 25.0), ("In", 30.0), ("Out", 30.0))
}
"""How far an eye has turned at weight 1 of eyeLookUp, ...; as tools/rig builds the shapes."""

_COMFORTABLE: Final = 0.6
"""The weight at which an eye's turn levels off; beyond, the gaze follows the head."""


def hold_gaze(
    weights: Float[np.ndarray, "frames 52"], head_rotation: Float[np.ndarray, "frames 3"]
) -> Float32[np.ndarray, "frames 52"]:
    """The same weights with eyeLook shapes that counter the head's pitch and yaw.

    Args:
        weights: ARKit weights; their eyeLook shapes are replaced.
        head_rotation: pitch, yaw, roll in radians (`core.animation`): positive nods down, turns left.
    """
    pitch, yaw = head_rotation[:, 0], head_rotation[:, 1]
    # the head nods down: the eyes go up; it turns to the subject's left: they go to the right
    right = np.maximum(yaw, 0)
    left = np.maximum(-yaw, 0)
    turns = {
        "eyeLookUpLeft": np.maximum(pitch, 0),
        "eyeLookUpRight": np.maximum(pitch, 0),
        "eyeLookDownLeft": np.maximum(-pitch, 0),
        "eyeLookDownRight": np.maximum(-pitch, 0),
        "eyeLookInLeft": right,
        "eyeLookOutRight": right,
        "eyeLookInRight": left,
        "eyeLookOutLeft": left,
    }
    out = np.array(weights, np.float32)
    for name, turn in turns.items():
        way = name.removeprefix("eyeLook").removesuffix("Left").removesuffix("Right")
        weight = turn / _FULL_TURN_RADIANS[way]
        out[:, ARKIT_NAMES.index(name)] = _COMFORTABLE * np.tanh(weight / _COMFORTABLE)
    return out
