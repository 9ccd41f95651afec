"""Stages `track` and `face`: the landmarks of the face in a clip, and whether they can be trusted."""

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32

from msmd.core.errors import FormatError
from msmd.core.units import MOTION_FPS
from msmd.data.corpora.recording import Recording
from msmd.data.curation.crop import cropped
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, Number, StageResult
from msmd.data.curation.store import Store, finite
from msmd.data.quality import judge
from msmd.data.trackers.plugin import OUR_CODE, FaceTracker, TrackedFace
from msmd.face.blinks import resample_motion
from msmd.face.geometry import metric_landmarks
from msmd.face.neutral import lip_gap
from msmd.face.raw_landmarks import RawLandmarks

TRACK, TRACK_VERSION = "track", 1
FACE, FACE_VERSION = "face", 1

LIMITS: Final = (
    "max_turned_share", "max_jumps", "min_found_share", "max_loss_seconds", "min_confident_share",
    "min_face_pixels", "max_faces",
)  # fmt: skip
"""That `judge_face` looks at."""

_OF_JUDGE: Final = {"cuts": "jumps", "several": "several_faces"}
"""Codes of `data.quality` that are called otherwise here."""

_NUMBER_OF: Final = {"width": "track_width", "height": "track_height"}
"""Fields of `RawLandmarks` that the manifest calls otherwise: a tracker may see a smaller picture."""

_NEAR_SECONDS: Final = 0.1
"""A face seen within this of a moment tells the opening of its lips."""


def track(recording: Recording, tracker: FaceTracker) -> StageResult:
    """The landmarks of a clip, and the tracker's own motion if it has one.

    Raises:
        CaptureError: the video cannot be read.
    """
    with cropped(recording.motion_path, recording.span_seconds, recording.box) as video:
        return pack_track(tracker.track(video), tracker.code)


