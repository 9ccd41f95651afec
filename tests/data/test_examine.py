"""A rig that speaks a real line, filmed, covered, shifted, at a variable rate: what is told of it."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from msmd.audio.heard_opening import heard_opening
from msmd.audio.load import load_sound
from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES, SAMPLE_RATE_HZ
from msmd.data.examine import Examined, examine, fix_offset, quality_warning, with_warning
from msmd.data.quality import judge
from msmd.data.sync import Sync
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.data.tracking import capture
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.rig import load_rig
from msmd.render.face import render_frames

SECONDS = 4
FRAMES = SECONDS * 25
MILLISECOND = Fraction(1, 1000)


@pytest.fixture(scope="session")
def line(request: pytest.FixtureRequest) -> np.ndarray:
    """Four seconds of the example line, 16 kHz."""
    samples = load_sound(request.config.rootpath / "examples" / "line.ogg").samples
    return samples[: SECONDS * SAMPLE_RATE_HZ]


@pytest.fixture(scope="session")
def pictures(line: np.ndarray) -> list[np.ndarray]:
    """The rig saying it, drawn at 25 frames a second."""
    pytest.importorskip("mediapipe", reason='needs the extra "capture"')
    heard = heard_opening(line)[:FRAMES]
    weights = np.zeros((FRAMES, 52), np.float32)
    weights[:, ARKIT_NAMES.index("jawOpen")] = np.clip(0.3 + 0.25 * heard, 0, 0.8)
    head = np.zeros((FRAMES, 3), np.float32)
    head[:, 1] = 0.1 * np.sin(np.arange(FRAMES) / 8)
    return list(render_frames(load_rig().vertices(weights), head, 240))


def film(path: Path, pictures: list[np.ndarray], times_ms: list[int], samples: np.ndarray | None) -> Path:
    """Pictures shown at given times, over a sound that starts at 0."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "16"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = MILLISECOND
        sound = None if samples is None else container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        for time_ms, picture in zip(times_ms, pictures, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time_ms, MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None and samples is not None:
            for start in range(0, len(samples), 1024):
                block = av.AudioFrame.from_ndarray(
                    samples[None, start : start + 1024].astype(np.float32), format="fltp", layout="mono"
                )
                block.sample_rate, block.pts = SAMPLE_RATE_HZ, start
                container.mux(sound.encode(block))
            container.mux(sound.encode())
    return path


def covered(
    pictures: list[np.ndarray], raw: RawLandmarks, points: list[int], frames: slice
) -> list[np.ndarray]:
    """The same pictures with a grey box before a part of the face."""
    out = [picture.copy() for picture in pictures]
    for index in range(*frames.indices(len(out))):
        height, width = out[index].shape[:2]
        face = raw.landmarks[index, :468, :2] * [width, height]
        middle, size = face[points].mean(axis=0), 0.22 * np.ptp(face, axis=0).max()
        left, top = np.maximum(middle - size, 0).astype(int)
        right, bottom = (middle + size).astype(int)
        out[index][top:bottom, left:right] = (70, 66, 72)
    return out


def even_times(count: int) -> list[int]:
    return [40 * index for index in range(count)]


@pytest.fixture(scope="session")
def in_time(pictures: list[np.ndarray], line: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "in_time.mp4", pictures, even_times(FRAMES), line)


@pytest.fixture(scope="session")
def tracked(in_time: Path) -> RawLandmarks:
    return track_face(in_time)[0]


def test_a_face_that_speaks_its_sound_is_good_and_in_time(in_time: Path, tracked: RawLandmarks) -> None:
    found = examine(in_time, tracked)
    assert found.quality.verdict == "good"
    assert found.sync is not None and found.sync.is_sure
    assert abs(found.sync.lag_frames) <= 1
    assert found.describe()[0] == "quality: good"
    assert json.loads(found.origin()["sync"])["lag_frames"] == found.sync.lag_frames


@pytest.mark.parametrize(("late_ms", "sign"), [(240, -1), (-240, 1)])
def test_sound_put_later_leaves_the_face_early(
    pictures: list[np.ndarray],
    line: np.ndarray,
    tracked: RawLandmarks,
    tmp_path: Path,
    late_ms: int,
    sign: int,
) -> None:
    shift = abs(late_ms) * SAMPLE_RATE_HZ // 1000
    sound = np.pad(line, (shift, 0)) if late_ms > 0 else line[shift:]
    found = examine(film(tmp_path / "late.mp4", pictures, even_times(FRAMES), sound), tracked)
    assert found.sync is not None and found.sync.is_sure
    assert abs(found.sync.lag_frames - sign * 6) <= 1


def test_a_variable_frame_rate_gives_the_same_motion_and_timing(
    pictures: list[np.ndarray], line: np.ndarray, in_time: Path, tmp_path: Path
) -> None:
    """One frame of five is missing, at random, and the clock says when the others are shown."""
    rng = np.random.default_rng(0)
    kept = sorted({0, FRAMES - 1, *rng.choice(FRAMES, 4 * FRAMES // 5, replace=False).tolist()})
    path = film(tmp_path / "vfr.mp4", [pictures[i] for i in kept], [40 * i for i in kept], line)
    motion, raw = capture(path)
    even, _ = capture(in_time)
    assert len(set(np.round(np.diff(raw.times_seconds), 3))) > 2
    assert abs(motion.num_frames - even.num_frames) <= 1
    found = examine(path, raw)
    assert found.sync is not None and abs(found.sync.lag_frames) <= 1
    jaw = slice(0, min(motion.num_frames, even.num_frames))
    first, second = (
        ArkitCurves.of_motion(one).weights[jaw, ARKIT_NAMES.index("jawOpen")] for one in (motion, even)
    )
    assert np.corrcoef(first, second)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("part", "points"), [("mouth", [0, 17, 61, 291]), ("eye", [33, 133, 159, 145])], ids=["mouth", "eye"]
)
def test_a_box_before_the_face_is_found_with_its_time(
    pictures: list[np.ndarray], tracked: RawLandmarks, tmp_path: Path, part: str, points: list[int]
) -> None:
    hidden = covered(pictures, tracked, points, slice(40, 65))
    path = film(tmp_path / f"{part}.mp4", hidden, even_times(FRAMES), None)
    report = judge(track_face(path)[0])
    assert "occluded" in report.codes
    spans = report.occluded_spans_seconds
    inside = sum(min(end, 2.6) - max(start, 1.6) for start, end in spans if end > 1.6 and start < 2.6)
    assert inside > 0.6, "of 1 s"
    assert sum(end - start for start, end in spans) - inside < 0.1
    assert report.confidence[42:63].mean() < 0.5 < report.confidence[:38].mean()
    assert report.confidence[:38].mean() > 0.9


def test_a_file_without_sound_has_no_timing(
    pictures: list[np.ndarray], tracked: RawLandmarks, tmp_path: Path
) -> None:
    found = examine(film(tmp_path / "mute.mp4", pictures, even_times(FRAMES), None), tracked)
    assert found.sync is None
    assert "no sound" in found.describe()[-1]


def test_fixing_an_offset_moves_the_motion_to_its_sound() -> None:
    motion = Motion(np.arange(50, dtype=np.float32)[:, None] * np.ones((1, 67), np.float32))
    late = fix_offset(motion, Sync(3, 0.12, 0.5, 0.9))
    assert late.values[0, 0] == 3 and late.num_frames == 47
    early = fix_offset(motion, Sync(-2, -0.08, 0.5, 0.9))
    assert early.values[:4, 0].tolist() == [0, 0, 0, 1]
    assert early.origin["offset_fixed_frames"] == "-2"


def test_a_rejected_recording_warns_whoever_uses_it() -> None:
    landmarks = np.full((50, 478, 3), np.nan, np.float32)
    report = judge(RawLandmarks(landmarks, np.arange(50) / 25, 640, 480))
    motion = Motion(np.zeros((50, 67), np.float32), origin={"warnings": "before"})
    told = with_warning(motion, Examined(report, None)).origin
    assert told["warnings"].startswith("this recording should not be used as an example: ")
    assert told["warnings"].endswith("before")
    assert json.loads(told["quality"])["verdict"] == "reject"
    assert quality_warning(report) in told["warnings"]


def test_the_video_whose_sound_is_known_to_be_off_reads_off_and_grid_does_not(data_folder: Path) -> None:
    """Its lips move before they are heard: a negative lag by our sign."""
    pytest.importorskip("mediapipe", reason='needs the extra "capture"')
    off = data_folder / "video" / "obama_20s_audio_offset.mp4"
    sync = examine(off, track_face(off)[0]).sync
    assert sync is not None and sync.is_sure
    assert -9 <= sync.lag_frames <= -5
    for name in ("bbaf2n", "bbal6n"):
        path = data_folder / "grid" / "video" / f"{name}.mp4"
        sync = examine(path, track_face(path)[0]).sync
        assert sync is not None and -1 <= sync.lag_frames <= 1
