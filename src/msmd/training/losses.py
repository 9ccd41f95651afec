"""The terms of Eq. 5. All are means over the valid frames and dimensions, in standardised units.

`frame_mask` is true at frames that count; `weights` say how much each dimension counts for each
window. A difference between frames counts where all of its frames do.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


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
    square = (error.square() * weights[:, None]).mean(-1)
    return torch.where(mask, square, 0).sum() / mask.sum().clamp(min=1)
