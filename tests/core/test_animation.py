from fractions import Fraction

import numpy as np

from msmd.core.animation import Motion


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
