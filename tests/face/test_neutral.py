"""A made-up speaker: the rig's landmarks, a jaw that talks, eyes that blink, a rest at a known time."""

import numpy as np
import pytest

from msmd.core.errors import CaptureError
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.neutral import (
    choose_neutral,
    estimate_neutral,
    eye_opening,
    lip_gap,
    neutral_at_time,
    parse_seconds,
    speaker_neutral,
)
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace

FPS = 25


def perform(**weights: np.ndarray) -> np.ndarray:
    """Landmarks of the rig whose shapes have these weights over time."""
    rig = load_rig()
    out = np.broadcast_to(
        rig.landmark_neutral, (len(next(iter(weights.values()))), *rig.landmark_neutral.shape)
    )
    for name, weight in weights.items():
        out = out + weight[:, None, None] * rig.landmark_shapes[ARKIT_NAMES.index(name)]
    return out + 0.02 * np.random.default_rng(0).normal(size=out.shape)


def seen(pose_free: np.ndarray) -> SeenFace:
    """A face that looks at the camera; no pictures, so that landmarks alone are read."""
    straight = np.tile(np.eye(3, dtype=np.float32), (len(pose_free), 1, 1))
    return SeenFace(pose_free.astype(np.float32), straight, np.arange(len(pose_free)) / FPS)


@pytest.fixture
def talk() -> tuple[np.ndarray, np.ndarray]:
    """Four seconds of talk with a blink, one second of rest from 4 s on."""
    times = np.arange(125) / FPS
    jaw = np.where(times < 4, 0.25 + 0.25 * np.sin(2 * np.pi * 3 * times), 0.0)
    blink = np.exp(-0.5 * ((times - 4.5) / 0.06) ** 2)
    return perform(jawOpen=jaw, eyeBlinkLeft=blink, eyeBlinkRight=blink), times


def test_the_neutral_is_the_rest_and_not_the_mean(talk: tuple[np.ndarray, np.ndarray]) -> None:
    face, _ = talk
    neutral = choose_neutral(seen(face), "quiet")
    truth = load_rig().landmark_neutral
    assert np.linalg.norm(neutral.landmarks - truth, axis=1).mean() < 0.1
    assert np.linalg.norm(face.mean(axis=0) - truth, axis=1).mean() > 0.5
    assert "quiet" in neutral.text and "is lost" in neutral.text


@pytest.mark.parametrize("shape", ["browDown", "jawOpen"])
def test_an_estimated_neutral_keeps_what_quiet_frames_of_the_clip_delete(shape: str) -> None:
    worn = np.zeros((75, 52), np.float32)
    worn[:, [i for i, name in enumerate(ARKIT_NAMES) if name.startswith(shape)]] = 0.7
    moved = landmarks_of_arkit(worn)
    face = seen(perform(jawOpen=np.zeros(75)) + moved)
    kept = []
    for neutral in (estimate_neutral(face), choose_neutral(face, "quiet")):
        shown = face.pose_free.mean(axis=0) - neutral.landmarks
        kept.append(float((shown * moved[0]).sum() / np.square(moved[0]).sum()))
    assert kept[0] > 0.2 > 0.05 > abs(kept[1])


def test_an_estimate_says_how_far_it_may_be_off() -> None:
    calm = estimate_neutral(seen(perform(jawOpen=np.zeros(60))))
    noisy = perform(jawOpen=np.zeros(60)) + np.random.default_rng(1).normal(0, 2.0, (60, 1, 3))
    unsure = estimate_neutral(seen(noisy))
    assert calm.error_mm is not None and unsure.error_mm is not None
    assert unsure.error_mm > calm.error_mm + 0.3
    assert f"{calm.error_mm:.1f} mm" in calm.text


def test_the_time_that_a_user_names_tells_the_encoder_what_rest_looks_like(
    talk: tuple[np.ndarray, np.ndarray],
) -> None:
    face = seen(talk[0])
    neutral = choose_neutral(face, "4.2s")
    assert neutral.rest is not None
    np.testing.assert_allclose(neutral.rest, face.embedded[103:108].mean(axis=0), atol=0.3)
    assert neutral.error_mm is None


def test_eyes_are_open_in_the_neutral(talk: tuple[np.ndarray, np.ndarray]) -> None:
    face, _ = talk
    neutral = choose_neutral(seen(face), "quiet")
    assert eye_opening(neutral.landmarks[None])[0] > 0.95 * np.median(eye_opening(face))


def test_a_time_that_the_user_names_is_taken(talk: tuple[np.ndarray, np.ndarray]) -> None:
    face, _ = talk
    neutral = choose_neutral(seen(face), "2.0s")
    np.testing.assert_allclose(neutral.landmarks, face[48:53].mean(axis=0), atol=0.05)
    assert "2 s" in neutral.text


@pytest.mark.parametrize("seconds", [-1.0, 9.0])
def test_a_time_outside_the_video_is_refused(talk: tuple[np.ndarray, np.ndarray], seconds: float) -> None:
    with pytest.raises(CaptureError, match=r"lasts 4\.96 s"):
        neutral_at_time(seen(talk[0]), seconds)


def test_a_time_without_a_face_is_refused(talk: tuple[np.ndarray, np.ndarray]) -> None:
    face, _ = talk
    face[40:60] = np.nan
    with pytest.raises(CaptureError, match="no face is seen at 2 s"):
        neutral_at_time(seen(face), 2.0)


def test_times_are_read_as_people_write_them() -> None:
    assert parse_seconds("3.2s") == 3.2
    assert parse_seconds("3.2") == 3.2
    assert parse_seconds("1:03.5") == 63.5
    for text in ("soon", "-1s", "", "3.2 minutes"):
        with pytest.raises(CaptureError, match=r"3\.2s"):
            parse_seconds(text)


def test_a_smile_in_one_clip_survives_the_speakers_neutral(talk: tuple[np.ndarray, np.ndarray]) -> None:
    calm, _ = talk
    smile = np.full(100, 0.6)
    happy = perform(mouthSmileLeft=smile, mouthSmileRight=smile, jawOpen=0.3 * np.ones(100))
    neutral = speaker_neutral([calm, happy], at_rest=[np.ones(125, bool), np.zeros(100, bool)])
    truth = perform(mouthSmileLeft=smile).mean(axis=0) - load_rig().landmark_neutral
    kept = (happy.mean(axis=0) - neutral.landmarks)[61], truth[61]
    assert np.linalg.norm(kept[0]) > 0.5 * np.linalg.norm(kept[1])


def test_lips_that_never_close_are_named_in_the_text() -> None:
    jaw = 0.5 + 0.2 * np.sin(np.arange(75))
    assert "least open" in speaker_neutral([perform(jawOpen=jaw)]).text


def test_no_face_at_all_is_refused() -> None:
    with pytest.raises(CaptureError, match="no frame with a face"):
        speaker_neutral([np.full((10, 468, 3), np.nan)])


def test_an_open_jaw_opens_the_lips_and_a_blink_closes_the_eyes() -> None:
    ramp = np.linspace(0, 1, 5)
    assert (np.diff(lip_gap(perform(jawOpen=ramp))) > 1).all()
    assert (np.diff(eye_opening(perform(eyeBlinkLeft=ramp, eyeBlinkRight=ramp))) < 0).all()
