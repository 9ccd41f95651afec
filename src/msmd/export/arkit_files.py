"""ARKit curves as JSON of BEAT's form, and as a plain CSV table; `face.readers` reads both back."""

import json
from pathlib import Path

import numpy as np

from msmd.core.units import ARKIT_NAMES
from msmd.export.text_file import write_text
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.readers.arkit_table import HEAD_COLUMNS


def write_arkit_json(curves: ArkitCurves, path: str | Path) -> None:
    """{"names": [...], "frames": [{"weights", "time", "rotation"}, ...]} as the BEAT data set has it.

    With all 52 names (BEAT has 51, without tongueOut). `rotation` is empty, as there, for a head that
    never turns; otherwise pitch, yaw, roll in radians.

    Raises:
        OutputError: the place cannot be written.
    """
    turns = bool(np.any(curves.head_rotation))
    frames = [
        {
            "weights": [round(float(value), 6) for value in weights],
            "time": _seconds(frame, curves),
            "rotation": [round(float(angle), 6) for angle in head] if turns else [],
        }
        for frame, (weights, head) in enumerate(zip(curves.weights, curves.head_rotation, strict=True))
    ]
    text = json.dumps({"names": list(ARKIT_NAMES), "frames": frames}, separators=(",", ":"))
    write_text(path, text + "\n")


def write_arkit_csv(curves: ArkitCurves, path: str | Path) -> None:
    """`seconds`, the 52 weights by ARKit's names, then pitch, yaw, roll of the head in radians.

    Raises:
        OutputError: the place cannot be written.
    """
    lines = [",".join(["seconds", *ARKIT_NAMES, *HEAD_COLUMNS])]
    rows = np.concatenate([curves.weights, curves.head_rotation], axis=1)
    for frame, row in enumerate(rows):
        lines.append(",".join([f"{_seconds(frame, curves)}", *(f"{value:.6f}" for value in row + 0.0)]))
    write_text(path, "\n".join(lines) + "\n")


def _seconds(frame: int, curves: ArkitCurves) -> float:
    return round(curves.start_seconds + float(frame / curves.fps), 6)
