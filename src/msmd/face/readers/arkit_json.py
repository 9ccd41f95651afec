"""ARKit weights as the BEAT data set has them (Liu et al. 2022): JSON with names, and frames with weights.

{"names": ["browDownLeft", ...], "frames": [{"weights": [0.1, ...], "time": 0.0167, "rotation": []}, ...]}

BEAT has 51 names (no tongueOut), 60 frames a second, and leaves `rotation` empty. Where it holds three
numbers they are read as pitch, yaw and roll in radians, which is what this program writes there.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES, NUM_ARKIT
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.readers.arkit_table import LEAST_SHAPES, curves_of_samples
from msmd.face.readers.table import read_text


def read_arkit_json(path: Path) -> ArkitCurves:
    """Curves of a JSON file of BEAT's form, gzipped or not.

    Raises:
        FormatError: no JSON, no such form, or rows that do not fit the names.
    """
    path = Path(path)
    try:
        content = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise FormatError(f"{path} is no valid JSON: {error}. Export it again.") from None
    names, frames = _parts(content, path)
    columns = {name.lower(): column for column, name in enumerate(names)}
    missing = [name for name in ARKIT_NAMES if name.lower() not in columns]
    if NUM_ARKIT - len(missing) < LEAST_SHAPES:
        raise FormatError(
            f"{path}: its `names` hold {NUM_ARKIT - len(missing)} of ARKit's {NUM_ARKIT} shapes; at least "
            f"{LEAST_SHAPES} are needed. It lacks {', '.join(missing)}."
        )
    try:
        given = np.array([frame["weights"] for frame in frames], np.float64).reshape(len(frames), len(names))
        times = None
        if all("time" in frame for frame in frames):
            times = np.array([float(frame["time"]) for frame in frames])
        rotation = [frame.get("rotation") or [] for frame in frames]
        head = np.zeros((len(frames), 3))
        if all(len(angles) == 3 for angles in rotation):
            head = np.array(rotation, np.float64)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            f"{path}: every frame must hold `weights` with {len(names)} numbers, one for each name, and "
            f"perhaps `time` in seconds ({error})."
        ) from None
    weights = np.zeros((len(frames), NUM_ARKIT))
    for index, name in enumerate(ARKIT_NAMES):
        if name.lower() in columns:
            weights[:, index] = given[:, columns[name.lower()]]
    return curves_of_samples(path, times, weights, head, "ARKit JSON", missing)


def _parts(content: Any, path: Path) -> tuple[list[str], list[dict]]:
    if not isinstance(content, dict) or not {"names", "frames"} <= content.keys():
        keys = ", ".join(list(content)[:6]) if isinstance(content, dict) else type(content).__name__
        raise FormatError(
            f'{path} is JSON without "names" and "frames" (it holds: {keys or "nothing"}). ARKit weights as '
            "in the BEAT data set are needed."
        )
    names, frames = content["names"], content["frames"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FormatError(f"{path}: `names` is not a list of names.")
    if not isinstance(frames, list) or not frames or not all(isinstance(frame, dict) for frame in frames):
        raise FormatError(f"{path}: `frames` is not a list of at least one frame.")
    return names, frames
