"""How far a mouth that says this would be open: the sound's side of the question whether it is in sync."""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.audio.phone_network import MOUTH_CLASSES

OPENING_OF_CLASS: Final = dict(
    zip(MOUTH_CLASSES, (-0.70, -2.12, -0.52, -0.83, 1.36, 1.25, 1.24, 0.26, 0.06), strict=True)
)
"""Opening for each mouth class, in standard deviations of a clip's (square root of lip opening, slow
changes taken out): least squares on the training speakers of GRID and the clips of the talking set that
its manifest calls good (`tools/fit_heard_opening.py`). Closed lips for p, b, m; a wide mouth for a and i."""


def heard_opening(samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames"]:
    """Opening that goes with speech, at 25 fps, in no unit; frame i belongs to samples [640 i, 640 (i + 1)).

    Args:
        samples: 16 kHz, at least one.

    Raises:
        AudioError: there are none.
    """
    return mouth_chances(samples) @ np.array([OPENING_OF_CLASS[name] for name in MOUTH_CLASSES], np.float32)


def mouth_chances(samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames 9"]:
    """Chances of `MOUTH_CLASSES` at 25 fps, as the encoder inside the package hears them."""
    _, mouth = _encoder().hear(samples)
    return mouth.reshape(-1, 2, len(MOUTH_CLASSES)).mean(axis=1)


@cache
def _encoder() -> EmbeddedEncoder:
    return EmbeddedEncoder.load(EMBEDDED_FOLDER)
