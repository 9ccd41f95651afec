"""What a user should know of a captured face before relying on it: its quality, and its timing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from msmd.audio.load import load_sound
from msmd.core.animation import Motion
from msmd.core.errors import AudioError
from msmd.core.units import MOTION_FPS
from msmd.data.quality import QualityReport, judge
from msmd.data.sync import Sync, estimate_sync
from msmd.face.geometry import metric_landmarks
from msmd.face.neutral import lip_gap
from msmd.face.raw_landmarks import RawLandmarks


@dataclass(frozen=True)
class Examined:
    """What was found.

    Attributes:
        quality: of the tracked face.
        sync: of the face against the file's own sound; None where it has none, or no face.
    """

    quality: QualityReport
    sync: Sync | None

    def describe(self) -> list[str]:
        """Lines for people."""
        timing = self.sync.describe() if self.sync else "timing: not known, for there is no sound or no face"
        return [*self.quality.describe(), timing]

    def origin(self) -> Mapping[str, str]:
        """What a motion file keeps of it."""
        kept = {"quality": self.quality.to_json()}
        if self.sync is not None:
            kept["sync"] = json.dumps(
                {
                    "lag_frames": self.sync.lag_frames,
                    "lag_seconds": round(self.sync.lag_seconds, 4),
                    "correlation": round(self.sync.correlation, 4),
                    "sure": round(self.sync.sure, 4),
                }
            )
        return kept


def examine(path: str | Path, raw: RawLandmarks) -> Examined:
    """Judge a tracked face, and how it lies against the sound of its file.

    Args:
        path: the video; one without sound, or with sound that cannot be read, has no timing.
        raw: tracked in it.
    """
    pose_free, rotation = metric_landmarks(raw.landmarks, raw.width, raw.height)
    quality = judge(raw, pose_free, rotation)
    if not raw.found.any():
        return Examined(quality, None)
    try:
        samples = load_sound(path).samples
    except AudioError:
        return Examined(quality, None)
    return Examined(quality, estimate_sync(opening_of(pose_free, raw.times_seconds), samples))


def opening_of(
    pose_free: Float32[np.ndarray, "frames 468 3"], times_seconds: Float64[np.ndarray, "frames"]
) -> Float64[np.ndarray, "new_frames"]:
    """Opening of the inner lips at 25 fps from time 0 on, mm; bridged where no face was found.

    Args:
        pose_free: of `metric_landmarks`, with a face in at least one frame.
        times_seconds: of the frames, of any rate, a variable one too.
    """
    known = np.isfinite(pose_free[:, 0, 0])
    count = int(times_seconds[-1] * float(MOTION_FPS)) + 1
    now = np.arange(count) / float(MOTION_FPS)
    return np.interp(now, times_seconds[known], lip_gap(pose_free[known]).astype(np.float64))


def with_warning(motion: Motion, examined: Examined) -> Motion:
    """The same motion, its origin telling what was found; a recording that should not be used warns."""
    origin = dict(motion.origin) | dict(examined.origin())
    if warning := quality_warning(examined.quality):
        origin["warnings"] = "\n".join(filter(None, [warning, origin.get("warnings", "")]))
    return replace(motion, origin=origin)


def quality_warning(quality: QualityReport) -> str | None:
    """A line for someone who is about to use a recording; None where nothing speaks against it."""
    if quality.verdict == "good":
        return None
    texts = "; ".join(reason.text for reason in quality.reasons)
    if quality.verdict == "reject":
        return f"this recording should not be used as an example: {texts}. Take another."
    return f"this recording is an example with flaws: {texts}."


def fix_offset(motion: Motion, sync: Sync) -> Motion:
    """Motion moved in time by whole frames so that it goes with its sound; the ends are held or cut.

    A face that comes late moves to the front, and its first frames are cut; one that comes early waits in
    its first frame.
    """
    frames = round(sync.lag_seconds * float(motion.fps))
    values = motion.values[max(frames, 0) :]
    if frames < 0:
        values = np.concatenate([np.repeat(values[:1], -frames, axis=0), values])
    if not len(values):
        return motion
    return Motion(values, motion.fps, dict(motion.origin) | {"offset_fixed_frames": str(frames)})
