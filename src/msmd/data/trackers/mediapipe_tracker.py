"""MediaPipe's face mesh as a `trackers.plugin.FaceTracker`."""

from pathlib import Path

from msmd.data.trackers.mediapipe_mesh import load_mediapipe, track_face
from msmd.data.trackers.plugin import TrackedFace


class MediaPipeTracker:
    """`track_face`, made once in each process.

    Raises:
        CaptureError: MediaPipe is not installed.
    """

    name, version, code = "mediapipe", "2", "msmd"

    def __init__(self) -> None:
        load_mediapipe()

    def track(self, video: Path) -> TrackedFace:
        return TrackedFace(track_face(video)[0])
