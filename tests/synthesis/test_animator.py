from pathlib import Path

import numpy as np
import pytest

from msmd.core.animation import Motion, StyleCode
from msmd.core.errors import MsmdError
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import arkit_of_motion
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle

FAST = SamplingOptions(steps=2)


@pytest.fixture(scope="module")
def animator(tiny_bundle: Path) -> Animator:
    return Animator(load_bundle(tiny_bundle))


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """5.2 s, so that there are two windows and the second is short."""
    rng = np.random.default_rng(1)
    return (0.1 * rng.normal(size=16_000 * 26 // 5)).astype(np.float32)


def test_a_frame_of_motion_for_each_40_ms_of_sound(animator: Animator, speech: np.ndarray) -> None:
    assert animator.animate(speech, None, options=FAST).motion.num_frames == 130


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    animator: Animator, speech: np.ndarray
) -> None:
    first, again, other = (animator.animate(speech, None, seed, FAST).motion for seed in (3, 3, 4))
    assert first.values.tobytes() == again.values.tobytes()
    assert not np.array_equal(first.values, other.values)


def test_motion_is_primary_motion_plus_modulated_basis(animator: Animator, speech: np.ndarray) -> None:
    animation = animator.animate(speech, animator.styles["happy"], options=FAST)
    assert animation.alpha.shape == (130, 4) and animation.basis.shape == (4, 67)
    recomposed = animation.primary_motion + animation.alpha @ animation.basis
    np.testing.assert_allclose(recomposed, animation.motion.values, atol=1e-4)


def test_the_style_code_changes_the_motion(animator: Animator, speech: np.ndarray) -> None:
    happy, sad, none = (
        animator.animate(speech, style, options=FAST).motion.values
        for style in (animator.styles["happy"], animator.styles["sad"], None)
    )
    assert not np.allclose(happy, sad) and not np.allclose(happy, none)


def test_the_first_window_does_not_depend_on_what_follows_it(animator: Animator, speech: np.ndarray) -> None:
    raw = SamplingOptions(steps=2, smooth=False, finish_blinks=False)
    whole = animator.animate(speech, None, options=raw).motion.values
    longer = np.concatenate([speech, np.zeros(16_000 * 4, np.float32)])
    cut = animator.animate(longer, None, options=raw).motion.values
    np.testing.assert_allclose(cut[:80], whole[:80], atol=1e-4)


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpmpp"])
def test_every_sampler_animates(animator: Animator, speech: np.ndarray, sampler: str) -> None:
    options = SamplingOptions(sampler=sampler, steps=3)
    assert np.isfinite(animator.animate(speech, None, options=options).motion.values).all()


def test_smoothing_takes_out_what_alternates(animator: Animator, speech: np.ndarray) -> None:
    smooth, raw = (
        animator.animate(
            speech, None, options=SamplingOptions(steps=2, smooth=smooth, finish_blinks=False)
        ).motion.values
        for smooth in (True, False)
    )
    assert np.diff(smooth, 2, axis=0).std() < 0.7 * np.diff(raw, 2, axis=0).std()


def test_silence_rests_blinks_and_says_so(animator: Animator) -> None:
    silence = np.zeros(16_000 * 8, np.float32)
    animation, _, warnings = animator.animate_timed(silence, None)
    weights = arkit_of_motion(animation.motion)
    assert weights[:, ARKIT_NAMES.index("eyeBlinkLeft")].max() > 0.7
    assert weights[:, ARKIT_NAMES.index("jawOpen")].max() < 0.1
    assert any("silent" in warning for warning in warnings)


def test_a_long_reference_is_the_mean_of_its_pieces(animator: Animator) -> None:
    values = np.random.default_rng(2).normal(0, 0.2, (200, 67)).astype(np.float32)
    whole = animator.encode_style(Motion(values)).mean
    halves = [animator.encode_style(Motion(half)).mean for half in (values[:100], values[100:])]
    np.testing.assert_allclose(whole, np.mean(halves, axis=0), atol=1e-5)


def test_half_a_second_is_no_style(animator: Animator) -> None:
    with pytest.raises(MsmdError, match="at least 1 s"):
        animator.encode_style(Motion(np.zeros((12, 67), np.float32)))


def test_a_reference_with_holes_is_no_style(animator: Animator) -> None:
    values = np.zeros((50, 67), np.float32)
    values[7, 3] = np.nan
    with pytest.raises(MsmdError, match="NaN"):
        animator.encode_style(Motion(values))


def test_a_code_of_another_model_is_refused(animator: Animator, speech: np.ndarray) -> None:
    with pytest.raises(MsmdError, match="numbers"):
        animator.animate(speech, StyleCode(np.zeros(128, np.float32)))


@pytest.mark.parametrize(("sampler", "steps"), [("euler", None), ("dpmpp", 0), ("ddpm", 1001)])
def test_samplers_and_steps_that_do_not_exist_are_refused(
    animator: Animator, speech: np.ndarray, sampler: str, steps: int | None
) -> None:
    with pytest.raises(MsmdError):
        animator.animate(speech, None, options=SamplingOptions(sampler=sampler, steps=steps))


def test_any_seed_from_0_on_is_one(animator: Animator, speech: np.ndarray) -> None:
    assert np.isfinite(animator.animate(speech, None, seed=2**80).motion.values).all()
    with pytest.raises(MsmdError, match="negative"):
        animator.animate(np.zeros_like(speech), None, seed=-1)


def test_guidance_that_is_no_number_is_refused(animator: Animator, speech: np.ndarray) -> None:
    with pytest.raises(MsmdError, match="guidance"):
        animator.animate(speech, None, options=SamplingOptions(guidance_audio=float("nan")))
