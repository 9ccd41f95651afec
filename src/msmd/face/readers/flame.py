"""Coefficients of the FLAME head model, as its trackers write them -> motion."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES, NUM_EXPRESSION
from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import fit_similarity, relative_head_rotation
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.face.readers.flame_model import (
    NUM_SHAPE,
    VARIABLE,
    FlameModel,
    load_arrays,
    load_flame_model,
    rotation_of_vector,
)
from msmd.face.rig import load_rig

DEFAULT_FPS: Final = Fraction(25)
"""Of files that hold no `fps`."""

_EXPRESSION: Final = ("expression", "exp", "expr", "expcode", "expression_params")
_JAW: Final = ("jaw", "jaw_pose", "jawpose", "jaw_params")
_POSE: Final = ("pose", "posecode", "pose_params")
"""Six numbers: turn of the head, turn of the jaw."""
_HEAD: Final = ("global_pose", "global_orient", "head_pose", "rotation", "pose_params")
_SHAPE: Final = ("shape", "shapecode", "betas", "shape_params")
_LIDS: Final = ("eyelids", "eyelid", "eyelid_params")

_CODE_SCALE: Final = 0.6
"""As in `readers.openface`: the code is of the video tracker's scale, FLAME's millimetres are true ones."""

_NOISE_MM: Final = 0.6
"""How far FLAME's idea of an expression is from the code's, for one landmark."""


def is_flame(names: list[str]) -> bool:
    """Whether the arrays of an archive are FLAME coefficients."""
    return any(name in names for name in _EXPRESSION) and any(
        name in names for name in (*_JAW, *_POSE, *_HEAD, *_SHAPE)
    )


def read_flame(path: Path, model: FlameModel | None = None) -> Motion:
    """Motion of an .npz file of FLAME coefficients.

    Args:
        path: holds `expression` (frames, up to 100) and `jaw_pose` (frames, 3) or `pose` (frames, 6: head,
            jaw), turns as axis times angle; perhaps `global_pose` (frames, 3), `shape`, `eyelids` (frames,
            2), `fps`. Other names in use are known as well.
        model: None: the file that MSMD_FLAME names.

    Returns:
        Motion relative to FLAME's face of expression 0, at the file's rate (25 where it tells none).

    Raises:
        FormatError: no such file, arrays that do not fit, or no FLAME model at hand.
    """
    path = Path(path)
    arrays = load_arrays(path)
    expression = _frames(arrays, _EXPRESSION, path, None)
    if expression is None:
        raise FormatError(f"{path} holds no FLAME expression; looked for {', '.join(_EXPRESSION)}.")
    count = len(expression)
    model = model or load_flame_model()
    if expression.shape[1] > model.directions.shape[2] - NUM_SHAPE:
        raise FormatError(
            f"{path} has {expression.shape[1]} expression coefficients; the model in {VARIABLE} has "
            f"{model.directions.shape[2] - NUM_SHAPE}."
        )
    jaw, head = _frames(arrays, _JAW, path, 3), _frames(arrays, _HEAD, path, 3)
    pose = _frames(arrays, _POSE, path, 6)
    if pose is not None:
        head, jaw = (head if head is not None else pose[:, :3]), (jaw if jaw is not None else pose[:, 3:])
    jaw = np.zeros((count, 3)) if jaw is None else jaw
    head = np.zeros((count, 3)) if head is None else head
    lids = _frames(arrays, _LIDS, path, 2)
    if any(len(other) != count for other in (jaw, head) if other is not None):
        raise FormatError(f"{path}: expression, jaw and head differ in their number of frames.")
    code = _code_of(model, _identity(arrays, model), expression, jaw)
    if lids is not None:
        code = code + code_of_arkit(_blinks(lids))
    turn = relative_head_rotation(rotation_of_vector(head))
    origin = {
        "source": path.name,
        "reader": "FLAME coefficients",
        "neutral": "FLAME's (expression 0, jaw shut)",
    }
    return Motion(
        np.concatenate([code, turn], axis=1).astype(np.float32), _rate_of(arrays, origin, path), origin
    )


def _code_of(
    model: FlameModel,
    shape: Float64[np.ndarray, "n_shape"],
    expression: Float64[np.ndarray, "frames n_expression"],
    jaw: Float64[np.ndarray, "frames 3"],
) -> Float32[np.ndarray, "frames 64"]:
    """The most probable code of how the landmarks move, in the rig's frame and size (ridge regression)."""
    rest = model.place_landmarks(shape, np.zeros((1, expression.shape[1])), np.zeros((1, 3)))
    moved = model.place_landmarks(shape, expression, jaw) - rest
    rig = load_rig().landmark_neutral.astype(np.float64)[model.mesh_index]
    scale, rotation, _ = fit_similarity(rest[0], rig[None], np.ones(len(rig)))
    displacement = scale[0] * moved @ rotation[0].T * _CODE_SCALE
    decoded = load_expression_space().decode(np.eye(NUM_EXPRESSION, dtype=np.float32)).astype(np.float64)
    a = decoded[:, model.mesh_index].reshape(NUM_EXPRESSION, -1) / _NOISE_MM
    d = displacement.reshape(len(displacement), -1) / _NOISE_MM
    return np.linalg.solve(a @ a.T + np.eye(NUM_EXPRESSION), a @ d.T).T.astype(np.float32)


