"""The terms of Eq. 5, and three of our own, in standardised units.

All are means over the valid frames and dimensions.

`frame_mask` is true at frames that count; `weights` say how much each dimension counts for each
window. A difference between frames counts where all of its frames do.
"""

from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

CLOSED_COUNTS: Final = 4.0
TUCKED_COUNTS: Final = 10.0
TYPICAL_OPENING_MM: Final = 2.5
"""Standard deviation of the opening in recordings."""


def simple_loss(
    motion: Float[Tensor, "windows frames dim"],
    predicted: Float[Tensor, "windows frames dim"],
    frame_mask: Bool[Tensor, "windows frames"],
    weights: Float[Tensor, "windows dim"],
) -> Float[Tensor, ""]:
    """L_simple = E ||X_0 - M(X_t, t, C)||^2 (Eq. 1)."""
    return _weighted_mean_square(motion - predicted, frame_mask, weights)


def velocity_loss(
    motion: Float[Tensor, "windows frames dim"],
    predicted: Float[Tensor, "windows frames dim"],
    frame_mask: Bool[Tensor, "windows frames"],
    weights: Float[Tensor, "windows dim"],
) -> Float[Tensor, ""]:
    """L_vel = ||(X[n+1] - X[n]) - (X_hat[n+1] - X_hat[n])||^2 (Eq. 2)."""
    error = (motion - predicted).diff(dim=1)
    return _weighted_mean_square(error, frame_mask[:, 1:] & frame_mask[:, :-1], weights)


def smoothness_loss(
    predicted: Float[Tensor, "windows frames dim"],
    frame_mask: Bool[Tensor, "windows frames"],
    weights: Float[Tensor, "windows dim"],
) -> Float[Tensor, ""]:
    """L_smooth = ||X_hat[n+2] - 2 X_hat[n+1] + X_hat[n]||^2 (Eq. 3).

    The print lacks the factor 2, without which a face at rest in any pose but zero is punished.
    """
    mask = frame_mask[:, 2:] & frame_mask[:, 1:-1] & frame_mask[:, :-2]
    return _weighted_mean_square(predicted.diff(n=2, dim=1), mask, weights)


def lip_gap_loss(
    motion: Float[Tensor, "windows frames dim"],
    predicted: Float[Tensor, "windows frames dim"],
    frame_mask: Bool[Tensor, "windows frames"],
    lip_gap: Float[Tensor, "dim_and_1"],
) -> Float[Tensor, ""]:
    """Squared error of the opening of the inner lips; it counts up to `CLOSED_COUNTS` times where they touch.

    Not in the paper. A closure is a few frames and a few of the dimensions: Eq. 1 hardly sees it.

    Args:
        lip_gap: see `WindowPairs`.
    """
    opening_mm = motion @ lip_gap[:-1] + lip_gap[-1]
    error = (predicted - motion) @ lip_gap[:-1] / TYPICAL_OPENING_MM
    counts = 1 + (CLOSED_COUNTS - 1) * (-opening_mm.clamp(min=0)).exp()
    return _mean_over(frame_mask, error.square() * counts)


def lip_tuck_loss(
    motion: Float[Tensor, "windows frames dim"],
    predicted: Float[Tensor, "windows frames dim"],
    frame_mask: Bool[Tensor, "windows frames"],
    lip_tuck: Float[Tensor, "dim_and_1"],
) -> Float[Tensor, ""]:
    """Squared error of the lower lip's way under the teeth, of which 1 is all.

    It counts up to `TUCKED_COUNTS` times where the lip is there. Not in the paper. An f is rarer than a
    closure, and half a tuck is none.

    Args:
        lip_tuck: see `WindowPairs`.
    """
    share = motion @ lip_tuck[:-1] + lip_tuck[-1]
    error = (predicted - motion) @ lip_tuck[:-1]
    counts = 1 + (TUCKED_COUNTS - 1) * share.clamp(0, 1)
    return _mean_over(frame_mask, error.square() * counts)


def persistence_loss(
    motion: Float[Tensor, "windows frames dim"],
    predicted: Float[Tensor, "windows frames dim"],
    frame_mask: Bool[Tensor, "windows frames"],
    weights: Float[Tensor, "windows dim"],
) -> Float[Tensor, ""]:
    """Squared error of the mean over a window's valid frames: of what is held, which a style is made of.

    Not in the paper. A window counts by its valid frames.
    """
    error = torch.where(frame_mask[..., None], motion - predicted, 0).sum(1)
    count = frame_mask.sum(1)
    square = ((error / count.clamp(min=1)[:, None]).square() * weights).mean(1)
    return (square * count).sum() / count.sum().clamp(min=1)


def kl_divergence(
    mean: Float[Tensor, "windows style_dim"],
    log_variance: Float[Tensor, "windows style_dim"],
    window_mask: Bool[Tensor, "windows"],
) -> Float[Tensor, ""]:
    """L_KL = 1/2 sum_i (mu_i^2 + sigma_i^2 - log sigma_i^2 - 1) (section 4.2).

    Summed over dimensions and averaged over the windows whose style was in use; its weight in
    `TrainingConfig` belongs to this convention.
    """
    divergence = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1)
    return (divergence * window_mask).sum() / window_mask.sum().clamp(min=1)


def _weighted_mean_square(
    error: Float[Tensor, "windows frames dim"],
    mask: Bool[Tensor, "windows frames"],
    weights: Float[Tensor, "windows dim"],
) -> Float[Tensor, ""]:
    return _mean_over(mask, (error.square() * weights[:, None]).mean(-1))


def _mean_over(mask: Bool[Tensor, "windows frames"], values: Float[Tensor, "windows frames"]) -> Tensor:
    return torch.where(mask, values, 0).sum() / mask.sum().clamp(min=1)
