from fractions import Fraction

import numpy as np
import pytest

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import (
    arkit_of_motion,
    landmarks_of_arkit,
    landmarks_of_motion,
    shape_gains,
    solve_arkit,
)
from msmd.face.expression_space import load_expression_space
from msmd.face.gaze import hold_gaze
from msmd.face.lip_closure import rig_gap_mm
from msmd.face.rig import load_rig

MAIN = (
    *("jawOpen", "mouthSmileLeft", "mouthSmileRight", "browInnerUp", "browDownLeft", "browDownRight"),
    *("browOuterUpLeft", "eyeBlinkLeft", "eyeBlinkRight", "mouthPucker", "mouthFunnel"),
)


UNSEEN = tuple(n for n in ARKIT_NAMES if n.startswith("eyeLook") or n in ("tongueOut", "cheekPuff"))
ALONE = tuple(
    name
    for name in ARKIT_NAMES
    # landmarks do not show the unseen; without an open jaw mouthClose would drive the lips into each other
    if name not in (*UNSEEN, "mouthClose")
)


def index(name: str) -> int:
    return ARKIT_NAMES.index(name)


def row(**weights: float) -> np.ndarray:
    out = np.zeros((1, 52), np.float32)
    for name, weight in weights.items():
        out[0, index(name)] = weight
    return out


def through_the_code(weights: np.ndarray) -> np.ndarray:
    space = load_expression_space()
    return solve_arkit(space.decode(space.encode(landmarks_of_arkit(weights))))


def motion_of(values: np.ndarray) -> Motion:
    return Motion(values.astype(np.float32), Fraction(25), {})


@pytest.mark.parametrize("name", MAIN)
def test_a_shape_alone_comes_back_through_the_code(name: str):
    solved = np.stack([through_the_code(row(**{name: w}))[0, index(name)] for w in (0.25, 0.5, 0.75, 1.0)])
    slope = np.polyfit([0.25, 0.5, 0.75, 1.0], solved, 1)[0]
    # of the rig's raised inner brow the expression space keeps three quarters
    assert 0.7 < slope < 1.15
    assert solved[3] > 0.7


@pytest.mark.parametrize("name", ALONE)
def test_a_shape_alone_comes_back_from_its_landmarks(name: str):
    solved = solve_arkit(landmarks_of_arkit(row(**{name: 0.6})))[0]
    # mouthDimple is the least sharp: part of it goes to mouthPress, which looks alike
    assert abs(solved[index(name)] - 0.6) < 0.25
    others = np.delete(solved, index(name))
    assert others.max() < 0.2


def test_the_jaw_closed_by_mouth_close_comes_back():
    solved = solve_arkit(landmarks_of_arkit(row(jawOpen=0.6, mouthClose=0.6)))[0]
    assert abs(solved[index("jawOpen")] - 0.6) < 0.25 and abs(solved[index("mouthClose")] - 0.6) < 0.25


def test_a_lip_raised_on_one_side_is_not_closed():
    solved = solve_arkit(landmarks_of_arkit(row(mouthUpperUpLeft=0.6)))
    assert rig_gap_mm(solved).max() > 2


def test_mixed_expressions_come_back_through_the_code():
    rng, names = np.random.default_rng(1), [index(name) for name in MAIN]
    weights = np.zeros((400, 52), np.float32)
    weights[:, names] = rng.random((400, len(names))) * (rng.random((400, len(names))) < 0.4)
    solved = through_the_code(weights)
    for name in MAIN:
        assert np.corrcoef(weights[:, index(name)], solved[:, index(name)])[0, 1] > 0.9, name


def test_no_displacement_is_no_expression():
    np.testing.assert_array_equal(solve_arkit(np.zeros((2, 468, 3), np.float32)), 0)


def test_a_mirrored_face_has_mirrored_weights():
    left = through_the_code(row(mouthSmileLeft=0.8, browDownLeft=0.6))[0]
    right = through_the_code(row(mouthSmileRight=0.8, browDownRight=0.6))[0]
    assert abs(left[index("mouthSmileLeft")] - right[index("mouthSmileRight")]) < 0.08
    assert abs(left[index("browDownLeft")] - right[index("browDownRight")]) < 0.08


