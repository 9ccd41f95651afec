"""ARKit weights over time: what capture apps and game engines pass around."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.animation import Motion, resample_frames
from msmd.core.units import ARKIT_NAMES, NUM_ARKIT
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.blinks import find_blinks
from msmd.face.readers.arkit_motion import motion_of_arkit

_BLINKS: Final = (ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight"))
_LEAST_BLINK: Final = 0.25


@dataclass(frozen=True)
class ArkitCurves:
    """A take as curves.

    Attributes:
        weights: (frames, 52) in [0, 1], in the order of `ARKIT_NAMES`.
        head_rotation: (frames, 3) pitch, yaw, roll in radians (`core.animation`); 0 where not known.
        fps: exact; frame i is at start_seconds + i / fps.
        start_seconds: time of day of the first frame; 0 where the file tells none.
        origin: where it comes from, for people and logs.
    """

    weights: Float32[np.ndarray, "frames 52"]
    head_rotation: Float32[np.ndarray, "frames 3"]
    fps: Fraction
    start_seconds: float = 0.0
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def num_frames(self) -> int:
        return len(self.weights)

    def to_motion(self) -> Motion:
        """The motion that shows these curves (`face.readers.arkit_motion`): near, not the same."""
        return motion_of_arkit(self.weights, self.head_rotation, self.fps, self.origin)

    def resample(self, fps: Fraction) -> "ArkitCurves":
        """The same take at another frame rate, by cubic interpolation, with blinks as deep as they were."""
        if fps == self.fps:
            return self
        together = np.concatenate([self.weights, self.head_rotation], axis=1)
        values = resample_frames(together, self.fps, fps)
        weights, head = np.clip(values[:, :NUM_ARKIT], 0, 1), values[:, NUM_ARKIT:]
        times = np.arange(self.num_frames) / float(self.fps)
        for index in _BLINKS:
            tops = find_blinks(self.weights[:, index], times, _LEAST_BLINK)
            nearest = np.minimum(np.round(times[tops] * float(fps)).astype(int), len(weights) - 1)
            weights[nearest, index] = np.maximum(weights[nearest, index], self.weights[tops, index])
        return replace(self, weights=weights, head_rotation=head, fps=fps)

    @classmethod
    def of_motion(cls, motion: Motion) -> "ArkitCurves":
        """The curves of a motion, with eyes that keep looking ahead."""
        return cls(arkit_of_motion(motion), motion.head_rotation, motion.fps, 0.0, dict(motion.origin))
