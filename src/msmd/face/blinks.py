"""Blinks survive a change of frame rate: a lid is shut for less than a frame of 25 a second.

Smoothing and sampling between the frames take up to a quarter of a quick blink's depth. So the depth that
the recording shows is put back in the new frame nearest to it, at the lids alone.
"""

from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from msmd.core.animation import Motion, resample_frames
from msmd.core.units import EXPRESSION, NUM_EXPRESSION, NUM_LANDMARKS
from msmd.face.expression_space import load_expression_space
from msmd.face.regions import EYES

LEAST_MM: Final = 2.0
"""A lid that comes down by less is no blink, but noise or a glance."""

_AROUND_SECONDS: Final = 0.3
"""A blink rises and falls by `least` within so much on either side."""

_LID_PAIRS: Final = ((159, 145), (386, 374))
"""Upper and lower lid at the middle of the right and the left eye."""

_MOST_GAIN: Final = 2.0


def find_blinks(
    closure: Float[np.ndarray, "frames"], times_seconds: Float64[np.ndarray, "frames"], least: float
) -> Int[np.ndarray, "blinks"]:
    """Frames in which the lids are lowest, of every blink that is at least so deep on both sides.

    Args:
        closure: greater is more shut.
        times_seconds: increasing.
        least: depth, in the unit of `closure`.
    """
    if len(closure) < 3:
        return np.zeros(0, int)
    inner = (closure[1:-1] > closure[:-2]) & (closure[1:-1] >= closure[2:])
    blinks: list[int] = []
    for top in np.flatnonzero(inner) + 1:
        first, end = np.searchsorted(times_seconds, times_seconds[top] + [-_AROUND_SECONDS, _AROUND_SECONDS])
        before, after = closure[first : top + 1], closure[top:end]
        if before.max() > closure[top] or after.max() > closure[top]:
            continue  # a higher one is near
        if closure[top] - max(before.min(), after.min()) >= least:
            blinks.append(int(top))
    return np.array(blinks, int)


def keep_blinks(
    code: Float32[np.ndarray, "new_frames 64"],
    new_times_seconds: Float64[np.ndarray, "new_frames"],
    source: Float32[np.ndarray, "frames 64"],
    times_seconds: Float64[np.ndarray, "frames"],
) -> Float32[np.ndarray, "new_frames 64"]:
    """Expression codes at new times whose blinks are as deep as in what they were made of.

    Args:
        code: smoothed, resampled, or both.
        new_times_seconds: of `code`; increasing.
        source: codes before that, without gaps.
        times_seconds: of `source`, on the same clock.
    """
    measure, lids_alone = _lids()
    closure, now = source @ measure, code @ measure
    out = code.copy()
    for blink in find_blinks(closure, times_seconds, LEAST_MM):
        frame = int(np.abs(new_times_seconds - times_seconds[blink]).argmin())
        missing = float(closure[blink] - now[frame])
        if missing <= 0:
            continue
        change = (source[blink] - code[frame]) @ lids_alone
        shuts = float(change @ measure)
        if shuts <= 0:
            continue
        out[frame] = code[frame] + min(missing / shuts, _MOST_GAIN) * change
    return out


def resample_motion(motion: Motion, fps: Fraction) -> Motion:
    """`Motion.resample` with blinks as deep as they were."""
    if fps == motion.fps:
        return motion
    values = resample_frames(motion.values, motion.fps, fps).copy()
    times = np.arange(motion.num_frames) / float(motion.fps)
    new_times = np.arange(len(values)) / float(fps)
    values[:, EXPRESSION] = keep_blinks(values[:, EXPRESSION], new_times, motion.expression, times)
    return Motion(values, fps, motion.origin)


def lid_measure() -> Float32[np.ndarray, "64"]:
    """mm by which each dimension of the code shuts the lids, mean of both eyes."""
    return _lids()[0]


@cache
def _lids() -> tuple[Float32[np.ndarray, "64"], Float32[np.ndarray, "64 64"]]:
    """What takes a code to how far the lids are shut (mm), and to the code of its lids alone."""
    space = load_expression_space()
    shown = space.decode(np.eye(NUM_EXPRESSION, dtype=np.float32))
    pairs = np.asarray(_LID_PAIRS)
    measure = (shown[:, pairs[:, 1], 1] - shown[:, pairs[:, 0], 1]).mean(axis=1)
    mask = np.zeros((NUM_LANDMARKS, 1), np.float32)
    mask[list(EYES)] = 1
    return measure, space.encode(shown * mask)
