"""Lip-sync measures on signals whose answer is known, and on predictions that must fail in known ways."""

import numpy as np
import pytest

from msmd.evaluation.lip_sync import (
    closed_at,
    correlate,
    find_silence,
    level_db,
    resting_rate,
)


def speech_like(seed: int = 0, frames: int = 100) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.convolve(rng.uniform(0, 10, frames + 4), np.ones(5) / 5, mode="valid")


def test_the_truth_correlates_fully_at_lag_zero():
    result = correlate(speech_like(), 3 * speech_like() + 2)
    assert result.at_zero == pytest.approx(1)
    assert (result.best, result.best_lag_frames) == (pytest.approx(1), 0)


@pytest.mark.parametrize("lag", [-3, -1, 1, 4])
def test_a_shifted_truth_is_found_at_its_shift_and_late_is_positive(lag: int):
    truth = speech_like()
    late = np.roll(truth, lag)
    result = correlate(late, truth)
    assert result.best_lag_frames == lag
    assert result.best > 0.99
    assert result.at_zero < 0.95


def test_another_clip_correlates_little():
    assert abs(correlate(speech_like(1, 500), speech_like(2, 500)).at_zero) < 0.3


def test_a_still_face_has_no_correlation_and_no_lag():
    result = correlate(np.full(100, 2.0), speech_like())
    assert np.isnan(result.at_zero)
    assert np.isnan(result.best)
    assert np.isnan(result.best_lag_frames)


def test_rounding_of_a_held_face_is_no_movement():
    held = (3 + 1e-6 * np.random.default_rng(0).normal(size=100)).astype(np.float32)
    assert np.isnan(correlate(held, held).best)


def test_a_periodic_signal_is_not_called_late():
    wave = np.sin(np.arange(200) * 2 * np.pi / 5)
    assert correlate(wave, wave).best_lag_frames == 0


def test_level_is_0_db_for_a_full_square_wave_and_floors_at_minus_100():
    samples = np.concatenate([np.ones(640), 0.1 * np.ones(640)])
    np.testing.assert_allclose(level_db(samples, 3), [0, -20, -100], atol=1e-6)


def test_only_pauses_of_at_least_300_ms_are_silence():
    level = np.full(100, -20.0)
    level[10:17] = -70  # 280 ms
    level[40:48] = -70  # 320 ms
    assert set(np.flatnonzero(find_silence(level))) == set(range(40, 48))


def test_the_margin_is_cut_where_speech_touches_and_not_at_the_ends_of_the_clip():
    level = np.full(100, -20.0)
    level[:10] = -70
    level[50:60] = -70
    level[90:] = -70
    silence = find_silence(level, margin_frames=3)
    assert set(np.flatnonzero(silence)) == {*range(7), *range(53, 57), *range(93, 100)}


def test_constant_sound_has_no_silence():
    assert not find_silence(np.full(50, -60.0)).any()


def test_pauses_in_a_noisy_room_are_silence_and_soft_speech_is_not():
    level = np.full(100, -20.0)
    level[40:50] = -44
    assert find_silence(level).sum() == 10
    level[40:50] = -36
    assert not find_silence(level).any()


def opening_closed_at(*frames: int) -> np.ndarray:
    opening = np.full(100, 10.0)
    opening[list(frames)] = 0.5
    return opening


def test_a_closure_counts_within_two_frames_and_not_beyond():
    opening = opening_closed_at(50)
    times = [frame / 25 for frame in (47, 48, 50, 52, 53)]
    assert closed_at(opening, times) == [False, True, True, True, False]


def test_closed_means_under_15_percent_of_the_95th_percentile():
    opening = opening_closed_at(50)
    opening[50] = 1.49
    assert closed_at(opening, [2.0]) == [True]
    opening[50] = 1.51
    assert closed_at(opening, [2.0]) == [False]


def test_closure_is_measured_from_the_neutral_faces_opening():
    opening = opening_closed_at(50) + 3
    assert closed_at(opening, [2.0]) == [False]
    assert closed_at(opening, [2.0], rest=3.0) == [True]


def test_a_still_mouth_closes_nothing_although_it_is_shut():
    assert closed_at(np.zeros(100), [1.0, 2.0]) == [False, False]


def test_a_time_beyond_the_clip_is_no_closure():
    assert closed_at(opening_closed_at(50), [99.0]) == [False]


def test_resting_rate_counts_silent_frames_under_10_percent():
    opening = np.full(100, 10.0)
    silence = np.zeros(100, bool)
    silence[:4] = True
    opening[:3] = 0.9
    opening[3] = 1.1
    assert resting_rate(opening, silence) == pytest.approx(3 / 4)
    assert np.isnan(resting_rate(opening, np.zeros(100, bool)))
    assert resting_rate(np.zeros(100), silence) == 1
