import itertools
import math

import pytest
import torch

from msmd.core.config import DiffusionConfig
from msmd.diffusion.samplers import SAMPLERS
from msmd.diffusion.schedule import Schedule, cosine_schedule

SCHEDULE = cosine_schedule(DiffusionConfig())
MEAN, STD = 0.7, 0.3


def draw_like(x, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(x.shape, generator=generator, dtype=x.dtype)


def predict_gaussian(x_t, t):
    """E[x_0 | x_t] when x_0 ~ N(MEAN, STD^2): exact."""
    signal, noise = SCHEDULE.signal_rate[t], SCHEDULE.noise_rate[t]
    gain = signal * STD**2 / (signal**2 * STD**2 + noise**2)
    return MEAN + gain * (x_t - signal * MEAN)


def exact_flow(x_end):
    """The probability flow carries N(0, s_T^2 STD^2 + n_T^2) to the data linearly in one dimension."""
    signal, noise = SCHEDULE.signal_rate[-1], SCHEDULE.noise_rate[-1]
    return MEAN + STD * (x_end - signal * MEAN) / (signal**2 * STD**2 + noise**2).sqrt()


def largest_error(name, num_steps, x_end):
    reached = SAMPLERS[name](predict_gaussian, x_end, SCHEDULE, num_steps, draw_like(x_end))
    return (reached - exact_flow(x_end)).abs().max().item()


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("num_steps", [1, 2, 5, 50, 1000])
def test_a_predictor_that_knows_one_point_is_reached(name, num_steps):
    point = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(3, 4)
    x_end = draw_like(point, seed=0)()
    reached = SAMPLERS[name](lambda x_t, t: point, x_end, SCHEDULE, num_steps, draw_like(point))
    torch.testing.assert_close(reached, point)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_gaussian_is_recovered_with_the_exact_score(name):
    x_end = draw_like(torch.empty(20_000, dtype=torch.float64), seed=0)()
    sample = SAMPLERS[name](predict_gaussian, x_end, SCHEDULE, 1000, draw_like(x_end))
    assert sample.mean().item() == pytest.approx(MEAN, abs=0.01)
    assert sample.std().item() == pytest.approx(STD, rel=0.03)


@pytest.mark.parametrize("name", ["ddim", "dpmpp"])
def test_deterministic_samplers_approach_the_exact_flow(name):
    x_end = torch.linspace(-2, 2, 9, dtype=torch.float64)
    errors = [
        (SAMPLERS[name](predict_gaussian, x_end, SCHEDULE, n, draw_like(x_end)) - exact_flow(x_end))
        .abs()
        .max()
        for n in (10, 40, 160)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_the_second_order_solver_needs_fewer_steps_than_ddim():
    x_end = torch.linspace(-2, 2, 9, dtype=torch.float64)
    for num_steps, ratio in ((10, 0.7), (20, 0.5), (80, 0.25)):
        assert largest_error("dpmpp", num_steps, x_end) < ratio * largest_error("ddim", num_steps, x_end)


@pytest.mark.parametrize(("name", "order"), [("ddim", 1), ("dpmpp", 2)])
@pytest.mark.parametrize("std", [0.3, 1.0, 2.0])
def test_the_global_error_has_the_order_of_the_solver(name, order, std):
    """Against the exact flow of a Gaussian, on steps that are even in lambda = log(signal / noise), in which
    the solvers' orders are proved: twice the steps divide the error by 2^order.

    The cosine schedule at steps even in t is another matter: at its clean end lambda has no small steps.
    """
    size = 3200
    snr_log = torch.cat([torch.tensor([math.inf]), torch.linspace(8, -3, size, dtype=torch.float64)])
    schedule = Schedule(torch.sigmoid(2 * snr_log.double()))

    def predict(x_t, t):
        signal, noise = schedule.signal_rate[t], schedule.noise_rate[t]
        gain = signal * std**2 / (signal**2 * std**2 + noise**2)
        return MEAN + gain * (x_t - signal * MEAN)

    x_end = torch.linspace(-2, 2, 9, dtype=torch.float64)
    signal, noise = schedule.signal_rate[-1], schedule.noise_rate[-1]
    exact = MEAN + std * (x_end - signal * MEAN) / (signal**2 * std**2 + noise**2).sqrt()
    errors = []
    for num_steps in (40, 80, 160):
        reached = SAMPLERS[name](predict, x_end, schedule, num_steps, draw_like(x_end))
        errors.append((reached - exact).abs().max().item())
    orders = [math.log2(coarse / fine) for coarse, fine in itertools.pairwise(errors)]
    assert orders == pytest.approx([order, order], abs=0.25)


@pytest.mark.parametrize("name", SAMPLERS)
def test_few_steps_damp_and_more_steps_mend(name):
    x_end = draw_like(torch.empty(20_000, dtype=torch.float64), seed=0)()

    def deviation(num_steps):
        return SAMPLERS[name](predict_gaussian, x_end, SCHEDULE, num_steps, draw_like(x_end)).std().item()

    assert deviation(5) < deviation(20) < deviation(200) < 1.03 * STD


def test_same_noise_gives_the_same_sample_in_any_batch():
    noise = draw_like(torch.empty(4, 3, dtype=torch.float64), seed=0)()
    whole = SAMPLERS["dpmpp"](predict_gaussian, noise, SCHEDULE, 8, draw_like(noise))
    alone = SAMPLERS["dpmpp"](predict_gaussian, noise[2:3], SCHEDULE, 8, draw_like(noise))
    torch.testing.assert_close(whole[2:3], alone, rtol=0, atol=0)
