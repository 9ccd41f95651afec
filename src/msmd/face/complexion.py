"""The colours of a person: skin, lips, hair, brows, iris. Linear light.

Skin runs along a scale of melanin, as does hair; hair turns grey with age. The scales are picked by eye from
well-lit portraits, not measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32


def linear(*srgb: float | int) -> Float32[np.ndarray, "3"]:
    """A colour as it is picked on a screen (0 to 255) in linear light."""
    value = np.array(srgb) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Complexion:
    """Linear colours (3,), and how much of a shaved beard shows, 0 to 1."""

    skin: Float32[np.ndarray, "3"]
    flush: Float32[np.ndarray, "3"]
    lips: Float32[np.ndarray, "3"]
    hair: Float32[np.ndarray, "3"]
    brows: Float32[np.ndarray, "3"]
    iris: Float32[np.ndarray, "3"]
    beard: float = 0.0


PLAIN: Final = Complexion(
    skin=linear(220, 174, 151),
    flush=linear(212, 122, 104),
    lips=linear(186, 98, 92),
    hair=linear(46, 35, 30),
    brows=linear(58, 40, 30),
    iris=linear(92, 118, 128),
)
"""Of the rig itself."""

LOOK: Final = ("melanin", "redness", "hair", "hair tint", "iris", "grey", "beard")
"""What standard normal deviates of a person's look stand for, in their order."""

_SKIN: Final = (
    (0.0, (238, 203, 184)),
    (0.2, (222, 177, 154)),
    (0.4, (201, 151, 121)),
    (0.6, (163, 112, 83)),
    (0.8, (112, 74, 54)),
    (1.0, (72, 47, 38)),
)
"""By melanin."""
_LIPS: Final = ((0.0, (190, 104, 100)), (0.4, (172, 94, 84)), (0.7, (132, 78, 68)), (1.0, (96, 58, 54)))
_HAIR: Final = (
    (-2.0, (196, 160, 108)),
    (-0.8, (128, 92, 58)),
    (0.2, (72, 50, 36)),
    (1.0, (40, 30, 25)),
    (2.0, (20, 17, 16)),
)
"""By darkness: blond, light brown, brown, dark brown, black."""
_IRIS: Final = (
    (-1.6, (104, 138, 158)),
    (-0.5, (96, 118, 112)),
    (0.4, (112, 92, 58)),
    (1.0, (82, 54, 34)),
    (2.0, (50, 32, 22)),
)
"""By darkness: blue, green, hazel, brown, dark brown."""
_GREY: Final = (168, 164, 160)

_MELANIN: Final[Mapping[str, float]] = {"african": 0.76, "asian": 0.30, "caucasian": 0.15}
_MELANIN_SPREAD: Final[Mapping[str, float]] = {"african": 0.11, "asian": 0.08, "caucasian": 0.07}
_DARKNESS: Final[Mapping[str, tuple[float, float]]] = {
    "african": (1.9, 0.25),
    "asian": (1.7, 0.35),
    "caucasian": (0.1, 1.0),
}
"""Mean and spread of the darkness of hair and iris."""


def complexion_of(
    ancestry: Mapping[str, float], age_years: float, male: float, look: tuple[float, ...] = ()
) -> Complexion:
    """The colours of a person.

    Args:
        ancestry: shares that add up to 1.
        age_years: hair greys from about 40 on.
        male: 0 to 1; how much beard there may be.
        look: standard normal deviates, in the order of `LOOK`; empty is the average of the kind.
    """
    deviate = dict(zip(LOOK, look or (0.0,) * len(LOOK), strict=True))

    def mean_of(values: Mapping[str, float]) -> float:
        return sum(share * values[kind] for kind, share in ancestry.items())

    melanin = mean_of(_MELANIN) + deviate["melanin"] * mean_of(_MELANIN_SPREAD)
    melanin = float(np.clip(melanin, 0.02, 0.98))
    skin = linear(*_along(_SKIN, melanin)) * (1 + 0.03 * deviate["redness"] * np.array([1, -0.6, -0.8]))
    darkness = mean_of({kind: mean for kind, (mean, _) in _DARKNESS.items()})
    spread = mean_of({kind: width for kind, (_, width) in _DARKNESS.items()})
    hair = _along(_HAIR, darkness + spread * deviate["hair"])
    hair = hair * (1 + 0.10 * deviate["hair tint"] * np.array([1, 0, -0.6]))
    grey = float(np.clip((age_years - 52 + 9 * deviate["grey"]) / 28, 0, 0.92))
    grown = hair + grey * (np.array(_GREY) - hair)
    brows = 0.62 * hair + 0.55 * grey * (np.array(_GREY) - hair)
    flush_share = 0.55 - 0.3 * melanin
    return Complexion(
        skin=skin.astype(np.float32),
        flush=(skin * (1 - flush_share * np.array([0.12, 0.86, 0.90]))).astype(np.float32),
        lips=linear(*_along(_LIPS, melanin)) * np.float32(1 - 0.1 * male),
        hair=linear(*np.clip(grown, 8, 250)),
        brows=linear(*np.clip(brows, 8, 220)),
        iris=linear(*_along(_IRIS, darkness + 1.1 * spread * deviate["iris"])),
        beard=float(np.clip(2 * male - 1, 0, 1) * np.clip(0.3 + 0.35 * deviate["beard"], 0, 1)),
    )


def _along(scale: tuple[tuple[float, tuple[int, ...]], ...], at: float) -> np.ndarray:
    places = [place for place, _ in scale]
    colors = np.array([color for _, color in scale], float)
    return np.array([np.interp(at, places, colors[:, channel]) for channel in range(3)])
