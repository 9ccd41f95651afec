"""Voices are changed as they say, and a curve that was only played slower is the same curve."""

import numpy as np
import pytest

from msmd.evaluation.embedded.voice_changes import (
    CHANGES,
    VoiceChange,
    add_noise,
    agreement,
    change_voice,
    warp_back,
)

SECONDS = np.arange(2 * 16000) / 16000


def tone(hertz: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * SECONDS)).astype(np.float32)


def pitch_of(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * 16000 / len(samples))


@pytest.mark.parametrize(("semitones", "ratio"), [(12.0, 2.0), (-12.0, 0.5)])
def test_an_octave_doubles_or_halves_the_pitch_and_keeps_the_length(semitones, ratio):
    changed = change_voice(tone(200), VoiceChange("octave", semitones=semitones))
    assert len(changed) == 2 * 16000
    assert pitch_of(changed) == pytest.approx(200 * ratio, rel=0.02)


def test_slower_speech_is_longer_by_the_speed_and_keeps_its_pitch():
    changed = change_voice(tone(200), VoiceChange("slow", speed=0.8))
    assert len(changed) == 63 * 640  # 2.5 s, to the next whole frame
    assert pitch_of(changed) == pytest.approx(200, rel=0.02)


def test_a_telephone_passes_the_middle_and_not_the_ends():
    def passed(hertz: float) -> float:
        return float(np.abs(change_voice(tone(hertz), VoiceChange("telephone", telephone=True))).max() / 0.3)

    assert passed(1000) == pytest.approx(1, abs=0.1)
    assert passed(80) < 0.2
    assert passed(7000) < 0.2


@pytest.mark.parametrize("kind", ["white", "babble"])
def test_noise_is_ten_decibels_under_the_speech(kind):
    speech = tone(200)
    others = [np.random.default_rng(n).normal(size=5000).astype(np.float32) for n in range(3)]
    noise = change_voice(speech, VoiceChange("noisy", noise=kind), others) - speech
    assert 10 * np.log10(np.square(speech).mean() / np.square(noise).mean()) == pytest.approx(10, abs=0.01)


def test_noise_of_a_silent_line_is_silent():
    assert not add_noise(np.zeros(640, np.float32), np.ones(640)).any()


def test_babble_needs_other_voices():
    with pytest.raises(ValueError, match="other people"):
        change_voice(tone(200), VoiceChange("noisy", noise="babble"))


def test_a_curve_that_is_played_slower_or_faster_agrees_with_itself_once_warped_back():
    def curve(seconds: np.ndarray) -> np.ndarray:
        return np.sin(2 * np.pi * 0.7 * seconds)

    clean = curve((np.arange(100) + 0.5) / 25)
    for speed, frames in ((0.8, 125), (1.25, 80)):
        changed = curve((np.arange(frames) + 0.5) / 25 * speed)
        assert agreement(clean, changed, speed) > 0.999
        assert agreement(clean, np.resize(changed, 100)) < 0.8
    assert np.array_equal(warp_back(clean, 1.0, 100), clean)


def test_every_change_gives_whole_motion_frames():
    others = [tone(300)]
    for change in CHANGES:
        assert len(change_voice(tone(200)[:20000], change, others)) % 640 == 0


def test_a_mouth_that_does_not_move_agrees_with_nothing():
    assert agreement(np.sin(np.arange(50.0)), np.zeros(50)) == 0
