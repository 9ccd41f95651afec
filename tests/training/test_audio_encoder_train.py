from dataclasses import replace

import numpy as np
import pytest
import torch

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.mel import NUM_BINS
from msmd.audio.phone_network import PHONES, PhoneNetworkConfig
from msmd.training.audio_encoder.augment import _warp, augment
from msmd.training.audio_encoder.phone_corpus import PhoneClip
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
    num_steps=60,
    batch_size=8,
    crop_labels=50,
    interval=30,
    learning_rate=5e-3,
    network=PhoneNetworkConfig(width=24, num_blocks=2, bottleneck_dim=8),
)


def test_a_language_of_tones_is_learned_and_the_run_goes_on_where_it_stopped(tmp_path):
    clips = [tonal_clip(seed, "train") for seed in range(8)] + [tonal_clip(100, "val")]
    encoder = train_phones(clips, tmp_path, CONFIG)
    accuracy = score(encoder, clips[-1:])["tones"]
    assert accuracy["mouth_spoken"] > 0.9
    rows = (tmp_path / "progress.csv").read_text().splitlines()
    again = train_phones(clips, tmp_path, CONFIG)
    assert (tmp_path / "progress.csv").read_text().splitlines() == rows
    samples = clips[0].samples
    assert np.array_equal(again.encode(samples), encoder.encode(samples))
    assert EmbeddedEncoder.load(tmp_path).notes["steps"] == 60


def test_augmenting_gives_the_same_for_the_same_draws_and_keeps_known_labels():
    power = torch.randn(4, 130, NUM_BINS, generator=torch.Generator().manual_seed(1)).square()
    labels = torch.arange(65).repeat(4, 1)
    first = augment(power, labels, 50, torch.Generator().manual_seed(2))
    again = augment(power, labels, 50, torch.Generator().manual_seed(2))
    assert torch.equal(first[0], again[0])
    assert first[0].shape == first[1].shape == (4, 100, NUM_BINS)
    assert (first[2].diff(dim=1) >= 0).all()


def test_the_plain_spectra_are_the_same_moments_unchanged():
    """Power that tells the time is at every moment what it was in the sound at the time that it tells."""
    times = torch.arange(130.0)[None, :, None].expand(4, -1, NUM_BINS)
    labels = torch.arange(65).repeat(4, 1)
    _, plain, wanted = augment((times / 20).exp(), labels, 50, torch.Generator().manual_seed(2))
    told = 20 * plain.log()
    assert (told - told[..., :1]).abs().max() < 0.01
    assert (told[:, 1::2, 0] / 2 - wanted - 0.5).abs().max() < 1


def test_unit_speed_and_frequency_change_nothing():
    log_power = torch.randn(2, 60, NUM_BINS, generator=torch.Generator().manual_seed(1))
    one = torch.ones(2)
    assert torch.allclose(_warp(log_power, one, one, 60), log_power, atol=1e-3)


@pytest.mark.parametrize("factor", [0.9, 1.15])
def test_a_shorter_throat_moves_a_tone_up_by_the_factor(factor):
    log_power = torch.zeros(1, 10, NUM_BINS)
    log_power[:, :, 80] = 1.0
    moved = _warp(log_power, torch.ones(1), torch.tensor([factor]), 10)
    assert int(moved[0, 5].argmax()) == pytest.approx(factor * 80, abs=1)


def test_a_source_has_its_share_of_the_crops_however_long_it_is():
    clips = [
        replace(tonal_clip(seed, "train"), source=source)
        for seed, source in enumerate(["grid"] + 5 * ["new"])
    ]
    chances = _clip_chances(clips)
    share = SOURCE_WEIGHTS["grid"] / (SOURCE_WEIGHTS["grid"] + 1 - sum(SOURCE_WEIGHTS.values()))
    assert float(chances[0] / chances.sum()) == pytest.approx(share)


def test_a_crop_of_a_short_clip_has_silence_around_it():
    clip = tonal_clip(0, "train")
    short = replace(clip, samples=clip.samples[:3200], labels=clip.labels[:10])
    *_, labels = next(draw_batches([short], CONFIG, 0))
    assert ((labels == 0).sum(1) >= 35).all()
    assert (labels > 0).any()
