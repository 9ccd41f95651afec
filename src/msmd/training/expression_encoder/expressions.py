"""Random expressions as people wear them: one that is held, and what speech and blinks add to it."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.units import ARKIT_NAMES, NUM_ARKIT

_INDEX: Final = {name: index for index, name in enumerate(ARKIT_NAMES)}

HELD_MOODS: Final = (
    {"mouthSmile": 0.8, "cheekSquint": 0.5, "eyeSquint": 0.3},
    {"mouthFrown": 0.7, "browInnerUp": 0.7, "mouthShrugLower": 0.3},
    {"browDown": 0.8, "eyeSquint": 0.4, "mouthPress": 0.4, "noseSneer": 0.3},
    {"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.6},
    {"noseSneer": 0.7, "mouthUpperUp": 0.5, "browDown": 0.5, "eyeSquint": 0.4},
    {"browInnerUp": 0.8, "eyeWide": 0.6, "mouthStretch": 0.6},
    {"eyeSquint": 0.8},
    {"eyeBlink": 0.45},
    {"mouthLowerDown": 0.8},
    {"browDown": 0.9},
    {"browInnerUp": 0.8, "browOuterUp": 0.8},
    {"mouthSmile": 0.8},
    {"mouthUpperUp": 0.7},
    {"mouthPucker": 0.6},
)
"""What people hold: the emotions of acted corpora by their main units, and units that come alone."""

_SIDED: Final = tuple(
    name.removesuffix("Left")
    for name in ARKIT_NAMES
    if name.endswith("Left") and name not in ("jawLeft", "mouthLeft") and not name.startswith("eyeLook")
)
_MIDDLE: Final = tuple(
    """mouthFunnel mouthPucker mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper
    browInnerUp""".split()
)
_OPPOSED: Final = (("browDown", "browOuterUp"), ("eyeSquint", "eyeWide"), ("eyeBlink", "eyeWide"))
"""Muscles that pull against each other: the weaker of the two gives way, on each side."""


def draw_held(random: np.random.Generator) -> Float32[np.ndarray, "52"]:
    """An expression that somebody wears all the while: none, a mood, or any mixture."""
    weights = np.zeros(NUM_ARKIT, np.float32)
    kind = random.random()
    if kind < 0.25:
        return weights
    if kind < 0.75:
        mood = HELD_MOODS[random.integers(len(HELD_MOODS))]
        strength = random.uniform(0.4, 1.2)
        for name, value in mood.items():
            _raise(weights, name, value * strength * random.uniform(0.6, 1.25), random)
    else:
        for name in random.choice(_SIDED, random.integers(1, 5), replace=False):
            _raise(weights, name, random.beta(1.3, 1.4), random)
        for name in random.choice(_MIDDLE, random.integers(0, 2), replace=False):
            _raise(weights, name, random.beta(1.2, 1.8), random)
    return settle(weights)


def draw_moment(held: Float32[np.ndarray, "52"], random: np.random.Generator) -> Float32[np.ndarray, "52"]:
    """One frame of somebody who holds an expression: a mouth that speaks, a blink, a passing brow."""
    weights = held * random.uniform(0.75, 1.15, NUM_ARKIT).astype(np.float32)
    if random.random() < 0.75:
        _raise(weights, "jawOpen", random.beta(1.1, 2.4) * 0.9, random)
        if random.random() < 0.3:
            weights[_INDEX["mouthClose"]] = weights[_INDEX["jawOpen"]] * random.uniform(0.2, 1.0)
        for name in ("mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper", "mouthShrugUpper"):
            if random.random() < 0.16:
                _raise(weights, name, random.beta(1.2, 1.8), random)
        for name in ("mouthStretch", "mouthLowerDown", "mouthUpperUp", "mouthSmile", "mouthPress"):
            if random.random() < 0.12:
                _raise(weights, name, 0.7 * random.beta(1.2, 1.8), random)
        if random.random() < 0.05:
            for pair in (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")):
                weights[_INDEX[pair[random.integers(2)]]] = random.beta(1.2, 2.5)
    if random.random() < 0.18:
        _raise(weights, "eyeBlink", random.uniform(0.3, 1.0), random)
    if random.random() < 0.3:
        for name in random.choice(("browDown", "browInnerUp", "browOuterUp", "eyeSquint", "eyeWide"), 2):
            _raise(weights, name, random.beta(1.2, 1.8), random)
    gaze = random.normal(0, 0.35, 2)
    for side, out in (("Left", "Out"), ("Right", "In")):
        across = out if gaze[0] > 0 else {"Out": "In", "In": "Out"}[out]
        weights[_INDEX[f"eyeLook{across}{side}"]] = min(abs(gaze[0]), 1)
        weights[_INDEX[f"eyeLook{'Up' if gaze[1] > 0 else 'Down'}{side}"]] = min(abs(gaze[1]), 1)
    return settle(weights)


def draw_talk(random: np.random.Generator) -> Float32[np.ndarray, "52"]:
    """One frame of plain speech: jaw, rounded lips, now and then a blink."""
    weights = np.zeros(NUM_ARKIT, np.float32)
    weights[_INDEX["jawOpen"]] = 0.7 * random.beta(1.2, 2.5)
    for name in ("mouthPucker", "mouthFunnel"):
        weights[_INDEX[name]] = 0.5 * random.random() * (random.random() < 0.3)
    if random.random() < 0.12:
        weights[[_INDEX["eyeBlinkLeft"], _INDEX["eyeBlinkRight"]]] = 1.0
    return weights


def spread_sides(values: Mapping[str, float]) -> Float32[np.ndarray, "52"]:
    """Weights by name, a name without a side being both sides."""
    weights = np.zeros(NUM_ARKIT, np.float32)
    for name, value in values.items():
        for one in (name,) if name in _INDEX else (f"{name}Left", f"{name}Right"):
            weights[_INDEX[one]] = value
    return weights


def settle(weights: Float32[np.ndarray, "52"]) -> Float32[np.ndarray, "52"]:
    """Within [0, 1], antagonists not both at work, a pursed mouth not wide."""
    weights = np.clip(weights, 0, 1)
    for side in ("Left", "Right"):
        for one, other in _OPPOSED:
            pair = [_INDEX[one + side], _INDEX[other + side]]
            weaker = pair[int(np.argmin(weights[pair]))]
            weights[weaker] = 0
        weights[_INDEX["eyeSquint" + side]] *= 1 - 0.7 * weights[_INDEX["eyeBlink" + side]]
    pursed = weights[_INDEX["mouthPucker"]]
    for name in ("mouthSmile", "mouthStretch", "mouthDimple"):
        for side in ("Left", "Right"):
            weights[_INDEX[name + side]] *= 1 - 0.8 * pursed
    return weights


def _raise(weights: Float32[np.ndarray, "52"], name: str, value: float, random: np.random.Generator) -> None:
    """At least `value`, on both sides about alike, now and then on one side more."""
    if name in _INDEX:
        weights[_INDEX[name]] = max(weights[_INDEX[name]], value)
        return
    uneven = random.random() < 0.2
    for side in ("Left", "Right"):
        share = random.random() if uneven else random.uniform(0.88, 1.0)
        weights[_INDEX[name + side]] = max(weights[_INDEX[name + side]], value * share)
