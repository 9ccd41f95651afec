"""Takes of Live Link Face: a CSV file of 52 ARKit weights and nine angles at 60 frames a second."""

from pathlib import Path

import numpy as np

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.readers.table import Table, read_table
from msmd.face.readers.timecode import even_frames, seconds_of_timecodes

_HEAD = ("HeadPitch", "HeadYaw", "HeadRoll")
_HEAD_SIGNS = np.array([1.0, -1.0, 1.0])
"""From the file's angles to ours. The app writes yaw as positive to the subject's right: on seven real
takes its eye yaw has correlation -0.98 with eyeLookOutLeft - eyeLookInLeft and its eye pitch +0.98 with
looking down, and head and eyes share their axes there."""


def is_livelink(table: Table) -> bool:
    """Whether a table means to be a Live Link Face take."""
    return not table.missing(["Timecode", "JawOpen"])


def read_livelink(path: Path) -> ArkitCurves:
    """The curves of a take, as they are; its neutral is the one of the app, where all weights are 0.

    Args:
        path: `Timecode,BlendShapeCount,EyeBlinkLeft,...` with 61 or 52 values a row, gzipped or not;
            columns are found by name, and the nine angles of the head and eyes may be absent.

    Returns:
        Curves at the frame rate that the timecodes tell; the angles of the eyes are left out, for the
        eyeLook curves say the same.

    Raises:
        FormatError: missing columns (all are named), or cells that are no numbers or timecodes.
    """
    table = read_table(path)
    if missing := table.missing(["Timecode", *ARKIT_NAMES]):
        raise FormatError(
            f"{path} is no complete Live Link Face take: it lacks {len(missing)} of 53 columns: "
            f"{', '.join(missing)}. Record or export it with all 52 ARKit curves and the timecode."
        )
    times = seconds_of_timecodes(table.text("Timecode"), table.path)
    weights = table.numbers(ARKIT_NAMES)
    head = np.zeros((len(weights), 3)) if table.missing(_HEAD) else table.numbers(_HEAD) * _HEAD_SIGNS
    values, fps = even_frames(times - times[0], np.concatenate([weights, head], axis=1))
    weights, head = np.split(values.astype(np.float32), [len(ARKIT_NAMES)], axis=1)
    origin = {
        "source": Path(path).name,
        "reader": "Live Link Face",
        "neutral": "ARKit's (all weights 0)",
    }
    return ArkitCurves(np.clip(weights, 0, 1), head, fps, float(times[0]), origin)
