"""From landmarks on, with made-up faces; and whole, on recordings where there are any."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError
from msmd.core.units import ARKIT_NAMES, MOTION_FPS
from msmd.data.tracking import (
    capture,
    motion_from_landmarks,
    neutral_of_recordings,
    recompute_motion,
)
from msmd.data.video import read_pictures
from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import euler_to_rotation
from msmd.face.motion_file import save_motion
from msmd.face.neutral import Neutral, eye_opening, lip_gap
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.rig import load_rig

SIZE = 720


def photograph(times_seconds: np.ndarray, yaw: np.ndarray | float = 0.0, **weights: np.ndarray) -> np.ndarray:
    """Raw landmarks of the rig at the distance that geometry takes, with shapes over time."""
    rig = load_rig()
    face = np.tile(rig.landmark_neutral.astype(np.float64), (len(times_seconds), 1, 1))
    for name, weight in weights.items():
        face += weight[:, None, None] * rig.landmark_shapes[ARKIT_NAMES.index(name)]
    euler = np.zeros((len(times_seconds), 3))
    euler[:, 1] = yaw
    face = np.einsum("tij,tnj->tni", euler_to_rotation(euler), face - rig.landmark_neutral.mean(axis=0))
    per_mm = 900.0 / (600.0 - face[..., 2]) / SIZE
    out = np.stack(
        [face[..., 0] * per_mm + 0.5, 0.5 - face[..., 1] * per_mm, -face[..., 2] * 1.5 / SIZE], axis=-1
    )
    return np.concatenate([out, np.zeros((len(out), 10, 3))], axis=1).astype(np.float32)


NEUTRAL = Neutral(load_rig().landmark_neutral.astype(np.float32), "the rig")
"""Of a face that was measured, not looked at: what is shown comes from the landmarks."""


def blink_at(times_seconds: np.ndarray, seconds: float) -> np.ndarray:
    return np.exp(-0.5 * ((times_seconds - seconds) / 0.06) ** 2)


def face_of(motion_expression: np.ndarray) -> np.ndarray:
    return load_expression_space().decode(motion_expression) + NEUTRAL.landmarks


def variable_rate_times() -> np.ndarray:
    steps = np.random.default_rng(0).uniform(0.02, 0.055, 100)
    return np.concatenate([[0.0], np.cumsum(steps)])


@pytest.mark.parametrize(
    "times",
    [np.arange(100) / 25, np.arange(120) * 1001 / 30000, np.arange(240) / 60, variable_rate_times()],
    ids=["25", "29.97", "60", "variable"],
)
def test_a_blink_at_a_known_time_stays_there_at_any_frame_rate(times: np.ndarray) -> None:
    blink = blink_at(times, 2.0)
    landmarks = photograph(times, eyeBlinkLeft=blink, eyeBlinkRight=blink)
    motion = motion_from_landmarks(landmarks, times, SIZE, SIZE, NEUTRAL)
    assert motion.fps == MOTION_FPS
    assert abs(motion.duration_seconds - times[-1]) < 0.06
    eyes = eye_opening(face_of(motion.expression))
    assert eyes.argmin() == 50
    assert eyes.min() < 0.45 * np.median(eyes)


def test_turning_the_head_changes_head_rotation_and_hardly_the_face() -> None:
    times = np.arange(100) / 25
    yaw = 0.3 * np.sin(2 * np.pi * 0.5 * times)
    motion = motion_from_landmarks(photograph(times, yaw), times, SIZE, SIZE, NEUTRAL)
    np.testing.assert_allclose(motion.head_rotation[:, 1], yaw, atol=0.02)
    moved = load_expression_space().decode(motion.expression)
    assert np.linalg.norm(moved, axis=2).mean() < 0.5


def test_a_neutral_face_has_code_zero() -> None:
    times = np.arange(50) / 25
    motion = motion_from_landmarks(photograph(times), times, SIZE, SIZE, NEUTRAL)
    assert np.abs(load_expression_space().decode(motion.expression)).max() < 0.5
    assert motion.origin["neutral"] == "the rig"


def test_lips_open_by_as_much_as_they_were_opened() -> None:
    times = np.arange(75) / 25
    jaw = 0.25 - 0.25 * np.cos(2 * np.pi * 2 * times)
    motion = motion_from_landmarks(photograph(times, jawOpen=jaw), times, SIZE, SIZE, NEUTRAL)
    shape = load_rig().landmark_shapes[ARKIT_NAMES.index("jawOpen")]
    truth = lip_gap(NEUTRAL.landmarks + jaw[:, None, None] * shape)
    np.testing.assert_allclose(lip_gap(face_of(motion.expression)), truth, atol=1.0)


def test_a_short_gap_is_bridged_and_a_long_one_cuts() -> None:
    times = np.arange(150) / 25
    landmarks = photograph(times)
    landmarks[30:40] = np.nan
    motion = motion_from_landmarks(landmarks, times, SIZE, SIZE, NEUTRAL)
    assert motion.num_frames == 150
    assert np.isfinite(motion.values).all()
    assert motion.origin["frames_without_face"] == "10"
    assert "warnings" not in motion.origin
    landmarks[30:56] = np.nan
    motion = motion_from_landmarks(landmarks, times, SIZE, SIZE, NEUTRAL)
    assert motion.num_frames == 94
    assert float(motion.origin["start_seconds"]) == pytest.approx(56 / 25)
    assert "2.24 s to 5.96 s" in motion.origin["warnings"]


def test_a_face_seen_for_less_than_a_second_is_refused() -> None:
    times = np.arange(10) / 25
    with pytest.raises(CaptureError, match=r"0\.36 s at most"):
        motion_from_landmarks(photograph(times), times, SIZE, SIZE, NEUTRAL)


def test_no_face_is_refused() -> None:
    with pytest.raises(CaptureError, match="no face is found"):
        motion_from_landmarks(np.full((50, 478, 3), np.nan), np.arange(50) / 25, SIZE, SIZE)


def test_a_smile_held_throughout_survives_the_neutral_of_another_recording(tmp_path: Path) -> None:
    times = np.arange(60) / 25
    smile, none = np.full(60, 0.6), np.zeros(60)
    zero = Motion(np.zeros((60, 67), np.float32))
    for name, weight in (("calm", none), ("happy", smile)):
        landmarks = photograph(times, mouthSmileLeft=weight, mouthSmileRight=weight)
        save_motion(tmp_path / f"{name}.npz", zero, RawLandmarks(landmarks, times, SIZE, SIZE))
    lost = recompute_motion(tmp_path / "happy.npz", "quiet")
    kept = recompute_motion(tmp_path / "happy.npz", str(tmp_path / "calm.npz"))
    assert "is lost" in lost.origin["neutral"]
    assert "calm.npz" in kept.origin["neutral"]
    decode = load_expression_space().decode
    truth = 0.6 * load_rig().landmark_shapes[ARKIT_NAMES.index("mouthSmileLeft")]
    corner = np.linalg.norm(truth, axis=1).argmax()
    assert np.linalg.norm(decode(lost.expression)[30, corner]) < 0.5
    np.testing.assert_allclose(decode(kept.expression)[30, corner], truth[corner], atol=1.0)


def test_a_folder_of_other_recordings_gives_the_neutral(tmp_path: Path) -> None:
    times = np.arange(60) / 25
    folder = tmp_path / "anna"
    folder.mkdir()
    with pytest.raises(CaptureError, match=r"no recording .*\.mp4"):
        neutral_of_recordings(folder)
    (folder / "notes.txt").write_text("not a recording")
    for name, mouth in (("one", 0.0), ("two", 0.5)):
        landmarks = photograph(times, jawOpen=np.full(60, mouth))
        save_motion(folder / f"{name}.npz", Motion(np.zeros((60, 67), np.float32)), raw_of(landmarks, times))
    neutral = neutral_of_recordings(folder)
    assert "2 clip(s)" in neutral.text and "anna" in neutral.text
    assert neutral.rest is not None
    assert np.linalg.norm(neutral.landmarks - NEUTRAL.landmarks, axis=1).mean() < 0.5


def raw_of(landmarks: np.ndarray, times: np.ndarray) -> RawLandmarks:
    return RawLandmarks(landmarks, times, SIZE, SIZE)


def write_pictures(path: Path, pictures: Iterator[np.ndarray], rate: Fraction) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "16"})
        stream.pix_fmt = "yuv420p"
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def tracker() -> None:
    pytest.importorskip("mediapipe", reason='needs the extra "capture"')


@pytest.mark.usefixtures("tracker")
def test_a_video_of_noise_has_no_face(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pictures = (generator.integers(0, 255, (96, 128, 3), np.uint8) for _ in range(30))
    video = write_pictures(tmp_path / "noise.mp4", pictures, Fraction(25))
    with pytest.raises(CaptureError, match=r"noise\.mp4: no face is found"):
        capture(video)


@pytest.fixture(scope="session")
def grid_pictures(data_folder: Path) -> list[np.ndarray]:
    return [picture.pixels for picture in read_pictures(data_folder / "grid/video/bbaf2n.mp4")]


@pytest.mark.usefixtures("tracker")
def test_a_recording_becomes_motion_at_25_fps(data_folder: Path, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    motion, raw = capture(
        data_folder / "ravdess/video/01-01-01-01-01-01-01.mp4",
        progress=lambda stage, now, total: done.append((now, total)),
    )
    assert abs(motion.duration_seconds - 98 * 1001 / 30000) < 0.04
    assert np.abs(motion.expression).max() < 10
    assert done[-1] == (98, 98)
    assert "told apart" in motion.origin["neutral"]
    assert 0 < float(motion.origin["neutral_error_mm"]) < 4
    assert raw.looks is not None and np.isfinite(raw.looks).all()
    save_motion(tmp_path / "clip.npz", motion, raw)
    np.testing.assert_array_equal(recompute_motion(tmp_path / "clip.npz").values, motion.values)
    other = recompute_motion(tmp_path / "clip.npz", "1.0s")
    assert other.origin["neutral"] == "the frames around 1 s"
    assert np.abs(other.values - motion.values).max() > 0.1


@pytest.mark.usefixtures("tracker")
def test_ten_frames_of_a_face_are_too_few(grid_pictures: list[np.ndarray], tmp_path: Path) -> None:
    video = write_pictures(tmp_path / "short.mp4", iter(grid_pictures[:10]), Fraction(25))
    with pytest.raises(CaptureError, match=r"at least 1 s .* needed"):
        capture(video)


@pytest.mark.usefixtures("tracker")
def test_a_face_lost_for_a_second_leaves_the_longest_part(
    grid_pictures: list[np.ndarray], tmp_path: Path
) -> None:
    blank = np.full_like(grid_pictures[0], 128)
    pictures = [*grid_pictures[:15], *[blank] * 25, *grid_pictures[15:60]]
    motion, _ = capture(write_pictures(tmp_path / "lost.mp4", iter(pictures), Fraction(25)))
    assert 40 <= motion.num_frames <= 46
    assert "the face is lost" in motion.origin["warnings"]


@pytest.mark.usefixtures("tracker")
def test_of_two_faces_the_larger_is_followed_and_the_user_told(
    grid_pictures: list[np.ndarray], tmp_path: Path
) -> None:
    """The same man twice, the second one three frames late and four fifths the size."""
    pictures = []
    for now, late in zip(grid_pictures[3:53], grid_pictures, strict=False):
        small = late[np.arange(0, 288, 1.25).astype(int)][:, np.arange(0, 360, 1.25).astype(int)]
        both = np.zeros((288, 648, 3), np.uint8)
        both[:, :360] = now
        both[:230, 360:] = small[:230, :288]
        pictures.append(np.ascontiguousarray(both))
    motion, raw = capture(write_pictures(tmp_path / "two.mp4", iter(pictures), Fraction(25)))
    assert "shows 2 faces" in motion.origin["warnings"]
    assert raw.found.mean() > 0.9
    assert np.nanmean(raw.landmarks[:, :, 0]) < 0.5, "the left one"
