"""The opening of the lips is the sound's: neither guidance by style nor chance takes it away."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor, from_numpy

from msmd.core.units import EXPRESSION
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.performer.articulation import load_articulation

CLOSED_MM: Final = 1.0
"""Lips that are no further apart without guidance are held as they are."""

FREE_MM: Final = 3.0
"""From here on the style may do as it likes; between the two it may in part."""


@dataclass(frozen=True)
class LipHold:
    """Attributes:
    measure: opening in mm that one unit of each standardised dimension adds.
    at_mean: opening in mm of the mean motion.
    answer: change in standardised units that opens the lips by 1 mm, as speech does.
    """

    measure: Float[Tensor, "dim"]
    at_mean: float
    answer: Float[Tensor, "dim"]

    def __call__(
        self, guided: Float[Tensor, "batch frames dim"], plain: Float[Tensor, "batch frames dim"]
    ) -> Float[Tensor, "batch frames dim"]:
        """`guided`, no further open than `plain` where that is closed."""
        measure = self.measure.to(guided)
        opening_mm = plain @ measure + self.at_mean
        too_far_mm = ((guided - plain) @ measure).clamp(min=0)
        held = ((FREE_MM - opening_mm) / (FREE_MM - CLOSED_MM)).clamp(0, 1)
        return guided - (held * too_far_mm)[..., None] * self.answer.to(guided)

    def quieten(self, noise: Float[Tensor, "batch frames dim"]) -> Float[Tensor, "batch frames dim"]:
        """`noise` without what of it opens or closes the lips.

        What is sampled from it has the opening that is to be expected of the sound, whatever the seed; all
        else about the face stays as various as before.
        """
        direction = (self.measure / self.measure.norm()).to(noise)
        return noise - (noise @ direction)[..., None] * direction


def lip_hold(mean: Float32[np.ndarray, "67"], std: Float32[np.ndarray, "67"]) -> LipHold:
    """For motion that was standardised by these, in the expression code of this package."""
    direction = lip_gap_direction()
    measure, answer = np.zeros_like(std), np.zeros_like(std)
    measure[EXPRESSION] = direction * std[EXPRESSION]
    answer[EXPRESSION] = load_articulation().opening_direction / std[EXPRESSION]
    return LipHold(from_numpy(measure), float(direction @ mean[EXPRESSION]), from_numpy(answer))
