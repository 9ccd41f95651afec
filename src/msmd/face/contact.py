"""What closes does not pass what it meets: mouthClose stops at closed lips, a blink at the other lid.

Shapes add up, so that mouthClose without an open jaw would drive the lower lip up over the upper one, and a
blink on a squint the upper lid over the lower one. Each of the three closing weights is cut where its edges
meet.
"""

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int32

from msmd.core.units import ARKIT_NAMES

_CLOSERS: Final = ("mouthClose", "eyeBlinkLeft", "eyeBlinkRight")
CLOSERS: Final = tuple(ARKIT_NAMES.index(name) for name in _CLOSERS)


class Contact(NamedTuple):
    """How open the three slits are: mouth, left eye, right eye; mm between the edges in their middles.

    Attributes:
        at_rest: (3,) beyond closed.
        by_shape: (52, 3) added by each shape at weight 1.
    """

    at_rest: Float32[np.ndarray, "3"]
    by_shape: Float32[np.ndarray, "52 3"]


def measure_contact(
    neutral: Float32[np.ndarray, "V 3"],
    shapes: Float32[np.ndarray, "52 V 3"],
    lips: Int32[np.ndarray, "P 2"],
    lids: Int32[np.ndarray, "P_lids 2"],
) -> Contact:
    """From pairs of vertices (upper, lower) that meet; the lips meet at rest, the lids in a blink."""
    across = neutral[lips[:, 0], 0]
    middle = np.abs(across) < 0.35 * np.abs(across).max()
    at_rest, by_shape = [np.float32(0)], [_gap(shapes, lips[middle])]
    for side in (1, -1):
        pairs = lids[neutral[lids[:, 0], 0] * side > 0]
        place = np.abs(neutral[pairs[:, 0], 0])
        pairs = pairs[np.abs(place - (place.min() + place.max()) / 2) < 0.35 * np.ptp(place)]
        closing = _gap(shapes, pairs)
        at_rest.append(-closing[CLOSERS[len(at_rest)]])
        by_shape.append(closing)
    return Contact(np.array(at_rest, np.float32), np.stack(by_shape, 1).astype(np.float32))


def stop_at_contact(
    weights: Float[np.ndarray, "frames 52"], contact: Contact
) -> Float32[np.ndarray, "frames 52"]:
    """The same weights with mouthClose and the blinks no greater than what they find open."""
    out = weights.astype(np.float32)
    closers = list(CLOSERS)
    others = out.copy()
    others[:, closers] = 0
    opening = np.maximum(contact.at_rest + others @ contact.by_shape, 0)
    closing = -contact.by_shape[closers, range(3)]
    out[:, closers] = np.minimum(out[:, closers], opening / closing)
    return out


def _gap(shapes: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return (shapes[:, pairs[:, 0], 1] - shapes[:, pairs[:, 1], 1]).mean(1)
