"""The rig as glTF meshes: parts with materials, painted pictures, and 52 morph targets each."""

from typing import Any, Final

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from msmd.core.png import encode_png
from msmd.core.units import ARKIT_NAMES
from msmd.export.glb_file import INDEX_BUFFER, VERTEX_BUFFER, GlbFile
from msmd.face.front_paint import TEXELS_PER_MM, paint_front
from msmd.face.paint import (
    BROW_COLOR,
    EYE,
    HAIR_COLOR,
    IRIS_COLOR,
    LASHES,
    LIP_COLOR,
    SCLERA_COLOR,
    SKIN,
    SKIN_COLOR,
    TEETH,
    TONGUE,
    hair_line,
    materials_of,
    paint_vertices,
)
from msmd.face.rig import Rig

METRES_PER_MM: Final = 0.001
_DELTA_THRESHOLD_M: Final = 2e-6
"""Smaller displacements of a morph target are left out."""

_FRONT_MM: Final = 70.0
_EYE_PICTURE_PX: Final = 256
_EYE_PICTURE_MM: Final = 32.0

_SURFACES: Final = {
    # name: (material of the rig, roughness, picture)
    "skin": (SKIN, 0.55, "face"),
    "eyes": (EYE, 0.12, "eye"),
    "teeth": (TEETH, 0.30, None),
    "tongue": (TONGUE, 0.40, None),
    "lashes": (LASHES, 0.90, None),
}


def add_head(glb: GlbFile, rig: Rig, pivot_mm: Float32[np.ndarray, "3"]) -> dict[str, Any]:
    """Pack the rig; its vertices are metres from `pivot_mm`.

    Returns:
        The parts `meshes`, `materials`, `textures`, `samplers` and `images` of the document. All surfaces are
        primitives of one mesh, so that one list of 52 weights moves them.
    """
    material = materials_of(rig)
    positions = (rig.neutral - pivot_mm) * np.float32(METRES_PER_MM)
    normals = vertex_normals(rig.neutral, rig.triangles)
    colors = _vertex_colors(rig)
    front, corner = paint_front(rig.landmark_neutral)
    # graphics cards of the web like sides that are powers of two
    rows, columns = (2 ** int(np.ceil(np.log2(side))) - side for side in front.shape[:2])
    front = np.pad(front, ((0, rows), (0, columns), (0, 0)))
    face_places, eye_places = _places_on_face(rig, corner, front.shape[:2]), _places_on_eye(rig)
    primitives, materials = [], []
    for name, (which, roughness, picture) in _SURFACES.items():
        if not (material == which).any():
            continue
        used, corners = np.unique(rig.triangles[material == which], return_inverse=True)
        attributes = {
            "POSITION": glb.add_array(positions[used], VERTEX_BUFFER, bounds=True),
            "NORMAL": glb.add_array(normals[used], VERTEX_BUFFER),
            "COLOR_0": glb.add_array(colors[used], VERTEX_BUFFER),
        }
        look: dict[str, Any] = {"metallicFactor": 0, "roughnessFactor": roughness}
        if picture:
            places = face_places if picture == "face" else eye_places
            attributes["TEXCOORD_0"] = glb.add_array(places[used], VERTEX_BUFFER)
            look["baseColorTexture"] = {"index": 0 if picture == "face" else 1}
        deltas = rig.shapes[:, used].astype(np.float32) * np.float32(METRES_PER_MM)
        targets = [{"POSITION": glb.add_sparse(delta, _DELTA_THRESHOLD_M)} for delta in deltas]
        primitives.append(
            {
                "attributes": attributes,
                "indices": glb.add_array(corners.ravel().astype(np.uint16), INDEX_BUFFER),
                "targets": targets,
                "material": len(materials),
            }
        )
        materials.append(
            {"name": name, "pbrMetallicRoughness": look} | ({"doubleSided": True} if which == LASHES else {})
        )
    mesh = {
        "name": "face",
        "primitives": primitives,
        "weights": [0.0] * len(ARKIT_NAMES),
        "extras": {"targetNames": list(ARKIT_NAMES)},
    }
    clamp = 33071
    return {
        "meshes": [mesh],
        "materials": materials,
        "images": [glb.add_image(encode_png(picture)) for picture in (_face_picture(front), _eye_picture())],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": clamp, "wrapT": clamp}],
        "textures": [{"source": 0, "sampler": 0}, {"source": 1, "sampler": 0}],
    }