def _blinks(lids: Float64[np.ndarray, "frames 2"]) -> Float32[np.ndarray, "frames 52"]:
    weights = np.zeros((len(lids), len(ARKIT_NAMES)), np.float32)
    for column, name in enumerate(("eyeBlinkLeft", "eyeBlinkRight")):
        weights[:, ARKIT_NAMES.index(name)] = np.clip(lids[:, column], 0, 1)
    return weights


def _identity(arrays: Mapping[str, np.ndarray], model: FlameModel) -> Float64[np.ndarray, "n_shape"]:
    """The person's shape: one for all frames (the median where a file has one for each)."""
    for name in _SHAPE:
        if name in arrays:
            rows = np.atleast_2d(arrays[name].astype(np.float64))
            return np.median(rows.reshape(-1, rows.shape[-1]), axis=0)[
                : min(NUM_SHAPE, model.directions.shape[2])
            ]
    return np.zeros(0)


def _frames(
    arrays: Mapping[str, np.ndarray], names: tuple[str, ...], path: Path, width: int | None
) -> Float64[np.ndarray, "frames columns"] | None:
    """The first of the arrays whose name and width fit, as (frames, columns); None if there is none."""
    for name in names:
        if name not in arrays:
            continue
        values = np.asarray(arrays[name])
        if not np.issubdtype(values.dtype, np.number) or values.ndim < 2 or not len(values):
            raise FormatError(
                f"{path}: `{name}` is {values.dtype} {values.shape}; (frames, columns) is needed."
            )
        values = values.astype(np.float64).reshape(len(values), -1)
        if width is not None and values.shape[1] != width:
            continue
        if not np.isfinite(values).all():
            raise FormatError(f"{path}: `{name}` holds NaN or infinity.")
        return values
    return None


def _rate_of(arrays: Mapping[str, np.ndarray], origin: dict[str, str], path: Path) -> Fraction:
    if "fps" not in arrays:
        origin["warnings"] = f"the file tells no frame rate; {DEFAULT_FPS} frames a second are assumed."
        return DEFAULT_FPS
    try:
        rate = Fraction(float(arrays["fps"])).limit_denominator(1001)
    except (TypeError, ValueError, OverflowError):
        rate = Fraction(0)
    if not 1 <= rate <= 240:
        raise FormatError(f"{path}: `fps` is {arrays['fps']}; a number from 1 to 240 is needed.")
    return rate
