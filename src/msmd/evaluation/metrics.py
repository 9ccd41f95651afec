"""Vertex metrics of section 6.1, each published variant under its own name (docs/metrics.md).

Everything is a pure function of vertices (frames, vertices, 3) in mm, without head motion. What the
paper calls MSE is printed in mm, so it is a length; we give both lengths it can be, `mve` and `rmse`.
No published code fixes the paper's own choice of the others either.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float, Int

Vertices = Float[np.ndarray, "frames vertices 3"]
Indices = Int[np.ndarray, "_"]

UNITS: Final[Mapping[str, str]] = {
    "mve": "mm",
    "rmse": "mm",
    "lve_max": "mm",
    "lve_max_sq": "mm²",
    "lve_rms": "mm",
    "fdd_signed": "1e-5 m²",
    "fdd_abs": "1e-5 m",
    "mod": "mm",
}
"""Every vertex metric and its unit. Lower is better; `fdd_signed` is best at 0."""

_MM_TO_1E5_M = 100.0
_MM2_TO_1E5_M2 = 0.1


def mve(truth: Vertices, prediction: Vertices) -> float:
    """Mean vertex error: mean over frames and vertices of the distance, mm. One reading of "MSE (mm)"."""
    return float(_distances(truth, prediction).mean())


def rmse(truth: Vertices, prediction: Vertices) -> float:
    """Square root of the mean squared distance, mm. The other reading of "MSE (mm)"."""
    return float(np.sqrt(np.square(_distances(truth, prediction)).mean()))


def lve_max(truth: Vertices, prediction: Vertices, lips: Indices) -> float:
    """Mean over frames of the worst lip vertex's distance, mm (Richard et al. 2022 in words)."""
    return float(_worst_lip_distance(truth, prediction, lips).mean())


def lve_max_sq(truth: Vertices, prediction: Vertices, lips: Indices) -> float:
    """Mean over frames of the worst lip vertex's squared distance, mm² (CodeTalker and its kin)."""
    return float(np.square(_worst_lip_distance(truth, prediction, lips)).mean())


def lve_rms(truth: Vertices, prediction: Vertices, lips: Indices) -> float:
    """Square root of `lve_max_sq`, mm (ARTalk; most likely DiffPoseTalk's table)."""
    return float(np.sqrt(lve_max_sq(truth, prediction, lips)))


def fdd_signed(
    truth: Vertices, prediction: Vertices, neutral: Float[np.ndarray, "vertices 3"], upper_face: Indices
) -> float:
    """Upper-face dynamics deviation as CodeTalker computes it; 0 is best, positive is too still.

    Mean over the upper face of std over time of ||motion||², truth minus prediction. Motion is the
    displacement from the neutral, so the number is an area: units of 1e-5 m².
    """
    deviation = _std_of_motion(truth, neutral, upper_face, 2) - _std_of_motion(
        prediction, neutral, upper_face, 2
    )
    return float(deviation.mean() * _MM2_TO_1E5_M2)


def fdd_abs(
    truth: Vertices, prediction: Vertices, neutral: Float[np.ndarray, "vertices 3"], upper_face: Indices
) -> float:
    """Mean over the upper face of |std over time of ||motion||, truth minus prediction|, 1e-5 m.

    Differences of opposite sign do not cancel, and the norm is not squared, so that the number is a
    length as the paper's table has it.
    """
    deviation = _std_of_motion(truth, neutral, upper_face, 1) - _std_of_motion(
        prediction, neutral, upper_face, 1
    )
    return float(np.abs(deviation).mean() * _MM_TO_1E5_M)


def mouth_opening(vertices: Vertices, lip_pairs: Int[np.ndarray, "pairs 2"]) -> Float[np.ndarray, "frames"]:
    """Height between the inner lips, mean over pairs, mm; negative where they overlap.

    Args:
        vertices: mm, y up.
        lip_pairs: (upper, lower) vertices of the inner lips.
    """
    upper, lower = vertices[:, lip_pairs[:, 0], 1], vertices[:, lip_pairs[:, 1], 1]
    return (upper - lower).mean(axis=1)


def mod(truth: Vertices, prediction: Vertices, lip_pairs: Int[np.ndarray, "pairs 2"]) -> float:
    """Mouth opening difference: mean over frames of |opening of truth - of prediction|, mm."""
    _check_same_shape(truth, prediction)
    return float(np.abs(mouth_opening(truth, lip_pairs) - mouth_opening(prediction, lip_pairs)).mean())


def _check_same_shape(truth: np.ndarray, prediction: np.ndarray) -> None:
    if truth.shape != prediction.shape:
        raise ValueError(f"truth is {truth.shape}, prediction {prediction.shape}: make them alike")


def _distances(truth: np.ndarray, prediction: np.ndarray) -> Float[np.ndarray, "frames vertices"]:
    _check_same_shape(truth, prediction)
    return np.linalg.norm(truth - prediction, axis=-1)


def _worst_lip_distance(truth: np.ndarray, prediction: np.ndarray, lips: np.ndarray) -> np.ndarray:
    _check_same_shape(truth, prediction)
    return _distances(truth[:, lips], prediction[:, lips]).max(axis=1)


def _std_of_motion(
    vertices: np.ndarray, neutral: np.ndarray, region: np.ndarray, power: int
) -> Float[np.ndarray, "_"]:
    distance = np.linalg.norm(vertices[:, region] - neutral[region], axis=-1)
    return (distance**power).std(axis=0)
