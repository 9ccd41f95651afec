"""How far each frame of a tracked face can be trusted: what the numbers of the tracker say of themselves."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float64

from msmd.core.units import NUM_LANDMARKS
from msmd.face.expression_space import load_expression_space
from msmd.face.raw_landmarks import RawLandmarks

MAX_POSE_DEGREES: Final = 45.0
"""Turned farther from the camera, half of the face is guessed."""

JUMP_DEGREES_A_SECOND: Final = 400.0
"""Heads turn at up to about 300 degrees a second; more is a cut or a slip of the tracker ..."""

JUMP_SIZES_A_SECOND: Final = 8.0
"""... and so is a face that moves by more of its own heights a second."""

_FACE_PIXELS: Final = (30.0, 80.0)
"""Height of a face that shows nothing, and of one that shows enough."""

_DISAGREEMENT_RATIO: Final = (1.4, 2.1)
"""Misfit over the clip's usual misfit: from here a frame is doubted, from there it is not believed."""

_USUAL_QUANTILE: Final = 0.4
"""Of a clip's misfits is its usual one: no more than half of its frames may be covered."""

OCCLUDED_RATIO: Final = 1.75
"""Misfit over the clip's usual misfit from which something is taken to be before the face ..."""

OCCLUDED_MISFIT_MM: Final = 0.25
"""... if it is greater than this as well. Boxes over mouth, an eye, half of the face or its lower part give
0.28 to 0.46 mm where the clip itself has 0.05 to 0.2 (docs/timing_and_quality.md)."""

_TURN_DEGREES: Final = 22.0
"""So far from the clip's median direction a face fits half as well without anything before it."""

_LEAST_MISFIT_MM: Final = 0.15
"""A clip that fits better than this everywhere is not measured against itself."""


@dataclass(frozen=True)
class FrameEvidence:
    """What speaks for and against each frame; NaN where no face was found.

    Attributes:
        found: where a face was found.
        pose_degrees: angle between the face's and the camera's direction, roll left out.
        misfit_mm: root mean square distance of the landmarks from what any expression of this face does.
        tremble_mm: mean second difference of the landmarks without head pose.
        height_pixels: of the face.
        occluded: the landmarks do not lie as any expression of this face does.
        jumped: the head got here faster than heads move.
        confidence: 0 (nothing is known) to 1 (nothing speaks against it).
    """

    found: Bool[np.ndarray, "frames"]
    pose_degrees: Float64[np.ndarray, "frames"]
    misfit_mm: Float64[np.ndarray, "frames"]
    tremble_mm: Float64[np.ndarray, "frames"]
    height_pixels: Float64[np.ndarray, "frames"]
    occluded: Bool[np.ndarray, "frames"]
    jumped: Bool[np.ndarray, "frames"]
    confidence: Float64[np.ndarray, "frames"]


def weigh_frames(
    raw: RawLandmarks,
    pose_free: Float[np.ndarray, "frames 468 3"],
    rotation: Float[np.ndarray, "frames 3 3"],
) -> FrameEvidence:
    """Evidence for every frame of a clip.

    Args:
        raw: of the tracker.
        pose_free, rotation: what `face.geometry.metric_landmarks` makes of it.
    """
    found = raw.found
    pose_degrees = measure_pose(rotation)
    misfit_mm = measure_misfit(pose_free)
    height_pixels = np.ptp(raw.landmarks[:, :NUM_LANDMARKS, 1].astype(np.float64), axis=1) * raw.height
    tremble_mm = np.full(len(found), np.nan)
    if len(found) >= 3:
        second = np.diff(pose_free.astype(np.float64), n=2, axis=0)
        tremble_mm[1:-1] = np.linalg.norm(second, axis=2).mean(axis=1)
    usual = max(_usual(misfit_mm), _LEAST_MISFIT_MM)
    for_turn = misfit_mm / (1 + (measure_turn(rotation) / _TURN_DEGREES) ** 2)
    confidence = (
        found
        * _fall(pose_degrees, MAX_POSE_DEGREES - 15, MAX_POSE_DEGREES + 15)
        * _fall(for_turn / usual, *_DISAGREEMENT_RATIO)
        * _fall(-height_pixels, -_FACE_PIXELS[1], -_FACE_PIXELS[0])
    )
    return FrameEvidence(
        found=found,
        pose_degrees=pose_degrees,
        misfit_mm=misfit_mm,
        tremble_mm=tremble_mm,
        height_pixels=height_pixels,
        occluded=np.nan_to_num(for_turn) > max(OCCLUDED_MISFIT_MM, OCCLUDED_RATIO * usual),
        jumped=find_jumps(raw, rotation),
        confidence=np.where(found, np.nan_to_num(confidence), 0.0),
    )


