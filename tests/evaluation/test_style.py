"""Style measures on faces whose likeness is known."""

import numpy as np
import pytest

from msmd.evaluation.style import EmotionJudge, match_styles, persistent_distance


def test_distance_of_persistent_expressions_by_hand_whatever_the_lengths():
    generated, reference = np.zeros((2, 4, 3)), np.zeros((5, 4, 3))
    generated[:, 1, 0] = (2, 6)  # mean 4
    reference[:, 1, 1] = 3
    assert persistent_distance(generated, reference) == pytest.approx(5 / 4)
    assert persistent_distance(generated, reference, np.array([1])) == pytest.approx(5)
    assert persistent_distance(generated, reference, np.array([0])) == 0


def test_movement_about_the_same_mean_is_the_same_persistent_expression():
    rng = np.random.default_rng(0)
    motion = rng.normal(size=(50, 4, 3))
    motion -= motion.mean(axis=0)
    assert persistent_distance(motion, np.zeros((1, 4, 3))) == pytest.approx(0, abs=1e-12)


REFERENCES = np.array([[0.0, 0], [10, 0], [0, 10], [1, 0]])
STYLES = ["a happy", "a sad", "b sad", "a happy"]


def test_faces_that_copy_their_references_are_all_found():
    own = np.array([0, 1, 2, 3, 1])
    match = match_styles(REFERENCES[own], own, REFERENCES, STYLES)
    assert (match.retrieval_rate, match.pairwise_rate, match.count) == (1, 1, 5)
    assert match.chance == 1 / 4


def test_faces_that_ignore_their_references_are_found_by_chance():
    own = np.array([0, 1, 2, 3])
    match = match_styles(np.tile([[0.2, 0.1]], (4, 1)), own, REFERENCES, STYLES)
    assert match.retrieval_rate == match.chance
    # Nearest first 0, 3, then 2, then 1. Rivals: 0 and 3 have 1, 2; 1 has 0, 2, 3; 2 has 0, 1, 3.
    assert match.pairwise_rate == pytest.approx((2 + 0 + 1 + 2) / (2 + 3 + 3 + 2))


def test_references_of_the_same_style_are_no_rivals_in_pairs():
    match = match_styles(np.array([[0.9, 0]]), np.array([0]), REFERENCES, STYLES)
    assert match.retrieval_rate == 0
    assert match.pairwise_rate == 1


def test_the_judge_names_the_emotion_whose_faces_are_alike_and_weighs_noisy_dimensions_less():
    rng = np.random.default_rng(0)
    spread = np.array([0.1, 10.0])
    happy = rng.normal(size=(200, 2)) * spread + [1, 0]
    sad = rng.normal(size=(200, 2)) * spread - [1, 0]
    judge = EmotionJudge({"happy": happy, "sad": sad}, ridge=0.0)
    assert judge.name_emotions(np.array([[0.5, -8.0], [-0.5, 8.0]])) == ["happy", "sad"]


def test_one_emotion_is_nothing_to_judge():
    with pytest.raises(ValueError, match="two emotions"):
        EmotionJudge({"happy": np.zeros((3, 2))})
