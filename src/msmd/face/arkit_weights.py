"""Between motion of the landmark mesh and ARKit weights, both ways.

A tracker under-reports how far a face moves, each shape by another share: the gain of a shape is the
weight that is solved from a tracked face whose true weight is 1 (`assets/gain.json`, measured by
`tools/rig/calibrate_gain.py`). Landmark displacements and the expression code are of the tracker's
scale; ARKit weights are true ones. So the landmarks of a weight are gain times the rig's, and the
solver inverts that.
"""

import json
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES, NUM_ARKIT, NUM_LANDMARKS
from msmd.face.expression_space import load_expression_space
from msmd.face.gaze import hold_gaze
from msmd.face.lip_closure import close_lips
from msmd.face.regions import BROWS, EYES, FACE_OVAL, LIPS
from msmd.face.rig import load_rig

_LIP_WEIGHT, _EYE_WEIGHT, _BROW_WEIGHT, _OVAL_WEIGHT = 3.0, 2.5, 3.0, 0.5
_RIDGE: Final = 0.005
_SPARSITY: Final = 0.004
"""Of ridge and l1 terms, as shares of the squared motion of a shape: antagonists shall not fight."""
_LEAST_MOTION_MM2: Final = 60.0
"""Added to that, so that shapes which hardly show are not solved from noise."""
_EVENED: Final = ("eyeWide", "eyeSquint", "cheekSquint")
_EVENNESS: Final = 0.1
"""Of shapes that hardly show, left and right are held together by this share of what they move."""
_ITERATIONS: Final = 150
_UNSEEN: Final = tuple(
    i
    for i, name in enumerate(ARKIT_NAMES)
    if name.startswith("eyeLook") or name in ("tongueOut", "cheekPuff")
)
"""Shapes that landmarks do not show; the solver leaves them at 0."""


@cache
def shape_gains() -> Float32[np.ndarray, "52"]:
    """Of each ARKit shape: the share of its motion that a tracker reports."""
    text = resources.files("msmd.face").joinpath("assets/gain.json").read_text(encoding="utf-8")
    gain = json.loads(text)["gain"]
    return np.array([gain.get(name, 1.0) for name in ARKIT_NAMES], np.float32)


def landmarks_of_arkit(weights: Float[np.ndarray, "frames 52"]) -> Float32[np.ndarray, "frames 468 3"]:
    """What a tracker would see of ARKit weights: displacement of the landmark mesh, mm."""
    shapes = load_rig().landmark_shapes.reshape(NUM_ARKIT, -1)
    seen = (weights * shape_gains()).astype(np.float32) @ shapes
    return seen.reshape(len(weights), NUM_LANDMARKS, 3)


def landmarks_of_motion(motion: Motion) -> Float32[np.ndarray, "frames 468 3"]:
    """Displacement of the landmark mesh from the neutral face, mm, head straight."""
    return load_expression_space().decode(motion.expression)


def arkit_of_motion(motion: Motion) -> Float32[np.ndarray, "frames 52"]:
    """ARKit weights in [0, 1] of a motion, with eyes that keep looking ahead."""
    return hold_gaze(solve_arkit(landmarks_of_motion(motion)), motion.head_rotation)


def solve_arkit(displacement: Float[np.ndarray, "frames 468 3"]) -> Float32[np.ndarray, "frames 52"]:
    """The ARKit weights in [0, 1] whose landmarks are nearest to a tracked displacement.

    Both are taken as the expression code carries them: it keeps a third of what cheekSquint moves and most of
    the rest, and what is lost of a shape must not count as a sign that it is absent.

    Minimises |weighting (gain shapes w - displacement)|^2 + ridge |w|^2 + sparsity |w|_1 within the
    box by accelerated projected gradient descent (Beck and Teboulle 2009), all frames at once. Where
    the landmarks' lips are closed, the rig's are then closed as well.

    Args:
        displacement: neutral-relative, mm, of the tracker's scale.
    """
    system, hessian, linear, scale = _prepare_system()
    step = 1 / float(np.linalg.eigvalsh(hessian)[-1])
    target = _through_code(displacement).reshape(len(displacement), -1) @ system - linear
    weights = np.zeros((len(displacement), NUM_ARKIT))
    ahead, momentum = weights, 1.0
    for _ in range(_ITERATIONS):
        new = np.clip(ahead - step * (ahead @ hessian - target), 0, scale)
        new[:, _UNSEEN] = 0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / faster * (new - weights)
        weights, momentum = new, faster
    return close_lips((weights / scale).astype(np.float32), displacement)


def _through_code(displacement: Float[np.ndarray, "frames 468 3"]) -> Float64[np.ndarray, "frames 468 3"]:
    space = load_expression_space()
    return space.decode(space.encode(displacement)).astype(np.float64)


@cache
def _prepare_system() -> tuple[
    Float64[np.ndarray, "1404 52"],
    Float64[np.ndarray, "52 52"],
    Float64[np.ndarray, "52"],
    Float64[np.ndarray, "52"],
]:
    """The normal equations: (what takes displacements to their right side, matrix, l1 term, scale).

    They are for `scale` times the weights, so that a brow converges as fast as the jaw, which moves a
    hundred times as much.
    """
    emphasis = np.ones(NUM_LANDMARKS)
    emphasis[list(FACE_OVAL)] = _OVAL_WEIGHT
    emphasis[list(BROWS)] = _BROW_WEIGHT
    emphasis[list(EYES)] = _EYE_WEIGHT
    emphasis[list(LIPS)] = _LIP_WEIGHT
    seen = _through_code(load_rig().landmark_shapes * shape_gains()[:, None, None])
    weighted = (seen * emphasis[:, None]).reshape(NUM_ARKIT, -1)
    hessian = weighted @ weighted.T
    own = np.diag(hessian) + _LEAST_MOTION_MM2
    hessian = hessian + _RIDGE * np.diag(own)
    for name in _EVENED:
        pair = [ARKIT_NAMES.index(f"{name}{side}") for side in ("Left", "Right")]
        moved = own[pair].mean() - _LEAST_MOTION_MM2
        hessian[np.ix_(pair, pair)] += _EVENNESS * moved * np.array([[1, -1], [-1, 1]])
    scale = np.sqrt(own)
    system = (weighted * np.repeat(emphasis, 3)).T / scale
    return system, hessian / np.outer(scale, scale), _SPARSITY * scale, scale
