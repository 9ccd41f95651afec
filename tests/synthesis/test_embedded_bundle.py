"""What sections 4.1 to 4.4 promise of a trained model, asked of the one inside the package."""

from pathlib import Path

import numpy as np
import pytest

from msmd.audio.load import load_sound
from msmd.core.animation import Motion
from msmd.core.units import EXPRESSION, HEAD_ROTATION, SAMPLE_RATE_HZ
from msmd.face.arkit_weights import landmarks_of_motion
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle

LINE = Path(__file__).parents[2] / "examples" / "line.ogg"


@pytest.fixture(scope="module")
def animator() -> Animator:
    return Animator(load_bundle())


@pytest.fixture(scope="module")
def line() -> np.ndarray:
    return load_sound(LINE, SAMPLE_RATE_HZ).samples


@pytest.fixture(scope="module")
def spoken(animator, line) -> dict[str, Motion]:
    """The line in two styles and in none."""
    styles = {"happy": animator.styles["happy"], "angry": animator.styles["angry"], "none": None}
    return {name: animator.animate(line, style).motion for name, style in styles.items()}


def persistent(motion: Motion) -> np.ndarray:
    return motion.values[:, EXPRESSION].mean(0)


def test_velocity_at_the_seams_of_windows_is_like_velocity_inside(animator, line):
    """Six takes of the line, each with two seams: where do the seams' speeds stand among those inside?"""
    at_seams, after_seams = [], []
    for seed in range(3):
        for style in (animator.styles["happy"], None):
            motion = animator.animate(line, style, seed).motion
            speed = np.linalg.norm(np.diff(landmarks_of_motion(motion), axis=0), axis=-1).mean(1)
            seams = np.arange(100, motion.num_frames, 100) - 1
            near = np.concatenate([seam + np.arange(9) for seam in seams])
            inside = np.sort(np.delete(speed, near))
            at_seams += list(np.searchsorted(inside, speed[seams]) / len(inside))
            after_seams += list(np.searchsorted(inside, speed[near]) / len(inside))
    assert len(at_seams) == 12
    assert 0.2 < np.median(at_seams) < 0.8
    assert np.mean(np.array(at_seams) > 0.95) <= 0.2
    assert 0.25 < np.mean(after_seams) < 0.75


def test_swapping_the_reference_swaps_the_persistent_expression(animator, line, spoken):
    """The line takes over the expression of the style that it is made in, not of the other."""
    for own, other in (("happy", "angry"), ("angry", "happy")):
        again = persistent(animator.animate(line, animator.styles[own], seed=5).motion)
        to_own = np.linalg.norm(again - persistent(spoken[own]))
        to_other = np.linalg.norm(again - persistent(spoken[other]))
        assert to_own < 0.5 * to_other


def test_the_null_style_is_the_unstyled_model(animator, line, spoken):
    """Without a style nothing of any reference is left: neither guidance by style nor a code changes it."""
    guided = SamplingOptions(guidance_style=2.0)
    again = animator.animate(line, None, options=guided).motion
    np.testing.assert_allclose(again.values, spoken["none"].values, atol=1e-5)
    for name in ("happy", "angry"):
        assert np.linalg.norm(persistent(spoken[name]) - persistent(spoken["none"])) > 1.0


def test_shuffling_the_frames_of_a_reference_changes_its_code(animator, spoken):
    """By about a fifth of what two halves of one reference differ: the code is mostly what persists."""
    reference = spoken["happy"]
    order = np.random.default_rng(0).permutation(reference.num_frames)
    code = animator.encode_style(reference).mean
    shuffled = animator.encode_style(Motion(reference.values[order])).mean
    again = animator.encode_style(Motion(reference.values.copy())).mean
    assert np.linalg.norm(code - shuffled) > 0.1
    np.testing.assert_array_equal(code, again)


def test_halving_alpha_takes_the_expression_half_way_back_without_diffusion(animator, line):
    animation = animator.animate(line, animator.styles["happy"])
    half = animation.recompose(alpha=0.5 * animation.alpha)
    moved = animation.motion.values - half.motion.values
    np.testing.assert_allclose(moved, 0.5 * animation.alpha @ animation.basis, atol=1e-4)
    assert np.abs(moved[:, EXPRESSION]).max() > 0.01
    assert not moved[:, HEAD_ROTATION].any()


def test_how_far_the_lips_open_is_the_sounds_and_not_the_seeds(animator, line):
    """Takes of other seeds open the lips alike; with noise for the opening, as printed, less so."""

    def openings_agree(steady: bool) -> float:
        options = SamplingOptions(steady_lips=steady)
        takes = [animator.animate(line, None, seed, options).motion.values for seed in (0, 1, 2)]
        gaps = [take[:, EXPRESSION] @ lip_gap_direction() for take in takes]
        return float(np.corrcoef(gaps)[np.triu_indices(3, 1)].mean())

    assert openings_agree(True) > max(0.85, openings_agree(False))
