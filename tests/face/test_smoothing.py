import numpy as np
import pytest

from msmd.face.smoothing import (
    HALF_WIDTH_SECONDS,
    fill_gaps,
    half_width_for,
    measure_noise,
    smooth_to_rate,
)


def test_a_parabola_passes_unchanged_at_any_times() -> None:
    generator = np.random.default_rng(0)
    times = np.cumsum(generator.uniform(0.02, 0.06, 100))
    new_times = np.arange(times[0], times[-1], 0.04)
    parabola = (3 * times**2 - 2 * times + 1)[:, None]
    expected = 3 * new_times**2 - 2 * new_times + 1
    np.testing.assert_allclose(smooth_to_rate(parabola, times, new_times)[:, 0], expected, atol=1e-4)


def test_a_blink_of_160_ms_keeps_its_depth_and_its_time() -> None:
    for rate_hz in (25.0, 30000 / 1001, 60.0):
        times = np.arange(0, 2, 1 / rate_hz)
        blink = np.exp(-0.5 * ((times - 1.0) / 0.05) ** 2)[:, None]
        new_times = np.arange(50) / 25
        got = smooth_to_rate(blink, times, new_times)[:, 0]
        assert got.max() > 0.85
        assert got.argmax() == 25


def test_frame_to_frame_noise_shrinks() -> None:
    noise = np.random.default_rng(1).normal(size=(2000, 1))
    times = np.arange(2000) / 25
    smooth = smooth_to_rate(noise, times, times)
    assert np.diff(smooth[:, 0]).std() < 0.8 * np.diff(noise[:, 0]).std()


def test_speech_rate_motion_keeps_its_speed() -> None:
    times = np.arange(0, 4, 1 / 30)
    new_times = np.arange(100) / 25
    got = smooth_to_rate(np.sin(2 * np.pi * 4 * times)[:, None], times, new_times)[10:-10, 0]
    assert np.ptp(got) > 0.93 * 2


def test_beyond_the_ends_the_nearest_value_is_held() -> None:
    times = np.array([0.2, 0.24, 0.28, 0.32])
    got = smooth_to_rate(np.ones((4, 2, 3)), times, np.array([0.0, 0.3, 0.6]))
    np.testing.assert_allclose(got, 1, atol=1e-6)
    assert got.shape == (3, 2, 3)


def test_gaps_become_straight_lines_and_ends_are_held() -> None:
    times = np.arange(6.0)
    values = np.array([np.nan, 1.0, np.nan, np.nan, 4.0, np.nan])[:, None]
    found = np.isfinite(values[:, 0])
    np.testing.assert_allclose(fill_gaps(values, times, found)[:, 0], [1, 1, 2, 3, 4, 4])


def test_one_found_frame_is_held_everywhere() -> None:
    values = np.array([np.nan, 5.0, np.nan])[:, None]
    np.testing.assert_allclose(fill_gaps(values, np.arange(3.0), np.isfinite(values[:, 0]))[:, 0], 5)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.5])
def test_noise_is_measured_under_slow_motion(noise):
    rng = np.random.default_rng(0)
    slow = np.sin(np.arange(300) / 12)[:, None, None] * np.ones((1, 20, 3))
    measured = measure_noise(slow + rng.normal(0, noise, slow.shape))
    assert measured == pytest.approx(noise, rel=0.2)


def test_lost_frames_and_short_clips_leave_the_noise_measurable():
    values = np.random.default_rng(0).normal(0, 0.1, (200, 20))
    values[50:60] = np.nan
    assert measure_noise(values) == pytest.approx(0.1, rel=0.25)
    assert measure_noise(values[:8]) == pytest.approx(0.1, rel=0.5)
    assert measure_noise(values[:3]) == 0.0


def test_noisy_recordings_are_smoothed_more_and_sharp_ones_as_ever():
    assert half_width_for(0.0) == half_width_for(0.1) == HALF_WIDTH_SECONDS
    assert HALF_WIDTH_SECONDS < half_width_for(0.15) < half_width_for(0.2) < half_width_for(9.0) < 0.15


def test_a_wider_reach_takes_more_noise_and_leaves_most_of_the_speed_of_lips():
    times = np.arange(500) / 25
    noise = np.random.default_rng(0).normal(0, 0.3, 500)
    lips = 2 * np.sin(2 * np.pi * 3 * times)
    left = {}
    for width in (HALF_WIDTH_SECONDS, half_width_for(9.0)):
        left[width] = smooth_to_rate(noise, times, times, width).std()
        kept = smooth_to_rate(lips, times, times, width)
        assert np.abs(np.gradient(kept)).max() > 0.85 * np.abs(np.gradient(lips)).max()
    narrow, wide = left.values()
    assert wide < 0.85 * narrow
