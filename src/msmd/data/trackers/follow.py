"""Which of several faces is followed: the one with most picture over time."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

MAX_JUMP_IN_SIZES: Final = 0.6
"""A face farther away than this share of its own size, one frame on, is another face."""

MAX_SECONDS_UNSEEN: Final = 0.6
"""A face unseen for longer than this has gone; one that comes back counts as another."""


@dataclass(eq=False)
class _Track:
    frames: list[int] = field(default_factory=list)
    landmarks: list[np.ndarray] = field(default_factory=list)
    area_seen: float = 0.0


def follow_largest(
    faces: list[Float32[np.ndarray, "_ 478 3"]], times_seconds: Float[np.ndarray, "frames"]
) -> tuple[Float32[np.ndarray, "frames 478 3"], int]:
    """Join the faces of each frame into tracks by nearness; keep the track that covers most picture.

    Args:
        faces: of each frame, none to several, in no order.
        times_seconds: of the frames.

    Returns:
        The landmarks of the kept track, NaN where it is not seen; and how many tracks were seen for
        at least half a second.
    """
    tracks: list[_Track] = []
    for frame, found in enumerate(faces):
        free = [t for t in tracks if times_seconds[frame] - times_seconds[t.frames[-1]] <= MAX_SECONDS_UNSEEN]
        for landmarks in sorted(found, key=_size, reverse=True):
            near = min(free, key=lambda track: _distance(track, landmarks), default=None)
            if near is None or _distance(near, landmarks) > MAX_JUMP_IN_SIZES:
                near = _Track()
                tracks.append(near)
            else:
                free.remove(near)
            near.frames.append(frame)
            near.landmarks.append(landmarks)
            near.area_seen += _size(landmarks) ** 2
    out = np.full((len(faces), 478, 3), np.nan, np.float32)
    if not tracks:
        return out, 0
    best = max(tracks, key=lambda track: track.area_seen)
    out[best.frames] = np.stack(best.landmarks)
    lasting = [t for t in tracks if times_seconds[t.frames[-1]] - times_seconds[t.frames[0]] >= 0.5]
    return out, max(1, len(lasting))


def _size(landmarks: Float32[np.ndarray, "478 3"]) -> float:
    return float(np.ptp(landmarks[:, :2], axis=0).mean())


def _distance(track: _Track, landmarks: Float32[np.ndarray, "478 3"]) -> float:
    """From where the track was last seen to here, in sizes of the face."""
    last = track.landmarks[-1]
    return float(np.linalg.norm((last - landmarks)[:, :2].mean(axis=0))) / max(_size(last), 1e-6)
