"""Does a generated clip look like its reference? Measures of persistent expression, the mean over a clip.

What persists (half-closed eyes, a raised lip, knitted brows) is most of what style is (section 1:
"time-invariant expressions"), and needs no recording of the same line: any line can be compared with
any reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

Vertices = Float[np.ndarray, "_ vertices 3"]


def persistent_distance(
    generated: Vertices, reference: Vertices, region: Int[np.ndarray, "_"] | None = None
) -> float:
    """Distance between the mean faces of two clips of any length, mean over vertices, mm.

    Args:
        generated, reference: mm, head at rest; (frames, vertices, 3).
        region: vertices that count; None: all.
    """
    distance = np.linalg.norm(generated.mean(axis=0) - reference.mean(axis=0), axis=-1)
    return float((distance if region is None else distance[region]).mean())


@dataclass(frozen=True)
class StyleMatch:
    """How generated faces stand among the references that were asked of them.

    Attributes:
        retrieval_rate: share of faces whose nearest reference of all is their own.
        chance: the same for faces that know nothing.
        pairwise_rate: share of pairs (own reference, one of another style) in which the own is nearer.
        count: faces.
    """

    retrieval_rate: float
    chance: float
    pairwise_rate: float
    count: int


def match_styles(
    faces: Float[np.ndarray, "clips dim"],
    own: Int[np.ndarray, "clips"],
    references: Float[np.ndarray, "references dim"],
    styles: Sequence[str],
) -> StyleMatch:
    """Retrieval of references by the mean faces that were generated from them.

    Args:
        faces: mean face of each generated clip, in any space where distance means something.
        own: for each clip the number of its reference.
        references: mean face of each reference, once each.
        styles: of each reference, such as "speaker emotion": only references of another style are
            rivals in `pairwise_rate`.
    """
    distance = np.linalg.norm(faces[:, None] - references[None], axis=-1)
    kind = np.array([sorted(set(styles)).index(style) for style in styles])
    rivals = kind[own][:, None] != kind[None]
    nearer = distance[np.arange(len(own)), own][:, None] < distance
    return StyleMatch(
        retrieval_rate=float((distance.argmin(axis=1) == own).mean()) if len(own) else float("nan"),
        chance=1 / len(references) if len(references) else float("nan"),
        pairwise_rate=float(nearer[rivals].mean()) if rivals.any() else float("nan"),
        count=len(own),
    )


class EmotionJudge:
    """Tells acted emotions by persistent expression: the nearest mean of training clips.

    A simple judge on purpose. What it says of the recordings themselves is the ceiling of what it
    can say of generated faces, and stands beside it in every table.

    Args:
        faces: emotion -> mean face of each training clip, (clips, dim).
        ridge: added to the variance within emotions, as a share of its mean over dimensions.
    """

    def __init__(self, faces: Mapping[str, Float[np.ndarray, "_ dim"]], ridge: float = 0.1) -> None:
        if len(faces) < 2:
            raise ValueError(f"a judge needs two emotions or more, not {sorted(faces)}")
        self.emotions = tuple(sorted(faces))
        self._means = np.stack([faces[name].mean(axis=0) for name in self.emotions])
        within = np.concatenate([faces[name] - faces[name].mean(axis=0) for name in self.emotions])
        covariance = within.T @ within / len(within)
        covariance += (
            ridge * max(float(np.trace(covariance)) / len(covariance), 1e-9) * np.eye(len(covariance))
        )
        self._precision = np.linalg.inv(covariance)

    def name_emotions(self, faces: Float[np.ndarray, "clips dim"]) -> list[str]:
        """The nearest emotion of each mean face, by Mahalanobis distance within emotions."""
        offset = faces[:, None] - self._means[None]
        distance = np.einsum("nki,ij,nkj->nk", offset, self._precision, offset)
        return [self.emotions[int(number)] for number in distance.argmin(axis=1)]
