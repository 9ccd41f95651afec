"""The rig as glTF meshes: parts with materials, baked pictures, and 52 morph targets each."""

from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from msmd.core.png import encode_png
from msmd.core.units import ARKIT_NAMES
from msmd.export.glb_file import INDEX_BUFFER, VERTEX_BUFFER, GlbFile
from msmd.face.lashes import grow_lashes
from msmd.face.paint import (
    EYE,
    LASH_COLOR,
    SCLERA_COLOR,
    SKIN,
    TEETH,
    TONGUE,
    arch_normals,
    hair_thickness,
    materials_of,
    paint_vertices,
)
from msmd.face.rig import Rig, load_rig
from msmd.face.skin_picture import bake_skin

METRES_PER_MM: Final = 0.001
_DELTA_THRESHOLD_M: Final = 2e-6
"""Smaller displacements of a morph target are left out."""

_NECK_TRIM_MM: Final = 42.0
_EYE_PICTURE_PX: Final = 256
_EYE_PICTURE_MM: Final = 32.0
_WET: Final = {"KHR_materials_clearcoat": {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.04}}
EXTENSIONS: Final = tuple(_WET)

_SKIN_COLOR_PICTURE, _SKIN_ROUGHNESS_PICTURE, _EYE_PICTURE = range(3)


class _Surface(NamedTuple):
    """What one primitive needs: vertices in mm with their displacements by the 52 shapes, and a material."""

    positions: Float32[np.ndarray, "n 3"]
    normals: Float32[np.ndarray, "n 3"]
    deltas: Float32[np.ndarray, "52 n 3"]
    corners: Int[np.ndarray, "m"]
    material: dict[str, Any]
    places: Float32[np.ndarray, "n 2"] | None = None
    colors: Float32[np.ndarray, "n 3"] | None = None


def add_head(glb: GlbFile, rig: Rig, pivot_mm: Float32[np.ndarray, "3"]) -> dict[str, Any]:
    """Pack the rig; its vertices are metres from `pivot_mm`.

    Returns:
        The parts `meshes`, `materials`, `textures`, `samplers`, `images`, `extensionsUsed` of a document. All
        surfaces are primitives of one mesh, so that one list of 52 weights moves them.
    """
    primitives, materials = [], []
    for surface in (_skin(rig), _eyes(rig), *_in_the_mouth(rig), _lashes(rig)):
        scale = np.float32(METRES_PER_MM)
        attributes = {
            "POSITION": glb.add_array((surface.positions - pivot_mm) * scale, VERTEX_BUFFER, bounds=True),
            "NORMAL": glb.add_array(surface.normals, VERTEX_BUFFER),
        }
        if surface.places is not None:
            attributes["TEXCOORD_0"] = glb.add_array(surface.places, VERTEX_BUFFER)
        if surface.colors is not None:
            attributes["COLOR_0"] = glb.add_array(surface.colors, VERTEX_BUFFER)
        targets = [
            {"POSITION": glb.add_sparse(delta * scale, _DELTA_THRESHOLD_M)} for delta in surface.deltas
        ]
        primitives.append(
            {
                "attributes": attributes,
                "indices": glb.add_array(surface.corners.astype(np.uint16), INDEX_BUFFER),
                "targets": targets,
                "material": len(materials),
            }
        )
        materials.append(surface.material)
    mesh = {
        "name": "face",
        "primitives": primitives,
        "weights": [0.0] * len(ARKIT_NAMES),
        "extras": {"targetNames": list(ARKIT_NAMES)},
    }
    skin = bake_skin(rig)
    pictures = (_screen(skin.color), _as_roughness(skin.roughness), _eye_picture(rig))
    clamp = 33071
    return {
        "extensionsUsed": list(EXTENSIONS),
        "meshes": [mesh],
        "materials": materials,
        "images": [glb.add_image(encode_png(picture)) for picture in pictures],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": clamp, "wrapT": clamp}],
        "textures": [{"source": index, "sampler": 0} for index in range(len(pictures))],
    }


def vertex_normals(
    vertices: Float32[np.ndarray, "V 3"], triangles: Int[np.ndarray, "F 3"]
) -> Float32[np.ndarray, "V 3"]:
    """Area-weighted unit normals; (0, 0, 1) where no triangle gives one."""
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], face_normals)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(length > 1e-9, normals / np.maximum(length, 1e-9), [0.0, 0.0, 1.0])
    return normals.astype(np.float32)


def _skin(rig: Rig) -> _Surface:
    """The skin with its hair standing off; a vertex on a seam of the layout is there once for each side."""
    # the same triangles on every face, so that heads can be exchanged
    plain = load_rig().neutral
    above = (plain[:, 1] > _neckline(plain))[rig.triangles].any(axis=1)
    chosen = (materials_of(rig) == SKIN) & above
    corners = np.stack([rig.triangles[chosen].ravel(), rig.place_triangles[chosen].ravel()], 1)
    pairs, local = np.unique(corners, axis=0, return_inverse=True)
    used = pairs[:, 0]
    normals = vertex_normals(rig.neutral, rig.triangles)
    look = {
        "metallicFactor": 0,
        "roughnessFactor": 1,
        "baseColorTexture": {"index": _SKIN_COLOR_PICTURE},
        "metallicRoughnessTexture": {"index": _SKIN_ROUGHNESS_PICTURE},
    }
    positions = rig.neutral[used] + (hair_thickness(rig)[:, None] * normals)[used]
    # the mesh ends in tabs: what still reaches below the neckline is drawn up to it
    positions[:, 1] = np.maximum(positions[:, 1], _neckline(rig.neutral)[used])
    return _Surface(
        positions=positions,
        normals=normals[used],
        deltas=rig.shapes[:, used],
        corners=local.ravel(),
        material={"name": "skin", "pbrMetallicRoughness": look},
        places=rig.places[pairs[:, 1]],
    )


