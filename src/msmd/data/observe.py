"""One recording -> its motion, whatever observed it, relative to its speaker's neutral face."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError, FormatError, MsmdError
from msmd.core.units import MOTION_FPS
from msmd.data.corpora.grid import silent_frames
from msmd.data.corpora.recording import Recording
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.data.tracking import motion_from_landmarks
from msmd.face.geometry import metric_landmarks
from msmd.face.neutral import Neutral, speaker_neutral
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.readers.facegood import read_facegood
from msmd.face.readers.openface import (
    OpenFaceTrack,
    estimate_neutral,
    motion_of_track,
    read_openface,
    read_track,
)
from msmd.face.readers.table import read_table

MAX_LOST_SHARE: Final = 0.2
"""Of a video's frames without a face."""

_CLIPS_FOR_NEUTRAL: Final = 40
"""So many clips of a speaker, evenly taken, tell the neutral face; more cost time and change nothing."""

_EMOTIONS_AT_REST: Final = ("neutral", "calm")
"""Where a speaker has clips of these, the neutral face is taken from them alone."""


@dataclass(frozen=True)
class Observed:
    """Motion and the time of its first frame, in seconds of the recording."""

    motion: Motion
    start_seconds: float


class SpeakerObserver:
    """Reads the recordings of one speaker that were observed in one way; the neutral is found once.

    Args:
        recordings: all of that speaker and that kind.
        raw_cache: folder of landmarks tracked before, `CORPUS/STEM.npz`; None: track the videos.
    """

    def __init__(self, recordings: Sequence[Recording], raw_cache: Path | None) -> None:
        self._recordings, self._raw_cache = recordings, raw_cache
        self._video_neutral: Neutral | None = None
        self._openface_neutral: Float64[np.ndarray, "68 3"] | None = None

    def observe(self, recording: Recording) -> Observed:
        """The motion of one of the recordings at 25 fps.

        Raises:
            MsmdError: it cannot be read, or shows too little of a face.
        """
        if recording.motion_kind == "video":
            return self._observe_video(recording)
        if recording.motion_kind == "openface":
            motion = motion_of_track(read_track(read_table(recording.motion_path)), self._landmark_neutral())
        elif recording.motion_kind == "openface_au":
            motion = read_openface(recording.motion_path)
        else:
            motion = read_facegood(recording.motion_path)
        return Observed(motion.resample(MOTION_FPS), 0.0)

    def _observe_video(self, recording: Recording) -> Observed:
        raw = self._landmarks(recording)
        lost = 1 - float(raw.found.mean())
        if lost > MAX_LOST_SHARE:
            raise CaptureError(f"no face in {lost:.0%} of the frames")
        motion = motion_from_landmarks(
            raw.landmarks, raw.times_seconds, raw.width, raw.height, self._face_neutral()
        )
        return Observed(motion, float(motion.origin["start_seconds"]))

    def _face_neutral(self) -> Neutral:
        if self._video_neutral is None:
            clips, at_rest = [], []
            for recording in self._for_neutral():
                try:
                    raw = self._landmarks(recording)
                except MsmdError:
                    continue  # it is told when its own turn comes
                clips.append(metric_landmarks(raw.landmarks, raw.width, raw.height)[0])
                at_rest.append(_rest_frames(recording, raw))
            if not clips:
                raise CaptureError("no recording of this speaker can be read")
            self._video_neutral = speaker_neutral(clips, at_rest)
        return self._video_neutral

    def _landmark_neutral(self) -> Float64[np.ndarray, "68 3"]:
        if self._openface_neutral is None:
            tracks: list[OpenFaceTrack] = []
            for recording in self._recordings:
                try:
                    tracks.append(read_track(read_table(recording.motion_path)))
                except MsmdError:
                    continue
            if not tracks:
                raise FormatError("no recording of this speaker can be read")
            self._openface_neutral = estimate_neutral(tracks)
        return self._openface_neutral

    def _for_neutral(self) -> list[Recording]:
        calm = [one for one in self._recordings if one.emotion in _EMOTIONS_AT_REST]
        chosen = calm or list(self._recordings)
        return chosen[:: max(1, len(chosen) // _CLIPS_FOR_NEUTRAL)]

    def _landmarks(self, recording: Recording) -> RawLandmarks:
        if self._raw_cache is not None:
            cached = self._raw_cache / recording.corpus / f"{recording.motion_path.stem}.npz"
            if cached.is_file():
                return _load_cached(cached)
        return track_face(recording.motion_path)[0]


def _rest_frames(recording: Recording, raw: RawLandmarks) -> Bool[np.ndarray, "frames"]:
    if recording.align_path is not None and recording.align_path.is_file():
        return silent_frames(recording.align_path, raw.times_seconds)
    return np.ones(len(raw.times_seconds), bool)


def _load_cached(path: Path) -> RawLandmarks:
    """Landmarks as arrays `landmarks`, `times_seconds`, `width`, `height` of an .npz file."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return RawLandmarks(
                archive["landmarks"].astype(np.float32),
                archive["times_seconds"].astype(np.float64),
                int(archive["width"]),
                int(archive["height"]),
            )
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise FormatError(f"{path} holds no tracked landmarks: {error}. Delete it to track anew.") from error
