"""A lag must be found with its sign, and not be found where there is none."""

import numpy as np
import pytest

from msmd.audio.heard_opening import OPENING_OF_CLASS, heard_opening
from msmd.audio.load import load_sound
from msmd.core.units import SAMPLES_PER_FRAME
from msmd.data.sync import NOTHING_KNOWN, SURE, Sync, estimate_sync, shift_sound


@pytest.fixture(scope="module")
def speech(request):
    """Real speech: the line that comes with the examples, 16 kHz."""
    return load_sound(request.config.rootpath / "examples" / "line.ogg").samples


@pytest.fixture(scope="module")
def mouth(speech):
    """A mouth that says it, mm, with the noise of a tracker."""
    heard = heard_opening(speech)
    noise = np.random.default_rng(0).normal(0, 0.3, len(heard))
    return np.maximum(3 + 2 * heard + noise, 0)


@pytest.mark.parametrize("lag", [-9, -2, 0, 1, 7])
def test_a_face_that_comes_later_than_its_sound_has_a_positive_lag(lag, mouth, speech):
    late = np.pad(mouth, (max(lag, 0), 0), mode="edge")[max(-lag, 0) :]
    sync = estimate_sync(late, speech)
    assert sync.lag_frames == lag
    assert sync.lag_seconds == pytest.approx(lag / 25, abs=0.02)
    assert sync.is_sure


def test_half_a_frame_is_seen_between_the_frames(mouth, speech):
    between = np.interp(np.arange(len(mouth)) - 3.5, np.arange(len(mouth)), mouth)
    assert estimate_sync(between, speech).lag_seconds == pytest.approx(0.14, abs=0.012)


def test_sound_moved_by_the_lag_is_in_time(mouth, speech):
    late = np.pad(mouth, (5, 0), mode="edge")
    assert estimate_sync(late, shift_sound(speech, 0.2)).lag_frames == 0
    assert estimate_sync(mouth[5:], shift_sound(speech, -0.2)).lag_frames == 0


def test_a_mouth_of_noise_is_not_sure(speech):
    rng = np.random.default_rng(1)
    frames = -(-len(speech) // SAMPLES_PER_FRAME)
    sure = [estimate_sync(3 + rng.normal(size=frames), speech).sure for _ in range(20)]
    assert max(sure) < SURE


def test_slow_changes_of_the_mouth_change_no_lag(mouth, speech):
    slow = 2 * np.sin(np.arange(len(mouth)) / 40) + 3
    assert estimate_sync(mouth + slow, speech).lag_frames == 0


def test_lost_frames_are_bridged(mouth, speech):
    holes = mouth.copy()
    holes[20:24] = np.nan
    assert estimate_sync(holes, speech).lag_frames == 0


def test_a_still_mouth_silence_and_a_moment_say_nothing(mouth, speech):
    assert estimate_sync(np.full(100, 2.0), speech) == NOTHING_KNOWN
    assert estimate_sync(mouth[:10], speech) == NOTHING_KNOWN
    assert not estimate_sync(mouth, np.zeros_like(speech)).is_sure


def test_a_mouth_never_seen_is_our_own_mistake(speech):
    with pytest.raises(ValueError, match="not known"):
        estimate_sync(np.full(100, np.nan), speech)


def test_lips_shut_for_p_b_m_and_open_for_open_vowels():
    assert min(OPENING_OF_CLASS, key=OPENING_OF_CLASS.__getitem__) == "bilabial"
    assert OPENING_OF_CLASS["open"] > OPENING_OF_CLASS["rounded"]


def test_a_line_for_people_names_the_side():
    assert "after" in Sync(5, 0.2, 0.5, 0.9).describe()
    assert "before" in Sync(-5, -0.2, 0.5, 0.9).describe()
    assert "in sync" in Sync(1, 0.04, 0.5, 0.9).describe()
    assert "not agree" in Sync(5, 0.2, 0.1, 0.2).describe()
