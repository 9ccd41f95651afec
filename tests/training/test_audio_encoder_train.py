from dataclasses import replace

import numpy as np
import pytest
import torch

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.phone_network import PHONES, PhoneNetworkConfig
from msmd.audio.speech_model import SpeechModel, SpeechModelConfig
from msmd.training.audio_encoder.heard import AROUND, hear_corpus, open_heard
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.audio_encoder.phones import UNKNOWN
from msmd.training.audio_encoder.train import (
    SOURCE_WEIGHTS,
    PhoneTrainingConfig,
    _clip_chances,
    draw_batches,
    score,
    train_phones,
)

TONES_HZ = {"AA": 400.0, "S": 3000.0, "M": 1200.0}


def tonal_clip(seed: int, split: str) -> PhoneClip:
    """A language in which every phone is a tone."""
    rng = np.random.default_rng(seed)
    samples, labels = [], []
    for name in rng.choice(list(TONES_HZ), 30):
        t = np.arange(3200) / 16000
        samples.append(0.3 * np.sin(2 * np.pi * TONES_HZ[name] * t))
        labels += [PHONES.index(name)] * 10
    return PhoneClip(
        str(seed),
        "tones",
        "x",
        split,  # type: ignore[arg-type]
        np.concatenate(samples).astype(np.float32),
        np.array(labels, np.uint8),
    )


CONFIG = PhoneTrainingConfig(
    num_steps=120,
    batch_size=8,
    crop_labels=50,
    interval=60,
    learning_rate=5e-3,
    network=PhoneNetworkConfig(states_dim=16, width=24, num_blocks=2, bottleneck_dim=8),
)


def bank_of_filters() -> SpeechModel:
    """Random but for the first convolution, whose channels each hear a frequency."""
    torch.manual_seed(0)
    model = SpeechModel(SpeechModelConfig(width=16, num_layers=1, num_heads=2, reach_frames=5))
    turns = torch.logspace(2.3, 3.7, 16)[:, None] / 16_000 * torch.arange(127)
    model.first.weight.data[:, 0] = 0.2 * torch.cos(2 * torch.pi * turns) * torch.hann_window(127)
    return model.eval().requires_grad_(False)


HEARS = bank_of_filters()


def test_a_language_of_tones_is_learned_and_the_run_goes_on_where_it_stopped(tmp_path):
    clips = [tonal_clip(seed, "train") for seed in range(8)] + [tonal_clip(100, "val")]
    encoder = train_phones(clips, tmp_path, HEARS, CONFIG)
    accuracy = score(encoder, clips[-1:])["tones"]
    assert accuracy["mouth_spoken"] > 0.9
    rows = (tmp_path / "progress.csv").read_text().splitlines()
    again = train_phones(clips, tmp_path, HEARS, CONFIG)
    assert (tmp_path / "progress.csv").read_text().splitlines() == rows
    samples = clips[0].samples
    assert np.array_equal(again.encode(samples), encoder.encode(samples))
    assert EmbeddedEncoder.load(tmp_path).notes["steps"] == 120


def test_a_copy_says_in_its_frames_what_the_plain_clip_says(tmp_path):
    clips = [tonal_clip(seed, "train") for seed in range(3)]
    hear_corpus(clips, tmp_path, HEARS)
    for clip, heard in zip(clips, open_heard(clips, tmp_path), strict=True):
        assert (heard.labels[AROUND:-AROUND] == clip.labels).all()
        assert not heard.labels[:AROUND].any() and not heard.labels[-AROUND:].any()
        for copy, speed in enumerate(heard.speeds):
            frames = heard.plain_frames(copy)
            assert len(frames) == heard.count_changed(copy) == len(heard.changed(copy, slice(None)))
            assert len(frames) - 2 * AROUND == pytest.approx(len(clip.labels) / speed, abs=1)
            assert (np.diff(frames) >= 0).all()
            assert frames[AROUND] == pytest.approx(AROUND, abs=1)


def test_what_was_heard_is_not_heard_again(tmp_path):
    clips = [tonal_clip(0, "train")]
    hear_corpus(clips, tmp_path, HEARS)
    written = (tmp_path / "tones.safetensors").stat().st_mtime_ns
    hear_corpus(clips, tmp_path, HEARS)
    assert (tmp_path / "tones.safetensors").stat().st_mtime_ns == written


def test_a_source_has_its_share_of_the_crops_however_long_it_is():
    clips = [
        replace(tonal_clip(seed, "train"), source=source)
        for seed, source in enumerate(["grid"] + 5 * ["new"])
    ]
    chances = _clip_chances(clips)
    share = SOURCE_WEIGHTS["grid"] / (SOURCE_WEIGHTS["grid"] + 1 - sum(SOURCE_WEIGHTS.values()))
    assert float(chances[0] / chances.sum()) == pytest.approx(share)


def test_a_crop_of_a_short_clip_teaches_nothing_after_its_end(tmp_path):
    clip = tonal_clip(0, "train")
    short = replace(clip, samples=clip.samples[:3200], labels=clip.labels[:10])
    hear_corpus([short], tmp_path, HEARS)
    config = replace(CONFIG, crop_labels=120)
    states, labels = next(draw_batches(open_heard([short], tmp_path), config, 0))
    assert states.shape == (16, 120, 16) and labels.shape == (16, 120)
    assert (labels[:, 90:] == UNKNOWN).all()
    assert (labels[:8] == labels[8:]).all()
    spoken = labels == clip.labels[0]
    assert (spoken.sum(1) >= 8).all()


def test_plain_and_changed_rows_say_the_same(tmp_path):
    clips = [tonal_clip(seed, "train") for seed in range(2)]
    hear_corpus(clips, tmp_path, HEARS)
    states, labels = next(draw_batches(open_heard(clips, tmp_path), CONFIG, 0))
    assert (labels[:8] == labels[8:]).all()
    assert not torch.equal(states[:8], states[8:])
