"""The FLAME head model (Li et al. 2017), which the user brings: how it moves the landmarks that we know.

FLAME may not be passed on, so nothing of it is here. `MSMD_FLAME` names an .npz file that the user makes
once of the two files of the FLAME site (docs/formats.md has the ten lines): the model's template, shape
directions, joints and skinning weights, and the 105 points of its surface that are MediaPipe landmarks.
No pickle is ever read.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Float64, Int

from msmd.core.errors import FormatError
from msmd.core.units import NUM_LANDMARKS

VARIABLE: Final = "MSMD_FLAME"

_MODEL_KEYS: Final = ("v_template", "shapedirs", "J_regressor", "weights", "f")
_EMBEDDING_KEYS: Final = ("lmk_face_idx", "lmk_b_coords", "landmark_indices")

NUM_SHAPE: Final = 300
"""Of FLAME's 400 directions the first 300 are identity, the rest expression."""

_JAW_JOINT: Final = 2
"""Root, neck, jaw, two eyes."""


@dataclass(frozen=True)
class FlameModel:
    """What of FLAME moves 105 landmarks; J joints, V vertices.

    Attributes:
        template: (V, 3) in metres; x to the subject's left, y up, z forward.
        directions: (V, 3, S) identity first, then expression from `NUM_SHAPE` on.
        joint_regressor: (J, V).
        skinning: (V, J).
        corners: (points, 3) vertices around each landmark.
        barycentric: (points, 3).
        mesh_index: (points,) which of the 468 landmarks each is.
    """

    template: Float64[np.ndarray, "V 3"]
    directions: Float64[np.ndarray, "V 3 S"]
    joint_regressor: Float64[np.ndarray, "J V"]
    skinning: Float64[np.ndarray, "V J"]
    corners: Int[np.ndarray, "points 3"]
    barycentric: Float64[np.ndarray, "points 3"]
    mesh_index: Int[np.ndarray, "points"]

    def place_landmarks(
        self,
        shape: Float64[np.ndarray, "n_shape"],
        expression: Float64[np.ndarray, "frames n_expression"],
        jaw: Float64[np.ndarray, "frames 3"],
    ) -> Float64[np.ndarray, "frames points 3"]:
        """Where the landmarks are in the head's frame: blend shapes, then the jaw by linear skinning.

        Only the vertices around landmarks are moved; the pose correctives of the jaw are left out.
        """
        used, corners = np.unique(self.corners, return_inverse=True)
        identity = self.template + self.directions[..., : len(shape)] @ shape
        first = NUM_SHAPE
        moved = (
            self.directions[used, :, first : first + expression.shape[1]] @ expression.T
        )  # (used, 3, frames)
        vertices = identity[used] + np.moveaxis(moved, 2, 0)
        joint = self.joint_regressor[_JAW_JOINT] @ identity
        turned = np.einsum("tij,tnj->tni", rotation_of_vector(jaw), vertices - joint) + joint
        share = self.skinning[used, _JAW_JOINT][:, None]
        vertices = (1 - share) * vertices + share * turned
        return np.einsum("pc,tpcx->tpx", self.barycentric, vertices[:, corners.reshape(self.corners.shape)])


def load_flame_model(path: Path | None = None) -> FlameModel:
    """The user's FLAME model.

    Args:
        path: .npz; None: what MSMD_FLAME names.

    Raises:
        FormatError: not given, not there, or arrays are missing or do not fit.
    """
    named = path or os.environ.get(VARIABLE)
    if not named:
        raise FormatError(
            "FLAME coefficients need the FLAME model, which its licence forbids to pass on. Get it from "
            "flame.is.tue.mpg.de, make one .npz of it as docs/formats.md tells, and name that file in the "
            f"environment variable {VARIABLE}."
        )
    path = Path(named)
    arrays = load_arrays(path)
    if missing := [key for key in (*_MODEL_KEYS, *_EMBEDDING_KEYS) if key not in arrays]:
        raise FormatError(
            f"{path} is no complete FLAME model: it lacks {', '.join(missing)}. "
            "Make it as docs/formats.md tells."
        )
    try:
        corners = arrays["f"].astype(np.int64)[arrays["lmk_face_idx"].astype(np.int64)]
        model = FlameModel(
            template=arrays["v_template"].astype(np.float64),
            directions=arrays["shapedirs"].astype(np.float64),
            joint_regressor=arrays["J_regressor"].astype(np.float64),
            skinning=arrays["weights"].astype(np.float64),
            corners=corners,
            barycentric=arrays["lmk_b_coords"].astype(np.float64),
            mesh_index=arrays["landmark_indices"].astype(np.int64),
        )
    except (IndexError, ValueError, TypeError) as error:
        raise FormatError(f"{path}: its arrays do not fit together ({error}).") from None
    _check(model, path)
    return model


def rotation_of_vector(vectors: Float[np.ndarray, "frames 3"]) -> Float64[np.ndarray, "frames 3 3"]:
    """Axis times angle (radians) -> rotation, by Rodrigues' formula."""
    vectors = np.asarray(vectors, np.float64)
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    first = np.sinc(angle / np.pi)
    second = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.eye(3) + first * cross + second * (cross @ cross)


def _check(model: FlameModel, path: Path) -> None:
    count = len(model.template)
    fits = (
        model.template.shape == (count, 3)
        and model.directions.shape[:2] == (count, 3)
        and model.directions.shape[2] > NUM_SHAPE
        and model.joint_regressor.shape[1] == count
        and model.joint_regressor.shape[0] > _JAW_JOINT
        and model.skinning.shape == (count, model.joint_regressor.shape[0])
        and model.barycentric.shape == (len(model.mesh_index), 3)
        and model.corners.shape == model.barycentric.shape
        and 0 <= model.corners.min() <= model.corners.max() < count
        and 0 <= model.mesh_index.min() <= model.mesh_index.max() < NUM_LANDMARKS
    )
    if not fits:
        raise FormatError(
            f"{path} is no FLAME model of 300 + n directions, {_JAW_JOINT + 1} joints or more, and landmarks "
            "among MediaPipe's 468. Make it as docs/formats.md tells."
        )


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise FormatError(
            f"{path} cannot be read as an .npz file of plain arrays ({error}). Pickled objects are "
            "never read."
        ) from None
