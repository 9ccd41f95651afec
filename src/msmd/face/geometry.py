"""From a tracker's picture coordinates to a face without its head's pose, in millimetres of the rig.

Frames: the rig's axes are x to the subject's left, y up, z out of the face; the camera's are x to
the right of the picture, y up, z towards the viewer. They agree for a face that looks at the camera.
Head rotation is R = Ry(yaw) Rx(pitch) Rz(roll), as `core.animation` has it.
"""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64

from msmd.core.units import NUM_LANDMARKS
from msmd.face.rig import load_rig

CAMERA_DISTANCE_MM: Final = 600.0
"""Taken for the unknown distance of the head: it alone sets how strong perspective is on a face.

A field of view says nothing where the picture was cropped, as most pictures of faces are.
"""

_STILLNESS_MM: Final = 0.7
"""A landmark that all expressions move by much less than this is rigid."""


def fit_similarity(
    source: Float[np.ndarray, "*frames points 3"],
    target: Float[np.ndarray, "frames points 3"],
    weights: Float[np.ndarray, "points"],
) -> tuple[Float64[np.ndarray, "frames"], Float64[np.ndarray, "frames 3 3"], Float64[np.ndarray, "frames 3"]]:
    """The scale s, rotation R and shift t of each frame that minimise sum_i w_i |s R a_i + t - b_i|^2.

    Weighted Procrustes analysis with proper rotations only (Umeyama 1991).

    Args:
        source: a, of each frame or one for all.
        target: b.
        weights: w, not negative, not all zero.
    """
    weights = weights / weights.sum()
    source = np.broadcast_to(source, target.shape)
    source_mean = np.einsum("n,tnc->tc", weights, source)
    target_mean = np.einsum("n,tnc->tc", weights, target)
    a, b = source - source_mean[:, None], target - target_mean[:, None]
    covariance = np.einsum("n,tni,tnj->tij", weights, b, a)
    u, singular, vt = np.linalg.svd(covariance)
    signs = np.ones_like(singular)
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * signs[:, None]) @ vt
    scale = (singular * signs).sum(axis=1) / np.einsum("n,tnc->t", weights, a**2)
    shift = target_mean - scale[:, None] * np.einsum("tij,tj->ti", rotation, source_mean)
    return scale, rotation, shift


def metric_landmarks(
    image_landmarks: Float[np.ndarray, "frames points 3"], width: int, height: int
) -> tuple[Float32[np.ndarray, "frames 468 3"], Float32[np.ndarray, "frames 3 3"]]:
    """Take pose, distance and size of the face out of tracked landmarks.

    Each frame is laid onto the rig's neutral landmarks by those that expressions hardly move: first
    as if the camera were far away, which gives millimetres per pixel, then with every landmark moved
    to where it is under perspective. All faces come out in the size of the rig.

    Args:
        image_landmarks: at least 468, as `RawLandmarks` has them; NaN frames stay NaN.
        width, height: of the picture in pixels.

    Returns:
        Pose-free landmarks in the rig's frame, mm; and the rotation from head to camera. A constant
        error of the rotation, which depends on the identity, goes away in differences.
    """
    reference, weights = _reference()
    found = np.isfinite(image_landmarks[:, 0, 0])
    pose_free = np.full((len(found), NUM_LANDMARKS, 3), np.nan, np.float32)
    rotations = np.full((len(found), 3, 3), np.nan, np.float32)
    if not found.any():
        return pose_free, rotations
    # Depth comes in units of the width, growing away from the viewer.
    centred = image_landmarks[found, :NUM_LANDMARKS].astype(np.float64) - [0.5, 0.5, 0.0]
    pixels = centred * [width, -height, -width]
    pixels_per_mm, _, _ = fit_similarity(reference, pixels, weights)
    # The first scale is that of a far camera; the correction, under a near one, is a percent or two.
    camera = _undo_perspective(pixels / pixels_per_mm[:, None, None], weights)
    pixels_per_mm *= fit_similarity(reference, camera, weights)[0]
    camera = _undo_perspective(pixels / pixels_per_mm[:, None, None], weights)
    scale, rotation, shift = fit_similarity(reference, camera, weights)
    camera = (camera - shift[:, None]) / scale[:, None, None]
    pose_free[found] = np.einsum("tji,tnj->tni", rotation, camera)
    rotations[found] = rotation
    return pose_free, rotations


def _undo_perspective(
    seen_mm: Float64[np.ndarray, "frames points 3"], weights: Float64[np.ndarray, "points"]
) -> Float64[np.ndarray, "frames points 3"]:
    """Where points are that a camera at `CAMERA_DISTANCE_MM` sees, their scale right at the head's centre."""
    depth = seen_mm[..., 2] - (seen_mm[..., 2] @ (weights / weights.sum()))[:, None]
    shrink = 1 - depth / CAMERA_DISTANCE_MM
    return np.concatenate([seen_mm[..., :2] * shrink[..., None], depth[..., None]], axis=2)


@cache
def _reference() -> tuple[Float64[np.ndarray, "468 3"], Float64[np.ndarray, "468"]]:
    """The rig's neutral landmarks, and how rigid each is."""
    return load_rig().landmark_neutral.astype(np.float64), stillness()


@cache
def stillness() -> Float64[np.ndarray, "468"]:
    """How rigid each landmark is, in (0, 1]: one over its squared motion in all ARKit shapes."""
    shapes = load_rig().landmark_shapes.astype(np.float64)
    motion_mm = np.sqrt((shapes**2).sum(axis=2).mean(axis=0))
    return 1 / (1 + (motion_mm / _STILLNESS_MM) ** 2)


def euler_to_rotation(euler: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3 3"]:
    """Pitch, yaw, roll in radians -> R = Ry(yaw) Rx(pitch) Rz(roll)."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(euler).T, np.cos(euler).T
    return np.stack(
        [
            np.stack([cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx], axis=1),
            np.stack([cx * sz, cx * cz, -sx], axis=1),
            np.stack([-sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx], axis=1),
        ],
        axis=1,
    )


def rotation_to_euler(rotation: Float[np.ndarray, "frames 3 3"]) -> Float[np.ndarray, "frames 3"]:
    """R -> pitch, yaw, roll in radians; pitch within a quarter turn."""
    pitch = np.arcsin(np.clip(-rotation[:, 1, 2], -1, 1))
    yaw = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 1, 1])
    return np.stack([pitch, yaw, roll], axis=1)


def relative_head_rotation(rotation: Float[np.ndarray, "frames 3 3"]) -> Float32[np.ndarray, "frames 3"]:
    """Pitch, yaw, roll in radians from the clip's median pose, which stands for the head at rest.

    That takes out where the camera stood and the constant error of `metric_landmarks`. NaN stays NaN.
    """
    euler = rotation_to_euler(rotation)
    if not np.isfinite(euler).any():
        return euler.astype(np.float32)
    rest = euler_to_rotation(np.nanmedian(euler, axis=0)[None])[0]
    return rotation_to_euler(np.einsum("ji,tjk->tik", rest, rotation)).astype(np.float32)
