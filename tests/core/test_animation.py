from fractions import Fraction

import numpy as np
import pytest

from msmd.core.animation import Animation, Motion
from msmd.core.errors import MsmdError


def sine_motion(num_frames: int, fps: Fraction, hertz: float) -> np.ndarray:
    seconds = np.arange(num_frames) / float(fps)
    return np.repeat(np.sin(2 * np.pi * hertz * seconds)[:, None], 67, 1).astype(np.float32)


def test_resampling_a_slow_sine_gives_the_same_sine() -> None:
    motion = Motion(sine_motion(100, Fraction(25), 1.0))
    for fps in (Fraction(60), Fraction(30000, 1001), Fraction(24)):
        again = motion.resample(fps)
        truth = sine_motion(again.num_frames, fps, 1.0)
        inside = slice(4, -8)
        assert np.abs(again.values[inside] - truth[inside]).max() < 0.01


def test_resampling_keeps_duration_and_shared_frames() -> None:
    motion = Motion(sine_motion(100, Fraction(25), 2.0))
    doubled = motion.resample(Fraction(50))
    assert doubled.duration_seconds == motion.duration_seconds
    np.testing.assert_allclose(doubled.values[:200:2][:99], motion.values[:99], atol=1e-6)


def test_ntsc_rate_does_not_drift_over_an_hour() -> None:
    motion = Motion(np.zeros((90_000, 67), np.float32))
    again = motion.resample(Fraction(30000, 1001))
    assert abs(again.duration_seconds - motion.duration_seconds) < 1 / 30


def test_parts_of_the_motion_are_64_and_3() -> None:
    motion = Motion(np.zeros((2, 67), np.float32))
    assert motion.expression.shape == (2, 64)
    assert motion.head_rotation.shape == (2, 3)


@pytest.fixture
def animation() -> Animation:
    rng = np.random.default_rng(0)
    primary, alpha, basis = (
        rng.normal(size=shape).astype(np.float32) for shape in ((20, 67), (20, 3), (3, 67))
    )
    return Animation(Motion(primary + alpha @ basis), primary, alpha, basis, seed=0, settings={"steps": 8})


def test_recomposing_without_edits_gives_the_same_motion(animation: Animation) -> None:
    again = animation.recompose()
    np.testing.assert_allclose(again.motion.values, animation.motion.values, atol=1e-5)
    assert again.settings == {"steps": 8}


def test_zero_alpha_leaves_the_primary_motion_alone(animation: Animation) -> None:
    bare = animation.recompose(alpha=np.zeros_like(animation.alpha))
    np.testing.assert_array_equal(bare.motion.values, animation.primary_motion)
    assert bare.settings["edited"] == ["alpha"]


def test_one_column_of_alpha_moves_along_one_basis_pose(animation: Animation) -> None:
    alpha = animation.alpha.copy()
    alpha[5:, 1] += 2
    change = animation.recompose(alpha=alpha).motion.values - animation.motion.values
    np.testing.assert_allclose(change[5:], np.tile(2 * animation.basis[1], (15, 1)), atol=1e-5)
    np.testing.assert_allclose(change[:5], 0, atol=1e-5)


def test_another_basis_is_another_persistent_expression(animation: Animation) -> None:
    other = animation.recompose(basis=2 * animation.basis)
    np.testing.assert_allclose(
        other.motion.values - animation.motion.values, animation.alpha @ animation.basis, atol=1e-4
    )


def test_a_part_of_another_length_is_refused(animation: Animation) -> None:
    with pytest.raises(MsmdError, match=r"alpha has the shape \(19, 3\)"):
        animation.recompose(alpha=animation.alpha[1:])
