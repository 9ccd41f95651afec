"""Random expressions as people wear them: one that is held, and what speech and blinks add to it."""

from collections.abc import Mapping, Sequence
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

TAUGHT_MOODS: Final = (
    *HELD_MOODS,
    {"browInnerUp": 0.7, "browDown": 0.7, "mouthFrown": 0.5},
    {"browInnerUp": 0.6, "browDown": 0.8, "eyeSquint": 0.4},
    {"browInnerUp": 0.5, "browDown": 0.9},
    {"browInnerUp": 0.9, "browDown": 0.9},
    {"browInnerUp": 0.3, "browDown": 0.7, "mouthFrown": 0.5},
    {"browDown": 0.8, "mouthPress": 0.5},
    {"browDown": 0.8},
    {"mouthSmile": 0.7},
    {"mouthSmile": 0.6, "mouthUpperUp": 0.4},
    {"browInnerUp": 0.8},
    {"eyeSquint": 0.8},
    {"eyeSquint": 0.8, "cheekSquint": 0.5},
    {"eyeWide": 0.8},
    {"mouthLowerDown": 0.8},
    {"mouthFrown": 0.8},
)
"""What an encoder is taught: knitted brows raised at their inner ends, and more of what is hard to see."""

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


_FRAMES_PER_MOMENT: Final = 4
"""Of a film; so many lie between one moment of speech and the next."""


def draw_held(
    random: np.random.Generator, moods: Sequence[Mapping[str, float]] = HELD_MOODS
) -> Float32[np.ndarray, "52"]:
    """An expression that somebody wears all the while: none, a mood, or any mixture."""
    weights = np.zeros(NUM_ARKIT, np.float32)
    kind = random.random()
    if kind < 0.25:
        return weights
    if kind < 0.75:
        mood = moods[int(random.integers(len(moods)))]
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


def draw_film(
    held: Float32[np.ndarray, "52"], frames: int, random: np.random.Generator
) -> Float32[np.ndarray, "frames 52"]:
    """Somebody who speaks, at 25 fps: moments a sixth of a second apart, joined smoothly, and blinks."""
    keys = np.stack([draw_moment(held, random) for _ in range(frames // _FRAMES_PER_MOMENT + 2)])
    lids = [_INDEX["eyeBlinkLeft"], _INDEX["eyeBlinkRight"]]
    keys[:, lids] = held[lids]
    at = np.arange(frames) / _FRAMES_PER_MOMENT
    before = at.astype(int)
    share = (1 - np.cos(np.pi * (at - before)))[:, None] / 2
    film = keys[before] * (1 - share) + keys[before + 1] * share
    for top in np.arange(random.uniform(5, 40), frames, random.uniform(40, 90)):
        shut = np.clip(1 - np.abs(np.arange(frames) - top) / 3, 0, 1)[:, None]
        film[:, lids] = np.maximum(film[:, lids], shut)
    return np.stack([settle(frame) for frame in film.astype(np.float32)])


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
