"""Who leads whom: lips follow the sound, the upper face follows the style.

Every line is spoken in every style. Two takes of the same sound in two styles, and two takes of one
style on two sounds, are compared by what the lips do over time and by what the upper face holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from msmd.evaluation.lip_sync import correlate


@dataclass(frozen=True)
class CrossTable:
    """Likeness of takes, means over pairs; 1 is alike, 0 is unrelated.

    Attributes:
        lips_same_sound, lips_same_style: correlation over time of opening, of one sound in two styles,
            and of one style on two sounds (cut to the shorter).
        upper_same_sound, upper_same_style: cosine between the mean upper faces, less the mean over all
            takes.
    """

    lips_same_sound: float
    lips_same_style: float
    upper_same_sound: float
    upper_same_style: float


def compare_crosswise(
    openings: Sequence[Sequence[Float[np.ndarray, "_"]]],
    upper_faces: Float[np.ndarray, "lines styles dim"],
) -> CrossTable:
    """Compare takes of every line in every style.

    Args:
        openings: of each line in each style, over time, mm; takes of a line are equally long.
        upper_faces: mean displacement of the upper face of each take.
    """
    lines, styles = range(len(openings)), range(len(openings[0]))
    centred = upper_faces - upper_faces.mean(axis=(0, 1))
    same_sound = [((line, a), (line, b)) for line in lines for a, b in combinations(styles, 2)]
    same_style = [((a, style), (b, style)) for style in styles for a, b in combinations(lines, 2)]

    def lips(pairs) -> float:
        return _mean([_correlation(openings[i][j], openings[k][m]) for (i, j), (k, m) in pairs])

    def upper(pairs) -> float:
        return _mean([_cosine(centred[one], centred[other]) for one, other in pairs])

    return CrossTable(lips(same_sound), lips(same_style), upper(same_sound), upper(same_style))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    count = min(len(one), len(other))
    return float(correlate(one[:count].astype(np.float64), other[:count].astype(np.float64)).at_zero)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
