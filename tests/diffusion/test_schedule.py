import math
from itertools import pairwise

import pytest
import torch

from msmd.core.config import ConfigError, DiffusionConfig
from msmd.diffusion.schedule import cosine_schedule


def test_alpha_bar_follows_the_cosine_where_betas_are_not_limited():
    schedule = cosine_schedule(DiffusionConfig())
    wanted = (math.cos((0.5 + 0.008) / 1.008 * math.pi / 2) / math.cos(0.008 / 1.008 * math.pi / 2)) ** 2
    assert schedule.alpha_bar[500].item() == pytest.approx(wanted, rel=2e-2)  # the first betas are raised


def test_schedule_starts_clean_and_ends_in_noise():
    schedule = cosine_schedule(DiffusionConfig())
    assert schedule.num_timesteps == 1000
    assert schedule.alpha_bar[0] == 1
    assert schedule.signal_rate[-1] < 1e-3
    assert bool((schedule.alpha_bar.diff() < 0).all())


def test_noised_data_of_unit_variance_keeps_unit_variance():
    schedule = cosine_schedule(DiffusionConfig(num_timesteps=10))
    torch.manual_seed(0)
    x_0, noise = torch.randn(11, 4000), torch.randn(11, 4000)
    x_t = schedule.add_noise(x_0, noise, torch.arange(11))
    torch.testing.assert_close(x_t.std(1), torch.ones(11), atol=0.05, rtol=0)
    torch.testing.assert_close(x_t[0], x_0[0])


@pytest.mark.parametrize("num_steps", [1, 2, 7, 8, 50, 999, 1000, 5000])
def test_spaced_timesteps_have_both_ends_and_fall(num_steps):
    times = cosine_schedule(DiffusionConfig()).spaced_timesteps(num_steps)
    assert times[0] == 1000 and times[-1] == 0
    assert all(a > b for a, b in pairwise(times))
    assert len(times) == min(num_steps, 1000) + 1


def test_no_sampling_steps_is_an_error():
    with pytest.raises(ValueError, match="at least 1"):
        cosine_schedule(DiffusionConfig()).spaced_timesteps(0)


def test_a_contradictory_schedule_says_so():
    with pytest.raises(ConfigError, match="betas"):
        DiffusionConfig(min_beta=0.5, max_beta=0.1)
