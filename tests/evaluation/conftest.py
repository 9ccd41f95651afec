"""A face of six vertices and a small company of actors, whose every measure can be worked out."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest

from msmd.core.animation import Animation, Motion, StyleCode
from msmd.evaluation.protocol import FaceMesh, Performance

JAW, BROW, SMILE, LIDS = 0, 1, 2, 3
"""What the first dimensions of the code do on the small face; one unit is 1 mm, or one weight."""


def displacements(motion: np.ndarray) -> np.ndarray:
    """Vertices 0, 1: brows; 2, 3: upper and lower inner lip; 4: mouth corner; 5: lid."""
    vertices = np.zeros((len(motion), 6, 3), np.float32)
    vertices[:, 0:2, 1] = motion[:, BROW, None]
    vertices[:, 3, 1] = -motion[:, JAW]
    vertices[:, 4, 0] = motion[:, SMILE]
    vertices[:, 5, 1] = -motion[:, LIDS]
    return vertices


def arkit(motion: np.ndarray) -> np.ndarray:
    weights = np.zeros((len(motion), 52), np.float32)
    weights[:, [0, 7]] = motion[:, LIDS, None]
    weights[:, 17] = motion[:, JAW] / 10
    weights[:, 23] = motion[:, SMILE] / 10
    weights[:, 41] = -motion[:, BROW] / 10
    return np.clip(weights, 0, 1)


@pytest.fixture
def mesh() -> FaceMesh:
    return FaceMesh(
        neutral=np.zeros((6, 3), np.float32),
        displacements=displacements,
        arkit=arkit,
        lips=np.array([2, 3, 4]),
        upper_face=np.array([0, 1, 5]),
        lip_pairs=np.array([[2, 3]]),
    )


def perform(
    clip: str,
    speaker: str = "a",
    emotion: str = "neutral",
    seed: int = 0,
    smile: float = 0.0,
    brow: float = 0.0,
    frames: int = 75,
) -> Performance:
    """A clip whose jaw follows the loudness of its sound."""
    rng = np.random.default_rng(seed)
    syllables = np.clip(np.convolve(rng.uniform(-0.6, 1, frames + 2), np.ones(3) / 2, mode="valid"), 0, 1)
    motion = np.zeros((frames, 67), np.float32)
    motion[:, JAW] = 10 * syllables
    motion[:, SMILE], motion[:, BROW] = smile, brow + 0.5 * syllables
    blink = np.array([0.4, 1, 0.9, 0.4], np.float32)
    motion[20:24, LIDS] = blink[: max(0, frames - 20)]
    loudness = np.repeat(syllables, 640)
    samples = (loudness * rng.uniform(-1, 1, frames * 640)).astype(np.float32)
    return Performance(clip, "stage", speaker, emotion, samples, motion)


@dataclass
class StubAnimator:
    """Knows the truth of some sounds and returns it late, plus the style.

    A style code is the mean smile and brow of its reference.
    """

    performances: list[Performance]
    late_frames: int = 0
    calls: list[str] = field(default_factory=list)

    def encode_style(self, motion: Motion) -> StyleCode:
        return StyleCode(motion.values.mean(axis=0)[[SMILE, BROW]])

    def animate(self, samples: np.ndarray, style: StyleCode | None, seed: int = 0) -> Animation:
        known = [one for one in self.performances if np.array_equal(one.samples, samples)]
        self.calls.append(known[0].clip)
        motion = np.roll(known[0].motion, self.late_frames, axis=0)
        if style is not None:
            motion = motion.copy()
            motion[:, [SMILE, BROW]] += style.mean
        frames = len(motion)
        empty = np.zeros((0, 67), np.float32)
        return Animation(Motion(motion, Fraction(25)), motion, np.zeros((frames, 0), np.float32), empty, seed)