def measure_pose(rotation: Float[np.ndarray, "frames 3 3"]) -> Float64[np.ndarray, "frames"]:
    """Degrees between where the face looks and the camera; a turn in the picture's plane is none."""
    return np.degrees(np.arccos(np.clip(rotation[:, 2, 2].astype(np.float64), -1, 1)))


def measure_turn(rotation: Float[np.ndarray, "frames 3 3"]) -> Float64[np.ndarray, "frames"]:
    """Degrees between where the face looks and where it looks most in this clip; NaN without a face."""
    direction = rotation[:, :, 2].astype(np.float64)
    known = np.isfinite(direction[:, 0])
    if not known.any():
        return np.full(len(direction), np.nan)
    middle = np.median(direction[known], axis=0)
    cosine = direction @ (middle / max(np.linalg.norm(middle), 1e-9))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def measure_misfit(pose_free: Float[np.ndarray, "frames 468 3"]) -> Float64[np.ndarray, "frames"]:
    """What the expression code cannot say of each frame's difference from the clip's median face, mm."""
    misfit = np.full(len(pose_free), np.nan)
    found = np.isfinite(pose_free[:, 0, 0])
    if not found.any():
        return misfit
    space = load_expression_space()
    moved = pose_free[found] - np.median(pose_free[found], axis=0)
    left = moved - space.decode(space.encode(moved))
    misfit[found] = np.sqrt(np.square(left.astype(np.float64)).sum(axis=2).mean(axis=1))
    return misfit


def find_jumps(raw: RawLandmarks, rotation: Float[np.ndarray, "frames 3 3"]) -> Bool[np.ndarray, "frames"]:
    """Frames that the head reached faster than heads move, from the last frame that shows it."""
    jumped = np.zeros(len(rotation), bool)
    known = np.flatnonzero(raw.found)
    if len(known) < 2:
        return jumped
    seconds = np.diff(raw.times_seconds[known])
    mesh = raw.landmarks[known, :NUM_LANDMARKS, :2].astype(np.float64) * [raw.width, raw.height]
    height = np.ptp(mesh[..., 1], axis=1)
    moved = np.linalg.norm(np.diff(mesh.mean(axis=1), axis=0), axis=1) / np.minimum(height[1:], height[:-1])
    turn = np.einsum("tji,tjk->tik", rotation[known[:-1]], rotation[known[1:]]).astype(np.float64)
    degrees = np.degrees(np.arccos(np.clip((np.trace(turn, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    jumped[known[1:]] = (degrees > JUMP_DEGREES_A_SECOND * seconds) | (moved > JUMP_SIZES_A_SECOND * seconds)
    return jumped


def _usual(misfit_mm: Float[np.ndarray, "frames"]) -> float:
    return float(np.nanquantile(misfit_mm, _USUAL_QUANTILE)) if np.isfinite(misfit_mm).any() else 0.0


def _fall(values: Float[np.ndarray, "frames"], one: float, zero: float) -> Float64[np.ndarray, "frames"]:
    """1 up to `one`, 0 from `zero`, a straight line between; NaN stays NaN."""
    return np.clip((zero - values) / (zero - one), 0.0, 1.0)
