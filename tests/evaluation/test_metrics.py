"""Vertex metrics against values worked out by hand, and on predictions that must fail in known ways."""

import numpy as np
import pytest

from msmd.evaluation.metrics import (
    UNITS,
    fdd_abs,
    fdd_signed,
    lve_max,
    lve_max_sq,
    lve_rms,
    mod,
    mouth_opening,
    mve,
    rmse,
)

LIPS = np.array([2, 3])
UPPER_FACE = np.array([0, 1])
LIP_PAIRS = np.array([[2, 3]])
NEUTRAL = np.zeros((4, 3), np.float32)


def still(frames: int = 2) -> np.ndarray:
    return np.zeros((frames, 4, 3), np.float32)


def with_errors(*distances: tuple[int, int, tuple[float, float, float]]) -> np.ndarray:
    vertices = still()
    for frame, vertex, displacement in distances:
        vertices[frame, vertex] = displacement
    return vertices


# Frame 0: lip vertex 2 is off by (3, 4, 0), so 5 mm. Frame 1: lip vertex 3 by 1 mm, brow vertex 0 by 2 mm.
ERRORS = with_errors((0, 2, (3, 4, 0)), (1, 3, (0, 0, 1)), (1, 0, (2, 0, 0)))


def test_a_perfect_prediction_has_no_error_under_any_name():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(10, 4, 3)).astype(np.float32)
    values = {
        "mve": mve(truth, truth),
        "rmse": rmse(truth, truth),
        "lve_max": lve_max(truth, truth, LIPS),
        "lve_max_sq": lve_max_sq(truth, truth, LIPS),
        "lve_rms": lve_rms(truth, truth, LIPS),
        "fdd_signed": fdd_signed(truth, truth, NEUTRAL, UPPER_FACE),
        "fdd_abs": fdd_abs(truth, truth, NEUTRAL, UPPER_FACE),
        "mod": mod(truth, truth, LIP_PAIRS),
    }
    assert values.keys() == UNITS.keys()
    assert all(value == 0 for value in values.values())


def test_whole_face_errors_by_hand():
    assert mve(still(), ERRORS) == pytest.approx((5 + 1 + 2) / 8)
    assert rmse(still(), ERRORS) == pytest.approx(np.sqrt((25 + 1 + 4) / 8))


def test_lip_errors_by_hand_take_the_worst_lip_vertex_of_each_frame_and_no_brow():
    assert lve_max(still(), ERRORS, LIPS) == pytest.approx((5 + 1) / 2)
    assert lve_max_sq(still(), ERRORS, LIPS) == pytest.approx((25 + 1) / 2)
    assert lve_rms(still(), ERRORS, LIPS) == pytest.approx(np.sqrt(13))


def test_upper_face_dynamics_by_hand():
    truth, prediction = still(), still()
    truth[1, 0, 1] = 2  # distances 0, 2: std 1; squared 0, 4: std 2
    prediction[1, 1, 1] = 4  # distances 0, 4: std 2; squared 0, 16: std 8
    # vertex 0: 1 - 0, vertex 1: 0 - 2; squared 2 - 0 and 0 - 8
    assert fdd_abs(truth, prediction, NEUTRAL, UPPER_FACE) == pytest.approx((1 + 2) / 2 * 100)
    assert fdd_signed(truth, prediction, NEUTRAL, UPPER_FACE) == pytest.approx((2 - 8) / 2 / 10)


def test_a_still_face_has_positive_signed_deviation_and_a_restless_one_negative():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(50, 4, 3)).astype(np.float32)
    assert fdd_signed(truth, still(50), NEUTRAL, UPPER_FACE) > 0
    assert fdd_signed(truth, 2 * truth, NEUTRAL, UPPER_FACE) < 0


def test_dynamics_ignore_when_things_move():
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(50, 4, 3)).astype(np.float32)
    assert fdd_abs(truth, truth[::-1].copy(), NEUTRAL, UPPER_FACE) == pytest.approx(0, abs=1e-4)
    assert mve(truth, truth[::-1].copy()) > 1


def test_dynamics_are_of_the_motion_from_the_neutral():
    truth = still()
    truth[1, 0, 1] = 2
    moved_neutral = NEUTRAL + np.float32(1)
    moved = fdd_abs(truth + 1, still() + 1, moved_neutral, UPPER_FACE)
    assert moved == pytest.approx(fdd_abs(truth, still(), NEUTRAL, UPPER_FACE))


def test_opening_is_the_height_between_the_inner_lips_with_its_sign():
    vertices = still()
    vertices[0, 2, 1], vertices[0, 3, 1] = 1, -2
    vertices[1, 2, 1], vertices[1, 3, 1] = -1, 0
    np.testing.assert_allclose(mouth_opening(vertices, LIP_PAIRS), [3, -1])


def test_opening_difference_by_hand_ignores_where_the_mouth_is():
    truth, prediction = still(), still()
    truth[:, 2, 1] = (4, 0)
    prediction[:, 2, 1] = (1, 1)
    assert mod(truth, prediction, LIP_PAIRS) == pytest.approx((3 + 1) / 2)
    assert mod(truth, truth + 7, LIP_PAIRS) == pytest.approx(0)


def test_the_mean_face_beats_another_clips_motion_on_error_and_loses_on_dynamics():
    rng = np.random.default_rng(3)
    truth, other = rng.normal(size=(2, 200, 4, 3)).astype(np.float32)
    mean = np.broadcast_to(truth.mean(axis=0), truth.shape).copy()
    assert rmse(truth, mean) < rmse(truth, other)
    assert fdd_abs(truth, mean, NEUTRAL, UPPER_FACE) > fdd_abs(truth, other, NEUTRAL, UPPER_FACE)


def test_sequences_of_different_length_are_refused():
    with pytest.raises(Exception, match=r"frames|shape"):
        mve(still(2), still(3))
