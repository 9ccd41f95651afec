"""A face tracker as another package would bring it, small enough to read in a minute.

Its faces are bars of grey: a frame of 96 x 64 pixels holds six blocks whose brightness says what there is to
see (`BLOCKS`). `paint` writes them, `CodedTracker` reads them back and makes landmarks of them with the rig.
"""

import os
from pathlib import Path

import numpy as np

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError
from msmd.core.units import ARKIT_NAMES
from msmd.data.trackers.plugin import TrackedFace
from msmd.data.video import read_pictures
from msmd.face.geometry import euler_to_rotation
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.rig import load_rig

WIDTH, HEIGHT, BLOCK = 96, 64, 32
BLOCKS = ("found", "faces", "jaw", "yaw", "size", "crash")
"""Left to right, top to bottom: whether there is a face (0 or 1), how many (1 or 2), how far the jaw is open
(0 to 1), the turn of the head (-90 to 90 degrees as 0 to 1), its height as a share of the picture, and
whether the tracker's process dies at the sight of it."""


def paint(**blocks: float) -> np.ndarray:
    """One frame; what is not named is a face that looks ahead with a closed mouth."""
    values = {"found": 1.0, "faces": 0.0, "jaw": 0.0, "yaw": 0.5, "size": 0.8, "crash": 0.0} | blocks
    grey = np.array([values[name] for name in BLOCKS]).reshape(2, 3)
    pixels = np.kron(np.round(grey * 219 + 16), np.ones((BLOCK, BLOCK))).astype(np.uint8)
    return np.repeat(pixels[..., None], 3, axis=2)


class CodedTracker:
    """Landmarks of painted faces.

    Where the environment names a file CODED_TRACKER_LOG, a line is added to it for each video.
    """

    name, version, code = "coded", "1", "msmd"

    def track(self, video: Path) -> TrackedFace:
        log = os.environ.get("CODED_TRACKER_LOG")
        if log:
            with Path(log).open("a") as file:
                file.write(f"begun {video.stem}\n")
        tracked = TrackedFace(self.look(video))
        if log:
            with Path(log).open("a") as file:
                file.write(f"done {video.stem}\n")
        return tracked

    def look(self, video: Path) -> RawLandmarks:
        rows, seconds = [], []
        for picture in read_pictures(video):
            blocks = picture.pixels[..., 0].reshape(2, BLOCK, 3, BLOCK).mean(axis=(1, 3)).ravel()
            rows.append((blocks - 16) / 219)
            seconds.append(picture.seconds)
        if not rows:
            raise CaptureError(f"{video} has no pictures.")
        seen = dict(zip(BLOCKS, np.array(rows).T, strict=True))
        if (seen["crash"] > 0.5).any():
            os._exit(11)
        faces = 1 + int((seen["faces"] > 0.5).sum() >= 13)  # half a second
        return RawLandmarks(draw_landmarks(seen), np.array(seconds), WIDTH * 10, HEIGHT * 10, faces)


class OwnCodeTracker(CodedTracker):
    """The same, with an expression code of its own: its first number is the jaw."""

    name, version, code = "coded_codes", "1", "coded"

    def track(self, video: Path) -> TrackedFace:
        raw = self.look(video)
        values = np.zeros((len(raw.times_seconds), 67), np.float32)
        values[:, 0] = 100 * np.linspace(0, 1, len(values))
        return TrackedFace(raw, Motion(values))


class NoTracker:
    """Lacks everything."""


def draw_landmarks(seen: dict[str, np.ndarray]) -> np.ndarray:
    """Landmarks of the rig, opened, turned and placed as the blocks say."""
    rig = load_rig()
    jaw = ARKIT_NAMES.index("jawOpen")
    face = rig.landmark_neutral + seen["jaw"][:, None, None] * rig.landmark_shapes[jaw]
    turn = np.stack([0 * seen["yaw"], np.radians(180 * seen["yaw"] - 90), 0 * seen["yaw"]], axis=1)
    mesh = np.einsum("tij,tnj->tni", euler_to_rotation(turn), face - rig.landmark_neutral.mean(axis=0))
    pixels_a_mm = seen["size"] * HEIGHT * 10 / np.ptp(rig.landmark_neutral[:, 1])
    mesh = mesh * pixels_a_mm[:, None, None]
    shares = mesh * [1 / (WIDTH * 10), -1 / (HEIGHT * 10), -1 / (WIDTH * 10)] + [0.5, 0.5, 0.0]
    landmarks = np.full((len(mesh), 478, 3), np.nan, np.float32)
    found = seen["found"] > 0.5
    landmarks[found, :468] = shares[found]
    landmarks[found, 468:] = shares[found, :10]
    return landmarks
