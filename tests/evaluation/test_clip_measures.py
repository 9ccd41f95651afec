"""What the sound alone says of the lips, on a small face whose jaw is known."""

import numpy as np
import pytest

from msmd.evaluation.alignment import Phone
from msmd.evaluation.clip_measures import measure, measure_against_sound

from .conftest import JAW, perform


def test_a_mouth_that_opens_with_the_loudness_follows_it_and_a_late_one_is_late(mesh):
    one = perform("x", seed=3)
    in_time = measure_against_sound(mesh, one.samples, one.motion)
    late = measure_against_sound(mesh, one.samples, np.roll(one.motion, 4, axis=0))
    assert in_time["level_lag_frames"] == 0
    assert late["level_lag_frames"] == 4
    assert late["level_best_correlation"] > late["level_correlation"]


def test_closures_are_counted_at_the_phones_and_missing_without_them(mesh):
    motion = np.zeros((75, 67), np.float32)
    motion[:, JAW] = 10
    motion[25, JAW] = 0
    samples = np.random.default_rng(0).normal(size=75 * 640).astype(np.float32)
    phones = [Phone("M", 0.96, 1.04), Phone("B", 1.96, 2.04), Phone("AA", 2.4, 2.6)]
    row = measure_against_sound(mesh, samples, motion, phones)
    assert row["closure_rate"] == pytest.approx(1 / 2)
    assert row["closure_rate_at_vowels"] == 0
    assert np.isnan(measure_against_sound(mesh, samples, motion)["closure_rate"])


def test_a_face_with_half_the_movement_has_a_spectrum_six_decibels_away(mesh):
    one = perform("x")
    half = measure(mesh, one, one.motion / 2)
    assert half["velocity_spectrum_db"] == pytest.approx(6.02, abs=0.01)
    assert half["acceleration_spectrum_db"] == pytest.approx(6.02, abs=0.01)
    assert half["std_ratio"] == half["velocity_ratio"] == pytest.approx(0.5)
