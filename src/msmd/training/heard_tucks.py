"""Recordings whose lower lip comes under the teeth where an f or v is heard.

A tracker of landmarks sees the edge of the lower lip stay where it was: of GRID's f and v not one shows a
tuck (`evaluation.mouth_shapes.tucked_at`), and a model of such recordings learns that there is none.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.phone_network import MOUTH_CLASSES
from msmd.core.units import EXPRESSION, MOTION_FPS
from msmd.synthesis.performer.articulation import tuck_lower_lip
from msmd.synthesis.performer.closures import tucking
from msmd.synthesis.performer.phones import TimedPhone

HEARD: Final = 0.5
"""Chance of f or v from which it is acted on. Of GRID's, 41 of 41 are found, and 3 a minute that are none
(`tools/measure_hearing.py CORPUS --source grid`)."""

_LABIODENTAL: Final = MOUTH_CLASSES.index("labiodental")
_HEARD_FPS: Final = 50


def complete_tucks(
    motion: Float32[np.ndarray, "frames 67"],
    samples: Float32[np.ndarray, "num_samples"],
    encoder: EmbeddedEncoder,
) -> Float32[np.ndarray, "frames 67"]:
    """The same motion with the tucks of what is heard.

    Args:
        motion: at 25 fps, in time with its sound.
        samples: 16 kHz.
        encoder: hears the mouth.
    """
    share = tucking(heard_labiodentals(samples, encoder), np.arange(len(motion)) / float(MOTION_FPS))
    completed = motion.copy()
    completed[:, EXPRESSION] = tuck_lower_lip(motion[:, EXPRESSION], share)
    return completed


def heard_labiodentals(
    samples: Float32[np.ndarray, "num_samples"], encoder: EmbeddedEncoder
) -> list[TimedPhone]:
    """Where f or v is heard, to 20 ms; v is written as f."""
    heard = encoder.hear(samples)[1][:, _LABIODENTAL] >= HEARD
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(np.int8)))
    return [
        TimedPhone("F", start / _HEARD_FPS, end / _HEARD_FPS) for start, end in edges.reshape(-1, 2).tolist()
    ]
