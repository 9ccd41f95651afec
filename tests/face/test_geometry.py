"""The rig's own landmarks, posed and seen by a camera: everything is known in advance."""

import numpy as np
import pytest

from msmd.face.geometry import (
    CAMERA_DISTANCE_MM,
    euler_to_rotation,
    fit_similarity,
    metric_landmarks,
    relative_head_rotation,
    rotation_to_euler,
)
from msmd.face.rig import load_rig

WIDTH, HEIGHT = 1280, 720


def photograph(
    face_mm: np.ndarray,
    rotation: np.ndarray,
    distance_mm: float = CAMERA_DISTANCE_MM,
    size: float = 1.0,
    shift_mm: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Landmarks as a tracker reports them of a face under a pinhole camera."""
    centred = size * (face_mm - load_rig().landmark_neutral.mean(axis=0))
    seen = np.einsum("tij,nj->tni", rotation, centred) + np.array([*shift_mm, 0.0])
    focal_pixels = 900.0
    away = distance_mm * size - seen[..., 2]
    x = seen[..., 0] * focal_pixels / away / WIDTH + 0.5
    y = 0.5 - seen[..., 1] * focal_pixels / away / HEIGHT
    z = -seen[..., 2] * focal_pixels / (distance_mm * size) / WIDTH
    return np.stack([x, y, z], axis=-1)


@pytest.fixture
def poses() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.4, 0.4, (40, 3))


def test_euler_angles_survive_the_round_trip(poses: np.ndarray) -> None:
    np.testing.assert_allclose(rotation_to_euler(euler_to_rotation(poses)), poses, atol=1e-12)


def test_angles_turn_the_head_the_way_that_core_says() -> None:
    forward, up = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    pitch, yaw, roll = euler_to_rotation(0.3 * np.eye(3))
    assert (pitch @ forward)[1] < 0, "positive pitch nods down"
    assert (yaw @ forward)[0] > 0, "positive yaw turns to the subject's left"
    assert (roll @ up)[0] < 0, "positive roll tilts to the subject's right"


def test_rotations_are_applied_roll_first_then_pitch_then_yaw() -> None:
    pitch, yaw, roll = euler_to_rotation(np.diag([0.3, -0.5, 0.2]))
    whole = euler_to_rotation(np.array([[0.3, -0.5, 0.2]]))[0]
    np.testing.assert_allclose(whole, yaw @ pitch @ roll, atol=1e-12)


def test_similarity_is_found_exactly_and_never_mirrors(poses: np.ndarray) -> None:
    generator = np.random.default_rng(1)
    source = generator.normal(size=(30, 3))
    rotation = euler_to_rotation(poses)
    scale, shift = generator.uniform(0.5, 2, len(poses)), generator.normal(size=(len(poses), 3))
    target = scale[:, None, None] * np.einsum("tij,nj->tni", rotation, source) + shift[:, None]
    got_scale, got_rotation, got_shift = fit_similarity(source, target, generator.uniform(0.1, 1, 30))
    np.testing.assert_allclose(got_scale, scale, atol=1e-9)
    np.testing.assert_allclose(got_rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(got_shift, shift, atol=1e-9)
    mirrored = source * [-1, 1, 1]
    assert np.linalg.det(fit_similarity(source, mirrored[None], np.ones(30))[1][0]) > 0.99


def test_pose_and_shape_come_back_from_a_photograph(poses: np.ndarray) -> None:
    neutral = load_rig().landmark_neutral
    pose_free, rotation = metric_landmarks(photograph(neutral, euler_to_rotation(poses)), WIDTH, HEIGHT)
    assert np.abs(pose_free - neutral).max() < 1.5
    assert np.degrees(np.abs(rotation_to_euler(rotation) - poses)).max() < 0.5


def test_size_and_place_in_the_picture_do_not_matter(poses: np.ndarray) -> None:
    neutral, rotation = load_rig().landmark_neutral, euler_to_rotation(poses)
    pose_free, _ = metric_landmarks(photograph(neutral, rotation, size=0.8), WIDTH, HEIGHT)
    assert np.abs(pose_free - neutral).max() < 1.5
    pose_free, got = metric_landmarks(photograph(neutral, rotation, shift_mm=(70, 30)), WIDTH, HEIGHT)
    assert np.abs(pose_free - neutral).max() < 2
    assert np.degrees(np.abs(rotation_to_euler(got) - poses)).max() < 1


def test_a_camera_farther_than_taken_costs_little(poses: np.ndarray) -> None:
    neutral = load_rig().landmark_neutral
    seen = photograph(neutral, euler_to_rotation(poses), distance_mm=1500)
    pose_free, rotation = metric_landmarks(seen, WIDTH, HEIGHT)
    assert np.linalg.norm(pose_free - neutral, axis=2).mean() < 2
    assert np.degrees(np.abs(rotation_to_euler(rotation) - poses)).max() < 2


def test_an_open_jaw_does_not_tilt_the_head() -> None:
    rig = load_rig()
    still = euler_to_rotation(np.zeros((1, 3)))
    for shape in rig.landmark_shapes:
        _, rotation = metric_landmarks(photograph(rig.landmark_neutral + shape, still), WIDTH, HEIGHT)
        assert np.degrees(np.abs(rotation_to_euler(rotation))).max() < 2


def test_frames_without_a_face_stay_empty(poses: np.ndarray) -> None:
    seen = photograph(load_rig().landmark_neutral, euler_to_rotation(poses))
    seen[3] = np.nan
    pose_free, rotation = metric_landmarks(seen, WIDTH, HEIGHT)
    assert np.isnan(pose_free[3]).all()
    assert np.isnan(rotation[3]).all()
    assert np.isfinite(np.delete(pose_free, 3, axis=0)).all()


def test_head_rotation_is_zero_at_the_usual_pose_of_the_clip() -> None:
    euler = np.tile([[0.2, -0.3, 0.1]], (9, 1))
    euler[-1] += [0.0, 0.25, 0.0]
    relative = relative_head_rotation(euler_to_rotation(euler))
    np.testing.assert_allclose(relative[:8], 0, atol=1e-6)
    assert abs(relative[8, 1] - 0.25) < 0.03
