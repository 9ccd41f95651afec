"""Stage `agree`: whether the mouth that is seen speaks what is heard, and with what shift.

`data.sync` finds the lag at which the opening of the lips goes best with the opening that the sound calls
for, and the correlation r there. Its strength, r sqrt(frames), grows with the length of a clip in which they
belong together (r is about 0.4 at any length), and stays where it is, the greatest of 31 draws of chance
(about 2.5), under another voice, whose best lag is anywhere. So three seconds tell little and ten tell all:
`docs/curation.md` has the shares of both errors by length.
"""

import numpy as np
from jaxtyping import Float32

from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, StageResult
from msmd.data.curation.store import finite
from msmd.data.sync import estimate_sync, shift_sound

NAME, VERSION = "agree", 2

LIMITS = ("max_lag_frames", "min_correlation", "enough_strength", "lag_counts_from_seconds")


def agree(
    opening_mm: Float32[np.ndarray, "frames"],
    samples: Float32[np.ndarray, "num_samples"],
    lag_seconds: float,
    limits: Limits,
    correct: bool,
) -> StageResult:
    """The verdict on the timing of a clip.

    Args:
        opening_mm: of the lips at 25 fps, from the start of the file; NaN where it is not known.
        samples: of the file, from its start.
        lag_seconds: known to be taken out.
        limits: of the remaining lag, and of strength.
        correct: a sure lag is given as `corrected_seconds` to be taken out, and is no fault.
    """
    sync = estimate_sync(opening_mm, shift_sound(samples, lag_seconds))
    frames = min(len(opening_mm), int(len(samples) / SAMPLE_RATE_HZ * float(MOTION_FPS)))
    strength = sync.correlation * np.sqrt(frames)
    numbers = {
        "sync_lag_frames": float(sync.lag_frames),
        "sync_correlation": sync.correlation,
        "sync_strength": float(strength),
        "sync_sure": sync.sure,
    }
    late = abs(sync.lag_frames) > limits.max_lag_frames
    long = frames >= limits.lag_counts_from_seconds * float(MOTION_FPS)
    weak = sync.correlation < limits.min_correlation and strength < limits.enough_strength
    if weak or (long and late and not sync.is_sure):
        text = f"at no shift does the mouth follow the sound (r = {sync.correlation:.2f} at best)"
        return StageResult((Fault("no_agreement", text),), numbers=finite(numbers))
    if late and sync.is_sure:
        if correct:
            return StageResult(numbers=finite({**numbers, "corrected_seconds": sync.lag_seconds}))
        side = "after" if sync.lag_frames > 0 else "before"
        shift = f"{abs(sync.lag_seconds) * 1000:.0f} ms {side} its sound"
        text = f"the mouth comes {shift} (r = {sync.correlation:.2f})"
        return StageResult((Fault("offset", text),), numbers=finite(numbers))
    return StageResult(numbers=finite(numbers))
