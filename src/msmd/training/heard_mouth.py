"""Recordings whose lips do what is heard: f and v under the teeth, p, b and m closed, rest in pauses.

A tracker of landmarks sees the edge of the lower lip stay where it was: of GRID's f and v not one shows a
tuck (`evaluation.mouth_shapes.tucked_at`). OpenFace's action units leave the lips a millimetre apart where
they close and where they rest. A model of such recordings learns that they do.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.phone_network import MOUTH_CLASSES
from msmd.core.units import EXPRESSION, MOTION_FPS
from msmd.synthesis.performer.articulation import close_by, tuck_lower_lip
from msmd.synthesis.performer.closures import closing, tucking
from msmd.synthesis.performer.phones import SILENCE, TimedPhone

HEARD: Final = 0.5
"""Chance of a class from which it is acted on. Of GRID's f and v, 41 of 41 are found, and 3 a minute that
are none (`tools/measure_hearing.py CORPUS --source grid`)."""

LEAST_PAUSE_SECONDS: Final = 0.3

_PHONE_OF_CLASS: Final = {"bilabial": "P", "labiodental": "F", "silence": SILENCE}
_BETWEEN: Final = "AH"
_HEARD_FPS: Final = 50


def complete_mouth(
    motion: Float32[np.ndarray, "frames 67"],
    samples: Float32[np.ndarray, "num_samples"],
    encoder: EmbeddedEncoder,
    rests: bool = False,
) -> Float32[np.ndarray, "frames 67"]:
    """The same motion with the tucks and closures of what is heard.

    Args:
        motion: at 25 fps, in time with its sound.
        samples: 16 kHz.
        encoder: hears the mouth.
        rests: whether the lips come to rest in pauses too: where the recording cannot tell.
    """
    times = np.arange(len(motion)) / float(MOTION_FPS)
    chances = encoder.hear(samples)[1]
    code = close_by(motion[:, EXPRESSION], closing(_spans(chances, "bilabial"), times))
    if rests:
        code = close_by(code, closing(_pauses(chances), times))
    completed = motion.copy()
    completed[:, EXPRESSION] = tuck_lower_lip(code, tucking(_spans(chances, "labiodental"), times))
    return completed


def heard_phones(
    samples: Float32[np.ndarray, "num_samples"], encoder: EmbeddedEncoder, mouth_class: str
) -> list[TimedPhone]:
    """Where one of "bilabial", "labiodental", "silence" is heard, to 20 ms: as P, F or SIL."""
    return _spans(encoder.hear(samples)[1], mouth_class)


def _spans(chances: Float32[np.ndarray, "label_frames 9"], mouth_class: str) -> list[TimedPhone]:
    heard = chances[:, MOUTH_CLASSES.index(mouth_class)] >= HEARD
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(np.int8)))
    name = _PHONE_OF_CLASS[mouth_class]
    return [
        TimedPhone(name, start / _HEARD_FPS, end / _HEARD_FPS) for start, end in edges.reshape(-1, 2).tolist()
    ]


def _pauses(chances: Float32[np.ndarray, "label_frames 9"]) -> list[TimedPhone]:
    """Pauses that are long enough, and the speech before the first and after the last."""
    found = _spans(chances, "silence")
    pauses = [one for one in found if one.end_seconds - one.start_seconds >= LEAST_PAUSE_SECONDS]
    duration = len(chances) / _HEARD_FPS
    if pauses and pauses[0].start_seconds > 0:
        pauses.insert(0, TimedPhone(_BETWEEN, 0.0, pauses[0].start_seconds))
    if pauses and pauses[-1].end_seconds < duration:
        pauses.append(TimedPhone(_BETWEEN, pauses[-1].end_seconds, duration))
    return pauses
