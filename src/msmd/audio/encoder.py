"""What every source of audio features A must do."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from msmd.core.units import SAMPLES_PER_FRAME


@runtime_checkable
class AudioEncoder(Protocol):
    """Speech -> audio features, one per motion frame.

    Attributes:
        name: which features these are; stored features and models are matched by it.
        dim: d_audio.
    """

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames dim"]:
        """Features of 16 kHz sound at 25 fps.

        Frame i belongs to samples [640 i, 640 (i + 1)); there are `count_frames(len(samples))`.
        The whole file is encoded at once, so that every frame knows what comes before and after.
        """
        ...


def count_frames(num_samples: int) -> int:
    """Motion frames that `num_samples` of 16 kHz sound last: ceil(num_samples / 640)."""
    return -(-num_samples // SAMPLES_PER_FRAME)
