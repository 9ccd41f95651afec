"""Named configurations: the paper's model, its baselines and ablations (sections 5.2, 5.3), in two sizes.

Every preset is a value. A variant is what `_VARIANTS` says of it and nothing else; the sizes are
`_PAPER` and `_EMBEDDED`. `msmd presets --diff A B` prints how two of them differ.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from msmd.core.config import ContrastiveConfig, DiffusionConfig, ModelConfig, TrainingConfig
from msmd.core.errors import MsmdError


@dataclass(frozen=True)
class Preset:
    """A model with the diffusion and the training it is meant for.

    Attributes:
        model: networks.
        diffusion: noise schedule.
        training: how the networks are fitted.
        audio_encoder: name of the audio features that it reads.
        style_pretraining: how the style encoder is fitted before the rest; None: with the rest.
        guidance_scale: lambda_c of Eq. 6 for both conditions, in evaluations.
    """

    model: ModelConfig
    diffusion: DiffusionConfig
    training: TrainingConfig
    audio_encoder: str
    style_pretraining: ContrastiveConfig | None = None
    guidance_scale: float = 1.0


@dataclass(frozen=True)
class _Variant:
    """What a baseline or an ablation changes."""

    model: Mapping[str, object] = field(default_factory=dict)
    training: Mapping[str, object] = field(default_factory=dict)
    pretrains: bool = False


_PAPER = Preset(
    model=ModelConfig(audio_dim=768),
    diffusion=DiffusionConfig(),
    training=TrainingConfig(patience=50, sample_interval=10_000),
    audio_encoder="hubert-base",
)
"""Section 5.2: 8 layers of 512, HuBERT, K = 4, Adam at 1e-4, batches of 16, 450 000 iterations. "Selected
with an early stop mechanism": the weights of the lowest validation loss are kept, and 50 validations
(50 000 iterations) without a new best end the run."""

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
        kl_weight=1e-5,
        lip_weight=0.5,
        tuck_weight=0.5,
        persistence_weight=4.0,
        basis_only_probability=0.25,
        audio_noise=0.3,
        landmark_weight_exponent=1.0,
        expression_deviation=0.6,
        mirror=True,
        restyle=True,
        style_dropout=0.2,
        num_steps=6000,
        validation_interval=100,
        checkpoint_minutes=3.0,
        sample_interval=1000,
        bfloat16=True,
    ),
    audio_encoder="embedded",
)
"""The model inside the package: trained on two processor cores in some seventy minutes, fast on one."""

_PRETRAINING: Final = {
    "paper": ContrastiveConfig(),
    "embedded": ContrastiveConfig(num_batches=4, num_steps=200, learning_rate=5e-4),
}

_VARIANTS: Final[Mapping[str, _Variant]] = {
    # Table 1. The VAE-baseline is Table 2's "no style basis": section 5.3 takes both the basis and the
    # mix of cross- and self-conditioning from it.
    "vae-baseline": _Variant(model={"num_basis": 0}, training={"style_pairing": "self"}),
    # 4 layers of 128, mean pool; the other window of the pair is always the reference; nothing is
    # variational, so nothing diverges from a prior.
    "diffposetalk": _Variant(
        model={
            "style_encoder": "contrastive",
            "style_hidden_dim": 128,
            "style_num_layers": 4,
            "num_basis": 0,
        },
        training={"style_pairing": "cross", "kl_weight": 0.0},
        pretrains=True,
    ),
    # A borrowed expression can be told from the reference alone: without one it would be noise.
    "unconditioned": _Variant(
        model={"style_encoder": "none", "num_basis": 0}, training={"kl_weight": 0.0, "restyle": False}
    ),
    # Table 2.
    "no-cross-condition": _Variant(training={"style_pairing": "self"}),
    # How many bases? The paper has 4.
    **{f"num-basis-{count}": _Variant(model={"num_basis": count}) for count in (1, 2, 3, 8)},
}


def _vary(size: str, base: Preset, variant: _Variant) -> Preset:
    return replace(
        base,
        model=replace(base.model, **variant.model),
        training=replace(base.training, **variant.training),
        style_pretraining=_PRETRAINING[size] if variant.pretrains else None,
    )


PRESETS: Final[Mapping[str, Preset]] = {
    "msmd-paper": _PAPER,
    **{name: _vary("paper", _PAPER, variant) for name, variant in _VARIANTS.items()},
    "embedded": _EMBEDDED,
    **{f"{name}-embedded": _vary("embedded", _EMBEDDED, variant) for name, variant in _VARIANTS.items()},
}
"""By name. A variant has the size of section 5.2; with "-embedded" it has that of the preset "embedded"."""

EMBEDDED_PRESETS: Final = tuple(name for name in PRESETS if name.endswith("embedded"))
"""Those that two processor cores can train: "embedded" first, which is the proposed model."""


def named_preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        MsmdError: there is none of that name.
    """
    if name not in PRESETS:
        raise MsmdError(f"no preset {name!r}. There are: {', '.join(PRESETS)}.")
    return PRESETS[name]


def list_settings(preset: Preset) -> dict[str, object]:
    """Every field of a preset under its dotted name, e.g. "model.num_basis"."""
    settings: dict[str, object] = {}
    for part, value in asdict(preset).items():
        if isinstance(value, dict):
            settings |= {f"{part}.{name}": inner for name, inner in value.items()}
        else:
            settings[part] = value
    return settings


def diff_presets(one: Preset, other: Preset) -> dict[str, tuple[object, object]]:
    """Dotted name -> (value in one, value in the other), for the fields in which they differ."""
    first, second = list_settings(one), list_settings(other)
    names = [*first, *(name for name in second if name not in first)]
    pairs = {name: (first.get(name), second.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
