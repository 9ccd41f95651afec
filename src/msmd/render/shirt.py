"""A crew neck for the head to stand in: it hides where the rig's neck ends. Only pictures have it."""

from typing import Final

import numpy as np
from jaxtyping import Float32, Int32

from msmd.face.rig import Rig

_AROUND: Final = 72
_RINGS: Final = (
    # sideways, front to back: shares of the neck's half widths; mm above the neck line
    (0.96, 1.02, -12),
    (0.97, 1.03, 3),
    (1.01, 1.08, 5),
    (1.07, 1.14, 3),
    (1.09, 1.16, -5),
    (1.16, 1.22, -10),
    (1.45, 1.34, -20),
    (2.00, 1.50, -34),
    (2.80, 1.75, -52),
    (3.60, 1.90, -95),
    (3.70, 2.00, -220),
)


def build_shirt(rig: Rig) -> tuple[Float32[np.ndarray, "shirt 3"], Int32[np.ndarray, "faces 3"]]:
    """Vertices (mm, in the rig's frame) and outward triangles of the collar and shoulders."""
    skin = rig.neutral
    base = skin[skin[:, 1] < skin[:, 1].min() + 50]
    half_width, middle_z = np.abs(base[:, 0]).max() * 0.95, (base[:, 2].min() + base[:, 2].max()) / 2
    half_depth = (base[:, 2].max() - base[:, 2].min()) / 2
    line = skin[:, 1].min() + 45
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    front = np.maximum(np.cos(turn), 0)
    rings = []
    for wide, deep, up in _RINGS:
        dip = -33 * front**2 * np.clip(1.6 - 0.6 * wide, 0, 1)
        x = wide * half_width * np.sin(turn)
        z = middle_z + deep * half_depth * np.cos(turn)
        rings.append(np.stack([x, np.full(_AROUND, line + up) + dip, z], 1))
    here = np.arange(_AROUND)
    following = (here + 1) % _AROUND
    faces = []
    for ring in range(len(rings) - 1):
        upper, lower = ring * _AROUND, (ring + 1) * _AROUND
        faces.append(np.stack([upper + here, lower + here, lower + following], 1))
        faces.append(np.stack([upper + here, lower + following, upper + following], 1))
    return np.concatenate(rings).astype(np.float32), np.concatenate(faces).astype(np.int32)
