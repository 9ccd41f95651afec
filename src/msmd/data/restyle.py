"""The same articulation under another persistent expression.

In small data a voice tells which corpus it is from, and so which expression to expect: a model
would read the style off the sound. So some pairs take the persistent expression of someone else,
in motion and style reference alike. Then only the reference tells it.
"""

from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES, EXPRESSION, NUM_ARKIT
from msmd.data.packed import PERFORMED, PackedDataset
from msmd.face.lip_closure import lip_gap_direction
from msmd.face.readers.arkit_motion import code_of_arkit

RESTYLE_PROBABILITY: Final = 0.5
"""Of the pairs."""

POSED_EXPRESSIONS: Final = 4000
"""Expressions posed on the rig beside those of the recordings: recordings hold few raised brows."""

STRENGTH: Final = (0.4, 1.4)
"""Range of the factor on a borrowed expression."""

ARTICULATION: Final = (0.75, 1.3)
"""Range of the factor on the clip's own motion about the neutral face, in which lips are closed."""

_POSABLE: Final = (
    *("mouthSmile", "mouthFrown", "mouthStretch", "mouthUpperUp", "mouthDimple", "mouthPress"),
    *("browDown", "browOuterUp", "eyeSquint", "eyeWide", "cheekSquint", "noseSneer"),
)


class Restyler:
    """Borrows persistent expressions: a third recorded ones, a third poses of the rig, a third both added up.

    Args:
        recorded: persistent expressions of training clips; if there are none, all are poses.
        seed: of the poses.
    """

    def __init__(self, recorded: Float32[np.ndarray, "clips 64"], seed: int = 0) -> None:
        self._recorded = recorded
        self._posed = pose_expressions(POSED_EXPRESSIONS, np.random.default_rng(seed))
        self._gap = lip_gap_direction()

    def __call__(
        self, motion: Float32[np.ndarray, "frames 67"], chance: np.random.Generator
    ) -> Float32[np.ndarray, "frames 67"]:
        """`motion` (not standardised) with another persistent expression; the lips close where they closed.

        Half of the time the clip's own persistent expression is taken away first.
        """
        offset = self._borrow(chance)
        own = motion[:, EXPRESSION]
        if chance.random() < 0.5:
            offset = offset - own.mean(0)
        restyled = motion.copy()
        restyled[:, EXPRESSION] = own * chance.uniform(*ARTICULATION) + keep_lip_gap(offset, self._gap)
        return restyled

    def _borrow(self, chance: np.random.Generator) -> Float[np.ndarray, "64"]:
        both = (self._recorded, self._posed)
        sources = (both[:1], both[1:], both)[chance.integers(3)] if len(self._recorded) else both[1:]
        borrowed = [source[chance.integers(len(source))] * chance.uniform(*STRENGTH) for source in sources]
        return np.sum(borrowed, axis=0)


def pose_expressions(count: int, chance: np.random.Generator) -> Float32[np.ndarray, "count 64"]:
    """Codes of one to four shapes of the rig, the same left and right, at 0.3 to 1."""
    weights = np.zeros((count, NUM_ARKIT), np.float32)
    for row in weights:
        for name in chance.choice(_POSABLE, chance.integers(1, 5), replace=False):
            strength = chance.uniform(0.3, 1.0)
            for side in ("Left", "Right"):
                row[ARKIT_NAMES.index(f"{name}{side}")] = strength
            if name == "browOuterUp" and chance.random() < 0.7:
                row[ARKIT_NAMES.index("browInnerUp")] = strength
    return code_of_arkit(weights)


def keep_lip_gap(offset: Float[np.ndarray, "64"], gap: Float[np.ndarray, "64"]) -> Float[np.ndarray, "64"]:
    """The nearest offset that neither opens nor closes the lips."""
    return offset - gap * (gap @ offset) / (gap @ gap)


def persistent_expressions(packed: PackedDataset) -> Float32[np.ndarray, "clips 64"]:
    """The mean code of each training clip of a person that shows the upper face and is not neutral.

    Performed clips hold poses of the rig, and are so many that hardly a person's face would be drawn.
    """
    clips = [clip for clip in packed.select("train") if clip.has_upper and clip.emotion != "neutral"]
    clips = [clip for clip in clips if clip.corpus != PERFORMED]
    means = [packed.motion(clip.id)[:, EXPRESSION].mean(0) for clip in clips]
    return np.array(means, np.float32).reshape(-1, EXPRESSION.stop)
