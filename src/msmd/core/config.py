"""What a model, its diffusion and its training are made of. Each configuration checks itself."""

from dataclasses import dataclass
from typing import Literal, get_args

from msmd.core.errors import MsmdError
from msmd.core.units import MOTION_DIM

StyleEncoderKind = Literal["vae", "contrastive", "none"]
"""How a style reference becomes a code: by the VAE of section 4.2, by an encoder that was trained before
with a contrastive loss and then frozen (section 5.3, DiffPoseTalk), or not at all (unconditioned)."""

StylePositions = Literal["frame", "constant"]
"""What the style encoder knows of the order of frames: each its own place, or all one and the same vector,
which makes a reference a bag of frames."""

BasisReach = Literal["expression", "all"]
"""Which dimensions of motion the style basis of Eq. 4 moves."""

StylePairing = Literal["alternate", "cross", "self"]
"""Which window of a training pair is the style reference (section 4.4)."""


class ConfigError(MsmdError):
    """A configuration that contradicts itself."""


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ConfigError(f"configuration: {what}")


def _require_each(config: object, names: tuple[str, ...], at_least: int) -> None:
    for name in names:
        value = getattr(config, name)
        _require(value >= at_least, f"{name} is {value}; it must be at least {at_least}.")


def _require_one_of(config: object, name: str, choices: tuple[str, ...]) -> None:
    value = getattr(config, name)
    _require(value in choices, f"{name} is {value!r}; it must be one of {', '.join(choices)}.")


@dataclass(frozen=True)
class ModelConfig:
    """The networks of sections 4.2, 4.3 and 5.2.

    Attributes:
        audio_dim: d_audio, size of one audio feature at 25 fps.
        motion_dim: D, size of one frame of motion.
        num_frames: N_w, new frames in one window.
        num_prev_frames: N_p, frames of the previous window that the model sees.
        hidden_dim: width of the denoiser.
        num_layers: of the denoiser.
        num_heads: attention heads of the denoiser.
        feed_forward_factor: width of the feed-forward layers over `hidden_dim`.
        audio_mask_width: how many audio frames, centred on its own, a motion frame attends to; odd.
            1 makes cross-attention a linear map of the frame's own audio.
        style_encoder: see `StyleEncoderKind`.
        style_dim: size of the style code s.
        style_hidden_dim: width of the style encoder.
        style_num_layers: of the style encoder.
        style_num_heads: attention heads of the style encoder.
        style_positions: see `StylePositions`.
        num_basis: K. 0 is the model without a style basis.
        basis_reach: see `BasisReach`. Head motion is left to the primary motion by default: the
            paper speaks of "latent expression codes".
        dropout: of every residual branch and of the audio features, in training.
    """

    audio_dim: int
    motion_dim: int = MOTION_DIM
    num_frames: int = 100
    num_prev_frames: int = 10
    hidden_dim: int = 512
    num_layers: int = 8
    num_heads: int = 8
    feed_forward_factor: int = 4
    audio_mask_width: int = 1
    style_encoder: StyleEncoderKind = "vae"
    style_dim: int = 128
    style_hidden_dim: int = 512
    style_num_layers: int = 4
    style_num_heads: int = 4
    style_positions: StylePositions = "frame"
    num_basis: int = 4
    basis_reach: BasisReach = "expression"
    dropout: float = 0.1

    def __post_init__(self) -> None:
        _require_each(self, ("audio_dim", "motion_dim", "num_layers"), at_least=1)
        _require_each(self, ("num_prev_frames",), at_least=2)  # a seam is joined by place and speed
        _require_each(self, ("style_dim", "style_num_layers"), at_least=1)
        _require_each(self, ("num_basis",), at_least=0)
        _require(
            self.num_frames >= self.num_prev_frames,
            f"num_frames {self.num_frames} is less than num_prev_frames {self.num_prev_frames}: "
            "the condition of a window is the end of one window before it.",
        )
        _require(self.hidden_dim % self.num_heads == 0, "hidden_dim must be a multiple of num_heads.")
        _require(self.hidden_dim % 2 == 0, "hidden_dim must be even.")
        _require(
            self.style_hidden_dim % self.style_num_heads == 0 and self.style_hidden_dim % 2 == 0,
            "style_hidden_dim must be even and a multiple of style_num_heads.",
        )
        _require(
            self.audio_mask_width % 2 == 1 and 1 <= self.audio_mask_width <= self.num_frames,
            f"audio_mask_width is {self.audio_mask_width}; it must be odd and within a window.",
        )
        _require_one_of(self, "style_encoder", get_args(StyleEncoderKind))
        _require_one_of(self, "style_positions", get_args(StylePositions))
        _require(
            self.style_encoder != "contrastive" or self.style_hidden_dim == self.style_dim,
            f"a contrastive style code is the mean of the encoder's frames: style_dim {self.style_dim} and "
            f"style_hidden_dim {self.style_hidden_dim} must be the same.",
        )
        _require_one_of(self, "basis_reach", get_args(BasisReach))
        _require(
            self.basis_reach == "all" or self.motion_dim == MOTION_DIM,
            f'basis_reach "expression" needs motion of {MOTION_DIM} dimensions, not {self.motion_dim}.',
        )
        _require(0 <= self.dropout < 1, f"dropout is {self.dropout}; it must be in [0, 1).")


