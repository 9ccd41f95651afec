from dataclasses import replace

import pytest
import torch

from msmd.core.config import DiffusionConfig, ModelConfig, TrainingConfig
from msmd.core.presets import Preset
from msmd.training.step import WindowPairs

TINY = Preset(
    model=ModelConfig(
        audio_dim=5,
        num_frames=30,
        num_prev_frames=3,
        hidden_dim=32,
        num_layers=2,
        num_heads=2,
        feed_forward_factor=2,
        style_dim=4,
        style_hidden_dim=16,
        style_num_layers=1,
        style_num_heads=2,
        num_basis=2,
        dropout=0.1,
    ),
    diffusion=DiffusionConfig(num_timesteps=50),
    training=TrainingConfig(batch_size=2, num_steps=6, validation_interval=2, learning_rate=1e-3),
    audio_encoder="none",
)


def make_pairs(seed: int, count: int = 2) -> WindowPairs:
    """Smooth random motion with audio that has nothing to do with it."""
    generator = torch.Generator().manual_seed(seed)
    motion = torch.randn(count, 60, 67, generator=generator).cumsum(1) / 4
    return WindowPairs(
        motion=motion,
        audio_features=torch.randn(count, 60, 5, generator=generator),
        valid=torch.ones(count, 60, dtype=torch.bool),
        has_lips=torch.ones(count, dtype=torch.bool),
        restyled=torch.zeros(count, dtype=torch.bool),
        weights=torch.ones(count, 67),
        lip_gap=torch.cat([torch.full((67,), 0.1), torch.tensor([2.0])]),
        lip_tuck=torch.cat([torch.full((67,), 0.01), torch.tensor([0.2])]),
    )


@pytest.fixture
def tiny_preset():
    def make(**training):
        return replace(TINY, training=replace(TINY.training, **training))

    return make


@pytest.fixture
def pairs():
    return make_pairs(0)


@pytest.fixture
def draw_pairs():
    return make_pairs
