"""Video -> motion: the tracker's landmarks, the head's pose taken out, the neutral face, the code."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_FPS, NUM_LANDMARKS
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.face.blinks import keep_blinks
from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import relative_head_rotation
from msmd.face.motion_file import load_raw_landmarks
from msmd.face.neutral import Neutral, choose_neutral, speaker_neutral
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.regions import BROWS
from msmd.face.seen_face import SeenFace
from msmd.face.shown import shown_displacement
from msmd.face.smoothing import fill_gaps, half_width_for, measure_noise, smooth_to_rate

LONGEST_GAP_SECONDS: Final = 0.5
"""A face out of sight for no longer than this is taken to have moved straight on."""

RECORDINGS: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".npz")
"""Files that a folder of recordings is searched for."""

MIN_SECONDS: Final = 1.0
"""Less than this of a face says nothing of its style."""

UNSURE_MM: Final = 2.0
"""An estimated face at rest that may be further off than this is one to warn of."""

UNSURE_NEUTRAL = (
    "the face at rest is estimated, and this video leaves it unsure (by about {:.1f} mm): expressions held "
    "throughout may come out wrong. Name a moment at rest with --neutral 3.2s, or give another recording of "
    "the same person at rest."
)
"""What a user should know of such an estimate."""


def capture(
    path: str | Path, neutral: str | Neutral = "auto", progress: Progress = no_progress
) -> tuple[Motion, RawLandmarks]:
    """Follow a face through a video.

    Args:
        path: the video.
        neutral: see `motion_from_landmarks`; or a file or folder, see
            `neutral_of_recordings`.
        progress: told how far the tracking is.

    Returns:
        The motion at 25 fps; `origin["warnings"]` holds what the user should know, a line each. And the
        landmarks it was made of, for `save_motion`.

    Raises:
        CaptureError: the video cannot be read, or shows no face for a second.
    """
    path = Path(path)
    neutral = _resolve(neutral)
    raw, warnings = track_face(path, progress)
    try:
        motion = motion_of_face(SeenFace.of_raw(raw), neutral)
    except CaptureError as error:
        raise CaptureError(f"{path}: {error}") from error
    origin = {"source": path.name, "tracker": "MediaPipe face mesh"} | dict(motion.origin)
    warnings += filter(None, [origin.get("warnings", "")])
    if warnings:
        origin["warnings"] = "\n".join(warnings)
    return Motion(motion.values, motion.fps, origin), raw


def recompute_motion(path: str | Path, neutral: str | Neutral = "auto") -> Motion:
    """The motion anew from the raw landmarks in a file of `msmd capture`, with another neutral for instance.

    Args:
        path: the file.
        neutral: as in `capture`.

    Raises:
        FormatError: the file holds no landmarks.
        CaptureError: see `motion_from_landmarks`.
    """
    raw = load_raw_landmarks(path)
    motion = motion_of_face(SeenFace.of_raw(raw), _resolve(neutral))
    return Motion(motion.values, motion.fps, {"source": Path(path).name} | dict(motion.origin))


def neutral_of_recordings(path: str | Path) -> Neutral:
    """The face at rest of other recordings of the same person, best ones without emotion.

    Args:
        path: a video, a file of `msmd capture`, or a folder of such; what else lies in it is left alone.

    Raises:
        CaptureError: a video cannot be read, or no face is seen; or the folder holds no recording.
        FormatError: a motion file cannot be read or keeps no landmarks.
    """
    path = Path(path)
    files = [path]
    if path.is_dir():
        seen = (file for file in path.iterdir() if not file.name.startswith("."))
        files = sorted(file for file in seen if file.suffix.lower() in RECORDINGS)
    if not files:
        raise CaptureError(
            f"the folder {path} has no recording to take the neutral face from ({', '.join(RECORDINGS)})."
        )
    raws = [load_raw_landmarks(file) if file.suffix == ".npz" else track_face(file)[0] for file in files]
    faces = [SeenFace.of_raw(raw) for raw in raws]
    neutral = speaker_neutral([face.pose_free for face in faces], embedded=[face.embedded for face in faces])
    return replace(neutral, text=f"{neutral.text}: {path.name}")


def _resolve(neutral: str | Neutral) -> str | Neutral:
    if isinstance(neutral, str) and neutral not in ("auto", "quiet") and Path(neutral).exists():
        return neutral_of_recordings(neutral)
    return neutral


def motion_from_landmarks(
    landmarks: Float[np.ndarray, "frames points 3"],
    times_seconds: Float64[np.ndarray, "frames"],
    width: int,
    height: int,
    neutral: str | Neutral = "auto",
    looks: Float32[np.ndarray, "frames look_dim"] | None = None,
) -> Motion:
    """Landmarks of a tracker at any times -> motion at 25 fps, see `motion_of_face`.

    Args:
        landmarks: of `RawLandmarks`; NaN where no face was found.
        times_seconds: increasing, 0 is the start of the file.
        width, height: of the picture in pixels.
        neutral: see `motion_of_face`.
        looks: of `RawLandmarks`; None: the expression encoder reads landmarks alone.

    Raises:
        CaptureError: see `motion_of_face`.
    """
    face = SeenFace.of_landmarks(landmarks, times_seconds, width, height, looks)
    return motion_of_face(face, neutral)


def motion_of_face(face: SeenFace, neutral: str | Neutral = "auto") -> Motion:
    """What one face does through one clip, at 25 fps.

    Gaps up to half a second are bridged, at the ends held. With a longer one the longest stretch
    without such a gap is kept: `origin["warnings"]` tells, and `origin["start_seconds"]` is the time of
    its first frame (0 otherwise: motion frame i is at i / 25 s of the file).

    Args:
        face: of the clip.
        neutral: "auto", "quiet" (see `face.neutral.choose_neutral`), a time in the video such as "3.2s",
            or the face itself, as `face.neutral.speaker_neutral` gives it for a known speaker.

    Returns:
        Motion whose head rotation is relative to the clip's median; `origin` says what the neutral is, and
        how far off it may be where it is an estimate.

    Raises:
        CaptureError: there is no face, or not for one second; or the neutral cannot be had.
    """
    found, times_seconds = face.found, face.times_seconds
    first, end = _stretch(found, times_seconds)
    if not isinstance(neutral, Neutral):
        neutral = choose_neutral(face, neutral)
    kept = slice(first, end)
    times, seen = times_seconds[kept], found[kept]
    period = float(np.median(np.diff(times)))
    start = 0.0 if first == 0 and times[0] <= LONGEST_GAP_SECONDS else float(times[0])
    num_frames = round((times[-1] + period - start) * float(MOTION_FPS))
    new_times = start + np.arange(num_frames) / float(MOTION_FPS)
    signal = np.concatenate(
        [
            shown_displacement(face, neutral)[kept].reshape(len(times), -1),
            relative_head_rotation(face.rotation[kept]),
        ],
        axis=1,
    )
    signal = fill_gaps(signal, times, seen)
    noise_mm = measure_noise(face.pose_free[kept][:, list(BROWS)])
    smooth = smooth_to_rate(signal, times, new_times, half_width_for(noise_mm))
    space = load_expression_space()
    code = space.encode(smooth[:, :-3].reshape(num_frames, NUM_LANDMARKS, 3))
    as_seen = space.encode(signal[:, :-3].reshape(len(times), NUM_LANDMARKS, 3))
    code = keep_blinks(code, new_times, as_seen, times)
    origin = {
        "neutral": neutral.text,
        "head": "relative to the median of the clip",
        "start_seconds": f"{start:.4f}",
        "frames_without_face": str(int((~seen).sum())),
        "noise_mm": f"{noise_mm:.3f}",
    }
    warnings = []
    if neutral.error_mm is not None:
        origin["neutral_error_mm"] = f"{neutral.error_mm:.2f}"
        if neutral.error_mm > UNSURE_MM:
            warnings.append(UNSURE_NEUTRAL.format(neutral.error_mm))
    if not (first == 0 and end == len(found)):
        warnings.append(
            f"the face is lost for more than {LONGEST_GAP_SECONDS:g} s; only {times[0]:.2f} s to "
            f"{times[-1]:.2f} s of the video, the longest part that shows it, is used."
        )
    if warnings:
        origin["warnings"] = "\n".join(warnings)
    return Motion(np.concatenate([code, smooth[:, -3:]], axis=1), MOTION_FPS, origin)


def _stretch(found: np.ndarray, times_seconds: Float64[np.ndarray, "frames"]) -> tuple[int, int]:
    """First frame and end of the longest part without a long gap; short gaps at the ends belong to it."""
    known = np.flatnonzero(found)
    if not len(known):
        raise CaptureError(
            "no face is found in the video. Show one face, from the front, at least a fifth of the "
            "picture's height."
        )
    breaks = np.flatnonzero(np.diff(times_seconds[known]) > LONGEST_GAP_SECONDS) + 1
    parts = np.split(known, breaks)
    part = max(parts, key=lambda frames: times_seconds[frames[-1]] - times_seconds[frames[0]])
    first, last = int(part[0]), int(part[-1])
    seconds = times_seconds[last] - times_seconds[first]
    if seconds < MIN_SECONDS - 0.1 or len(part) < 3:
        raise CaptureError(
            f"a face is seen for {seconds:.2f} s at most without a break; at least {MIN_SECONDS:g} s are "
            "needed. Give a longer video."
        )
    if times_seconds[first] - times_seconds[0] <= LONGEST_GAP_SECONDS and part is parts[0]:
        first = 0
    if times_seconds[-1] - times_seconds[last] <= LONGEST_GAP_SECONDS and part is parts[-1]:
        last = len(found) - 1
    return first, last + 1
