"""Held-out clips: how near is what is generated to what was recorded, and nearer than what?

Section 6.1, with the references that recordings of one sentence a clip allow: the style comes from
another clip of the same speaker and emotion, not from an adjacent window.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Motion, StyleCode
from msmd.core.progress import Progress, no_progress
from msmd.core.units import ARKIT_NAMES, HEAD_ROTATION
from msmd.evaluation import dynamics, lip_sync, metrics
from msmd.evaluation.protocol import Animator, FaceMesh, Performance, StyledClip, as_still
from msmd.evaluation.records import RowFile

System = Callable[[StyledClip], Float32[np.ndarray, "frames 67"]]
"""Anything that says how the face moves in a clip; it must not look at the clip's own motion."""

MODEL: Final = "model"
TRUTH: Final = "truth"
"""Rows of the recording measured against itself: the floor, and the truth's own lag, jitter and blinks."""

_BLINKS: Final = (ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight"))


def make_systems(animator: Animator, train_means: Mapping[str, Float[np.ndarray, "67"]]) -> dict[str, System]:
    """The model and what it has to beat.

    `still` is the neutral face, `mean_motion` the mean pose of the training clips of the same corpus,
    `unstyled` the model without a reference. `reference_mean` holds the mean pose of the reference: it
    knows the style and ignores the sound. `reference_motion` plays the reference's own motion: lively,
    in style, and out of step.

    Args:
        animator: the synthesis path.
        train_means: corpus -> (67,) mean pose of its training clips; "" for all corpora.
    """
    codes: dict[str, StyleCode] = {}

    def style(reference: Performance) -> StyleCode:
        if reference.clip not in codes:
            codes[reference.clip] = animator.encode_style(Motion(reference.motion))
        return codes[reference.clip]

    def mean_pose(clip: StyledClip) -> np.ndarray:
        return np.asarray(train_means.get(clip.target.corpus, train_means[""]), np.float32)

    return {
        MODEL: lambda clip: animator.animate(clip.target.samples, style(clip.reference)).motion.values,
        "unstyled": lambda clip: animator.animate(clip.target.samples, None).motion.values,
        "still": lambda clip: np.zeros_like(clip.target.motion),
        "mean_motion": lambda clip: as_still(mean_pose(clip), len(clip.target.motion)),
        "reference_mean": lambda clip: as_still(clip.reference.motion.mean(axis=0), len(clip.target.motion)),
        "reference_motion": lambda clip: _loop(clip.reference.motion, len(clip.target.motion)),
        TRUTH: lambda clip: clip.target.motion,
    }


def measure(
    mesh: FaceMesh, target: Performance, generated: Float32[np.ndarray, "frames 67"]
) -> dict[str, float]:
    """Every measure of one generated clip against its recording; NaN for parts that were not recorded.

    Both are cut to the shorter of the two. Lags are in frames, positive where the generated face is late.
    """
    count = min(len(target.motion), len(generated))
    truth, prediction = mesh.vertices(target.motion[:count]), mesh.vertices(generated[:count])
    row: dict[str, float] = {}
    if target.has_lips and target.has_upper_face:
        row |= {"mve": metrics.mve(truth, prediction), "rmse": metrics.rmse(truth, prediction)}
        row["std_ratio"] = dynamics.std_ratio(truth, prediction)
        row["velocity_ratio"] = dynamics.velocity_ratio(truth, prediction)
    if target.has_lips:
        row |= _measure_lips(mesh, target, truth, prediction)
    if target.has_upper_face:
        row["fdd_signed"] = metrics.fdd_signed(truth, prediction, mesh.neutral, mesh.upper_face)
        row["fdd_abs"] = metrics.fdd_abs(truth, prediction, mesh.neutral, mesh.upper_face)
        row["upper_std_ratio"] = dynamics.std_ratio(truth[:, mesh.upper_face], prediction[:, mesh.upper_face])
    row["jitter"] = dynamics.jitter(prediction)
    row["jitter_ratio"] = row["jitter"] / max(dynamics.jitter(truth), 1e-9)
    row["blinks_per_minute"] = count_blinks(mesh, generated[:count]).per_minute
    if target.has_head:
        true_head, head = target.motion[:count, HEAD_ROTATION], generated[:count, HEAD_ROTATION]
        row["head_std_ratio"] = dynamics.std_ratio(true_head, head)
    return row


def count_blinks(mesh: FaceMesh, motion: Float32[np.ndarray, "frames 67"]) -> dynamics.Blinks:
    """Blinks in the ARKit weights eyeBlinkLeft and eyeBlinkRight."""
    weights = mesh.arkit(motion)
    return dynamics.count_blinks(weights[:, list(_BLINKS)].mean(axis=1))


def _measure_lips(
    mesh: FaceMesh, target: Performance, truth: np.ndarray, prediction: np.ndarray
) -> dict[str, float]:
    true_opening = metrics.mouth_opening(truth, mesh.lip_pairs)
    opening = metrics.mouth_opening(prediction, mesh.lip_pairs)
    against_truth = lip_sync.correlate(opening, true_opening)
    against_level = lip_sync.correlate(opening, lip_sync.level_db(target.samples, len(opening)))
    return {
        "lve_max": metrics.lve_max(truth, prediction, mesh.lips),
        "lve_max_sq": metrics.lve_max_sq(truth, prediction, mesh.lips),
        "lve_rms": metrics.lve_rms(truth, prediction, mesh.lips),
        "mod": metrics.mod(truth, prediction, mesh.lip_pairs),
        "opening_correlation": against_truth.at_zero,
        "opening_best_correlation": against_truth.best,
        "opening_lag_frames": against_truth.best_lag_frames,
        "level_correlation": against_level.at_zero,
        "level_lag_frames": against_level.best_lag_frames,
        "opening_std_ratio": dynamics.std_ratio(true_opening, opening),
        "lip_std_ratio": dynamics.std_ratio(truth[:, mesh.lips], prediction[:, mesh.lips]),
    }


def run_held_out(
    systems: Mapping[str, System],
    clips: Sequence[StyledClip],
    mesh: FaceMesh,
    rows: RowFile,
    progress: Progress = no_progress,
) -> None:
    """Measure every system on every clip that `rows` lacks."""
    for done, clip in enumerate(clips):
        progress("held-out clips", done, len(clips))
        target = clip.target
        for name, system in systems.items():
            key = f"{target.clip}/{name}"
            if key in rows:
                continue
            head = {
                "clip": target.clip,
                "reference": clip.reference.clip,
                "system": name,
                "corpus": target.corpus,
                "speaker": target.speaker,
                "emotion": target.emotion,
            }
            rows.append(key, head | measure(mesh, target, system(clip)))
    progress("held-out clips", len(clips), len(clips))


def _loop(motion: np.ndarray, count: int) -> np.ndarray:
    """The motion forth and back, so that it has no jump, cut to `count` frames."""
    both_ways = np.concatenate([motion, motion[::-1]])
    return both_ways[np.arange(count) % len(both_ways)]
