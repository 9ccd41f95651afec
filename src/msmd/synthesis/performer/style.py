"""A way to perform: the held expression, how large the mouth moves, how lively brows, lids and head are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.errors import MsmdError
from msmd.core.units import ARKIT_NAMES


@dataclass(frozen=True)
class PerformerStyle:
    """Attributes:
    name: what people call it; with the seed it decides all that is random but the articulation.
    expression: ARKit weights held throughout the line, in [0, 1]; a name without "Left" or "Right" that
        exists with them means both sides.
    jaw, lips: how far the mouth opens, and how far its shape departs from rest: the two axes of JALI.
    brows, head: activity; 1 is a calm speaker's, 0 is none.
    head_degrees: where the head is held: pitch, yaw, roll.
    blinks_per_minute: mean rate.
    """

    name: str = "neutral"
    expression: Mapping[str, float] = field(default_factory=dict)
    jaw: float = 1.0
    lips: float = 1.0
    brows: float = 1.0
    head: float = 1.0
    head_degrees: tuple[float, float, float] = (0.0, 0.0, 0.0)
    blinks_per_minute: float = 17.0

    def __post_init__(self) -> None:
        expression_weights(self.expression)
        for name in ("jaw", "lips", "brows", "head", "blinks_per_minute"):
            if not 0 <= getattr(self, name) <= 60:
                raise MsmdError(f"{name} of style {self.name!r} is {getattr(self, name)}: give 0 to 60.")

    def weights(self) -> Float32[np.ndarray, "52"]:
        """The held expression, in the order of `ARKIT_NAMES`."""
        return expression_weights(self.expression)

    def mirrored(self) -> "PerformerStyle":
        """The same style with left and right exchanged."""
        swap = {"Left": "Right", "Right": "Left"}
        expression = {
            next((name[: -len(old)] + new for old, new in swap.items() if name.endswith(old)), name): weight
            for name, weight in self.expression.items()
        }
        pitch, yaw, roll = self.head_degrees
        return replace(self, expression=expression, head_degrees=(pitch, -yaw, -roll))


def expression_weights(expression: Mapping[str, float]) -> Float32[np.ndarray, "52"]:
    """Weights by name -> all 52.

    Raises:
        MsmdError: a name that ARKit does not have, or a weight outside [0, 1].
    """
    weights = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, weight in expression.items():
        names = [name] if name in ARKIT_NAMES else [f"{name}Left", f"{name}Right"]
        if names[0] not in ARKIT_NAMES:
            raise MsmdError(f"no shape {name!r}. There are: {', '.join(ARKIT_NAMES)}.")
        if not 0 <= weight <= 1:
            raise MsmdError(f"weight {weight} of {name}: give 0 to 1.")
        for one in names:
            weights[ARKIT_NAMES.index(one)] = weight
    return weights


def _style(name: str, expression: str, **settings: float | tuple[float, float, float]) -> PerformerStyle:
    pairs = (entry.split("=") for entry in expression.split())
    return PerformerStyle(name, {shape: float(weight) for shape, weight in pairs}, **settings)  # type: ignore[arg-type]


STYLES: Final[Mapping[str, PerformerStyle]] = {
    style.name: style
    for style in (
        _style("neutral", ""),
        _style(
            "happy",
            "mouthSmile=.55 cheekSquint=.4 eyeSquint=.2 browInnerUp=.15 browOuterUp=.15 mouthDimple=.1",
            jaw=1.1,
            brows=1.4,
            head=1.4,
        ),
        _style(
            "sad",
            "browInnerUp=.6 browDown=.15 mouthFrown=.45 mouthShrugLower=.25 eyeSquint=.15",
            jaw=0.75,
            lips=0.85,
            brows=0.5,
            head=0.6,
            head_degrees=(5.0, 0.0, 2.0),
            blinks_per_minute=13.0,
        ),
        _style(
            "angry",
            "browDown=.75 eyeSquint=.35 noseSneer=.3 mouthPress=.25 mouthStretch=.15",
            jaw=1.2,
            lips=1.15,
            brows=0.8,
            head=1.7,
            head_degrees=(3.0, 0.0, 0.0),
            blinks_per_minute=10.0,
        ),
        _style(
            "surprised",
            "browInnerUp=.7 browOuterUp=.7 eyeWide=.6",
            jaw=1.25,
            brows=1.5,
            head=1.2,
            head_degrees=(-3.0, 0.0, 0.0),
        ),
        _style(
            "disgusted",
            "noseSneer=.65 mouthUpperUp=.25 browDown=.45 eyeSquint=.35 mouthFrown=.3 cheekSquint=.3",
            lips=1.1,
            head_degrees=(-2.0, 4.0, 0.0),
        ),
        _style(
            "fearful",
            "browInnerUp=.7 browOuterUp=.35 browDown=.2 eyeWide=.55 mouthStretch=.45",
            jaw=0.9,
            brows=0.8,
            head=1.3,
            head_degrees=(-2.0, 0.0, 0.0),
            blinks_per_minute=25.0,
        ),
        _style(
            "contemptuous",
            "mouthSmileLeft=.4 mouthDimpleLeft=.35 eyeSquint=.25 browOuterUpRight=.35 mouthPressLeft=.2",
            head_degrees=(-4.0, 0.0, 3.0),
            brows=0.7,
        ),
        _style("calm", "mouthSmile=.12 eyeSquint=.1", jaw=0.85, brows=0.5, head=0.6, blinks_per_minute=14.0),
        _style("tired", "eyeBlink=.3 browInnerUp=.2 mouthFrown=.15", jaw=0.7, lips=0.8, brows=0.3, head=0.5),
    )
}
"""Prototypes, after the action units of Ekman and Friesen (1978); `draw_style` varies them."""

_SPICE: Final = (
    *("mouthSmile", "mouthFrown", "mouthStretch", "mouthDimple", "mouthPress", "mouthUpperUp"),
    *("mouthShrugLower", "mouthPucker", "mouthRollUpper", "mouthRollLower", "browDown", "browInnerUp"),
    *("browOuterUp", "eyeSquint", "eyeWide", "cheekSquint", "noseSneer"),
)


def draw_style(chance: np.random.Generator, name: str) -> PerformerStyle:
    """A new style between the prototypes: one or two of them at random strength, and up to three shapes more.

    Args:
        chance: decides.
        name: of the style.
    """
    kinds = chance.choice(list(STYLES), 2, replace=False)
    share = float(chance.choice([1.0, chance.uniform(0.3, 0.9)]))
    base, other = STYLES[str(kinds[0])], STYLES[str(kinds[1])]
    strength = float(chance.uniform(0.4, 1.35))
    weights = strength * (share * base.weights() + (1 - share) * other.weights())
    for shape in chance.choice(_SPICE, int(chance.integers(0, 4)), replace=False):
        sides = [s for s in ARKIT_NAMES if s == shape or s in (f"{shape}Left", f"{shape}Right")]
        amount, lean = float(chance.uniform(0.1, 0.5)), float(chance.normal(0, 0.15))
        for sign, side in zip((1, -1), sides, strict=False):
            weights[ARKIT_NAMES.index(side)] += amount * (1 + sign * lean)
    expression = {
        shape: round(float(weight), 3)
        for shape, weight in zip(ARKIT_NAMES, np.clip(weights, 0, 1), strict=True)
        if weight > 0.02
    }

    def between(field_name: str, spread: float) -> float:
        mean = share * getattr(base, field_name) + (1 - share) * getattr(other, field_name)
        return float(mean * np.exp(chance.normal(0, spread)))

    held = share * np.array(base.head_degrees) + (1 - share) * np.array(other.head_degrees)
    pitch, yaw, roll = (float(angle) for angle in held + chance.normal(0, (2.0, 2.5, 1.5)))
    return PerformerStyle(
        name,
        expression,
        jaw=float(np.clip(between("jaw", 0.18), 0.5, 1.6)),
        lips=float(np.clip(between("lips", 0.15), 0.6, 1.5)),
        brows=min(between("brows", 0.4), 3.0),
        head=min(between("head", 0.35), 3.0),
        head_degrees=(pitch, yaw, roll),
        blinks_per_minute=float(np.clip(between("blinks_per_minute", 0.35), 6, 40)),
    )
