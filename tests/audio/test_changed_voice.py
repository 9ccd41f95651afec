import numpy as np
import pytest

from msmd.audio.changed_voice import change_voice
from msmd.audio.channel import Channel, draw_channel, send_through

RATE = 16_000


def tone(hz: float, seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def band_power(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(np.square(np.abs(np.fft.rfft(samples)))[(hz >= low_hz) & (hz < high_hz)].sum())


@pytest.mark.parametrize(("semitones", "speed"), [(-4.0, 1.0), (4.0, 1.2), (0.0, 0.85), (2.0, 0.85)])
def test_what_was_said_when_stays_known(semitones: float, speed: float):
    moments = (0.5, 1.4, 2.3)
    samples = np.zeros(3 * RATE, np.float32)
    for moment in moments:
        start = round((moment - 0.05) * RATE)
        samples[start : start + 1600] = tone(180, 0.1) * np.hanning(1600)
    changed = change_voice(samples, semitones, speed)
    assert len(changed) == round(len(samples) / speed)
    for moment in moments:
        first = round((moment / speed - 0.12) * RATE)
        power = np.square(changed[first : first + round(0.24 * RATE)], dtype=np.float64)
        centre = (first + (power @ np.arange(len(power))) / power.sum()) / RATE
        assert centre == pytest.approx(moment / speed, abs=0.012)


def test_four_semitones_raise_a_tone_by_a_quarter_and_leave_its_length():
    changed = change_voice(tone(300, 2), 4.0, 1.0)
    assert len(changed) == 2 * RATE
    peak = np.abs(np.fft.rfft(changed)).argmax() * RATE / len(changed)
    assert peak == pytest.approx(300 * 2 ** (4 / 12), rel=0.01)


def test_the_same_voice_at_the_same_speed_is_untouched():
    samples = tone(200, 0.5)
    assert np.array_equal(change_voice(samples, 0.0, 1.0), samples)


def test_a_channel_without_anything_changes_nothing_one_could_hear():
    samples = tone(200, 1) * np.hanning(RATE).astype(np.float32)
    assert np.abs(send_through(samples, Channel()) - samples).max() < 1e-5


def test_noise_has_the_power_it_is_said_to_have():
    samples = tone(1000, 2)
    noisy = send_through(samples, Channel(noise_db=10.0, seed=1)).astype(np.float64)
    share = band_power(noisy, 990, 1010) / band_power(noisy, 0, 8000)
    assert share == pytest.approx(10 / 11, abs=0.01)


def test_babble_needs_other_voices_and_is_theirs():
    samples, other = tone(1000, 2), tone(400, 0.7)
    assert np.abs(send_through(samples, Channel(babble_db=5.0)) - samples).max() < 1e-4
    heard = send_through(samples, Channel(babble_db=5.0), [other])
    assert band_power(heard, 380, 420) > 0.2 * band_power(heard, 980, 1020)


def test_a_telephone_keeps_the_middle_and_loses_the_ends():
    low, middle, high = (
        band_power(
            send_through(tone(hz, 1), Channel(telephone=True, equalisation_db=(0.0,) * 6)), hz - 20, hz + 20
        )
        for hz in (100, 1000, 6000)
    )
    mixed = send_through(tone(100, 1) + tone(1000, 1) + tone(6000, 1), Channel(telephone=True))
    assert band_power(mixed, 80, 120) < 0.01 * band_power(mixed, 980, 1020)
    assert band_power(mixed, 5980, 6020) < 0.01 * band_power(mixed, 980, 1020)
    assert min(low, middle, high) > 0


def test_a_room_comes_after_the_sound_and_not_before():
    samples = np.zeros(RATE, np.float32)
    samples[4000:4800] = tone(500, 0.05)
    heard = send_through(samples, Channel(room_seconds=0.4, room_db=0.0, seed=3))
    assert np.abs(heard[:3990]).max() < 1e-4
    assert np.abs(heard[5000:8000]).mean() > 10 * np.abs(samples[5000:8000]).mean()
    assert np.square(heard).mean() == pytest.approx(np.square(samples).mean(), rel=0.05)


def test_silence_stays_silence_and_drawn_channels_keep_lengths():
    assert not send_through(np.zeros(900, np.float32), Channel(noise_db=5.0)).any()
    rng = np.random.default_rng(0)
    samples = tone(250, 0.613)
    for _ in range(20):
        heard = send_through(samples, draw_channel(rng), [samples])
        assert len(heard) == len(samples) and np.isfinite(heard).all() and np.abs(heard).max() <= 1
