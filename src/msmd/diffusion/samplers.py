"""Reverse diffusion: one function for each published algorithm, over any predictor of x_0.

Nothing here knows what is sampled. All take any number of steps from 1 to T, evenly spaced in t.
Few steps damp the variance of what is sampled; see `tests/diffusion/test_samplers.py` for how much.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from msmd.diffusion.schedule import Schedule

Predictor = Callable[[Tensor, int], Tensor]
"""x_0 = predict(x_t, t), of the shape of x_t."""

DrawNoise = Callable[[], Tensor]
"""Standard normal noise of the shape of x_t. The caller seeds it, for each clip of a batch alone."""

Sampler = Callable[[Predictor, Tensor, Schedule, int, DrawNoise], Tensor]
"""x_0 = sample(predict, x_T, schedule, num_steps, draw_noise)."""


def sample_ddpm(
    predict: Predictor, x_t: Tensor, schedule: Schedule, num_steps: int, draw_noise: DrawNoise
) -> Tensor:
    """Ancestral sampling with the posterior variance (Ho et al. 2020), the paper's sampler at T = 1000 steps.

    From t to s < t: q(x_s | x_t, x_0) = N(
        sqrt(ab_s) (1 - ab_t/ab_s) / (1 - ab_t) x_0 + sqrt(ab_t/ab_s) (1 - ab_s) / (1 - ab_t) x_t,
        (1 - ab_s) / (1 - ab_t) (1 - ab_t/ab_s) ).
    """
    times = schedule.spaced_timesteps(num_steps)
    for t, s in pairwise(times):
        x_0 = predict(x_t, t)
        bar_t, bar_s = schedule.alpha_bar[t].item(), schedule.alpha_bar[s].item()
        kept = bar_t / bar_s
        from_x_0 = bar_s**0.5 * (1 - kept) / (1 - bar_t)
        from_x_t = kept**0.5 * (1 - bar_s) / (1 - bar_t)
        x_t = from_x_0 * x_0 + from_x_t * x_t
        if s > 0:
            variance = (1 - bar_s) / (1 - bar_t) * (1 - kept)
            x_t = x_t + variance**0.5 * draw_noise()
    return x_t


def sample_ddim(
    predict: Predictor, x_t: Tensor, schedule: Schedule, num_steps: int, draw_noise: DrawNoise
) -> Tensor:
    """The deterministic sampler of Song et al. 2021 (eta = 0): keep the predicted noise, lower its level."""
    times = schedule.spaced_timesteps(num_steps)
    for t, s in pairwise(times):
        x_0 = predict(x_t, t)
        signal_t, noise_t = _rates(schedule, t)
        signal_s, noise_s = _rates(schedule, s)
        x_t = signal_s * x_0 + noise_s / noise_t * (x_t - signal_t * x_0)
    return x_t


def sample_dpmpp_2m(
    predict: Predictor, x_t: Tensor, schedule: Schedule, num_steps: int, draw_noise: DrawNoise
) -> Tensor:
    """DPM-Solver++(2M) of Lu et al. 2022: second order, one evaluation for each step.

    With lambda = log(signal / noise) and h the step in it, x_s = (noise_s / noise_t) x_t
    - signal_s (exp(-h) - 1) D, where D extrapolates the last two predictions to the middle of the
    step. The first step has only one prediction; the last, where h is infinite, takes only one.
    """
    times = schedule.spaced_timesteps(num_steps)
    before: Tensor | None = None
    step_before = 0.0
    for t, s in pairwise(times):
        x_0 = predict(x_t, t)
        if s == 0:
            return x_0
        signal_t, noise_t = _rates(schedule, t)
        signal_s, noise_s = _rates(schedule, s)
        shrink = signal_t * noise_s / (noise_t * signal_s)  # exp(-h)
        step = -torch.tensor(shrink, dtype=torch.float64).log().item()
        drift = x_0 if before is None else x_0 + step / (2 * step_before) * (x_0 - before)
        x_t = noise_s / noise_t * x_t + signal_s * (1 - shrink) * drift
        before, step_before = x_0, step
    return x_t


def _rates(schedule: Schedule, t: int) -> tuple[float, float]:
    return schedule.signal_rate[t].item(), schedule.noise_rate[t].item()


SAMPLERS: Final[Mapping[str, Sampler]] = {
    "ddpm": sample_ddpm,
    "ddim": sample_ddim,
    "dpmpp": sample_dpmpp_2m,
}
"""By the names that users give."""
