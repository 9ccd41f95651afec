"""Amplitude, speed, tremble and blinks on signals whose answer is known."""

import numpy as np
import pytest

from msmd.evaluation.dynamics import (
    band_levels_db,
    count_blinks,
    diversity,
    jitter,
    power_spectrum,
    spectral_distance_db,
    std_ratio,
    velocity_ratio,
)


def test_half_the_amplitude_gives_half_the_ratios():
    truth = np.random.default_rng(0).normal(size=(100, 4, 3))
    assert std_ratio(truth, truth / 2 + 5) == pytest.approx(0.5)
    assert velocity_ratio(truth, truth / 2 + 5) == pytest.approx(0.5)


def test_a_still_face_has_ratio_zero_and_a_still_truth_none():
    truth = np.random.default_rng(0).normal(size=(100, 4))
    assert std_ratio(truth, np.ones((100, 4))) == pytest.approx(0, abs=1e-12)
    assert velocity_ratio(truth, np.ones((100, 4))) == 0
    assert np.isnan(std_ratio(np.ones((100, 4)), truth))


def test_slow_motion_keeps_the_deviation_and_loses_speed():
    frames = np.arange(200)
    fast, slow = np.sin(frames * 0.4 * np.pi)[:, None], np.sin(frames * 0.2 * np.pi)[:, None]
    assert std_ratio(fast, slow) == pytest.approx(1, abs=0.01)
    assert velocity_ratio(fast, slow) == pytest.approx(np.sin(0.1 * np.pi) / np.sin(0.2 * np.pi), abs=0.01)


def test_steady_movement_has_no_jitter():
    vertices = np.arange(10.0)[:, None, None] * np.ones((1, 4, 3))
    assert jitter(vertices) == pytest.approx(0)


def test_jitter_by_hand():
    vertices = np.zeros((5, 2, 3))
    vertices[2, :, 1] = 3  # second differences 3, -6, 3
    assert jitter(vertices) == pytest.approx(np.sqrt((9 + 36 + 9) / 3))


def test_jitter_of_chosen_frames_sees_only_runs_within_them():
    vertices = np.zeros((20, 2, 3))
    vertices[4, :, 1] = 3
    where = np.zeros(20, bool)
    where[10:] = True
    assert jitter(vertices, where) == 0
    assert np.isnan(jitter(vertices, np.zeros(20, bool)))


def test_blinks_are_counted_once_each_with_their_length():
    closure = np.zeros(25 * 30)
    for start in (100, 300, 500):
        closure[start : start + 5] = [0.4, 0.9, 1.0, 0.45, 0.35]
    blinks = count_blinks(closure)
    assert blinks.per_minute == pytest.approx(6)
    assert blinks.median_seconds == pytest.approx(4 / 25)


def test_a_flutter_about_the_threshold_is_one_blink_and_closed_eyes_are_none():
    flutter = np.zeros(100)
    flutter[10:16] = [0.6, 0.45, 0.6, 0.45, 0.6, 0.1]
    assert count_blinks(flutter).per_minute == pytest.approx(1 / (4 / 60))
    asleep = np.zeros(100)
    asleep[10:60] = 1
    assert count_blinks(asleep).per_minute == 0


def swing(hertz: float, amplitude: float = 1.0, frames: int = 201) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(frames) / 25)[:, None, None] * np.ones((1, 2, 3))


@pytest.mark.parametrize("order", [1, 2])
def test_the_spectrum_of_a_swing_peaks_at_its_frequency(order: int):
    frequency, power = power_spectrum(swing(4.0), order)
    assert frequency[power.argmax()] == pytest.approx(4.0)
    assert frequency[-1] == 12.5


def test_the_power_of_velocity_by_hand():
    # Frame differences of a 4 Hz swing are a 4 Hz swing of amplitude 2 sin(4 pi / 25) * 25 per second;
    # its mean square is half of that squared, in each of 6 dimensions. By Parseval the one-sided
    # lines hold half of what 50 lines hold, each 1 / 50 of the mean square's sum.
    _, power = power_spectrum(swing(4.0))
    amplitude = 2 * np.sin(4 * np.pi / 25) * 25
    assert power.sum() / 25 == pytest.approx(6 * amplitude**2 / 2, rel=0.02)


def test_twice_the_amplitude_is_six_decibels_in_every_band():
    truth = np.random.default_rng(0).normal(size=(200, 4, 3))
    np.testing.assert_allclose(band_levels_db(truth, 2 * truth), 20 * np.log10(2))
    assert spectral_distance_db(truth, truth / 2, order=2) == pytest.approx(20 * np.log10(2))
    assert spectral_distance_db(truth, truth) == 0


def test_tremble_shows_in_the_highest_band_alone():
    slow = swing(1.0) + 1e-3 * np.random.default_rng(0).normal(size=(201, 2, 3))
    levels = band_levels_db(slow, slow + swing(10.0, 0.05))
    assert levels[3] > 20
    assert abs(levels[0]) < 0.1


def test_a_still_face_is_as_far_as_the_scale_goes_and_time_shifts_are_not_seen():
    truth = np.random.default_rng(0).normal(size=(401, 4, 3))
    assert spectral_distance_db(truth, np.zeros_like(truth)) == 40
    assert spectral_distance_db(truth, np.roll(truth, 5, axis=0)) < 0.5
    assert np.isnan(spectral_distance_db(np.zeros_like(truth), truth))


def test_diversity_by_hand():
    a, b = np.zeros((2, 4, 3)), np.zeros((2, 4, 3))
    b[0, 0] = (3, 4, 0)
    assert diversity([a, b]) == pytest.approx(5 / 8)
    assert diversity([a, a, b]) == pytest.approx(2 * 5 / 8 / 3)
    assert np.isnan(diversity([a]))
