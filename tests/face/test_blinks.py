"""A blink is as deep at 25 frames a second as where it was recorded."""

from fractions import Fraction

import numpy as np
import pytest

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.blinks import find_blinks, keep_blinks, resample_motion
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.face.smoothing import smooth_to_rate

RATES = [Fraction(60), Fraction(30), Fraction(30000, 1001), Fraction(24)]
LIDS = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]


def quick_blinks(times: np.ndarray, every: float = 0.83) -> np.ndarray:
    """Blinks of 50 ms down and 100 ms up, at all phases of a frame."""
    closed = np.zeros(len(times))
    for top in np.arange(0.5, times[-1] - 0.2, every):
        away = times - top
        down, up = np.cos(np.pi / 2 * away / 0.05) ** 2, np.cos(np.pi / 2 * away / 0.1) ** 2
        closed += np.where((away > -0.05) & (away < 0), down, np.where((away >= 0) & (away < 0.1), up, 0))
    return closed


def take(fps: Fraction, seconds: float = 20.0) -> ArkitCurves:
    """Blinks, and a jaw that talks meanwhile."""
    times = np.arange(int(seconds * fps)) / float(fps)
    weights = np.zeros((len(times), 52), np.float32)
    weights[:, LIDS] = quick_blinks(times)[:, None]
    weights[:, ARKIT_NAMES.index("jawOpen")] = 0.3 + 0.3 * np.sin(2 * np.pi * 3 * times)
    return ArkitCurves(weights, np.zeros((len(times), 3), np.float32), fps)


def depths(closed: np.ndarray, times: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.array([closed[np.abs(times - one) <= 0.061].max() for one in at])


@pytest.mark.parametrize("fps", RATES, ids=str)
def test_curves_keep_every_blinks_depth_at_25_frames_a_second(fps):
    before = take(fps)
    after = before.resample(Fraction(25))
    times, new_times = np.arange(before.num_frames) / float(fps), np.arange(after.num_frames) / 25
    tops = find_blinks(before.weights[:, LIDS[0]], times, 0.25)
    assert len(tops) == 24
    kept = depths(after.weights[:, LIDS[0]], new_times, times[tops]) / before.weights[tops, LIDS[0]]
    assert kept.min() > 0.999


@pytest.mark.parametrize("fps", RATES, ids=str)
def test_motion_keeps_every_blinks_depth_and_its_lips(fps):
    before = take(fps).to_motion()
    after = resample_motion(before, Fraction(25))
    plain = before.resample(Fraction(25))
    source, new, old = (arkit_of_motion(one) for one in (before, after, plain))
    times, new_times = np.arange(len(source)) / float(fps), np.arange(len(new)) / 25
    tops = find_blinks(source[:, LIDS[0]], times, 0.25)
    kept = depths(new[:, LIDS[0]], new_times, times[tops]) / source[tops, LIDS[0]]
    assert kept.min() > 0.95
    assert (
        depths(old[:, LIDS[0]], new_times, times[tops]).mean()
        < depths(new[:, LIDS[0]], new_times, times[tops]).mean()
    )
    jaw = ARKIT_NAMES.index("jawOpen")
    assert np.abs(new[:, jaw] - old[:, jaw]).max() < 0.03


def test_what_smoothing_takes_of_a_quick_blink_is_put_back():
    times = np.arange(500) / 25
    weights = np.zeros((500, 52), np.float32)
    weights[:, LIDS] = quick_blinks(times)[:, None]
    code = code_of_arkit(weights)
    smooth = smooth_to_rate(code, times, times)
    kept = keep_blinks(smooth, times, code, times)
    tops = find_blinks(weights[:, LIDS[0]], times, 0.25)
    flat, whole, true = (
        arkit_of_motion(Motion(np.pad(one, ((0, 0), (0, 3)))))[tops, LIDS[0]] for one in (smooth, kept, code)
    )
    assert (flat / true).mean() < 0.9
    assert (whole / true).min() > 0.95


def test_a_tremble_of_the_lids_is_no_blink():
    times = np.arange(200) / 25
    rng = np.random.default_rng(0)
    assert len(find_blinks(rng.normal(0, 0.05, 200), times, 0.25)) == 0
    assert len(find_blinks(np.linspace(0, 1, 200), times, 0.25)) == 0
    assert len(find_blinks(np.zeros(2), times[:2], 0.25)) == 0


def test_nothing_changes_where_nobody_blinks():
    rng = np.random.default_rng(0)
    motion = Motion(np.cumsum(rng.normal(0, 0.02, (100, 67)), axis=0).astype(np.float32) * 0.1, Fraction(30))
    np.testing.assert_allclose(
        resample_motion(motion, Fraction(25)).values, motion.resample(Fraction(25)).values, atol=1e-6
    )
    assert resample_motion(motion, Fraction(30)) is motion
