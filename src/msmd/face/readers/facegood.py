"""FACEGOOD's Voice2Face weights: 116 blend shapes, of which its recordings move those of the mouth."""

from fractions import Fraction
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES, NUM_ARKIT
from msmd.face.arkit_curves import ArkitCurves

FPS: Final = Fraction(30)
NUM_WEIGHTS: Final = 116

_ARKIT_OF: Final[dict[str, tuple[int, ...]]] = {
    "jawForward": (35,),
    "jawLeft": (33,),
    "jawRight": (34,),
    "jawOpen": (74,),
    "mouthClose": (36,),
    "mouthFunnel": (42, 43, 44, 45, 63),
    "mouthPucker": (68, 69, 64),
    "mouthLeft": (71,),
    "mouthRight": (73,),
    "mouthSmileLeft": (53,),
    "mouthSmileRight": (54,),
    "mouthFrownLeft": (46, 48),
    "mouthFrownRight": (47, 49),
    "mouthDimpleLeft": (40,),
    "mouthDimpleRight": (41,),
    "mouthStretchLeft": (57,),
    "mouthStretchRight": (58,),
    "mouthRollLower": (75, 76),
    "mouthRollUpper": (77, 78),
    "mouthShrugLower": (37,),
    "mouthShrugUpper": (38,),
    "mouthPressLeft": (66,),
    "mouthPressRight": (67,),
    "mouthLowerDownLeft": (59,),
    "mouthLowerDownRight": (60,),
    "mouthUpperUpLeft": (79,),
    "mouthUpperUpRight": (80,),
}
"""ARKit shape -> columns whose greatest is its weight: FACEGOOD's own table, its "valid" rows. Added to
it are the shapes for "oh" (63) and "oo" (64), which it leaves out though they move as much as any."""


def arkit_of_facegood(weights: Float[np.ndarray, "frames 116"]) -> Float32[np.ndarray, "frames 52"]:
    """The mouth's ARKit weights; those of the rest of the face are 0, for they are not in the data."""
    out = np.zeros((len(weights), NUM_ARKIT), np.float32)
    for name, columns in _ARKIT_OF.items():
        out[:, ARKIT_NAMES.index(name)] = weights[:, list(columns)].max(axis=1)
    return np.clip(out, 0, 1)


def read_facegood(path: Path) -> Motion:
    """The motion of `read_facegood_curves`.

    Raises:
        FormatError: not such a file.
    """
    return read_facegood_curves(path).to_motion()


def read_facegood_curves(path: Path) -> ArkitCurves:
    """An .npz file with `weights` (frames, 116) -> curves of the mouth at 30 fps, the head at rest.

    Raises:
        FormatError: not such a file.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            weights = archive["weights"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise FormatError(f"{path} is no .npz file with an array `weights`: {error}.") from error
    if weights.ndim != 2 or weights.shape[1] != NUM_WEIGHTS or not np.issubdtype(weights.dtype, np.floating):
        raise FormatError(
            f"{path}: `weights` is {weights.dtype} {weights.shape}; numbers (frames, 116) are needed."
        )
    if not len(weights) or not np.isfinite(weights).all():
        raise FormatError(f"{path}: `weights` is empty or holds NaN or infinity.")
    origin = {"source": path.name, "reader": "FACEGOOD", "neutral": "all weights 0", "observed": "mouth only"}
    return ArkitCurves(
        arkit_of_facegood(weights), np.zeros((len(weights), 3), np.float32), FPS, origin=origin
    )
