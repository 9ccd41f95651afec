"""Stages `neutral` and `encode`: a speaker's face at rest; then code, head rotation and sound at 25 fps."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError, FormatError, MsmdError
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_FPS, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.data.corpora.grid import silent_frames
from msmd.data.corpora.recording import Recording
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, StageResult
from msmd.data.curation.store import finite
from msmd.data.tracking import motion_of_face
from msmd.face.blinks import resample_motion
from msmd.face.expression_space import load_expression_space
from msmd.face.neutral import Neutral, lip_gap, speaker_neutral
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.readers.facegood import read_facegood
from msmd.face.readers.openface import estimate_neutral, motion_of_track, read_openface, read_track
from msmd.face.readers.table import read_table
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace

NEUTRAL, NEUTRAL_VERSION = "neutral", 2
ENCODE, ENCODE_VERSION = "encode", 2

LIMITS: Final = ("min_seconds", "max_code", "max_wild_share")
"""That `finish` looks at."""

_CLIPS_FOR_NEUTRAL: Final = 40
"""So many clips of a speaker, evenly taken, tell the neutral face; more cost time and change nothing."""

_EMOTIONS_AT_REST: Final = ("neutral", "calm")
"""Where a speaker has clips of these, the neutral face is taken from them alone."""

_MAX_MISSING_SECONDS: Final = 0.08
"""Sound may end this much before the face (the last frame's share, codec padding); silence fills it."""


def choose_for_neutral(recordings: Sequence[Recording]) -> list[Recording]:
    """Those of a speaker's clips that his neutral face is taken from."""
    if recordings and recordings[0].motion_kind != "video":
        return list(recordings)
    calm = [one for one in recordings if one.emotion in _EMOTIONS_AT_REST]
    chosen = calm or list(recordings)
    return chosen[:: max(1, len(chosen) // _CLIPS_FOR_NEUTRAL)]


def neutral_of_videos(recordings: Sequence[Recording], landmarks: Sequence[RawLandmarks]) -> StageResult:
    """A speaker's face at rest from tracked clips; where word times tell of silence, from silence alone.

    Raises:
        CaptureError: no frame serves.
    """
    faces = [SeenFace.of_raw(raw) for raw in landmarks]
    at_rest = [_rest_frames(one, raw) for one, raw in zip(recordings, landmarks, strict=True)]
    looked = all(raw.looks is not None for raw in landmarks)
    embedded = [face.embedded for face in faces] if looked else None
    neutral = speaker_neutral([face.pose_free for face in faces], at_rest, embedded)
    arrays = {"landmarks": neutral.landmarks} | ({} if neutral.rest is None else {"rest": neutral.rest})
    return StageResult(numbers={"neutral": neutral.text}, arrays=arrays)


def neutral_of_openface(recordings: Sequence[Recording]) -> StageResult:
    """The same from OpenFace tables; a table that cannot be read is told when its own turn comes.

    Raises:
        FormatError: none can be read.
    """
    tracks = []
    for recording in recordings:
        try:
            tracks.append(read_track(read_table(recording.motion_path)))
        except MsmdError:
            continue
    if not tracks:
        raise FormatError("no recording of this speaker can be read")
    return StageResult(
        numbers={"neutral": f"action units at 0, of {len(tracks)} clip(s)"},
        arrays={"landmarks": estimate_neutral(tracks)},
    )


def encode_video(raw: RawLandmarks, neutral: StageResult) -> tuple[Motion, float]:
    """Motion at 25 fps, and the second of the file at which it begins.

    Raises:
        CaptureError: too little of a face is seen.
    """
    rest = neutral.arrays.get("rest")
    face = Neutral(neutral.arrays["landmarks"], str(neutral.numbers["neutral"]), rest)
    motion = motion_of_face(SeenFace.of_raw(raw), face)
    return motion, float(motion.origin["start_seconds"])


def encode_curves(recording: Recording, neutral: StageResult | None) -> tuple[Motion, float]:
    """The same for what another program tracked.

    Raises:
        FormatError: the file cannot be read.
    """
    if recording.motion_kind == "openface":
        if neutral is None:
            raise CaptureError("the speaker's face at rest is not known")
        motion = motion_of_track(read_track(read_table(recording.motion_path)), neutral.arrays["landmarks"])
    elif recording.motion_kind == "openface_au":
        motion = read_openface(recording.motion_path)
    else:
        motion = read_facegood(recording.motion_path)
    return resample_motion(motion, MOTION_FPS), 0.0


def finish(
    motion: Motion,
    start_seconds: float,
    samples: Float[np.ndarray, "num_samples"],
    lag_seconds: float,
    limits: Limits,
    own_code: bool = False,
) -> StageResult:
    """Motion and the sound that belongs to it, of one length: 640 samples a frame.

    A face that comes `lag_seconds` after the sound shows at time t what is heard at t - lag.

    Args:
        motion: at 25 fps.
        start_seconds: of its first frame, in the file.
        samples: of the file, from its start.
        lag_seconds: to be taken out.
        limits: of codes and of length.
        own_code: the tracker speaks a code of its own, about which the limits know nothing.
    """
    values = motion.values
    numbers: dict[str, float] = {}
    if not own_code:
        beyond = (np.abs(values[:, EXPRESSION]) > limits.max_code).any(axis=1)
        wild = float(beyond.mean())
        if wild > limits.max_wild_share:
            text = f"{wild:.0%} of its frames have codes beyond {limits.max_code:g} deviations"
            return StageResult((Fault("wild", text),))
        numbers |= _measure_expression(values)
    begin_seconds = start_seconds - lag_seconds
    skip = max(0, -int(np.floor(begin_seconds * float(MOTION_FPS))))  # frames before the sound begins
    values = values[skip:]
    begin = round((begin_seconds + skip / float(MOTION_FPS)) * SAMPLE_RATE_HZ)
    heard = len(samples) - begin + round(_MAX_MISSING_SECONDS * SAMPLE_RATE_HZ)
    frames = min(len(values), heard // SAMPLES_PER_FRAME)
    needed = round(limits.min_seconds * float(MOTION_FPS))
    if frames < needed:
        text = f"only {max(frames, 0)} frames have both a face and sound; {needed} are needed"
        return StageResult((Fault("short", text),))
    sound = samples[begin : begin + frames * SAMPLES_PER_FRAME]
    sound = np.pad(sound, (0, frames * SAMPLES_PER_FRAME - len(sound)))
    return StageResult(
        numbers={**finite(numbers), "frames": frames},
        arrays={"motion": values[:frames].astype(np.float32), "sound": sound.astype(np.float16)},
    )


def _measure_expression(values: Float32[np.ndarray, "frames 67"]) -> Mapping[str, float]:
    """Opening of the inner lips in mm and the range of the head in degrees, for the report."""
    face = load_rig().landmark_neutral + load_expression_space().decode(values[:, EXPRESSION])
    gap = lip_gap(face)
    turn = np.degrees(np.ptp(values[:, HEAD_ROTATION], axis=0))
    return {
        "opening_mean_mm": float(gap.mean()),
        "opening_high_mm": float(np.quantile(gap, 0.95)),
        "head_range_degrees": float(turn.max()),
    }


def _rest_frames(recording: Recording, raw: RawLandmarks) -> Bool[np.ndarray, "frames"]:
    if recording.align_path is not None:
        with suppress(FormatError):
            return silent_frames(recording.align_path, raw.times_seconds)
    return np.ones(len(raw.times_seconds), bool)
