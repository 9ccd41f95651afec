"""A made-up take: known curves, a known turn of the head, a tone."""

from fractions import Fraction

import numpy as np
import pytest

from msmd.core.animation import Animation, Motion, Sound


@pytest.fixture
def make_animation():
    def make(frames: int = 12, fps: Fraction = Fraction(25), seconds: float | None = None) -> Animation:
        rng = np.random.default_rng(0)
        values = rng.normal(0, 0.4, (frames, 67)).astype(np.float32)
        values[:, 64:] = np.linspace(0, 1, frames)[:, None] * [0.1, -0.3, 0.2]
        seconds = frames / float(fps) if seconds is None else seconds
        time = np.arange(round(seconds * 16_000)) / 16_000
        sound = Sound((0.3 * np.sin(2 * np.pi * 220 * time)).astype(np.float32), 16_000)
        return Animation(
            motion=Motion(values, fps, {"source": "made up"}),
            primary_motion=values * 0.5,
            alpha=rng.normal(size=(frames, 4)).astype(np.float32),
            basis=rng.normal(size=(4, 67)).astype(np.float32),
            seed=7,
            settings={"style": "angry", "guidance_scale": 1.5},
            sound=sound,
        )

    return make
