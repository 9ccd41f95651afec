import pytest
import torch

from msmd.core.config import ModelConfig
from msmd.model.assemble import build_model

BATCH = 3


def tiny_config(**changes):
    values = {
        "audio_dim": 6,
        "num_frames": 12,
        "num_prev_frames": 3,
        "hidden_dim": 16,
        "num_layers": 2,
        "num_heads": 2,
        "feed_forward_factor": 2,
        "audio_mask_width": 3,
        "style_dim": 8,
        "style_hidden_dim": 16,
        "style_num_layers": 2,
        "style_num_heads": 2,
        "num_basis": 2,
    }
    return ModelConfig(**{**values, **changes})


@pytest.fixture
def make_model():
    def make(**changes):
        torch.manual_seed(0)
        return build_model(tiny_config(**changes)).eval().requires_grad_(False)

    return make


@pytest.fixture
def window():
    """Arguments of `MotionModel.denoise` for a batch of three windows."""
    generator = torch.Generator().manual_seed(1)

    def draw(*shape):
        return torch.randn(BATCH, *shape, generator=generator)

    return {
        "x_t": draw(12, 67),
        "timestep": torch.tensor([1, 500, 1000]),
        "audio_features": draw(12, 6),
        "style_code": draw(8),
        "prev_motion": draw(3, 67),
        "prev_audio_features": draw(3, 6),
    }
