"""All of the face that is not articulation, as ARKit weights: held expression, brows, lids, idle life."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES, MOTION_FPS, NUM_ARKIT
from msmd.synthesis.performer.accents import Accent
from msmd.synthesis.performer.noise import wander
from msmd.synthesis.performer.style import PerformerStyle, expression_weights

BROW_RAISE: Final = 0.45
"""Weight of the brow shapes at an accent of strength 1, style activity 1."""

RISE_SECONDS: Final = 0.22
FALL_SECONDS: Final = 0.45
"""A brow goes up faster than it comes down, and is up when the vowel is at its middle."""

MARKED: Final = 0.75
"""Chance that an accent of strength 1 is marked by the brows."""

_HOLD_WANDER: Final = 0.10
"""Deviation of the held expression's strength: nobody smiles at a constant weight."""

_IDLE: Final = {
    "browInnerUp": 0.06,
    "browOuterUp": 0.05,
    "browDown": 0.04,
    "eyeSquint": 0.05,
    "cheekSquint": 0.03,
    "mouthSmile": 0.03,
    "mouthPress": 0.02,
    "mouthShrugLower": 0.02,
}
"""Deviation of what moves without a reason."""

_IDLE_HZ: Final = 0.35
_BLINKS: Final = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]


def expression_curves(
    style: PerformerStyle,
    accents: Sequence[Accent],
    lid_closure: Float32[np.ndarray, "frames"],
    chance: np.random.Generator,
) -> Float32[np.ndarray, "frames 52"]:
    """Weights of every frame, in [0, 1].

    Args:
        style: what is held, and how lively.
        accents: of the line.
        lid_closure: of `blinks.draw_blinks`.
        chance: decides.
    """
    num_frames = len(lid_closure)
    strength = 1 + _HOLD_WANDER * wander(chance, num_frames, 1, 0.2)
    weights = style.weights() * np.clip(strength, 0.6, 1.4)
    idle = expression_weights(_IDLE)
    sides = np.maximum(wander(chance, num_frames, NUM_ARKIT, _IDLE_HZ), -1)
    # Both sides of a face mostly go together.
    sides = 0.8 * sides[:, _leaders()] + 0.2 * sides
    weights = weights + idle * sides
    raised = style.brows * BROW_RAISE * brow_raises(accents, num_frames, chance)
    weights = weights + raised[:, None] * expression_weights({"browInnerUp": 1.0, "browOuterUp": 0.75})
    # A brow that is raised is not drawn together at the same time.
    down = [ARKIT_NAMES.index(name) for name in ("browDownLeft", "browDownRight")]
    weights[:, down] *= 1 - 0.5 * np.clip(raised, 0, 1)[:, None]
    weights[:, _BLINKS] += (1 - np.clip(weights[:, _BLINKS], 0, 1)) * lid_closure[:, None]
    return np.clip(weights, 0, 1).astype(np.float32)


def brow_raises(
    accents: Sequence[Accent], num_frames: int, chance: np.random.Generator
) -> Float32[np.ndarray, "num_frames"]:
    """0 to 1: a bump at each accent that is marked; high pitch is marked more often and higher."""
    times = np.arange(num_frames) / float(MOTION_FPS)
    raised = np.zeros(num_frames, np.float32)
    for accent in accents:
        likely = accent.strength * (MARKED + 0.5 * float(np.clip(accent.rise, -0.5, 0.8)))
        peak = accent.strength * chance.uniform(0.6, 1.1)
        late = chance.normal(-0.03, 0.03)
        if chance.random() < likely:
            raised = np.maximum(raised, peak * bump(times, accent.seconds + late, RISE_SECONDS, FALL_SECONDS))
    return raised.astype(np.float32)


def bump(
    times: Float[np.ndarray, "frames"], peak: float, rise_seconds: float, fall_seconds: float
) -> Float[np.ndarray, "frames"]:
    """Half a cosine up to 1 at `peak`, half a cosine down."""
    away = np.where(times < peak, (times - peak) / rise_seconds, (times - peak) / fall_seconds)
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(away, -1, 1))


def _leaders() -> list[int]:
    """For each shape the index of its left side, or its own."""
    return [
        ARKIT_NAMES.index(name[:-5] + "Left")
        if name.endswith("Right") and name[:-5] + "Left" in ARKIT_NAMES
        else index
        for index, name in enumerate(ARKIT_NAMES)
    ]
