"""MediaPipe's face mesh, offline: 478 landmarks of one face in each picture of a video."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, UInt8

from msmd.core.errors import CaptureError
from msmd.core.progress import Progress, no_progress
from msmd.data.trackers.follow import follow_largest
from msmd.data.video import count_pictures, read_pictures
from msmd.face.crops import CROP_COLUMNS, CROP_ROWS, NUM_CROPS, cut_crops
from msmd.face.expression_encoder import load_expression_encoder
from msmd.face.raw_landmarks import RawLandmarks

MIN_CONFIDENCE: Final = 0.4

MAX_FACES: Final = 4
"""Followed at once when a video shows more than one."""

_LOOK_AROUND_EVERY: Final = 12
"""Frames between looks for further faces: a look costs half of a frame's tracking."""

_PICTURES_AT_ONCE: Final = 64
"""Whose crops go through the expression encoder together."""


def track_face(path: str | Path, progress: Progress = no_progress) -> tuple[RawLandmarks, list[str]]:
    """Follow the face of a video; of several faces, the one that covers most of the picture over time.

    One face is followed cheaply, with a look for others twice a second; if there are any, the video
    is read again with all of them followed.

    Args:
        path: the video.
        progress: told the frames done and the number that the file says it has.

    Returns:
        The landmarks with what the pictures show beside them, NaN where the face is not found; and warnings
        for the user (none if all is well).

    Raises:
        CaptureError: the video cannot be read (see `data.video`), has no picture, or MediaPipe is
            not installed.
    """
    path = Path(path)
    total = count_pictures(path)
    mediapipe = load_mediapipe()
    seen = _look(mediapipe, path, 1, progress, total)
    if seen.several:
        seen = _look(mediapipe, path, MAX_FACES, progress, total)
    if not seen.times_seconds:
        raise CaptureError(f"{path} has a video track without a single picture. Export it again.")
    times_seconds = np.array(seen.times_seconds)
    landmarks, num_faces = follow_largest(seen.faces, times_seconds)
    looks = _looks_of(landmarks, seen)
    warnings = []
    if num_faces > 1:
        warnings.append(
            f"{path.name} shows {num_faces} faces; the one that covers most of the picture was followed. "
            "Cut the video to one face if it is the wrong one."
        )
    return RawLandmarks(landmarks, times_seconds, seen.width, seen.height, num_faces, looks), warnings


@dataclass
class _Seen:
    faces: list[Float32[np.ndarray, "_ 478 3"]] = field(default_factory=list)
    looks: list[Float32[np.ndarray, "_ look_dim"]] = field(default_factory=list)
    times_seconds: list[float] = field(default_factory=list)
    width: int = 0
    height: int = 0
    several: bool = False


def _look(mediapipe: Any, path: Path, max_faces: int, progress: Progress, total: int) -> _Seen:
    """Track up to `max_faces` faces; with one, stop at the sight of a second."""
    seen = _Seen()
    waiting: list[UInt8[np.ndarray, "_ 3 56 64"]] = []
    with ExitStack() as stack:
        with _quiet_stderr():
            mesh = stack.enter_context(
                mediapipe.solutions.face_mesh.FaceMesh(
                    refine_landmarks=True, max_num_faces=max_faces, min_detection_confidence=MIN_CONFIDENCE
                )
            )
            detector = stack.enter_context(mediapipe.solutions.face_detection.FaceDetection())
            for network in (mesh, detector):
                network.process(np.zeros((64, 64, 3), np.uint8))
        for picture in read_pictures(path):
            index = len(seen.times_seconds)
            if index == 0:
                seen.height, seen.width = picture.pixels.shape[:2]
            if max_faces == 1 and index % _LOOK_AROUND_EVERY == 0:
                detections = detector.process(picture.pixels).detections or []
                if _num_faces(detections) > 1:
                    seen.several = True
                    return seen
            # The libraries below speak up at their first picture and again at their first face.
            with nullcontext() if any(map(len, seen.faces[-1:])) else _quiet_stderr():
                found = mesh.process(picture.pixels).multi_face_landmarks or []
            seen.faces.append(_as_array(found))
            crops = [cut_crops(picture.pixels, landmarks) for landmarks in seen.faces[-1]]
            waiting.append(np.array(crops, np.uint8).reshape(-1, NUM_CROPS, CROP_ROWS, CROP_COLUMNS))
            if len(waiting) == _PICTURES_AT_ONCE:
                seen.looks += _look_at(waiting)
                waiting.clear()
            seen.times_seconds.append(picture.seconds)
            progress("tracking the face", index + 1, max(total, index + 1))
    seen.looks += _look_at(waiting)
    return seen


def _look_at(crops: list[UInt8[np.ndarray, "_ 3 56 64"]]) -> list[Float32[np.ndarray, "_ look_dim"]]:
    """Of each picture what its faces show; many pictures at once take less time."""
    if not crops:
        return []
    looks = load_expression_encoder().look(np.concatenate(crops))
    return np.split(looks, np.cumsum([len(faces) for faces in crops])[:-1])


def _looks_of(
    landmarks: Float32[np.ndarray, "frames 478 3"], seen: _Seen
) -> Float32[np.ndarray, "frames look_dim"]:
    """The looks of the face whose landmarks were kept."""
    out = np.full((len(landmarks), load_expression_encoder().network.config.look_dim), np.nan, np.float32)
    for frame in np.flatnonzero(np.isfinite(landmarks[:, 0, 0])):
        same = [np.array_equal(face, landmarks[frame]) for face in seen.faces[frame]]
        out[frame] = seen.looks[frame][same.index(True)]
    return out


def _num_faces(detections: list[Any]) -> int:
    """Faces that could be mistaken for the one meant: at least half as high as the largest."""
    heights = [detection.location_data.relative_bounding_box.height for detection in detections]
    return sum(height >= 0.5 * max(heights) for height in heights)


def _as_array(found: Any) -> Float32[np.ndarray, "_ 478 3"]:
    faces = [[(point.x, point.y, point.z) for point in face.landmark] for face in found]
    return np.array(faces, np.float32).reshape(-1, 478, 3)


def load_mediapipe() -> Any:
    """The library.

    Raises:
        CaptureError: it is not installed.
    """
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _quiet_stderr():
            import mediapipe
    except ImportError as error:
        raise CaptureError(
            "videos need the face tracker MediaPipe, which is not installed. "
            'Install it with: pip install "msmd[capture]"'
        ) from error
    return mediapipe


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Send the standard error stream nowhere: MediaPipe's C++ logs cannot be turned off otherwise."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
