"""What a face does when there is nothing to say: it rests, and blinks."""

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import MOTION_DIM, MOTION_FPS, SAMPLES_PER_FRAME

SILENCE_RMS = 10 ** (-60 / 20)
"""Sound whose every frame is fainter than -60 dB of full scale is taken for silence."""

_BLINK_PROFILE = np.array([0.15, 0.7, 1.0, 0.8, 0.45, 0.2, 0.07], np.float32)
"""Lid closure over 280 ms at 25 fps: fast down, slow up."""


def is_silent(samples: Float32[np.ndarray, "num_samples"]) -> bool:
    """Whether no 40 ms frame of 16 kHz sound is louder than `SILENCE_RMS`."""
    count = max(1, len(samples) // SAMPLES_PER_FRAME)
    frames = np.array_split(samples, count)
    return all(float(np.sqrt(np.mean(np.square(frame)))) < SILENCE_RMS for frame in frames)


def rest_motion(
    num_frames: int,
    persistent: Float[np.ndarray, "67"],
    blink: Float[np.ndarray, "67"],
    rng: np.random.Generator,
) -> Float32[np.ndarray, "frames 67"]:
    """A face that keeps its expression and blinks every 2 to 6 seconds.

    Args:
        num_frames: at 25 fps.
        persistent: the expression to keep, de-standardised.
        blink: displacement of one full blink, de-standardised.
        rng: decides when it blinks.

    Returns:
        (frames, 67) de-standardised motion.
    """
    closure = np.zeros(num_frames + len(_BLINK_PROFILE), np.float32)
    fps = float(MOTION_FPS)
    frame = int(rng.uniform(0.5, 2.5) * fps)
    while frame < num_frames:
        closure[frame : frame + len(_BLINK_PROFILE)] = _BLINK_PROFILE
        frame += int(rng.uniform(2.0, 6.0) * fps)
    motion = persistent[None] + closure[:num_frames, None] * blink[None]
    if motion.shape[1] != MOTION_DIM:
        raise ValueError(f"motion has {motion.shape[1]} dimensions, not {MOTION_DIM}")
    return motion.astype(np.float32)
