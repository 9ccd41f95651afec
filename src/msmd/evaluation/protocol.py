"""What an evaluation needs of the rest: something that animates, a mesh to measure on, clips to compare with.

Generation goes through `msmd.synthesis`, the path that users take; here is only its outline, so that
tests can put anything in its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int

from msmd.core.animation import Animation, Motion, StyleCode
from msmd.core.units import MOTION_DIM


@runtime_checkable
class Animator(Protocol):
    """The part of `msmd.synthesis.animator.Animator` that is evaluated."""

    def animate(
        self, samples: Float32[np.ndarray, "num_samples"], style: StyleCode | None, seed: int = 0
    ) -> Animation:
        """Animate 16 kHz speech."""
        ...

    def encode_style(self, motion: Motion) -> StyleCode:
        """The style code of a reference."""
        ...


@dataclass(frozen=True)
class FaceMesh:
    """The landmark mesh that metrics are taken on.

    Attributes:
        neutral: (vertices, 3) mm.
        displacements: motion (frames, 67) -> (frames, vertices, 3) mm from the neutral, head at rest.
        arkit: motion (frames, 67) -> (frames, 52) ARKit weights.
        lips, upper_face: vertices of the regions.
        lip_pairs: (upper, lower) vertices of the inner lips.
    """

    neutral: Float32[np.ndarray, "vertices 3"]
    displacements: Callable[[np.ndarray], np.ndarray]
    arkit: Callable[[np.ndarray], np.ndarray]
    lips: Int[np.ndarray, "_"]
    upper_face: Int[np.ndarray, "_"]
    lip_pairs: Int[np.ndarray, "pairs 2"]

    def vertices(self, motion: Float32[np.ndarray, "frames 67"]) -> Float32[np.ndarray, "frames vertices 3"]:
        """Vertices in mm, head at rest."""
        return self.neutral + self.displacements(motion).astype(np.float32)


@dataclass(frozen=True)
class Performance:
    """A recorded clip: what was said and how the face moved.

    Attributes:
        clip: its name.
        corpus, speaker, emotion: where it belongs.
        samples: 16 kHz mono, 640 for each frame.
        motion: (frames, 67) at 25 fps.
        has_lips, has_upper_face, has_head: which parts of the motion can be trusted.
        sentence: which of the corpus's repeated sentences is said, or "" where none is repeated.
    """

    clip: str
    corpus: str
    speaker: str
    emotion: str
    samples: Float32[np.ndarray, "num_samples"]
    motion: Float32[np.ndarray, "frames 67"]
    has_lips: bool = True
    has_upper_face: bool = True
    has_head: bool = True
    sentence: str = ""


def load_face_mesh() -> FaceMesh:
    """The landmark mesh of the rig."""
    from msmd.face import regions
    from msmd.face.arkit_weights import arkit_of_motion, landmarks_of_motion
    from msmd.face.rig import load_rig

    def as_motion(values: np.ndarray) -> Motion:
        return Motion(np.ascontiguousarray(values, dtype=np.float32))

    return FaceMesh(
        neutral=np.asarray(load_rig().landmark_neutral, np.float32),
        displacements=lambda values: landmarks_of_motion(as_motion(values)),
        arkit=lambda values: arkit_of_motion(as_motion(values)),
        lips=np.asarray(regions.LIPS),
        upper_face=np.asarray(regions.UPPER_FACE),
        lip_pairs=np.asarray(regions.INNER_LIP_PAIRS),
    )


def as_still(values: Float32[np.ndarray, "67"], num_frames: int) -> Float32[np.ndarray, "frames 67"]:
    """A motion that holds one pose."""
    return np.broadcast_to(values.astype(np.float32), (num_frames, MOTION_DIM)).copy()


def as_loop(motion: Float32[np.ndarray, "_ 67"], num_frames: int) -> Float32[np.ndarray, "frames 67"]:
    """A motion forth and back for `num_frames` frames, so that it has no jump."""
    both_ways = np.concatenate([motion, motion[::-1]])
    return both_ways[np.arange(num_frames) % len(both_ways)]
