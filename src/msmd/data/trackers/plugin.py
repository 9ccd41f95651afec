"""What a face tracker must do, and how one of another package is found.

A package offers a tracker by an entry point of the group `msmd.trackers`, in its pyproject.toml:

    [project.entry-points."msmd.trackers"]
    serep = "my_package.tracking:SerepTracker"

`msmd curate --tracker serep` then uses it: see `docs/curation.md`.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError
from msmd.face.raw_landmarks import RawLandmarks

GROUP: Final = "msmd.trackers"

DEFAULT: Final = "mediapipe"

OUR_CODE: Final = "msmd"
"""What the 64 numbers of this package are called."""


@dataclass(frozen=True)
class TrackedFace:
    """What a tracker saw in one clip.

    Attributes:
        landmarks: of the face that is followed; the filters judge the clip by them.
        motion: 64 numbers of expression and 3 of head rotation a frame, at any rate, its first frame at
            the first picture. None, as MediaPipe gives it: the code is made from the landmarks and the
            speaker's neutral face. A tracker that knows expressions itself gives them here, in the 64-d
            code of this package (`msmd.face.readers` makes it of FLAME, ARKit and others) or in a code of
            its own; `FaceTracker.code` says which, and a model trained on it speaks it.
    """

    landmarks: RawLandmarks
    motion: Motion | None = None


@runtime_checkable
class FaceTracker(Protocol):
    """A tracker; it is made once in each process, without arguments.

    Attributes:
        name: of it.
        version: changes when its results do; clips are then tracked anew.
        code: which 64 numbers its motion holds: "msmd", or a name of its own.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def code(self) -> str: ...

    def track(self, video: Path) -> TrackedFace:
        """Follow the face of a video.

        Raises:
            CaptureError: the video cannot be read. (One without a face is no error: its landmarks are NaN.)
        """
        ...


@cache
def load_tracker(name: str = DEFAULT) -> FaceTracker:
    """The tracker of that name: `mediapipe`, or one that a package offers.

    Raises:
        CaptureError: there is none of that name, or it cannot be made.
    """
    if name == DEFAULT:
        from msmd.data.trackers.mediapipe_tracker import MediaPipeTracker

        return MediaPipeTracker()
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in offered:
        known = ", ".join([DEFAULT, *sorted(offered)])
        raise CaptureError(
            f"no face tracker {name!r}. There are: {known}. A package offers one by an entry point of the "
            f"group {GROUP}."
        )
    try:
        tracker = offered[name].load()()
    except Exception as error:  # whatever another package does at import
        raise CaptureError(
            f"the face tracker {name!r} cannot be loaded: {error!r}. Install it again."
        ) from error
    if not isinstance(tracker, FaceTracker):
        raise CaptureError(
            f"{offered[name].value} is no face tracker: it lacks name, version, code or track()."
        )
    return tracker
