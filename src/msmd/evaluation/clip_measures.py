"""Everything that is measured of one generated clip, as one row of numbers (docs/metrics.md)."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.units import ARKIT_NAMES, HEAD_ROTATION
from msmd.evaluation import dynamics, lip_sync, metrics
from msmd.evaluation.alignment import BILABIALS, Phone, middles_of, middles_of_open_vowels
from msmd.evaluation.protocol import FaceMesh, Performance

_BLINKS: Final = (ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight"))


def measure(
    mesh: FaceMesh,
    target: Performance,
    generated: Float32[np.ndarray, "frames 67"],
    phones: Sequence[Phone] = (),
) -> dict[str, float]:
    """Every measure of one generated clip against its recording; parts that were not recorded are left out.

    Both are cut to the shorter of the two. Lags are in frames, positive where the generated face is late.

    Args:
        mesh: metrics are taken on.
        target: the recording.
        generated: at 25 fps.
        phones: of what is said, for the closures of the lips; none: these are NaN.
    """
    count = min(len(target.motion), len(generated))
    truth, prediction = mesh.vertices(target.motion[:count]), mesh.vertices(generated[:count])
    row: dict[str, float] = {}
    if target.has_lips and target.has_upper_face:
        row |= {"mve": metrics.mve(truth, prediction), "rmse": metrics.rmse(truth, prediction)}
        row["std_ratio"] = dynamics.std_ratio(truth, prediction)
        row["velocity_ratio"] = dynamics.velocity_ratio(truth, prediction)
        row["velocity_spectrum_db"] = dynamics.spectral_distance_db(truth, prediction)
        row["acceleration_spectrum_db"] = dynamics.spectral_distance_db(truth, prediction, order=2)
    if target.has_lips:
        row |= _measure_lips(mesh, truth, prediction)
        row |= measure_against_sound(mesh, target.samples, generated[:count], phones)
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


def measure_against_sound(
    mesh: FaceMesh,
    samples: Float32[np.ndarray, "num_samples"],
    generated: Float32[np.ndarray, "frames 67"],
    phones: Sequence[Phone] = (),
) -> dict[str, float]:
    """What the sound alone says of the lips, whatever face was recorded.

    Returns:
        level_correlation, level_best_correlation, level_lag_frames: of opening with level in dB.
        closure_rate, closure_rate_at_vowels: share of p, b, m, and of open vowels as the control, at
            which the lips close; NaN without such phones.
        resting_rate: share of silent frames with the mouth at rest; NaN without silence.
    """
    rest = float(metrics.mouth_opening(mesh.neutral[None], mesh.lip_pairs)[0])
    opening = metrics.mouth_opening(mesh.vertices(generated), mesh.lip_pairs).astype(np.float64)
    level = lip_sync.level_db(samples, len(opening))
    with_level = lip_sync.correlate(opening, level)
    silence = lip_sync.find_silence(level, margin_frames=lip_sync.SILENCE_MARGIN_FRAMES)
    return {
        "level_correlation": with_level.at_zero,
        "level_best_correlation": with_level.best,
        "level_lag_frames": with_level.best_lag_frames,
        "closure_rate": _share(lip_sync.closed_at(opening, middles_of(phones, BILABIALS), rest)),
        "closure_rate_at_vowels": _share(lip_sync.closed_at(opening, middles_of_open_vowels(phones), rest)),
        "resting_rate": lip_sync.resting_rate(opening, silence, rest),
    }


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else float("nan")


def _measure_lips(mesh: FaceMesh, truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    true_opening = metrics.mouth_opening(truth, mesh.lip_pairs)
    opening = metrics.mouth_opening(prediction, mesh.lip_pairs)
    against_truth = lip_sync.correlate(opening, true_opening)
    return {
        "lve_max": metrics.lve_max(truth, prediction, mesh.lips),
        "lve_max_sq": metrics.lve_max_sq(truth, prediction, mesh.lips),
        "lve_rms": metrics.lve_rms(truth, prediction, mesh.lips),
        "mod": metrics.mod(truth, prediction, mesh.lip_pairs),
        "opening_correlation": against_truth.at_zero,
        "opening_best_correlation": against_truth.best,
        "opening_lag_frames": against_truth.best_lag_frames,
        "opening_std_ratio": dynamics.std_ratio(true_opening, opening),
        "lip_std_ratio": dynamics.std_ratio(truth[:, mesh.lips], prediction[:, mesh.lips]),
    }