def test_weights_stay_within_0_and_1_on_faces_no_rig_can_make():
    wild = np.random.default_rng(0).normal(0, 8, (20, 468, 3)).astype(np.float32)
    solved = solve_arkit(wild)
    assert solved.min() >= 0 and solved.max() <= 1


def test_frames_are_solved_each_for_itself():
    faces = landmarks_of_arkit(np.random.default_rng(0).random((30, 52)).astype(np.float32) * 0.4)
    np.testing.assert_allclose(solve_arkit(faces)[7:8], solve_arkit(faces[7:8]), atol=1e-4)


@pytest.mark.parametrize("jaw", [0.2, 0.5, 0.9])
def test_closed_lips_close_the_rigs_lips_at_any_jaw_opening(jaw: float):
    solved = solve_arkit(landmarks_of_arkit(row(jawOpen=jaw, mouthClose=jaw)))
    assert np.abs(rig_gap_mm(solved)).max() < 1.0
    assert solved[0, index("jawOpen")] > 0.5 * jaw


def test_lips_that_the_solver_leaves_ajar_are_closed_when_the_landmarks_are():
    faces = landmarks_of_arkit(
        np.concatenate([row(mouthPucker=0.8), row(mouthPressLeft=0.7, mouthPressRight=0.7, jawOpen=0.03)])
    )
    upper, lower = [82, 13, 312], [87, 14, 317]
    gap = (faces[:, upper, 1] - faces[:, lower, 1]).mean(1)
    faces[:, upper, 1] -= np.maximum(gap, 0)[:, None]
    assert rig_gap_mm(solve_arkit(faces)).mean(1).max() < 1.0


def test_open_lips_stay_open():
    solved = solve_arkit(landmarks_of_arkit(row(jawOpen=0.5)))
    assert solved[0, index("mouthClose")] < 0.1
    assert rig_gap_mm(solved).max() > 8


def test_gains_are_shares_and_the_same_on_both_sides():
    gains = shape_gains()
    assert (gains > 0.2).all() and (gains <= 1.3).all()
    for name in ARKIT_NAMES:
        if "Left" in name:
            assert gains[index(name)] == gains[index(name.replace("Left", "Right"))]


def test_landmarks_of_weights_are_the_rigs_times_the_gain():
    expected = load_rig().landmark_shapes[index("jawOpen")] * shape_gains()[index("jawOpen")] * 0.5
    np.testing.assert_allclose(landmarks_of_arkit(row(jawOpen=0.5))[0], expected, atol=1e-4)


def test_a_still_motion_has_a_still_face():
    still = motion_of(np.zeros((3, 67)))
    np.testing.assert_array_equal(landmarks_of_motion(still), 0)
    np.testing.assert_array_equal(arkit_of_motion(still), 0)


def test_eyes_turn_against_the_head():
    nod_and_turn = hold_gaze(np.zeros((2, 52), np.float32), np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]]))
    seen = [{ARKIT_NAMES[i] for i in np.flatnonzero(frame)} for frame in nod_and_turn]
    assert seen[0] == {"eyeLookUpLeft", "eyeLookUpRight"}
    assert seen[1] == {"eyeLookInLeft", "eyeLookOutRight"}


def test_the_held_gaze_looks_ahead_on_the_rig():
    rig, turn = load_rig(), np.radians(8.0)
    weights = hold_gaze(np.zeros((1, 52), np.float32), np.array([[0.0, turn, 0.0]]))
    eye = np.unique(rig.triangles[rig.part == rig.part_names.index("eye_left")])
    rest, moved = rig.neutral[eye], rig.vertices(weights)[0, eye]
    center, front = rest.mean(0), rest[:, 2].argmax()
    direction = moved[front] - center
    before = rest[front] - center
    eye_turn = np.arctan2(direction[0], direction[2]) - np.arctan2(before[0], before[2])
    assert -1.2 * turn < eye_turn < -0.6 * turn
