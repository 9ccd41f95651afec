import math

import numpy as np
import pytest
import torch

from msmd.audio.mel import HOP_SAMPLES, NUM_BANDS, band_centres_hz, hz_to_mel, log_mel, mel_to_hz


def sine(hz: float, num_samples: int = 16000) -> torch.Tensor:
    return torch.sin(2 * math.pi * hz * torch.arange(num_samples) / 16000)


def test_mel_scale_is_known_at_1000_hz_and_inverts():
    assert hz_to_mel(1000.0) == pytest.approx(999.99, abs=0.01)
    assert mel_to_hz(hz_to_mel(440.0)) == pytest.approx(440.0)


@pytest.mark.parametrize("band", [20, 40, 60, 79])
def test_a_sine_peaks_in_its_band(band):
    mel = log_mel(sine(band_centres_hz()[band]))
    assert int(mel[50].argmax()) == band


def test_twice_the_amplitude_adds_ln_4():
    samples = 0.1 * torch.randn(16000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(log_mel(2 * samples) - log_mel(samples), torch.tensor(math.log(4.0)), atol=1e-4)


def test_silence_is_the_floor_and_frames_are_ten_milliseconds():
    mel = log_mel(torch.zeros(1601))
    assert mel.shape == (11, NUM_BANDS)
    assert torch.allclose(mel, torch.tensor(math.log(1e-14)))


def test_every_band_hears_noise():
    samples = torch.randn(16000, generator=torch.Generator().manual_seed(0))
    assert float(log_mel(samples).mean(dim=0).min()) > -12


def test_a_click_is_loudest_in_its_own_frame():
    samples = torch.zeros(16000)
    samples[37 * HOP_SAMPLES + HOP_SAMPLES // 2] = 1.0
    assert int(log_mel(samples).mean(dim=1).argmax()) == 37


def test_a_batch_is_its_members():
    samples = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3200)).astype(np.float32))
    assert torch.allclose(log_mel(samples)[1], log_mel(samples[1]), atol=1e-5)