@dataclass(frozen=True)
class DiffusionConfig:
    """The noise schedule (section 4.1): cosine, predicting x_0.

    Attributes:
        num_timesteps: T; the paper's is 1000 (section 5.3).
        cosine_offset: s of the cosine schedule.
        min_beta, max_beta: limits of the noise added in one timestep.
    """

    num_timesteps: int = 1000
    cosine_offset: float = 0.008
    min_beta: float = 1e-4
    max_beta: float = 0.999

    def __post_init__(self) -> None:
        _require(self.num_timesteps >= 1, "num_timesteps must be at least 1.")
        _require(0 < self.min_beta <= self.max_beta < 1, "betas must be ordered within (0, 1).")
        _require(self.cosine_offset >= 0, "cosine_offset must not be negative.")


@dataclass(frozen=True)
class TrainingConfig:
    """Section 4.4 and 5.2.

    Attributes:
        batch_size: pairs of windows that go through the model at once.
        accumulation: batches whose gradients make one step; a step sees batch_size * accumulation
            pairs on each device.
        learning_rate: of Adam, after warm-up.
        warmup_steps: in which the learning rate rises from 0.
        final_rate_fraction: the learning rate decays to this fraction (cosine); 1 keeps it.
        weight_decay: of AdamW; 0 is Adam.
        gradient_limit: gradients are scaled down to this norm.
        ema_decay: of the averaged weights that are used in the end; the average begins shorter:
            min(ema_decay, (1 + step) / (10 + step)).
        simple_weight, velocity_weight, smooth_weight, kl_weight: lambdas of Eq. 5. The KL
            divergence is summed over dimensions and averaged over the batch.
        lip_weight: of the squared error of the lips' opening (`training.losses.lip_gap_loss`); the
            paper has none.
        tuck_weight: of the squared error of the lower lip's way under the teeth at f and v
            (`training.losses.lip_tuck_loss`); the paper has none.
        persistence_weight: of the squared error of each window's mean; the paper has none.
        landmark_weight_exponent: each dimension's squared error counts by (millimetres that one
            standard deviation moves the landmarks) to this power, normalised to mean 1. 0 is the
            paper: all alike. 2 is squared error in millimetres.
        expression_deviation: that expression has once it is standardised; 1 is the paper. Less is more noise
            for it at every timestep, and terms in millimetres, and the head, count more beside it.
        style_pairing: see `StylePairing`.
        audio_dropout, style_dropout: chance that a condition is replaced with its learned null
            ("10 %", section 4.4), drawn for each window.
        basis_only_probability: chance that a window's style reaches it by the style basis alone, its
            token being null, so that the basis carries the style; without bases, never. The paper has none.
        audio_noise: greatest deviation of the noise that a window's audio features get (they are of
            size 1): an unheard voice is heard less surely than those of the training data.
        truncation_probability: chance that a random end of a window is cut off.
        mirror: whether half of the pairs are reflected left to right.
        restyle: whether half of the pairs borrow another persistent expression (`data.restyle`).
        num_steps: the run ends after so many steps; the learning rate decays over them.
        patience: the run ends earlier after so many validations without a new best; 0: never.
        seed: of weights, batches, noise.
        validation_interval: steps between validations.
        checkpoint_minutes: minutes between checkpoints.
        sample_interval: steps between pictures of what the model does with a validation clip;
            a multiple of `validation_interval`; 0: never.
        bfloat16: whether matrix products run in bfloat16 where the machine is fast at it.
    """

    batch_size: int = 16
    accumulation: int = 1
    learning_rate: float = 1e-4
    warmup_steps: int = 0
    final_rate_fraction: float = 1.0
    weight_decay: float = 0.0
    gradient_limit: float = 1.0
    ema_decay: float = 0.9999
    simple_weight: float = 1.0
    velocity_weight: float = 0.5
    smooth_weight: float = 5e-6
    kl_weight: float = 1e-6
    lip_weight: float = 0.0
    tuck_weight: float = 0.0
    persistence_weight: float = 0.0
    landmark_weight_exponent: float = 0.0
    expression_deviation: float = 1.0
    style_pairing: StylePairing = "alternate"
    audio_dropout: float = 0.1
    style_dropout: float = 0.1
    basis_only_probability: float = 0.0
    audio_noise: float = 0.0
    truncation_probability: float = 0.3
    mirror: bool = False
    restyle: bool = False
    num_steps: int = 450_000
    patience: int = 0
    seed: int = 0
    validation_interval: int = 1000
    checkpoint_minutes: float = 10.0
    sample_interval: int = 0
    bfloat16: bool = False

    def __post_init__(self) -> None:
        _require_each(self, ("batch_size", "accumulation", "num_steps", "validation_interval"), at_least=1)
        _require_each(self, ("patience", "sample_interval"), at_least=0)
        _require(
            self.sample_interval % self.validation_interval == 0,
            f"sample_interval {self.sample_interval} must be a multiple of validation_interval "
            f"{self.validation_interval}.",
        )
        _require_each(self, ("simple_weight", "velocity_weight", "smooth_weight", "kl_weight"), at_least=0)
        _require_each(self, ("lip_weight", "tuck_weight", "persistence_weight"), at_least=0)
        _require_each(
            self, ("audio_noise", "weight_decay", "warmup_steps", "landmark_weight_exponent"), at_least=0
        )
        for name in (
            *("audio_dropout", "style_dropout", "basis_only_probability"),
            *("truncation_probability", "final_rate_fraction"),
        ):
            _require(0 <= getattr(self, name) <= 1, f"{name} is {getattr(self, name)}; it must be in [0, 1].")
        _require(self.learning_rate > 0, "learning_rate must be positive.")
        _require(self.gradient_limit > 0, "gradient_limit must be positive.")
        _require(self.expression_deviation > 0, "expression_deviation must be positive.")
        _require(0 <= self.ema_decay < 1, "ema_decay must be in [0, 1).")
        _require_one_of(self, "style_pairing", get_args(StylePairing))


@dataclass(frozen=True)
class ContrastiveConfig:
    """How a contrastive style encoder is trained, before the rest and without it (section 5.3).

    Attributes:
        temperature: of NT-Xent.
        num_batches: of `TrainingConfig.batch_size` clips that make one step: each clip is told from all
            others of them.
        num_steps: in all.
        learning_rate: of Adam.
    """

    temperature: float = 0.1
    num_batches: int = 2
    num_steps: int = 20_000
    learning_rate: float = 1e-4

    def __post_init__(self) -> None:
        _require(self.temperature > 0, "temperature must be positive.")
        _require(self.learning_rate > 0, "learning_rate must be positive.")
        _require_each(self, ("num_batches", "num_steps"), at_least=1)
