"""The curves of an animation as a Live Link Face take (CSV), which Unreal Engine and others import.

`Timecode,BlendShapeCount`, the 52 ARKit curves, and nine angles of head and eyes. Angles are radians. In the
app's files yaw is positive to the subject's right and pitch positive downwards, for head and eyes alike
(measured on real takes: the eye angles there against the eyeLook curves of the same rows); roll is positive
to the subject's right, as ours.
"""

import math
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from msmd.core.units import ARKIT_NAMES
from msmd.export.text_file import write_text
from msmd.face.arkit_curves import ArkitCurves

_ANGLES: Final = tuple(
    f"{turning}{axis}" for turning in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")
)
HEADER: Final = (
    "Timecode",
    "BlendShapeCount",
    *(name[0].upper() + name[1:] for name in ARKIT_NAMES),
    *_ANGLES,
)

_EYE_REACH: Final = math.radians(30)
"""Turn of the eye at an eyeLook weight of 1; in real takes weight and angle have this ratio, about."""


def write_livelink_curves(curves: ArkitCurves, path: str | Path) -> None:
    """Write curves at their own frame rate and from their own time of day; gzipped if the name ends in .gz.

    Raises:
        OutputError: the place cannot be written.
    """
    weights = curves.weights.astype(np.float64)
    rows = np.concatenate([weights, head_angles(curves.head_rotation), eye_angles(weights)], 1)
    lines = [",".join(HEADER)]
    for frame, row in enumerate(rows):
        values = ",".join(f"{value:.10f}" for value in row + 0.0)
        lines.append(f"{timecode(frame, curves.fps, curves.start_seconds)},{len(row)},{values}")
    write_text(path, "\n".join(lines) + "\n")


def timecode(frame: int, fps: Fraction, start_seconds: float = 0.0) -> str:
    """`HH:MM:SS:FF.mmm` of a frame of a take that starts at a time of day.

    HH:MM:SS is true time, FF.mmm the rest of it in sixtieths of a second.

    The app counts 60 to a second and writes fractions between; so do we, whatever the frame rate (120 to a
    second above 60 frames a second). Counting whole frames at 30000/1001 a second instead would run ahead of
    the clock by 3.6 s an hour, which drop-frame names only hide. A row's time is HH:MM:SS + FF.mmm / 60
    seconds to within 1/120000 s, at any rate and length.
    """
    base = 60 if fps <= 60 else 120 * math.ceil(fps / 120)
    thousandths = round((Fraction(frame) / fps + Fraction(start_seconds)) * base * 1000)
    whole_seconds, rest = divmod(thousandths, base * 1000)
    hours, rest_seconds = divmod(whole_seconds, 3600)
    minutes, seconds = divmod(rest_seconds, 60)
    return f"{hours % 24:02d}:{minutes:02d}:{seconds:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def head_angles(head_rotation: Float[np.ndarray, "frames 3"]) -> Float64[np.ndarray, "frames 3"]:
    """Our pitch, yaw, roll -> yaw, pitch, roll with the signs of the app."""
    pitch, yaw, roll = head_rotation.astype(np.float64).T
    return np.stack([-yaw, pitch, roll], 1)


def eye_angles(weights: Float64[np.ndarray, "frames 52"]) -> Float64[np.ndarray, "frames 6"]:
    """Yaw, pitch, roll of the left and of the right eye, from the eyeLook curves."""
    look = {name: weights[:, index] for index, name in enumerate(ARKIT_NAMES) if name.startswith("eyeLook")}
    zero = np.zeros(len(weights))
    # "in" is towards the nose: for the left eye that is to the subject's right, where yaw is positive
    left = look["eyeLookInLeft"] - look["eyeLookOutLeft"]
    right = look["eyeLookOutRight"] - look["eyeLookInRight"]
    down = [look[f"eyeLookDown{side}"] - look[f"eyeLookUp{side}"] for side in ("Left", "Right")]
    return _EYE_REACH * np.stack([left, down[0], zero, right, down[1], zero], 1)
