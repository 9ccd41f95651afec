import numpy as np
import pytest

from msmd.audio.prosody import NUM_PROSODY, prosody, track_pitch

LOUDNESS, VOICING, OCTAVES, CONTOUR = 0, 4, 5, 7


def voice(hz: float, seconds: float = 1.0, amplitude: float = 0.3) -> np.ndarray:
    """A buzz with ten harmonics."""
    t = np.arange(round(16000 * seconds)) / 16000
    buzz = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 11))
    return (amplitude * buzz).astype(np.float32)


@pytest.mark.parametrize("hz", [80.0, 120.0, 210.0, 400.0])
def test_the_pitch_of_a_buzz_is_found(hz):
    pitch_hz, voicing = track_pitch(voice(hz))
    assert np.abs(np.log2(pitch_hz[2:-2] / hz)).max() < 0.05
    assert voicing[2:-2].min() > 0.8


def test_noise_is_not_voiced():
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    assert prosody(noise)[2:-2, VOICING].mean() < 0.4


def test_an_octave_up_is_two():
    columns = prosody(np.concatenate([voice(100, 3.0), voice(200, 1.0)]))
    assert columns[90, OCTAVES] == pytest.approx(2.0, abs=0.1)
    assert columns[90, CONTOUR] == pytest.approx(2.0, abs=0.1)
    assert columns[30, OCTAVES] == pytest.approx(0.0, abs=0.1)


def test_the_level_of_the_recording_does_not_matter():
    rng = np.random.default_rng(0)
    samples = voice(120) * np.repeat(rng.uniform(0.2, 1.0, 25), 640).astype(np.float32)
    assert np.allclose(prosody(samples), prosody(0.1 * samples), atol=1e-3)


def test_ten_db_quieter_is_a_fifth_less_loud():
    columns = prosody(np.concatenate([voice(120), voice(120, amplitude=0.3 / np.sqrt(10))]))
    assert columns[10, LOUDNESS] - columns[40, LOUDNESS] == pytest.approx(0.2, abs=0.01)


def test_silence_is_zero_everywhere():
    columns = prosody(np.zeros(16000, np.float32))
    assert columns.shape == (25, NUM_PROSODY)
    assert not columns.any()


def test_faint_noise_is_not_taken_for_speech():
    noise = np.random.default_rng(0).normal(0, 1e-4, 16000).astype(np.float32)
    assert prosody(noise)[:, LOUDNESS].max() < 0.25
