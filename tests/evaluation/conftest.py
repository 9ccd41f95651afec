"""A face of six vertices and a small company of actors, whose every measure can be worked out."""

import wave
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest

from msmd.core.animation import Animation, Motion, StyleCode
from msmd.data.packed import Clip
from msmd.data.packing import write_packed
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


class StageAnimator(StubAnimator):
    """Speaks every line, known or not, and knows two styles."""

    styles: ClassVar = {
        "happy": StyleCode(np.array([3, 0], np.float32), "happy"),
        "sad": StyleCode(np.array([-2, 0], np.float32), "sad"),
    }

    def animate(self, samples, style, seed=0):
        one = perform("line", frames=len(samples) // 640, seed=len(samples))
        self.performances = [type(one)("line", "stage", "x", "neutral", samples, one.motion)]
        return super().animate(samples, style, seed)

    def animate_timed(self, samples, style, seed=0, options=None):
        return self.animate(samples, style, seed), {"features": 0.1, "sampling": 0.2}, []


CAST = [
    (f"{speaker}{emotion}{number}", speaker, emotion, 10 * index + number)
    for index, (speaker, emotion) in enumerate([("a", "happy"), ("a", "sad"), ("b", "happy"), ("b", "sad")])
    for number in (1, 2)
]


@pytest.fixture
def folders(tmp_path):
    """A packed dataset of two actors held out and one trained on, and two lines of speech."""
    performances = [
        perform(clip, speaker, emotion, seed, smile=3 if emotion == "happy" else -2)
        for clip, speaker, emotion, seed in CAST
    ]
    trained = perform("trained", "c", "happy", 99, smile=5)
    clips = [
        Clip(
            id=one.clip,
            corpus="stage",
            speaker=one.speaker,
            emotion=one.emotion,
            intensity="normal",
            frames=75,
            split="train" if one is trained else "test",
            has_lips=True,
            has_upper=True,
            has_head=True,
            motion_source="made",
            licence="none",
        )
        for one in (*performances, trained)
    ]
    everyone = (*performances, trained)
    write_packed(
        tmp_path / "dataset",
        clips,
        {one.clip: one.motion for one in everyone},
        {one.clip: one.samples for one in everyone},
    )
    speech = tmp_path / "data" / "speech"
    speech.mkdir(parents=True)
    for name, frames in (("short", 40), ("long", 60)):
        with wave.open(str(speech / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes((perform(name, frames=frames).samples * 20000).astype("<i2").tobytes())
    return tmp_path
