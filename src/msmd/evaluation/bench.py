"""What a suite works with: the model at work, the mesh, the recordings, a place for results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from msmd.core.animation import Animation, StyleCode
from msmd.core.progress import Progress
from msmd.data.packed import Split
from msmd.evaluation.protocol import Animator, FaceMesh
from msmd.synthesis.animator import SamplingOptions


@runtime_checkable
class StyledAnimator(Animator, Protocol):
    """An animator that brings built-in styles and tells what its stages cost."""

    @property
    def styles(self) -> Mapping[str, StyleCode]:
        """Built-in styles by name."""
        ...

    def animate_timed(
        self,
        samples: np.ndarray,
        style: StyleCode | None,
        seed: int = 0,
        options: SamplingOptions | None = None,
    ) -> tuple[Animation, Mapping[str, float], Sequence[str]]:
        """As `animate`, with the seconds of each stage, and warnings; `options` None: the usual ones."""
        ...


@dataclass(frozen=True)
class Bench:
    """What a suite works with.

    Attributes:
        animator: the synthesis path.
        mesh: metrics are taken on.
        data_folder: recordings as they came.
        dataset_folder: the packed dataset, with its held-out split.
        out_folder: for rows, tables, figures.
        limit: at most so many clips or lines; None takes all.
        progress: told of clips.
        split: of the dataset, that is judged on.
        splits: name of the division of the dataset; None: as packed.
        bundle_folder: of the model, for what is measured of the folder or in another process.
        sampling: how the animator samples if nothing else is asked for.
    """

    animator: StyledAnimator
    mesh: FaceMesh
    data_folder: Path
    dataset_folder: Path
    out_folder: Path
    limit: int | None
    progress: Progress
    split: Split = "test"
    splits: str | None = None
    bundle_folder: Path | None = None
    sampling: SamplingOptions = SamplingOptions()  # noqa: RUF009 (frozen)
