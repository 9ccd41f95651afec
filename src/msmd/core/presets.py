"""Named configurations. The variants that the paper compares are values of three fields, no more:
`ModelConfig.style_encoder`, `ModelConfig.num_basis`, `TrainingConfig.style_pairing`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from msmd.core.config import DiffusionConfig, ModelConfig, TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A model with the diffusion and the training it is meant for.

    Attributes:
        model: networks.
        diffusion: noise schedule.
        training: how the networks are fitted.
        audio_encoder: name of the audio features that it reads.
    """

    model: ModelConfig
    diffusion: DiffusionConfig
    training: TrainingConfig
    audio_encoder: str


_PAPER = Preset(
    model=ModelConfig(audio_dim=768),
    diffusion=DiffusionConfig(),
    training=TrainingConfig(),
    audio_encoder="hubert-base",
)
"""Section 5.2: 8 layers of 512, HuBERT, K = 4, Adam at 1e-4, batches of 16, 450 000 iterations."""

_EMBEDDED = Preset(
    model=ModelConfig(
        audio_dim=154,
        hidden_dim=256,
        num_layers=5,
        num_heads=4,
        feed_forward_factor=2,
        audio_mask_width=3,
        style_hidden_dim=192,
        style_num_layers=2,
        dropout=0.05,
    ),
    diffusion=DiffusionConfig(),
    training=TrainingConfig(
        learning_rate=1e-3,
        warmup_steps=100,
        final_rate_fraction=0.02,
        weight_decay=0.01,
        ema_decay=0.998,
        kl_weight=3e-5,
        landmark_weight_exponent=1.0,
        mirror=True,
        restyle=True,
        style_dropout=0.2,
        num_steps=6000,
        validation_interval=200,
        checkpoint_minutes=3.0,
        bfloat16=True,
    ),
    audio_encoder="embedded",
)
"""The model inside the package: trained on two processor cores in an hour, and fast on them."""


def _vary(preset: Preset, *, model: Mapping = {}, training: Mapping = {}) -> Preset:
    return replace(
        preset, model=replace(preset.model, **model), training=replace(preset.training, **training)
    )


PRESETS: Final[Mapping[str, Preset]] = {
    "embedded": _EMBEDDED,
    "msmd-paper": _PAPER,
    "vae-baseline-paper": _vary(_PAPER, model={"num_basis": 0}, training={"style_pairing": "self"}),
    "no-style-basis-paper": _vary(_PAPER, model={"num_basis": 0}),
    "no-cross-condition-paper": _vary(_PAPER, training={"style_pairing": "self"}),
    "unconditioned-paper": _vary(_PAPER, model={"num_basis": 0, "style_encoder": "none"}),
}
"""By name. "-paper" are the sizes of section 5.2 with the rows of Tables 1 and 2."""
