"""ARKit weights in a CSV file that is no Live Link Face take: a column per shape, and perhaps one of time.

Many programs write such files, none alike. Columns are found by name, whatever the case; what a file
lacks of the 52 is 0, as long as it holds most of them.
"""

from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES, NUM_ARKIT
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.readers.table import Table, read_table
from msmd.face.readers.timecode import even_frames

LEAST_SHAPES: Final = 30
"""Of the 52; a file with fewer is something else."""

DEFAULT_FPS: Final = Fraction(60)
"""ARKit's own; of files that tell no time."""

HEAD_COLUMNS: Final = ("headPitch", "headYaw", "headRoll")
"""Radians with the signs of `core.animation`; what this program writes."""

_SECONDS: Final = ("seconds", "time", "timestamp", "time_seconds", "t")
_MILLISECONDS: Final = ("time_ms", "milliseconds", "timestamp_ms")


def is_arkit_table(table: Table) -> bool:
    """Whether a table holds ARKit weights by name."""
    return NUM_ARKIT - len(table.missing(ARKIT_NAMES)) >= LEAST_SHAPES


def read_arkit_table(path: Path) -> ArkitCurves:
    """Curves of a CSV file with ARKit's names; weights in percent are told by values beyond 2.

    Raises:
        FormatError: too few of the shapes, cells that are no numbers, or time that runs backwards.
    """
    table = read_table(path)
    missing = table.missing(ARKIT_NAMES)
    if NUM_ARKIT - len(missing) < LEAST_SHAPES:
        raise FormatError(
            f"{path} holds {NUM_ARKIT - len(missing)} of ARKit's {NUM_ARKIT} shapes as columns; at least "
            f"{LEAST_SHAPES} are needed. It lacks {', '.join(missing)}."
        )
    known = [name for name in ARKIT_NAMES if name not in missing]
    weights = np.zeros((len(table.rows), NUM_ARKIT))
    weights[:, [ARKIT_NAMES.index(name) for name in known]] = table.numbers(known)
    head = np.zeros((len(weights), 3)) if table.missing(HEAD_COLUMNS) else table.numbers(HEAD_COLUMNS)
    return curves_of_samples(path, _times(table), weights, head, "ARKit CSV", missing)


def curves_of_samples(
    path: Path,
    times_seconds: Float64[np.ndarray, "frames"] | None,
    weights: Float[np.ndarray, "frames 52"],
    head_rotation: Float[np.ndarray, "frames 3"],
    reader: str,
    missing: list[str],
) -> ArkitCurves:
    """Weights at given times -> curves at the even rate that the times tell.

    Args:
        path: of the file, for messages.
        times_seconds: None: at `DEFAULT_FPS`.
        weights: 0 to 1, or 0 to 100.
        head_rotation: pitch, yaw, roll in radians.
        reader: name of the form.
        missing: shapes that the file lacks.

    Raises:
        FormatError: time runs backwards, or a value is not finite.
    """
    if not (np.isfinite(weights).all() and np.isfinite(head_rotation).all()):
        raise FormatError(f"{path} holds a value that is no finite number. Export it again.")
    if np.abs(weights).max(initial=0.0) > 2:
        weights = weights / 100
    values, fps, start = np.concatenate([weights, head_rotation], axis=1), DEFAULT_FPS, 0.0
    if times_seconds is not None and len(times_seconds) > 1:
        if not (np.diff(times_seconds) > 0).all():
            row = int(np.argmax(~(np.diff(times_seconds) > 0))) + 2
            raise FormatError(f"{path}, row {row}: its time is not after that of the row before.")
        start = float(times_seconds[0])
        values, fps = even_frames(times_seconds - start, values)
    origin = {"source": Path(path).name, "reader": reader, "neutral": "ARKit's (all weights 0)"}
    if missing:
        origin["missing_shapes"] = ", ".join(missing)
    values = values.astype(np.float32)
    return ArkitCurves(np.clip(values[:, :NUM_ARKIT], 0, 1), values[:, NUM_ARKIT:], fps, start, origin)


def _times(table: Table) -> Float64[np.ndarray, "frames"] | None:
    for names, second in ((_SECONDS, 1.0), (_MILLISECONDS, 1000.0)):
        for name in names:
            if not table.missing([name]):
                return table.numbers([name])[:, 0] / second
    return None