def _neckline(neutral: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "V"]:
    """Height at which the neck ends at each vertex, mm: higher at the back."""
    slope = 0.25 * np.clip(60 - neutral[:, 2], -80, 120)
    return (neutral[:, 1].min() + _NECK_TRIM_MM + slope).astype(np.float32)


def _eyes(rig: Rig) -> _Surface:
    used, corners = np.unique(rig.triangles[materials_of(rig) == EYE], return_inverse=True)
    look = {"metallicFactor": 0, "roughnessFactor": 0.3, "baseColorTexture": {"index": _EYE_PICTURE}}
    return _Surface(
        positions=rig.neutral[used],
        normals=vertex_normals(rig.neutral, rig.triangles)[used],
        deltas=rig.shapes[:, used],
        corners=corners.ravel(),
        material={"name": "eyes", "pbrMetallicRoughness": look, "extensions": _WET},
        places=_places_on_eye(rig)[used],
    )


def _in_the_mouth(rig: Rig) -> list[_Surface]:
    """Teeth and tongue, coloured by vertex: darker, the less light comes to them between the lips."""
    surfaces, material = [], materials_of(rig)
    lips_z = float(rig.landmark_neutral[[13, 14], 2].mean())
    light = np.clip((rig.neutral[:, 2] - lips_z + 55) / 45, 0.25, 1)[:, None]
    colors = np.clip(paint_vertices(rig).albedo * light, 0, 1).astype(np.float32)
    for name, which, roughness in (("teeth", TEETH, 0.3), ("tongue", TONGUE, 0.4)):
        used, corners = np.unique(rig.triangles[material == which], return_inverse=True)
        normals = (
            arch_normals(rig.neutral[used])
            if which == TEETH
            else vertex_normals(rig.neutral, rig.triangles)[used]
        )
        surfaces.append(
            _Surface(
                positions=rig.neutral[used],
                normals=normals.astype(np.float32),
                deltas=rig.shapes[:, used],
                corners=corners.ravel(),
                material={
                    "name": name,
                    "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": roughness},
                },
                colors=colors[used],
            )
        )
    return surfaces


def _lashes(rig: Rig) -> _Surface:
    lashes = grow_lashes(rig)
    look = {
        "metallicFactor": 0,
        "roughnessFactor": 0.9,
        "baseColorFactor": [*LASH_COLOR.astype(float).tolist(), 1.0],
    }
    return _Surface(
        positions=lashes.place(rig.neutral),
        normals=np.tile(np.array([0, 0, 1], np.float32), (len(lashes.carriers), 1)),
        deltas=np.stack([lashes.place(shape) for shape in rig.shapes]),
        corners=lashes.triangles.ravel(),
        material={"name": "lashes", "pbrMetallicRoughness": look, "doubleSided": True},
    )


def _places_on_eye(rig: Rig) -> Float32[np.ndarray, "V 2"]:
    places = np.full((len(rig.neutral), 2), 0.5)
    for side in ("left", "right"):
        used = np.unique(rig.triangles[rig.part == rig.part_names.index(f"eye_{side}")])
        xy = rig.neutral[used, :2]
        offset = (xy - (xy.min(0) + xy.max(0)) / 2) / _EYE_PICTURE_MM
        places[used] = np.stack([0.5 + offset[:, 0], 0.5 - offset[:, 1]], 1)
    return places.astype(np.float32)


def _eye_picture(rig: Rig) -> UInt8[np.ndarray, "rows columns 3"]:
    """White of the eye, iris with a dark ring, pupil, seen from the front."""
    y, x = (np.mgrid[:_EYE_PICTURE_PX, :_EYE_PICTURE_PX] + 0.5) / _EYE_PICTURE_PX * _EYE_PICTURE_MM
    x, y = x - _EYE_PICTURE_MM / 2, y - _EYE_PICTURE_MM / 2
    off_axis, turn = np.hypot(x, y), np.arctan2(y, x)
    rays = 0.5 + 0.25 * np.sin(23 * turn) * np.sin(9 * turn + 1.3) + 0.15 * np.sin(41 * turn + off_axis)
    picture = np.tile(SCLERA_COLOR.astype(np.float64), (*x.shape, 1))
    # towards the corners the white of the eye is rosy
    rosy = np.clip((off_axis - 8) / 7, 0, 1)[..., None]
    picture *= 1 - rosy * np.array([0.05, 0.28, 0.30])
    ring = 1 - 0.72 * np.clip((off_axis - 4.3) / 1.7, 0, 1)
    iris = rig.complexion.iris * ((0.65 + 0.6 * rays) * ring)[..., None]
    picture += np.clip((6.2 - off_axis) / 0.4, 0, 1)[..., None] * (iris - picture)
    picture *= 1 - 0.98 * np.clip((2.5 - off_axis) / 0.4, 0, 1)[..., None]
    return _screen(picture)


def _as_roughness(roughness: Float32[np.ndarray, "rows columns"]) -> UInt8[np.ndarray, "half half_columns 3"]:
    """Roughness is read from green, metal from blue; half the size will do."""
    half = (roughness[::2, ::2] + roughness[1::2, ::2] + roughness[::2, 1::2] + roughness[1::2, 1::2]) / 4
    # coarse steps, which nobody sees, keep the file small
    green = np.round(half * 48) / 48 * 255
    return np.stack([np.full_like(green, 255), green, np.zeros_like(green)], 2).round().astype(np.uint8)


def _screen(linear_picture: Float[np.ndarray, "rows columns 3"]) -> UInt8[np.ndarray, "rows columns 3"]:
    value = np.clip(linear_picture, 0, 1)
    value = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.round(value * 255).astype(np.uint8)