def vertex_normals(
    vertices: Float32[np.ndarray, "V 3"], triangles: Int32[np.ndarray, "F 3"]
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


def _vertex_colors(rig: Rig) -> Float32[np.ndarray, "V 3"]:
    """Linear colour; white for the eyes, which have their picture, dark where light hardly comes."""
    albedo, _, in_mouth = paint_vertices(rig)
    hair = np.clip((hair_line(rig) + 5) / 10, 0, 1)[:, None]
    colors = albedo + hair * (HAIR_COLOR - albedo)
    lips_z = float(rig.landmark_neutral[[13, 14], 2].mean())
    light = np.clip((rig.neutral[:, 2] - lips_z + 55) / 45, 0.25, 1)
    colors = np.where(in_mouth[:, None], colors * light[:, None], colors)
    colors[rig.triangles[materials_of(rig) == EYE]] = 1
    return np.clip(colors, 0, 1).astype(np.float32)


def _places_on_face(
    rig: Rig, corner: Float32[np.ndarray, "2"], shape: tuple[int, ...]
) -> Float32[np.ndarray, "V 2"]:
    """Where each vertex lies on the picture of the face; the back of the head is led around its sides."""
    x, y, z = rig.neutral.T
    beside = 2 * float(abs(corner[0]))
    behind = z < rig.landmark_neutral[4, 2] - _FRONT_MM
    x = np.where(behind, np.where(x < 0, -beside, beside), x)
    u = ((x - corner[0]) * TEXELS_PER_MM + 0.5) / shape[1]
    v = 1 - ((y - corner[1]) * TEXELS_PER_MM + 0.5) / shape[0]
    return np.stack([u, v], 1).astype(np.float32)


def _places_on_eye(rig: Rig) -> Float32[np.ndarray, "V 2"]:
    places = np.full((len(rig.neutral), 2), 0.5)
    for side in ("left", "right"):
        used = np.unique(rig.triangles[rig.part == rig.part_names.index(f"eye_{side}")])
        xy = rig.neutral[used, :2]
        offset = (xy - (xy.min(0) + xy.max(0)) / 2) / _EYE_PICTURE_MM
        places[used] = np.stack([0.5 + offset[:, 0], 0.5 - offset[:, 1]], 1)
    return places.astype(np.float32)


def _face_picture(paint: Float32[np.ndarray, "rows columns 2"]) -> UInt8[np.ndarray, "rows columns 3"]:
    """What the colour of the skin is multiplied with: brows and lips on white."""
    tint = np.ones((*paint.shape[:2], 3))
    for layer, color in ((1, LIP_COLOR), (0, BROW_COLOR)):
        cover = paint[..., layer, None] * (0.86 if layer else 1)
        tint += cover * (np.minimum(color / SKIN_COLOR, 1) - tint)
    return _screen(tint[::-1])


def _eye_picture() -> UInt8[np.ndarray, "rows columns 3"]:
    """White of the eye, iris with a dark ring, pupil, seen from the front."""
    y, x = (np.mgrid[:_EYE_PICTURE_PX, :_EYE_PICTURE_PX] + 0.5) / _EYE_PICTURE_PX * _EYE_PICTURE_MM
    x, y = x - _EYE_PICTURE_MM / 2, y - _EYE_PICTURE_MM / 2
    off_axis, turn = np.hypot(x, y), np.arctan2(y, x)
    rays = 0.5 + 0.25 * np.sin(23 * turn) * np.sin(9 * turn + 1.3) + 0.15 * np.sin(41 * turn + off_axis)
    picture = np.tile(SCLERA_COLOR.astype(np.float64), (*x.shape, 1))
    ring = 1 - 0.72 * np.clip((off_axis - 4.3) / 1.7, 0, 1)
    iris = IRIS_COLOR * ((0.65 + 0.6 * rays) * ring)[..., None]
    picture += np.clip((6.2 - off_axis) / 0.4, 0, 1)[..., None] * (iris - picture)
    picture *= 1 - 0.98 * np.clip((2.5 - off_axis) / 0.4, 0, 1)[..., None]
    return _screen(picture)


def _screen(linear_picture: np.ndarray) -> UInt8[np.ndarray, "rows columns 3"]:
    value = np.clip(linear_picture, 0, 1)
    value = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.round(value * 255).astype(np.uint8)
