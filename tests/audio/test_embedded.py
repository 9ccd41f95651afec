import json
import time

import numpy as np
import pytest
import torch

from msmd.audio import embedded, speech_model
from msmd.audio.eight_bits import from_eight_bits, to_eight_bits
from msmd.audio.embedded import SETTINGS_NAME, WEIGHTS_NAME, EmbeddedEncoder
from msmd.audio.encoder import count_frames
from msmd.audio.phone_network import PhoneNetwork, PhoneNetworkConfig
from msmd.audio.speech_model import SpeechModel, SpeechModelConfig
from msmd.core.errors import AudioError, BundleError

HEARS = SpeechModelConfig(width=16, num_layers=2, num_heads=2, reach_frames=6)
TINY = PhoneNetworkConfig(states_dim=16, width=16, num_blocks=3, bottleneck_dim=8)


@pytest.fixture
def encoder() -> EmbeddedEncoder:
    torch.manual_seed(0)
    speech_model = SpeechModel(HEARS)
    speech_model.load_state_dict(from_eight_bits(to_eight_bits(speech_model.state_dict())))
    return EmbeddedEncoder(speech_model, PhoneNetwork(TINY), {"hours": 0})


def speech(num_samples: int, seed: int = 0) -> np.ndarray:
    """Bursts of noise with the loudness of syllables."""
    rng = np.random.default_rng(seed)
    loudness = np.repeat(rng.uniform(0.01, 0.2, -(-num_samples // 1600)), 1600)[:num_samples]
    return (rng.normal(size=num_samples) * loudness).astype(np.float32)


@pytest.mark.parametrize("num_samples", [1, 639, 640, 641, 16000, 51_234])
def test_there_is_a_frame_for_every_640_samples_begun(encoder, num_samples):
    features = encoder.encode(speech(num_samples))
    assert features.shape == (count_frames(num_samples), encoder.dim)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_an_onset_appears_in_its_own_frame_and_not_before_the_context(encoder):
    onset = 40
    samples = np.zeros(80 * 640, np.float32)
    samples[onset * 640 :] = speech(40 * 640)
    features = encoder.encode(samples)
    changed = np.abs(features - features[0])
    changed[changed < 1e-5] = 0
    first_half_loudness = -8
    assert not changed[:onset, first_half_loudness].any()
    assert changed[onset, first_half_loudness] > 0.3
    label_frames = TINY.context_frames + HEARS.context_frames + 2  # the convolutions see one and a half
    reach = -(-label_frames // 2) + 1
    assert not changed[: onset - reach].any()
    assert changed[onset, : 2 * TINY.bottleneck_dim].max() > 0.1


@pytest.mark.parametrize("seconds", [0.01, 1.0, 3.0])
def test_silence_after_the_speech_changes_no_spoken_frame(encoder, seconds):
    samples = speech(33_333)
    padded = np.pad(samples, (0, round(16000 * seconds)))
    features = encoder.encode(samples)
    assert np.allclose(encoder.encode(padded)[: len(features)], features, atol=1e-4)


def test_silence_before_the_speech_only_moves_it(encoder):
    samples = speech(33_333)
    later = encoder.encode(np.pad(samples, (50 * 640, 0)))
    assert np.allclose(later[50:], encoder.encode(samples), atol=1e-4)


def test_silence_is_encoded_alike_in_every_frame(encoder):
    features = encoder.encode(np.zeros(32_000, np.float32))
    assert np.allclose(features, features[:1], atol=1e-5)


def test_loudness_of_the_recording_changes_nothing(encoder):
    samples = speech(32_000)
    assert np.allclose(encoder.encode(0.2 * samples), encoder.encode(samples), atol=2e-3)


def test_chunks_give_what_the_whole_gives(encoder, monkeypatch):
    samples = speech(50_000)
    whole = encoder.encode(samples)
    monkeypatch.setattr(speech_model, "_CHUNK_FRAMES", 40)
    monkeypatch.setattr(embedded, "_CHUNK_FRAMES", 30)
    assert np.allclose(encoder.encode(samples), whole, atol=1e-4)


def test_no_samples_are_refused(encoder):
    with pytest.raises(AudioError, match="0 samples"):
        encoder.encode(np.zeros(0, np.float32))


def test_a_saved_encoder_comes_back(encoder, tmp_path):
    """Weights of half precision and of eight bits come back bit for bit; others are rounded once."""
    encoder.save(tmp_path / "first")
    rounded = EmbeddedEncoder.load(tmp_path / "first")
    samples = speech(8000)
    assert np.allclose(rounded.encode(samples), encoder.encode(samples), atol=5e-3)
    rounded.save(tmp_path / "second")
    loaded = EmbeddedEncoder.load(tmp_path / "second")
    assert np.array_equal(loaded.encode(samples), rounded.encode(samples))
    assert loaded.notes == {"hours": 0}


def test_missing_damaged_and_newer_files_are_refused(encoder, tmp_path):
    with pytest.raises(BundleError, match="cannot be read"):
        EmbeddedEncoder.load(tmp_path)
    encoder.save(tmp_path)
    (tmp_path / WEIGHTS_NAME).write_bytes(b"no weights")
    with pytest.raises(BundleError, match="cannot be read"):
        EmbeddedEncoder.load(tmp_path)
    encoder.save(tmp_path)
    settings = json.loads((tmp_path / SETTINGS_NAME).read_text()) | {"version": 99}
    (tmp_path / SETTINGS_NAME).write_text(json.dumps(settings))
    with pytest.raises(BundleError, match="version 99"):
        EmbeddedEncoder.load(tmp_path)


def test_the_full_size_is_far_faster_than_speech():
    encoder = EmbeddedEncoder(SpeechModel(SpeechModelConfig()), PhoneNetwork(PhoneNetworkConfig()))
    samples = speech(16000 * 20)
    start = time.process_time()
    encoder.encode(samples)
    factor = (time.process_time() - start) / 20
    print(f"processor time of encoding over duration: {factor:.4f}")
    assert factor < 0.2
