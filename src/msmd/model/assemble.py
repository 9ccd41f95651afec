"""From a configuration to a model: the only place that branches on variants."""

from collections.abc import Callable, Mapping
from typing import Final

from torch import nn

from msmd.core.config import ModelConfig
from msmd.model.contrastive_style import ContrastiveStyle
from msmd.model.denoiser import Denoiser
from msmd.model.motion_model import MotionModel
from msmd.model.style_basis import StyleBasis
from msmd.model.style_vae import NoStyle, StyleVae

_STYLE_ENCODERS: Final[Mapping[str, Callable[[ModelConfig], nn.Module]]] = {
    "vae": StyleVae,
    "contrastive": ContrastiveStyle,
    "none": NoStyle,
}


def build_model(config: ModelConfig) -> MotionModel:
    """A model with fresh weights, drawn from torch's global generator."""
    style_encoder = _STYLE_ENCODERS[config.style_encoder](config)
    return MotionModel(config, style_encoder, StyleBasis(config), Denoiser(config))