def pack_track(tracked: TrackedFace, code: str = OUR_CODE) -> StageResult:
    """A track as the store keeps it, its own motion at 25 fps.

    Args:
        tracked: a clip.
        code: of its motion. Where lids are is known of this package's code alone, so its blinks are kept.
    """
    arrays: dict[str, np.ndarray] = {}
    numbers: dict[str, Number] = {"pictures": len(tracked.landmarks.times_seconds)}
    for field in fields(RawLandmarks):
        value = getattr(tracked.landmarks, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif value is not None:
            numbers[_NUMBER_OF.get(field.name, field.name)] = value
    if tracked.motion is not None:
        own = tracked.motion
        even = resample_motion(own, MOTION_FPS) if code == OUR_CODE else own.resample(MOTION_FPS)
        arrays["motion"] = even.values
        numbers["own_motion"] = 1
    return StageResult(numbers=numbers, arrays=arrays)


def unpack_track(result: StageResult) -> RawLandmarks:
    """The landmarks that `pack_track` packed."""
    kept: dict[str, Any] = {}
    for field in fields(RawLandmarks):
        number = _NUMBER_OF.get(field.name, field.name)
        if field.name in result.arrays:
            kept[field.name] = result.arrays[field.name]
        elif number in result.numbers:
            kept[field.name] = result.numbers[number]
    return RawLandmarks(**kept)


def read_tracked(path: Path) -> TrackedFace:
    """Landmarks tracked before, an .npz of `landmarks`, `times_seconds`, `width`, `height`, `num_faces`.

    Raises:
        FormatError: it holds no landmarks.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return TrackedFace(
                RawLandmarks(
                    archive["landmarks"].astype(np.float32),
                    archive["times_seconds"].astype(np.float64),
                    int(archive["width"]),
                    int(archive["height"]),
                    int(archive["num_faces"]) if "num_faces" in archive else 1,
                )
            )
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise FormatError(f"{path} holds no tracked landmarks: {error}. Delete it to track anew.") from error


def judge_face(raw: RawLandmarks, limits: Limits) -> StageResult:
    """What `data.quality` says of the clip, under these limits; and its opening (mm, 25 fps) for `agree`."""
    if not raw.found.any():
        return StageResult((Fault("no_face", "no face is found in any picture"),))
    pose_free, rotation = metric_landmarks(raw.landmarks, raw.width, raw.height)
    report = judge(raw, pose_free, rotation)
    measured = report.numbers
    faults = []

    def check(code: str, broken: bool, text: str) -> None:
        if broken and all(fault.code != code for fault in faults):
            faults.append(Fault(code, text))

    found, loss = measured["found_share"], measured["longest_loss_seconds"]
    turned, faces = measured["turned_share"], raw.num_faces
    check("several_faces", faces > limits.max_faces, f"{faces} faces are seen for half a second or more")
    check("lost", found < limits.min_found_share, f"the face is found in {found:.0%} of the pictures")
    check("lost", loss > limits.max_loss_seconds, f"the face is lost for {loss:.1f} s")
    check(
        "turned",
        turned > limits.max_turned_share,
        f"the face looks more than 45 degrees away in {turned:.0%} of the pictures",
    )
    jumps, minutes = len(report.jumps_seconds), max(1.0, measured["seconds"] / 60)
    check("jumps", jumps > limits.max_jumps * minutes, f"the head jumps at {_list(report.jumps_seconds)} s")
    height = measured["face_height_pixels"]
    check("small", height < limits.min_face_pixels, f"the face is {height:.0f} pixels high")
    trusted = measured["confident_share"]
    check(
        "doubtful",
        trusted < limits.min_confident_share and not faults,  # of a lost or turned face enough is said
        f"{trusted:.0%} of the pictures can be trusted",
    )
    for reason in report.reasons:
        if reason.rejects and not faults:
            check(_OF_JUDGE.get(reason.code, reason.code), True, reason.text)
    named = {fault.code for fault in faults}
    cautions = [
        Fault(_OF_JUDGE.get(one.code, one.code), one.text) for one in report.reasons if not one.rejects
    ]
    return StageResult(
        tuple(faults),
        tuple(caution for caution in cautions if caution.code not in named),
        finite({**measured, "jumps": float(jumps)}),
        {"opening_mm": opening_at_25(pose_free, raw.times_seconds)},
    )


def opening_at_25(
    pose_free: Float32[np.ndarray, "frames 468 3"], times_seconds: np.ndarray
) -> Float32[np.ndarray, "new_frames"]:
    """Distance of the inner lips in mm at 25 fps from the start of the file; NaN where no face is near."""
    gap = lip_gap(pose_free)
    known = np.isfinite(gap)
    grid = np.arange(int(times_seconds[-1] * float(MOTION_FPS) + 1e-6) + 1) / float(MOTION_FPS)
    seen = times_seconds[known]
    opening = np.interp(grid, seen, gap[known])
    after = np.searchsorted(seen, grid)
    next_seen, last_seen = seen[np.minimum(after, len(seen) - 1)], seen[np.maximum(after - 1, 0)]
    nearest = np.minimum(np.abs(next_seen - grid), np.abs(grid - last_seen))
    return np.where(nearest <= _NEAR_SECONDS, opening, np.nan).astype(np.float32)


def find_tracked(recording: Recording, folder: Path | None) -> Path | None:
    """The file of landmarks tracked before, `CORPUS/VIDEO.npz`, if there is one."""
    if folder is None or recording.span_seconds is not None:
        return None
    path = folder / recording.corpus / f"{recording.motion_path.stem}.npz"
    return path if path.is_file() else None


def read_landmarks(store: Store, key: str) -> RawLandmarks:
    """What the stage `track` kept under a key.

    Raises:
        FormatError: the store has lost it.
    """
    result = store.read(TRACK, key)
    if result is None:
        raise FormatError(f"{store.folder} has lost the track {key}. Run `msmd curate` again.")
    return unpack_track(result)


def _list(seconds: tuple[float, ...]) -> str:
    shown = ", ".join(f"{one:.2f}" for one in seconds[:4])
    return shown + (f" and {len(seconds) - 4} more" if len(seconds) > 4 else "")
