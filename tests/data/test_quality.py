"""Each thing that speaks against a clip is found where it was put, and nothing where there is nothing."""

import json

import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.data.quality import CODES, DOUBTED, judge
from msmd.face.geometry import euler_to_rotation
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.rig import load_rig

SIZE = 720
FRAMES = 100


def film(
    yaw_degrees: float | np.ndarray = 0.0,
    shift: float | np.ndarray = 0.0,
    away: float = 1.0,
    fps: float = 25.0,
    num_faces: int = 1,
    frames: int = FRAMES,
) -> RawLandmarks:
    """A talking, blinking rig before a camera, with the tremble of a tracker."""
    rig, rng = load_rig(), np.random.default_rng(0)
    times = np.arange(frames) / fps
    face = np.tile(rig.landmark_neutral.astype(np.float64), (frames, 1, 1))
    for name, weight in {
        "jawOpen": 0.3 + 0.3 * np.sin(2 * np.pi * 3 * times),
        "mouthSmileLeft": 0.2 + 0.2 * np.sin(times),
        "mouthSmileRight": 0.2 + 0.2 * np.sin(times),
    }.items():
        face += weight[:, None, None] * rig.landmark_shapes[ARKIT_NAMES.index(name)]
    face += rng.normal(0, 0.05, face.shape)
    euler = np.zeros((frames, 3))
    euler[:, 1] = np.radians(yaw_degrees)
    face = np.einsum("tij,tnj->tni", euler_to_rotation(euler), face - rig.landmark_neutral.mean(axis=0))
    per_mm = 900.0 / (600.0 - face[..., 2]) / SIZE / away
    shift = np.broadcast_to(shift, frames)[:, None]
    points = np.stack(
        [face[..., 0] * per_mm + 0.5 + shift, 0.5 - face[..., 1] * per_mm, -face[..., 2] * 1.5 / SIZE / away],
        axis=-1,
    )
    points = np.concatenate([points, points[:, :10]], axis=1).astype(np.float32)
    return RawLandmarks(points, times, SIZE, SIZE, num_faces)


def without(raw: RawLandmarks, frames: slice) -> RawLandmarks:
    landmarks = raw.landmarks.copy()
    landmarks[frames] = np.nan
    return RawLandmarks(landmarks, raw.times_seconds, raw.width, raw.height)


def test_nothing_speaks_against_a_face_that_talks_to_the_camera() -> None:
    report = judge(film())
    assert report.verdict == "good"
    assert report.reasons == ()
    assert report.confidence.min() > DOUBTED
    assert report.describe() == ["quality: good"]


def test_a_face_lost_for_a_while_is_usable_and_the_span_is_told() -> None:
    report = judge(without(film(), slice(30, 50)))
    assert report.verdict == "usable"
    assert report.codes == ("lost",)
    assert report.lost_spans_seconds == ((1.2, 2.0),)
    assert (report.confidence[30:50] == 0).all()


def test_a_face_found_in_a_third_of_the_frames_is_rejected() -> None:
    report = judge(without(film(), slice(33, None)))
    assert report.verdict == "reject"
    assert report.codes[0] == "lost"


def test_less_than_a_second_of_a_face_is_rejected() -> None:
    report = judge(film(frames=20))
    assert report.verdict == "reject"
    assert "short" in report.codes


def test_no_face_at_all_is_rejected_without_a_fuss() -> None:
    report = judge(without(film(), slice(None)))
    assert report.verdict == "reject"
    assert {"short", "lost"} <= set(report.codes)
    assert json.loads(report.to_json())["verdict"] == "reject"


@pytest.mark.parametrize(("yaw", "turned"), [(35.0, False), (-35.0, False), (55.0, True), (-55.0, True)])
def test_a_face_counts_as_turned_away_beyond_45_degrees_on_either_side(yaw: float, turned: bool) -> None:
    report = judge(film(yaw_degrees=yaw))
    assert abs(report.numbers["median_pose_degrees"] - abs(yaw)) < 6
    assert ("turned" in report.codes) is turned
    assert (report.verdict == "reject") is turned


def test_a_look_aside_is_told_with_its_time() -> None:
    yaw = np.zeros(FRAMES)
    yaw[40:60] = 60 * np.sin(np.pi * np.arange(20) / 19)
    report = judge(film(yaw_degrees=yaw))
    assert report.verdict == "usable"
    (start, end), *others = report.turned_spans_seconds
    assert 1.6 < start < 2.0 < end < 2.4
    assert not others


def test_a_cut_is_a_jump_of_the_head_and_talking_is_none() -> None:
    shift = np.where(np.arange(FRAMES) < 50, -0.2, 0.2)
    report = judge(film(shift=shift))
    assert report.jumps_seconds == (2.0,)
    assert report.codes == ("cuts",)
    assert judge(film(shift=np.linspace(-0.2, 0.2, FRAMES))).jumps_seconds == ()


def test_many_cuts_are_rejected() -> None:
    shift = np.where(np.arange(FRAMES) // 5 % 2 == 0, -0.2, 0.2)
    assert judge(film(shift=shift)).verdict == "reject"


@pytest.mark.parametrize(("away", "verdict"), [(1.0, "good"), (4.0, "usable"), (10.0, "reject")])
def test_the_smaller_the_face_the_worse(away: float, verdict: str) -> None:
    assert judge(film(away=away)).verdict == verdict


def test_slow_videos_and_several_faces_are_told() -> None:
    assert judge(film(fps=15)).codes == ("slow",)
    assert judge(film(num_faces=3)).codes == ("several",)


def test_landmarks_that_no_expression_makes_count_as_covered() -> None:
    raw = film()
    landmarks = raw.landmarks.copy()
    # One cheek and half of the mouth drift outwards, as the guess under a hand does.
    left = landmarks[0, :, 0] > 0.55
    bent = landmarks[30:60]
    bent[:, left, 0] += 0.15 * (bent[:, left, 0] - 0.55)
    bent[:, left, 1] += 0.1 * (bent[:, left, 1] - 0.5)
    report = judge(RawLandmarks(landmarks, raw.times_seconds, SIZE, SIZE))
    assert "occluded" in report.codes
    (start, end), *_ = report.occluded_spans_seconds
    assert (round(start, 2), round(end, 2)) == (1.2, 2.4)
    assert report.confidence[30:60].max() < 0.5 < report.confidence[:30].min()


def test_the_report_is_json_without_nan() -> None:
    told = json.loads(judge(without(film(), slice(30, 50))).to_json())
    assert told["lost_spans_seconds"] == [[1.2, 2.0]]
    assert {reason["code"] for reason in told["reasons"]} <= set(CODES)
    assert all(np.isfinite(value) for value in told["numbers"].values())


def test_a_face_that_turns_a_little_is_not_called_covered() -> None:
    yaw = 28 * np.sin(np.arange(FRAMES) / 8)
    report = judge(film(yaw_degrees=yaw))
    assert report.codes == ()
    assert report.numbers["occluded_share"] == 0
