"""Classifier-free guidance (Eq. 6) by two conditions, evaluated as one batch.

A branch is one evaluation of the model with some conditions replaced by their learned null. The
null branch of style must use the *basis of the null style* too; `MotionModel` does that wherever
its `style_null` is true, in training and here.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

GuidanceForm = Literal["sum", "incremental"]


@dataclass(frozen=True)
class Branches:
    """Evaluations and their weights; the guided prediction is the weighted sum.

    Attributes:
        weights: one for each branch; they sum to 1.
        audio_null: for each branch, whether audio is replaced by its null.
        style_null: for each branch, whether style is.
    """

    weights: tuple[float, ...]
    audio_null: tuple[bool, ...]
    style_null: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.weights)

    def repeat(self, value: Shaped[Tensor, "batch ..."]) -> Shaped[Tensor, "branches_times_batch ..."]:
        """The batch once for each branch, branch by branch."""
        return value.repeat(len(self), *[1] * (value.ndim - 1))

    def null_flags(
        self, batch_size: int, device: torch.device | None = None
    ) -> tuple[Bool[Tensor, "branches_times_batch"], Bool[Tensor, "branches_times_batch"]]:
        """(audio_null, style_null) for the repeated batch."""
        audio = torch.tensor(self.audio_null, device=device).repeat_interleave(batch_size)
        style = torch.tensor(self.style_null, device=device).repeat_interleave(batch_size)
        return audio, style

    def combine(self, outputs: Shaped[Tensor, "branches_times_batch ..."]) -> Shaped[Tensor, "batch ..."]:
        """The guided prediction from the predictions of the repeated batch."""
        parts = outputs.unflatten(0, (len(self), -1))
        return torch.einsum("b,b...->...", torch.tensor(self.weights).to(outputs), parts)


def guidance_branches(audio_scale: float, style_scale: float, form: GuidanceForm = "sum") -> Branches:
    """The branches of Eq. 6, the fully conditioned one first; others of weight 0 are left out.

    "sum", as printed: (1 + l_a + l_s) M(a, s) - l_a M(null, s) - l_s M(a, null). Scales (0, 0)
    are the unguided model.
    "incremental": M(null, null) + l_a [M(a, null) - M(null, null)] + l_s [M(a, s) - M(a, null)].
    Scales (1, 1) are the unguided model.

    Args:
        audio_scale: l_a.
        style_scale: l_s.
        form: which of the two.
    """
    if form == "sum":
        table = [
            (1 + audio_scale + style_scale, False, False),
            (-audio_scale, True, False),
            (-style_scale, False, True),
        ]
    else:
        table = [
            (style_scale, False, False),
            (audio_scale - style_scale, False, True),
            (1 - audio_scale, True, True),
        ]
    kept = [table[0], *(row for row in table[1:] if row[0] != 0)]
    weights, audio_null, style_null = zip(*kept, strict=True)
    return Branches(tuple(float(weight) for weight in weights), audio_null, style_null)
