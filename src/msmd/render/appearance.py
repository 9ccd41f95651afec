"""How the face is painted: colours, gloss and shade, worked out once on the face at rest.

Smooth things (flush of the cheeks, hair cap, inside of the mouth, shade in hollows) live on the vertices.
Things with an edge (brows, lips) live in a small picture that is laid on the face from the front. Both are
looked up at rest positions, so that they move with the skin. Colours are linear light.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from msmd.face.front_paint import paint_front
from msmd.face.lashes import grow_lashes
from msmd.face.paint import (
    CLOTH,
    CLOTH_COLOR,
    LASH_COLOR,
    LASHES,
    hair_line,
    materials_of,
    paint_vertices,
    vertices_with,
)
from msmd.face.rig import Rig
from msmd.render.rasterizer import fill_buffers, find_normals
from msmd.render.shirt import build_shirt


class Appearance(NamedTuple):
    """What the compiled shader looks up: V and F count the rig, after it the shirt, and the lashes.

    Attributes:
        rest: (V, 3) the face at rest, mm.
        albedo: (V, 3) linear colour.
        occlusion: (V,) 0 in deep hollows, 1 where all light comes in.
        gloss: (V,) strength of the highlight.
        hair: (V,) signed mm inside the hair line.
        colors: (4, 3) linear: hair, brows, lips, iris.
        triangles: (F, 3) corners. material: (F,) of each triangle.
        eye_centers: (2, 3) mm, subject's left and right; eye_radius: mm.
        eye_side: (F,) 0 or 1 for triangles of the eyes.
        paint: (rows, columns, 2) coverage of brow hair and of lip colour, seen from the front.
        paint_corner: (2,) x and y in mm of the first texel; y grows with the rows.
        noise: (256, 256) grain in [-1, 1], tileable.
    """

    rest: Float32[np.ndarray, "V 3"]
    albedo: Float32[np.ndarray, "V 3"]
    occlusion: Float32[np.ndarray, "V"]
    gloss: Float32[np.ndarray, "V"]
    hair: Float32[np.ndarray, "V"]
    colors: Float32[np.ndarray, "4 3"]
    triangles: Int32[np.ndarray, "F 3"]
    material: Int32[np.ndarray, "F"]
    eye_centers: Float32[np.ndarray, "2 3"]
    eye_radius: np.float32
    eye_side: Int32[np.ndarray, "F"]
    paint: Float32[np.ndarray, "rows columns 2"]
    paint_corner: Float32[np.ndarray, "2"]
    noise: Float32[np.ndarray, "256 256"]


def measure_occlusion(rig: Rig, directions: int = 96, side: int = 256) -> Float32[np.ndarray, "V"]:
    """How much of the sky each vertex at rest sees: depth pictures from all around, cosine weighted."""
    index = np.arange(directions) + 0.5
    height, turn = 1 - 2 * index / directions, np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - height**2)
    toward = np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], 1)
    normals = find_normals(rig.neutral, rig.triangles).astype(np.float64)
    opaque = materials_of(rig) != LASHES
    triangles, both_sides = rig.triangles[opaque], np.ones(int(opaque.sum()), bool)
    middle = (rig.neutral.min(0) + rig.neutral.max(0)) / 2
    reach = float(np.linalg.norm(rig.neutral - middle, axis=1).max())
    triangle_buffer, depth = np.empty((side, side), np.int32), np.empty((side, side), np.float32)
    seen, total = np.zeros(len(rig.neutral)), np.full(len(rig.neutral), 1e-6)
    for direction in toward:
        across = np.cross([0.0, 1.0, 0.0] if abs(direction[1]) < 0.9 else [1.0, 0.0, 0.0], direction)
        across /= np.linalg.norm(across)
        axes = np.stack([across, -np.cross(direction, across), direction], 1)
        points = (((rig.neutral - middle) @ axes) / reach).astype(np.float32)
        points[:, :2] = (points[:, :2] + 1) * side / 2
        points[:, 2] += 2
        fill_buffers(points, triangles, both_sides, triangle_buffer, depth)
        column, row = np.clip(points[:, :2].astype(int), 0, side - 1).T
        cosine = np.maximum(normals @ direction, 0)
        bias = 2.5 / reach
        seen += cosine * (points[:, 2] + bias > depth[row, column])
        total += cosine
    open_sky = seen / total
    return _spread(rig, open_sky, passes=2).astype(np.float32)


def _spread(rig: Rig, values: np.ndarray, passes: int) -> np.ndarray:
    """Mean over the neighbours in the mesh, some times over."""
    ends = np.concatenate([rig.triangles[:, [0, 1]], rig.triangles[:, [1, 2]], rig.triangles[:, [2, 0]]])
    for _ in range(passes):
        total, count = values.copy(), np.ones(len(values))
        for one, other in (ends.T, ends.T[::-1]):
            np.add.at(total, one, values[other])
            np.add.at(count, one, 1)
        values = total / count
    return values


def build_appearance(rig: Rig) -> Appearance:
    """Paint a rig; takes well under a second and is done once per identity."""
    material = materials_of(rig)
    eyes = [vertices_with(rig, rig.part == rig.part_names.index(f"eye_{side}")) for side in ("left", "right")]
    spans = [(rig.neutral[eye].min(0), rig.neutral[eye].max(0)) for eye in eyes]
    # the middle by width and height; the bulge of the cornea would draw it forward
    radius = float(np.mean([high[:2] - low[:2] for low, high in spans])) / 2
    centers = np.array([[*(low + high)[:2] / 2, low[2] + radius] for low, high in spans])
    albedo, gloss, in_mouth = paint_vertices(rig)
    occlusion = np.where(in_mouth, _light_behind_lips(rig), measure_occlusion(rig)).astype(np.float32)
    paint, corner = paint_front(rig.landmark_neutral)
    drawn = material != LASHES
    material, part = material[drawn], rig.part[drawn]
    shirt, shirt_triangles = build_shirt(rig)
    lashes = grow_lashes(rig)
    count, hairs = len(shirt), len(lashes.carriers)
    faces, hair_faces = len(shirt_triangles), len(lashes.triangles)
    colors = rig.complexion
    return Appearance(
        rest=np.concatenate([rig.neutral, shirt, lashes.place(rig.neutral)]),
        albedo=np.concatenate([albedo, np.tile(CLOTH_COLOR, (count, 1)), np.tile(LASH_COLOR, (hairs, 1))]),
        occlusion=np.concatenate([occlusion, np.full(count + hairs, 0.8, np.float32)]),
        gloss=np.concatenate([gloss, np.zeros(count + hairs, np.float32)]),
        hair=np.concatenate([hair_line(rig), np.full(count + hairs, -30, np.float32)]),
        colors=np.stack([colors.hair, colors.brows, colors.lips, colors.iris]),
        material=np.concatenate(
            [material, np.full(faces, CLOTH, np.int32), np.full(hair_faces, LASHES, np.int32)]
        ),
        triangles=np.concatenate(
            [
                rig.triangles[drawn],
                shirt_triangles + len(rig.neutral),
                lashes.triangles + len(rig.neutral) + count,
            ]
        ),
        eye_centers=centers.astype(np.float32),
        eye_radius=np.float32(radius),
        eye_side=np.pad(part == rig.part_names.index("eye_right"), (0, faces + hair_faces)).astype(np.int32),
        paint=paint,
        paint_corner=corner,
        noise=_grain(),
    )


def _light_behind_lips(rig: Rig) -> np.ndarray:
    """(V,) how much light reaches teeth, tongue and inner skin when the mouth is open."""
    lips_z = float(rig.landmark_neutral[[13, 14], 2].mean())
    u = np.clip((rig.neutral[:, 2] - lips_z + 50) / 42, 0, 1)
    return 0.08 + 0.62 * u * u * (3 - 2 * u)


def _grain() -> Float32[np.ndarray, "256 256"]:
    """Tileable noise, a little smoothed so that it does not glitter."""
    noise = np.random.default_rng(5).standard_normal((256, 256))
    for axis in (0, 1):
        noise = noise + 0.5 * (np.roll(noise, 1, axis) + np.roll(noise, -1, axis))
    return np.clip(noise / (2 * noise.std()), -1, 1).astype(np.float32)
