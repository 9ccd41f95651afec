"""Sampled lines kept on disk, so that a stopped suite goes on and a new measure needs no new sampling."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from msmd.core.animation import StyleCode
from msmd.core.files import whole_file
from msmd.evaluation.bench import StyledAnimator
from msmd.synthesis.animator import SamplingOptions


class Takes:
    """Motion of lines, sampled at most once for each sound, style and way of sampling.

    Args:
        animator: the synthesis path.
        folder: of this model's takes; made if need be.
        usual: how lines are sampled if nothing else is asked for.
    """

    def __init__(self, animator: StyledAnimator, folder: Path, usual: SamplingOptions) -> None:
        self._animator = animator
        self._folder = folder
        self._usual = usual

    def motion(
        self,
        samples: Float32[np.ndarray, "num_samples"],
        style: StyleCode | None = None,
        seed: int = 0,
        **changes: object,
    ) -> Float32[np.ndarray, "frames 67"]:
        """A line as the model speaks it.

        Args:
            samples: 16 kHz mono.
            style: None: without a style.
            seed: of the noise.
            changes: fields of `SamplingOptions` that differ from the usual ones.
        """
        options = replace(self._usual, **changes)  # type: ignore[arg-type]
        path = self._folder / f"{_name(samples, style, seed, options)}.npy"
        if path.is_file():
            return np.load(path, allow_pickle=False)
        motion = self._animator.animate_timed(samples, style, seed, options)[0].motion.values
        with whole_file(path) as aside:
            np.save(aside, motion, allow_pickle=False)
        return motion


def _name(samples: np.ndarray, style: StyleCode | None, seed: int, options: SamplingOptions) -> str:
    said = hashlib.sha256(np.ascontiguousarray(samples).tobytes())
    said.update(b"" if style is None else np.ascontiguousarray(style.mean).tobytes())
    said.update(repr((seed, options)).encode())
    return said.hexdigest()[:24]
