"""Facial action units (FACS) -> ARKit weights, for trackers that report little else."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES, NUM_ARKIT

AU_NAMES: Final = tuple(
    f"AU{number:02d}_r" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
)
"""The intensities (0 to 5) that OpenFace 2 reports, by their column names."""

NUM_AU: Final = len(AU_NAMES)

_SHAPES: Final[Mapping[str, Mapping[str, float]]] = {
    "AU01_r": {"browInnerUp": 1.0},
    "AU02_r": {"browOuterUpLeft": 1.0, "browOuterUpRight": 1.0},
    "AU04_r": {"browDownLeft": 1.0, "browDownRight": 1.0},
    "AU05_r": {"eyeWideLeft": 1.0, "eyeWideRight": 1.0},
    "AU06_r": {"cheekSquintLeft": 1.0, "cheekSquintRight": 1.0},
    "AU07_r": {"eyeSquintLeft": 1.0, "eyeSquintRight": 1.0},
    "AU09_r": {"noseSneerLeft": 1.0, "noseSneerRight": 1.0},
    "AU10_r": {"mouthUpperUpLeft": 1.0, "mouthUpperUpRight": 1.0},
    "AU12_r": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
    "AU14_r": {"mouthDimpleLeft": 1.0, "mouthDimpleRight": 1.0},
    "AU15_r": {"mouthFrownLeft": 1.0, "mouthFrownRight": 1.0},
    "AU17_r": {"mouthShrugLower": 1.0},
    "AU20_r": {"mouthStretchLeft": 1.0, "mouthStretchRight": 1.0},
    "AU23_r": {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
    "AU25_r": {
        "mouthLowerDownLeft": 0.7,
        "mouthLowerDownRight": 0.7,
        "mouthUpperUpLeft": 0.3,
        "mouthUpperUpRight": 0.3,
        "jawOpen": 0.3,
    },
    "AU26_r": {"jawOpen": 1.0},
    "AU45_r": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
}
"""Which shapes an action unit is made of (the FACS manual's description, read onto ARKit's shapes)."""

NOMINAL_GAIN: Final = 0.2
"""ARKit weight for one step of intensity, if intensity 5 is the most a face can do."""

_BLINK_REST_QUANTILE: Final = 0.3
"""Eyes are open for more than this share of any recording: there AU45 stands at its rest level."""

_FULL_BLINK: Final = 2.0
"""What AU45 rises above its rest level when the eyes are shut (OpenFace smooths blinks down)."""


def shape_matrix() -> Float32[np.ndarray, "17 52"]:
    """ARKit weights that each action unit stands for at gain 1."""
    matrix = np.zeros((NUM_AU, NUM_ARKIT), np.float32)
    for row, unit in enumerate(AU_NAMES):
        for shape, share in _SHAPES[unit].items():
            matrix[row, ARKIT_NAMES.index(shape)] = share
    return matrix


def arkit_of_action_units(
    intensities: Float[np.ndarray, "frames 17"], gains: Float[np.ndarray, "17"]
) -> Float32[np.ndarray, "frames 52"]:
    """Intensities -> ARKit weights in [0, 1].

    Args:
        intensities: in the order of `AU_NAMES`, 0 to 5.
        gains: ARKit weight for one step of each intensity. That of AU45 is not used: see `blink`.
    """
    driven = intensities * gains
    driven[:, -1] = blink(intensities[:, -1])
    return np.clip(driven @ shape_matrix(), 0, 1).astype(np.float32)


def blink(intensity: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames"]:
    """AU45 -> how far the eyes are shut, 0 to 1: its level at rest is taken off, which differs by clip."""
    rest = np.quantile(intensity, _BLINK_REST_QUANTILE)
    return np.clip((intensity - rest) / _FULL_BLINK, 0, 1)


def fit_gains(
    intensities: Float[np.ndarray, "frames 17"],
    displacement: Float[np.ndarray, "frames coordinates"],
    unit_displacement: Float[np.ndarray, "17 coordinates"],
    pull: float = 0.02,
    rounds: int = 400,
) -> Float[np.ndarray, "17"]:
    """Gains under which action units explain what was measured: least squares, none negative.

    Args:
        intensities: of clips that were measured both ways.
        displacement: what was measured, in any linear coordinates.
        unit_displacement: what each action unit does to them at gain 1.
        pull: of the nominal gain, for units that hardly move in these clips, as a share of the mean
            unit's evidence.
        rounds: of coordinate descent.
    """
    effects = np.einsum("fa,ac->afc", intensities, unit_displacement).reshape(NUM_AU, -1)
    gram, target = effects @ effects.T, effects @ displacement.reshape(-1)
    strength = pull * np.trace(gram) / NUM_AU
    gram, target = gram + strength * np.eye(NUM_AU), target + strength * NOMINAL_GAIN
    gains = np.full(NUM_AU, NOMINAL_GAIN)
    for _ in range(rounds):
        for unit in range(NUM_AU):
            step = (target[unit] - gram[unit] @ gains) / gram[unit, unit]
            gains[unit] = max(0.0, gains[unit] + step)
    return gains
