"""Left and right exchanged: twice the faces for training, at no cost."""

from functools import cache

import numpy as np
from jaxtyping import Float32, Int

from msmd.core.units import EXPRESSION, MOTION_DIM, NUM_EXPRESSION, NUM_LANDMARKS
from msmd.face.expression_space import load_expression_space
from msmd.face.rig import load_rig

_OTHER_SIDE = np.array([-1.0, 1.0, 1.0])
_MIRRORED_HEAD = np.array([1.0, -1.0, -1.0])
"""Pitch stays; yaw and roll change sides."""


@cache
def mirror_matrix() -> Float32[np.ndarray, "67 67"]:
    """M such that M x is the motion x seen in a mirror: decode, exchange the landmarks, encode.

    What the expression space cannot show of a mirrored face is lost; twice mirrored is the same but
    for that.
    """
    space = load_expression_space()
    displacement = space.decode(np.eye(NUM_EXPRESSION, dtype=np.float32))
    mirrored = displacement[:, landmark_partners()] * _OTHER_SIDE
    matrix = np.diag(np.concatenate([np.zeros(NUM_EXPRESSION), _MIRRORED_HEAD]))
    matrix[EXPRESSION, EXPRESSION] = space.encode(mirrored).T
    assert matrix.shape == (MOTION_DIM, MOTION_DIM)
    return matrix.astype(np.float32)


@cache
def landmark_partners() -> Int[np.ndarray, "468"]:
    """For each landmark the one on the other side of the face; those in the middle are their own.

    Found on the rig's neutral face by the cheapest exchange: the nearest landmark to the mirrored
    place, made mutual pair by pair, nearest first.
    """
    places = load_rig().landmark_neutral.astype(np.float64)
    places[:, 0] -= places[:, 0].mean()
    distance = np.linalg.norm(places[:, None] - (places * _OTHER_SIDE)[None], axis=2)
    cost = distance + distance.T
    partners = np.full(NUM_LANDMARKS, -1)
    for first, second in zip(*np.unravel_index(np.argsort(cost, axis=None), cost.shape), strict=True):
        if partners[first] < 0 and partners[second] < 0:
            partners[first], partners[second] = second, first
        if (partners >= 0).all():
            break
    return np.where(partners < 0, np.arange(NUM_LANDMARKS), partners)
