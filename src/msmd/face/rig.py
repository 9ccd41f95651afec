"""The head that shows expressions: a neutral mesh, the 52 ARKit shapes, and where the 468 landmarks sit.

Coordinates are millimetres: x to the subject's left, y up, z out of the face. `tools/rig/build_rig.py`
makes the asset from CC0 parts; docs/rig.md tells how.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, UInt8
from safetensors.numpy import load as load_safetensors

from msmd.core.errors import MsmdError
from msmd.core.units import ARKIT_NAMES
from msmd.face.complexion import PLAIN, Complexion
from msmd.face.contact import Contact, measure_contact, stop_at_contact

_FRAMES_AT_ONCE: Final = 256


class RigError(MsmdError):
    """A rig asked for something that it does not have."""


@dataclass(frozen=True, eq=False)
class Rig:
    """A head with blend shapes.

    Attributes:
        neutral: (V, 3) mm, the face at rest with closed lips.
        triangles: (F, 3) vertices, counter-clockwise from outside.
        part: (F,) index into `part_names` of each triangle.
        part_names: skin, eye_left, eye_right, teeth_upper, teeth_lower, tongue, lashes_left, ...
        shapes: (52, V, 3) mm, displacement of each shape at weight 1, in the order of `ARKIT_NAMES`.
        color: (V, 3) in [0, 1], sRGB.
        identities: (I, V, 3) mm, displacement of the neutral face towards other people.
        identity_names: of `identities`.
        landmark_triangles: (468,) the triangle on which each landmark of the landmark mesh lies.
        landmark_barycentric: (468, 3) where on it.
        inner_lip_pairs: (P, 2) vertices of the upper and lower lip that meet when the mouth is closed.
        lid_pairs: (P, 2) vertices at the edges of the upper and lower lids that meet in a blink.
        places: (P, 2) in [0, 1] on the picture of a part, v downwards; skin has one picture, twice as wide as
            high, every other part its own.
        place_triangles: (F, 3) into `places`: the corners of each triangle.
        upper_lashes, lower_lashes: (2, 5, columns) vertices of the ribbons at the lids, subject's left and
            right: rows from roots to tips, columns from the nose outwards.
        inside_mouth: (V,) skin behind the lips.
        lip: (V,) 1 on the upper lip, 2 on the lower one, from the edge of its red to behind where they meet.
        complexion: colours of skin, hair and eyes, for pictures.
    """

    neutral: Float32[np.ndarray, "V 3"]
    triangles: Int32[np.ndarray, "F 3"]
    part: UInt8[np.ndarray, "F"]
    part_names: tuple[str, ...]
    shapes: Float32[np.ndarray, "52 V 3"]
    color: Float32[np.ndarray, "V 3"]
    identities: Float32[np.ndarray, "I V 3"]
    identity_names: tuple[str, ...]
    landmark_triangles: Int32[np.ndarray, "468"]
    landmark_barycentric: Float32[np.ndarray, "468 3"]
    inner_lip_pairs: Int32[np.ndarray, "P 2"]
    lid_pairs: Int32[np.ndarray, "P_lids 2"]
    places: Float32[np.ndarray, "P_places 2"]
    place_triangles: Int32[np.ndarray, "F 3"]
    upper_lashes: Int32[np.ndarray, "2 5 upper_columns"]
    lower_lashes: Int32[np.ndarray, "2 5 lower_columns"]
    inside_mouth: Bool[np.ndarray, "V"]
    lip: UInt8[np.ndarray, "V"]
    complexion: Complexion = PLAIN

    def vertices(self, weights: Float[np.ndarray, "frames 52"]) -> Float32[np.ndarray, "frames V 3"]:
        """The mesh of each frame, mm: the shapes added up, but for closing weights that `touch` cuts.

        Args:
            weights: ARKit weights, in the order of `ARKIT_NAMES`.
        """
        weights = self.touch(weights)
        flat = self.shapes.reshape(len(self.shapes), -1)
        out = np.empty((len(weights), flat.shape[1]), np.float32)
        for start in range(0, len(weights), _FRAMES_AT_ONCE):
            part = slice(start, start + _FRAMES_AT_ONCE)
            out[part] = weights[part] @ flat
        return out.reshape(len(weights), -1, 3) + self.neutral

    def touch(self, weights: Float[np.ndarray, "frames 52"]) -> Float32[np.ndarray, "frames 52"]:
        """The same weights, with lips and lids that stop where they meet (`face.contact`)."""
        return stop_at_contact(weights, self._contact)

    @cached_property
    def _contact(self) -> Contact:
        return measure_contact(self.neutral, self.shapes, self.inner_lip_pairs, self.lid_pairs)

    def landmarks(self, vertices: Float[np.ndarray, "frames V 3"]) -> Float32[np.ndarray, "frames 468 3"]:
        """Positions of the landmark mesh on meshes of this rig, mm; displacements of displacements."""
        corners = vertices[:, self.triangles[self.landmark_triangles]]
        return np.einsum("fnkc,nk->fnc", corners, self.landmark_barycentric).astype(np.float32)

    @cached_property
    def landmark_neutral(self) -> Float32[np.ndarray, "468 3"]:
        """The landmark mesh of the face at rest, mm."""
        return self.landmarks(self.neutral[None])[0]

    @cached_property
    def landmark_shapes(self) -> Float32[np.ndarray, "52 468 3"]:
        """Displacement of the landmark mesh by each shape at weight 1, mm."""
        return self.landmarks(self.shapes)

    def with_identity(self, shares: Mapping[str, float]) -> "Rig":
        """The same shapes on another face.

        Args:
            shares: how much of each identity (a name of `identity_names`), 1 being all of it.

        Raises:
            RigError: a name that the rig does not have.
        """
        unknown = [name for name in shares if name not in self.identity_names]
        if unknown:
            raise RigError(
                f"the rig has no identity {unknown[0]!r}. It has {', '.join(self.identity_names)}."
            )
        moved = self.neutral.astype(np.float64)
        for name, share in shares.items():
            moved = moved + share * self.identities[self.identity_names.index(name)]
        return replace(self, neutral=moved.astype(np.float32))


@cache
def load_rig() -> Rig:
    """The rig that comes with the package, read once."""
    assets = resources.files("msmd.face").joinpath("assets")
    card = json.loads(assets.joinpath("rig.json").read_text(encoding="utf-8"))
    tensors = load_safetensors(assets.joinpath("rig.safetensors").read_bytes())
    if tuple(card["shapes"]) != ARKIT_NAMES:
        raise RigError("rig.json lists other shapes than ARKIT_NAMES. Build the rig anew.")
    neutral = tensors["neutral"]
    return Rig(
        neutral=neutral,
        triangles=tensors["triangles"].astype(np.int32),
        part=tensors["part"],
        part_names=tuple(card["parts"]),
        shapes=_unpack_shapes(tensors, len(neutral)),
        color=tensors["color"].astype(np.float32),
        identities=tensors["identities"].astype(np.float32),
        identity_names=tuple(card["identities"]),
        landmark_triangles=tensors["landmark_triangles"],
        landmark_barycentric=tensors["landmark_barycentric"],
        inner_lip_pairs=tensors["inner_lip_pairs"].astype(np.int32),
        lid_pairs=tensors["lid_pairs"].astype(np.int32),
        places=tensors["places"],
        place_triangles=tensors["place_triangles"].astype(np.int32),
        upper_lashes=tensors["upper_lashes"].astype(np.int32),
        lower_lashes=tensors["lower_lashes"].astype(np.int32),
        inside_mouth=tensors["inside_mouth"].astype(bool),
        lip=tensors["lip"],
    )


def _unpack_shapes(
    tensors: Mapping[str, np.ndarray], num_vertices: int
) -> Float32[np.ndarray, "shapes {num_vertices} 3"]:
    """Shapes are stored as the vertices that each one moves; `shape_ends` says where each one's end."""
    ends = tensors["shape_ends"].astype(int)
    shapes = np.zeros((len(ends), num_vertices, 3), np.float32)
    for shape, start, end in zip(shapes, np.concatenate([[0], ends[:-1]]), ends, strict=True):
        shape[tensors["shape_vertices"][start:end]] = tensors["shape_deltas"][start:end]
    return shapes
