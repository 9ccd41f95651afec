"""Guidance by style moves the expression; how far the lips are apart stays the sound's."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor, from_numpy

from msmd.core.units import EXPRESSION
from msmd.face.lip_closure import lip_gap_direction


@dataclass(frozen=True)
class LipHold:
    """Attributes:
    measure: opening in mm that one unit of each standardised dimension adds.
    answer: the smallest change of the code, in standardised units, that opens the lips by 1 mm.
    """

    measure: Float[Tensor, "dim"]
    answer: Float[Tensor, "dim"]

    def __call__(
        self, guided: Float[Tensor, "batch frames dim"], plain: Float[Tensor, "batch frames dim"]
    ) -> Float[Tensor, "batch frames dim"]:
        """`guided` with the opening of `plain`."""
        missing_mm = (plain - guided) @ self.measure.to(guided)
        return guided + missing_mm[..., None] * self.answer.to(guided)


def lip_hold(std: Float32[np.ndarray, "67"]) -> LipHold:
    """For motion that was standardised by `std`, in the expression code of this package."""
    direction = lip_gap_direction().astype(np.float32)
    measure, answer = np.zeros_like(std), np.zeros_like(std)
    measure[EXPRESSION] = direction * std[EXPRESSION]
    answer[EXPRESSION] = direction / (direction @ direction) / std[EXPRESSION]
    return LipHold(from_numpy(measure), from_numpy(answer))
