"""Lines of any length in windows: what was made stays, and nothing but the result grows with the line."""

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

from msmd.core.config import DiffusionConfig, ModelConfig
from msmd.core.units import EXPRESSION
from msmd.diffusion.schedule import cosine_schedule
from msmd.face.lip_closure import lip_gap_direction
from msmd.model.assemble import build_model
from msmd.synthesis.lip_hold import CLOSED_MM, LipHold, lip_hold
from msmd.synthesis.windows import JOIN_FRAMES, Sampling, generate, join

SAMPLING = Sampling("dpmpp", 2, guidance_audio=1.0, guidance_style=0.5, seed=3)
SCHEDULE = cosine_schedule(DiffusionConfig(num_timesteps=50))


@pytest.fixture(scope="module")
def model():
    config = ModelConfig(
        audio_dim=6,
        num_frames=12,
        num_prev_frames=3,
        hidden_dim=16,
        num_layers=1,
        num_heads=2,
        feed_forward_factor=1,
        audio_mask_width=3,
        style_dim=8,
        style_hidden_dim=16,
        style_num_layers=1,
        style_num_heads=2,
        num_basis=2,
    )
    torch.manual_seed(0)
    return build_model(config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def style() -> np.ndarray:
    return np.random.default_rng(1).normal(size=8).astype(np.float32)


def features(frames: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(frames, 6)).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 2, 11, 12, 13, 25, 240])
def test_a_line_of_any_length_gets_as_many_frames(model, style, frames):
    made = generate(model, SCHEDULE, features(frames), style, SAMPLING)
    assert made.motion.shape == made.primary_motion.shape == (frames, 67)
    assert made.alpha.shape == (frames, 2)
    assert np.isfinite(made.motion).all()


@pytest.mark.parametrize("windows", [1, 2, 3])
def test_whole_windows_made_alone_are_those_of_the_longer_line_bit_for_bit(model, style, windows):
    whole = generate(model, SCHEDULE, features(60), style, SAMPLING)
    alone = generate(model, SCHEDULE, features(60)[: 12 * windows], style, SAMPLING)
    np.testing.assert_array_equal(alone.motion, whole.motion[: 12 * windows])
    np.testing.assert_array_equal(alone.alpha, whole.alpha[: 12 * windows])


def test_a_window_knows_the_one_before_it(model, style):
    changed = features(36)
    changed[:12] += 1
    one, other = (generate(model, SCHEDULE, sound, style, SAMPLING) for sound in (features(36), changed))
    assert not np.allclose(one.motion[12:24], other.motion[12:24], atol=1e-5)


def test_a_window_goes_on_at_the_speed_around_the_seam():
    prev = torch.tensor([[0.0], [1.0], [2.0]])[None]
    motion = torch.arange(8.0, 8 + 30)[None, :, None]  # speed 1, after a step of 6
    joined = join(prev, motion)
    assert joined[0, 0, 0] == 3
    assert joined.diff(dim=1).max() < 2.1
    torch.testing.assert_close(joined[:, JOIN_FRAMES:], motion[:, JOIN_FRAMES:])


def test_a_window_that_fits_is_left_as_it_is():
    line = torch.arange(40.0)[None, :, None] * torch.tensor([0.5, -2.0])
    torch.testing.assert_close(join(line[:, :10], line[:, 10:]), line[:, 10:])


def test_eq_4_holds_over_the_seams(model, style):
    made = generate(model, SCHEDULE, features(40), style, SAMPLING)
    np.testing.assert_allclose(made.primary_motion + made.alpha @ made.basis, made.motion, atol=1e-5)


def test_each_window_has_noise_of_its_own(model, style):
    same_sound = np.tile(features(12), (3, 1))
    made = generate(model, SCHEDULE, same_sound, style, SAMPLING)
    assert not np.allclose(made.motion[12:24], made.motion[24:36], atol=1e-3)


def test_one_evaluation_of_the_model_for_each_step_however_many_conditions_guide(model, style, monkeypatch):
    calls = []
    predict = type(model).predict

    def count(self, x_t, timestep, conditions):
        calls.append(len(x_t))
        return predict(self, x_t, timestep, conditions)

    monkeypatch.setattr(type(model), "predict", count)
    generate(model, SCHEDULE, features(24), style, SAMPLING)
    assert calls == [3] * 4  # two windows of two steps; full, without sound, without style


def test_held_lips_are_no_further_open_than_without_guidance_by_style(model, style):
    """Where the line without it has them closed; that line has the same seed and the same sound."""
    mean, std = np.zeros(67, np.float32), np.ones(67, np.float32)
    strong = replace(SAMPLING, guidance_style=8.0)

    def opening_mm(sampling: Sampling, hold: LipHold | None = None) -> np.ndarray:
        made = generate(model, SCHEDULE, features(12), style, sampling, hold=hold)
        return (made.motion * std + mean)[:, EXPRESSION] @ lip_gap_direction()

    plain = opening_mm(replace(SAMPLING, guidance_style=0.0))
    free, held = opening_mm(strong), opening_mm(strong, lip_hold(mean, std))
    closed = plain < CLOSED_MM
    assert (free[closed] > plain[closed] + 0.1).any()
    assert (held[closed] <= plain[closed] + 1e-4).all()


def test_both_forms_of_guidance_meet_where_neither_guides(model, style):
    plain = Sampling("dpmpp", 2, 0.0, 0.0, seed=3)
    incremental = Sampling("dpmpp", 2, 1.0, 1.0, seed=3, guidance_form="incremental")
    for code in (style, None):
        one, other = (generate(model, SCHEDULE, features(24), code, how) for how in (plain, incremental))
        np.testing.assert_allclose(one.motion, other.motion, atol=1e-5)


@pytest.mark.parametrize("form", ["sum", "incremental"])
def test_guidance_by_style_has_no_say_without_a_style(model, form):
    weak, strong = (Sampling("dpmpp", 2, 1.5, scale, 3, form) for scale in (0.0, 3.0))
    one, other = (generate(model, SCHEDULE, features(24), None, how) for how in (weak, strong))
    np.testing.assert_array_equal(one.motion, other.motion)


def test_memory_of_the_networks_is_flat_in_the_length_of_the_line(model, style):
    held = []

    def weigh(stage, done, total):
        gc.collect()
        tensors = [one for one in gc.get_objects() if type(one) in (torch.Tensor, torch.nn.Parameter)]
        held.append(sum(one.nbytes for one in tensors))

    generate(model, SCHEDULE, features(12 * 12), style, SAMPLING, progress=weigh)
    assert len(held) == 12
    result = 12 * (67 + 2) * 4  # of a window: motion and alpha
    assert held[11] - held[2] <= 1.05 * 9 * result


def test_memory_beside_the_result_is_flat_in_the_length_of_the_line(model, style):
    def beside_the_result(frames: int) -> int:
        sound = features(frames)
        gc.collect()
        tracemalloc.start()
        made = generate(model, SCHEDULE, sound, style, SAMPLING)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak - 3 * made.motion.nbytes  # windows, their concatenation, the primary motion

    generate(model, SCHEDULE, features(24), style, SAMPLING)
    short, long = beside_the_result(600), beside_the_result(3000)
    assert long - short < 0.5 * 2400 * 67 * 4  # less than half a copy of the motion
