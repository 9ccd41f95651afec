"""Mouth shapes: a right mouth is told from a wrong one."""

import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES, MOTION_DIM, NUM_ARKIT
from msmd.evaluation.mouth_shapes import effect_size, mouth_widths, tucked_at
from msmd.evaluation.protocol import load_face_mesh
from msmd.face.readers.arkit_motion import code_of_arkit


def show(**weights: float) -> np.ndarray:
    """Twenty frames of one face."""
    row = np.zeros((20, NUM_ARKIT), np.float32)
    for name, weight in weights.items():
        for side in (name, f"{name}Left", f"{name}Right"):
            if side in ARKIT_NAMES:
                row[:, ARKIT_NAMES.index(side)] = weight
    motion = np.zeros((20, MOTION_DIM), np.float32)
    motion[:, :64] = code_of_arkit(row)
    return motion


def test_a_rolled_lower_lip_is_tucked_and_other_mouths_are_not() -> None:
    assert tucked_at(show(mouthRollLower=1.0, mouthUpperUp=0.3), [0.4]) == [True]
    for weights in ({}, {"jawOpen": 0.5}, {"mouthPucker": 0.8}, {"mouthSmile": 0.6}):
        assert tucked_at(show(**weights), [0.4]) == [False]


def test_a_pursed_mouth_is_narrower_than_a_smile() -> None:
    mesh = load_face_mesh()
    pursed, rest, smile = (
        mouth_widths(mesh, show(**one), [0.4])[0] for one in ({"mouthPucker": 0.8}, {}, {"mouthSmile": 0.8})
    )
    assert pursed < rest < smile


def test_effect_size_is_cohens() -> None:
    assert effect_size([1.0, 3.0], [-1.0, 1.0]) == pytest.approx(2 / np.sqrt(2))
    assert np.isnan(effect_size([1.0], [2.0, 3.0]))
