"""How much each dimension of motion counts in the losses.

The code is whitened: after standardising, the jaw and the last tremor of noise have the same
variance, and uniform weights spend most of the model on tremor. What a dimension is worth is how
far it moves the face.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from msmd.core.units import MOTION_DIM, NUM_EXPRESSION, NUM_LANDMARKS


@dataclass(frozen=True)
class DimensionWeights:
    """Weights of squared errors in standardised units.

    Attributes:
        whole_face: (67,) mean 1.
        mouth_only: (67,) for recordings without an upper face: `whole_face` times the share of
            each dimension that moves the rest of the face.
    """

    whole_face: Float32[np.ndarray, "67"]
    mouth_only: Float32[np.ndarray, "67"]


def weigh_dimensions(
    landmark_displacement: Float[np.ndarray, "64 468 3"],
    upper_face: Int[np.ndarray, "num_upper"],
    std: Float[np.ndarray, "67"],
    exponent: float,
) -> DimensionWeights:
    """Weights from what one standard deviation of each dimension does to the landmark mesh.

    Args:
        landmark_displacement: mm that one unit of each expression dimension moves the landmarks.
        upper_face: landmarks that a recording of the mouth alone says nothing about.
        std: of the training motion, in code units.
        exponent: `TrainingConfig.landmark_weight_exponent`; 0 is uniform, 2 squared millimetres.

    The head's rotation is no displacement of the pose-free landmarks; it gets the mean weight.
    """
    square_mm = np.square(landmark_displacement * std[:NUM_EXPRESSION, None, None]).sum(-1)
    rms_mm = np.sqrt(square_mm.mean(-1))
    expression = rms_mm**exponent / np.mean(rms_mm**exponent)
    lower = np.ones(NUM_LANDMARKS, bool)
    lower[upper_face] = False
    lower_share = square_mm[:, lower].sum(-1) / square_mm.sum(-1)
    whole = np.ones(MOTION_DIM, np.float32)
    whole[:NUM_EXPRESSION] = expression
    mouth = np.ones(MOTION_DIM, np.float32)
    mouth[:NUM_EXPRESSION] = expression * lower_share
    return DimensionWeights(whole, mouth)
