"""Sound and style code in, `Animation` out: the one synthesis path of the whole project."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import get_args

import numpy as np
from jaxtyping import Float32

from msmd.core.animation import Animation, Motion, StyleCode
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.core.units import ARKIT_NAMES, EXPRESSION, MOTION_FPS, NUM_ARKIT
from msmd.diffusion.guidance import GuidanceForm
from msmd.diffusion.samplers import SAMPLERS
from msmd.diffusion.schedule import cosine_schedule
from msmd.face.blinks import resample_motion
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.face.smoothing import smooth_to_rate
from msmd.synthesis.blinks import finish_blinks
from msmd.synthesis.bundle import Bundle
from msmd.synthesis.lip_hold import lip_hold
from msmd.synthesis.reference import encode_reference
from msmd.synthesis.rest import is_silent, rest_motion
from msmd.synthesis.windows import Generated, Sampling, generate

DEFAULT_STEPS: Mapping[str, int] = {"dpmpp": 4, "ddim": 20, "ddpm": 1000}
"""Steps that each sampler takes when none are asked for; ddpm's is the paper's (section 5.3)."""

MIN_STYLE_SECONDS = 1.0
"""A style is what persists; less than this shows none."""


@dataclass(frozen=True)
class SamplingOptions:
    """Options of generation; see `msmd.api.Performer.animate`.

    Attributes:
        guidance_audio, guidance_style: lambda of Eq. 6. The paper's is 1 (section 5.2). With 1 the
            embedded model exceeds what it was shown; on validation clips 0.25 and 0 come nearest.
        guidance_form: "sum" is Eq. 6 as printed, 0 is no guidance; "incremental" adds style to sound to
            nothing, 1 is no guidance.
        sampler: key of `DEFAULT_STEPS`.
        steps: None takes the sampler's default.
        smooth: whether the filter that all training motion went through is applied to what is sampled.
        finish_blinks: whether a blink that is begun is finished; see `synthesis.blinks`.
        hold_lips: whether lips that the sound closes stay closed under guidance by style; Eq. 6 opens them.
        steady_lips: whether the sound alone decides how far the lips open, and no noise is drawn for it.
    """

    guidance_audio: float = 0.25
    guidance_style: float = 0.0
    sampler: str = "dpmpp"
    steps: int | None = None
    smooth: bool = True
    finish_blinks: bool = True
    hold_lips: bool = True
    steady_lips: bool = True
    guidance_form: GuidanceForm = "sum"


class Animator:
    """A bundle at work.

    Args:
        bundle: see `load_bundle`.
        device: of torch.
        defaults: options of a line that is animated without any.
    """

    def __init__(self, bundle: Bundle, device: str = "cpu", defaults: SamplingOptions | None = None) -> None:
        self._bundle = bundle
        self._defaults = defaults or SamplingOptions()
        try:
            self._model = bundle.model.to(device)
        except (RuntimeError, AssertionError) as error:
            raise MsmdError(f"device {device!r} cannot be used here: {error}. Use device='cpu'.") from error
        self._schedule = cosine_schedule(bundle.diffusion_config)

    @property
    def styles(self) -> Mapping[str, StyleCode]:
        """Built-in styles by name."""
        return self._bundle.styles

    def encode_style(self, motion: Motion) -> StyleCode:
        """The style code of a reference of any length; see `encode_reference`.

        Raises:
            MsmdError: shorter than `MIN_STYLE_SECONDS`, or not finite.
        """
        if not np.isfinite(motion.values).all():
            raise MsmdError("the style reference holds NaN or infinity. Give motion that is whole.")
        motion = resample_motion(motion, MOTION_FPS)
        if motion.duration_seconds < MIN_STYLE_SECONDS:
            raise MsmdError(
                f"the style reference has {motion.duration_seconds:.2f} s of motion; "
                f"at least {MIN_STYLE_SECONDS:g} s are needed. Give a longer clip."
            )
        values = ((motion.values - self._bundle.mean) / self._bundle.std).astype(np.float32)
        notes = tuple(filter(None, motion.origin.get("warnings", "").split("\n")))
        return StyleCode(encode_reference(self._model, values), motion.origin.get("source", "style"), notes)

    def animate(
        self,
        samples: Float32[np.ndarray, "num_samples"],
        style: StyleCode | None,
        seed: int = 0,
        options: SamplingOptions | None = None,
    ) -> Animation:
        """Animate 16 kHz speech; `style` None speaks without a style."""
        return self.animate_timed(samples, style, seed, options)[0]

    def animate_timed(
        self,
        samples: Float32[np.ndarray, "num_samples"],
        style: StyleCode | None,
        seed: int = 0,
        options: SamplingOptions | None = None,
        progress: Progress = no_progress,
    ) -> tuple[Animation, dict[str, float], list[str]]:
        """`animate`, with the seconds that features and sampling took, and warnings.

        Silence gives a resting, blinking face and a warning.

        Raises:
            MsmdError: an unknown sampler, a number out of its range, or a style code of another model.
        """
        options = options or self._defaults
        sampling = self._check(options, style, seed)
        start = time.perf_counter()
        features = self._bundle.audio_encoder.encode(samples)
        encoded = time.perf_counter()
        mean = None if style is None else style.mean
        warnings = []
        if is_silent(samples):
            warnings.append("the sound is silent: the face rests and blinks.")
            generated = self._rest(features, mean, sampling)
        else:
            generated = self._generate(features, mean, sampling, options, progress)
            generated = smooth_motion(generated) if options.smooth else generated
            generated = self._finish_blinks(generated) if options.finish_blinks else generated
        seconds = {"features": encoded - start, "sampling": time.perf_counter() - encoded}
        return self._to_animation(generated, sampling), seconds, warnings

    def _check(self, options: SamplingOptions, style: StyleCode | None, seed: int) -> Sampling:
        if options.sampler not in SAMPLERS:
            raise MsmdError(f"unknown sampler {options.sampler!r}. There are: {', '.join(DEFAULT_STEPS)}.")
        steps = DEFAULT_STEPS[options.sampler] if options.steps is None else options.steps
        limit = self._bundle.diffusion_config.num_timesteps
        if not 1 <= steps <= limit:
            raise MsmdError(f"{steps} sampling steps: this model takes 1 to {limit}.")
        if style is not None and len(style.mean) != self._model.config.style_dim:
            raise MsmdError(
                f"style code {style.name!r} has {len(style.mean)} numbers, this model's have "
                f"{self._model.config.style_dim}. Encode the style with the model that animates."
            )
        if seed < 0:
            raise MsmdError(f"seed {seed} is negative. Give 0 or more.")
        if not np.isfinite((options.guidance_audio, options.guidance_style)).all():
            raise MsmdError(
                f"guidance {options.guidance_audio} by audio and {options.guidance_style} by style: "
                "give numbers, such as 0.25 and 0."
            )
        if options.guidance_form not in get_args(GuidanceForm):
            known = ", ".join(get_args(GuidanceForm))
            raise MsmdError(f"unknown form of guidance {options.guidance_form!r}. There are: {known}.")
        return Sampling(
            options.sampler,
            steps,
            options.guidance_audio,
            options.guidance_style,
            seed,
            options.guidance_form,
        )

    def _generate(
        self,
        features: Float32[np.ndarray, "frames dim"],
        mean: Float32[np.ndarray, "style_dim"] | None,
        sampling: Sampling,
        options: SamplingOptions,
        progress: Progress,
    ) -> Generated:
        lips = lip_hold(self._bundle.mean, self._bundle.std)
        hold = lips if options.hold_lips else None
        quieten = lips.quieten if options.steady_lips else None
        return generate(self._model, self._schedule, features, mean, sampling, progress, hold, quieten)

    def _finish_blinks(self, generated: Generated) -> Generated:
        """`finish_blinks`, as part of the primary motion: Eq. 4 still holds."""
        std, mean = self._bundle.std[EXPRESSION], self._bundle.mean[EXPRESSION]
        code = generated.motion[:, EXPRESSION] * std + mean
        more = np.zeros_like(generated.motion)
        more[:, EXPRESSION] = (finish_blinks(code) - code) / std
        return replace(
            generated, motion=generated.motion + more, primary_motion=generated.primary_motion + more
        )

    def _rest(
        self,
        features: Float32[np.ndarray, "frames dim"],
        mean: Float32[np.ndarray, "style_dim"] | None,
        sampling: Sampling,
    ) -> Generated:
        """A resting face that blinks; with a style it holds the mean of what the style makes of silence."""
        window = features[: self._model.config.num_frames]
        heard = generate(self._model, self._schedule, window, mean, sampling)
        std, shift = self._bundle.std, self._bundle.mean
        persistent = np.zeros_like(shift)
        if mean is not None:
            persistent[EXPRESSION] = (heard.motion.mean(0) * std + shift)[EXPRESSION]
        blink = np.zeros_like(shift)
        lids = np.zeros((1, NUM_ARKIT), np.float32)
        lids[0, [ARKIT_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]] = 1
        blink[EXPRESSION] = code_of_arkit(lids)[0]
        rng = np.random.default_rng(sampling.seed)
        motion = (rest_motion(len(features), persistent, blink, rng) - shift) / std
        alpha = np.zeros((len(features), len(heard.basis)), np.float32)
        return Generated(motion.astype(np.float32), motion.astype(np.float32), alpha, heard.basis)

    def _to_animation(self, generated: Generated, sampling: Sampling) -> Animation:
        std, mean = self._bundle.std, self._bundle.mean
        return Animation(
            motion=Motion(generated.motion * std + mean, MOTION_FPS, {"source": "msmd"}),
            primary_motion=generated.primary_motion * std + mean,
            alpha=generated.alpha,
            basis=generated.basis * std,
            seed=sampling.seed,
            settings=asdict(sampling) | {"bundle": self._bundle.info.get("name", "unnamed")},
        )


def smooth_motion(generated: Generated) -> Generated:
    """Take out what alternates from frame to frame, as was done to all motion the model learned from.

    A few sampling steps leave noise that no recording had. The filter is linear, so Eq. 4 still holds.
    """
    seconds = np.arange(len(generated.motion)) / float(MOTION_FPS)
    both = np.concatenate([generated.primary_motion, generated.alpha], axis=1)
    primary, alpha = np.split(smooth_to_rate(both, seconds, seconds), [generated.motion.shape[1]], axis=1)
    return Generated(primary + alpha @ generated.basis, primary, alpha, generated.basis)
