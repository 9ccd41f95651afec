"""What is shown joins two readings of one face; here both are of landmarks whose expression is known."""

from dataclasses import replace

import numpy as np

from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.expression_encoder import load_expression_encoder
from msmd.face.neutral import Neutral, estimate_neutral
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace
from msmd.face.shown import TREMBLE_MM, shown_displacement, trust_in_landmarks

FRAMES = 24


def face_with(looked: bool = False, **weights: float) -> SeenFace:
    """The rig, straight ahead; pictures of nothing in particular, if any."""
    rig = load_rig()
    landmarks = np.tile(rig.landmark_neutral, (FRAMES, 1, 1))
    for name, weight in weights.items():
        landmarks += weight * rig.landmark_shapes[ARKIT_NAMES.index(name)]
    straight = np.tile(np.eye(3, dtype=np.float32), (FRAMES, 1, 1))
    dim = load_expression_encoder().network.config.look_dim
    looks = np.zeros((FRAMES, dim), np.float32) if looked else None
    return SeenFace(landmarks.astype(np.float32), straight, np.arange(FRAMES) / 25, looks)


REST = Neutral(load_rig().landmark_neutral, "the rig")


def test_without_pictures_the_landmarks_alone_say_what_is_shown() -> None:
    face = face_with(jawOpen=0.5)
    shape = 0.5 * load_rig().landmark_shapes[ARKIT_NAMES.index("jawOpen")]
    np.testing.assert_allclose(shown_displacement(face, REST)[0], shape, atol=1e-3)


def test_a_neutral_without_pictures_is_not_compared_with_a_clip_that_has_some() -> None:
    looked, blind = face_with(looked=True, jawOpen=0.3), face_with(jawOpen=0.3)
    np.testing.assert_array_equal(shown_displacement(looked, REST), shown_displacement(blind, REST))


def test_with_pictures_of_both_the_encoder_has_its_say() -> None:
    face, rest = face_with(looked=True, jawOpen=0.5), face_with(looked=True)
    neutral = replace(REST, rest=rest.embedded.mean(axis=0))
    shown, tracked = shown_displacement(face, neutral), face.pose_free - REST.landmarks
    read = landmarks_of_arkit(face.read(neutral.rest))
    assert np.linalg.norm(shown - tracked, axis=2).max() > 0.3
    between = np.linalg.norm(shown - read) + np.linalg.norm(shown - tracked)
    assert np.linalg.norm(shown - read) < np.linalg.norm(tracked - read)
    assert between < 1.5 * np.linalg.norm(tracked - read)


def test_landmarks_that_tremble_leave_the_word_to_the_encoder() -> None:
    steady = trust_in_landmarks(0.0)
    assert 0.5 < steady.min() < steady.max() < 0.75
    np.testing.assert_allclose(trust_in_landmarks(TREMBLE_MM), steady / 2)
    rest = face_with(looked=True)
    face = face_with(looked=True, jawOpen=0.5)
    neutral = replace(REST, rest=rest.embedded.mean(axis=0))
    noise = np.random.default_rng(0).normal(0, 1.0, face.pose_free.shape).astype(np.float32)
    shaken = replace(face, pose_free=face.pose_free + noise)
    read = landmarks_of_arkit(shaken.read(neutral.rest))
    tracked = shaken.pose_free - REST.landmarks
    shown = shown_displacement(shaken, neutral)
    assert np.abs(shown - read).mean() < 0.02 * np.abs(tracked - read).mean()


def test_frames_without_a_face_show_nothing_at_all() -> None:
    face = face_with(looked=True, jawOpen=0.5)
    for values in (face.pose_free, face.rotation, face.looks):
        assert values is not None
        values[3] = np.nan
    estimate = estimate_neutral(face)
    shown = shown_displacement(face, estimate)
    assert np.isnan(shown[3]).all() and np.isfinite(np.delete(shown, 3, axis=0)).all()
