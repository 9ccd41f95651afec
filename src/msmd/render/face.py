"""Pictures of the talking head: `FaceRenderer` for one rig, `render_frames` for a sequence."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from msmd.face.complexion import linear
from msmd.face.lashes import grow_lashes
from msmd.face.paint import (
    LASHES,
    SKIN,
    TEETH,
    UPPER_LIDS,
    arch_normals,
    hair_thickness,
    materials_of,
    vertices_with,
)
from msmd.face.pivot import head_pivot
from msmd.face.rig import Rig, load_rig
from msmd.render.appearance import build_appearance
from msmd.render.rasterizer import SAMPLES, fill_buffers, find_normals, project
from msmd.render.shading import Posed, shade_picture, show_linear
from msmd.render.shirt import build_shirt

_DISTANCE_MM: Final = 1000.0
VIEW_HEIGHT_MM: Final = 286.0
"""Height of what is seen at the depth of the face."""

_MAX_PICTURES_AHEAD: Final = 4


def rotation_matrices(head_rotation: Float[np.ndarray, "frames 3"]) -> Float32[np.ndarray, "frames 3 3"]:
    """(pitch, yaw, roll) in radians -> R = Ry(yaw) Rx(pitch) Rz(roll), the convention of `core.animation`."""
    cos, sin = np.cos(head_rotation), np.sin(head_rotation)
    zero, one = np.zeros(len(head_rotation)), np.ones(len(head_rotation))

    def stack(*rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
        return np.stack([np.stack(row, -1) for row in rows], -2)

    pitch = stack((one, zero, zero), (zero, cos[:, 0], -sin[:, 0]), (zero, sin[:, 0], cos[:, 0]))
    yaw = stack((cos[:, 1], zero, sin[:, 1]), (zero, one, zero), (-sin[:, 1], zero, cos[:, 1]))
    roll = stack((cos[:, 2], -sin[:, 2], zero), (sin[:, 2], cos[:, 2], zero), (zero, zero, one))
    return (yaw @ pitch @ roll).astype(np.float32)


class FaceRenderer:
    """Draws one rig at one size. Thread-safe: drawing changes nothing here.

    Args:
        rig: the face; its rest position is painted once.
        size_px: width and height of the pictures.
        height_mm: of what is seen at the depth of the face.
        center_mm: x and y in the middle of the picture, head straight; None is that of the head.
    """

    def __init__(
        self,
        rig: Rig,
        size_px: int = 512,
        height_mm: float = VIEW_HEIGHT_MM,
        center_mm: tuple[float, float] | None = None,
    ):
        self.size_px = size_px
        self._appearance = build_appearance(rig)
        self._triangles = self._appearance.triangles
        self._double_sided = self._appearance.material == LASHES
        self._shirt = build_shirt(rig)[0]
        self._lashes = grow_lashes(rig)
        self._teeth = np.flatnonzero(vertices_with(rig, materials_of(rig) == TEETH))
        self._teeth_normals = arch_normals(rig.neutral[self._teeth])
        self._pivot = head_pivot(rig)
        lashes = len(self._lashes.carriers)
        turns = np.pad(_share_of_head_turn(rig), (0, len(self._shirt)))
        self._turns = np.pad(turns, (0, lashes), constant_values=1)
        self._hair_mm = np.pad(hair_thickness(rig), (0, len(self._shirt) + lashes))
        skin = vertices_with(rig, materials_of(rig) == SKIN)
        self._lids = [_nearest(rig, skin, mark) for mark in UPPER_LIDS]
        self._inner_lips = [_nearest(rig, skin, mark) for mark in (13, 14)]
        self._lip_gap_mm = self._gap(rig.neutral)
        self._front_z = float(rig.landmark_neutral[4, 2])
        middle_y = (rig.landmark_neutral[10, 1] + rig.landmark_neutral[152, 1]) / 2
        x, y = center_mm or (0.0, float(middle_y) + 4)
        self._center = np.array([x, y, self._front_z - 60], np.float32)
        self._focal = np.float32(size_px * SAMPLES * _DISTANCE_MM / height_mm)
        self._backdrop = _paint_backdrop(size_px)
        self._wall = show_linear(self._backdrop)

    def draw(
        self, vertices: Float32[np.ndarray, "V 3"], head_rotation: Float[np.ndarray, "3"]
    ) -> UInt8[np.ndarray, "H W 3"]:
        """One picture.

        Args:
            vertices: the face with its expression, head straight, mm (`Rig.vertices`).
            head_rotation: pitch, yaw, roll in radians.
        """
        side = self.size_px * SAMPLES
        rotation = rotation_matrices(np.asarray(head_rotation)[None])[0]
        face = np.concatenate([vertices, self._shirt, self._lashes.place(vertices)])
        full = face + self._hair_mm[:, None] * find_normals(face, self._triangles)
        # the neck bends: its base stays, its top follows the head
        turned = full + self._turns[:, None] * (
            (full - self._pivot) @ (rotation.T - np.eye(3, dtype=np.float32))
        )
        turned = turned.astype(np.float32)
        normals = find_normals(turned, self._triangles)
        normals[self._teeth] = self._teeth_normals @ rotation.T
        points = project(turned, self._center, np.float32(_DISTANCE_MM), self._focal, side)
        triangle_buffer = np.empty((side, side), np.int32)
        nearness = np.empty((side, side), np.float32)
        fill_buffers(points, self._triangles, self._double_sided, triangle_buffer, nearness)
        posed = Posed(normals, face, self._mouth_light(vertices), face[self._lids, 1], self._front_z)
        picture = self._wall.copy()
        shade_picture(
            triangle_buffer,
            nearness,
            points,
            posed,
            self._appearance,
            self._backdrop,
            picture,
        )
        return picture

    def _gap(self, vertices: Float32[np.ndarray, "V 3"]) -> float:
        upper, lower = vertices[self._inner_lips]
        return float(upper[1] - lower[1])

    def _mouth_light(self, vertices: Float32[np.ndarray, "V 3"]) -> float:
        """Between closed lips it is dark; 10 mm apart they let all light in."""
        gap_mm = self._gap(vertices) - self._lip_gap_mm
        return 0.12 + 0.88 * min(max(gap_mm / 10, 0.0), 1.0) ** 0.7


@lru_cache(maxsize=4)
def renderer_of(rig: Rig, size_px: int) -> FaceRenderer:
    """The renderer of a rig, made once."""
    return FaceRenderer(rig, size_px)


def render_frames(
    vertices: Float32[np.ndarray, "frames V 3"],
    head_rotation: Float[np.ndarray, "frames 3"],
    size_px: int = 512,
    renderer: FaceRenderer | None = None,
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Draw a sequence, in order; two frames are drawn at a time where there are two cores.

    Args:
        vertices: faces with expression, head straight, mm (`Rig.vertices`).
        head_rotation: pitch, yaw, roll in radians; the head turns about the top of the neck.
        size_px: width and height, even.
        renderer: of another rig than `load_rig()`; its size counts then.

    Yields:
        (size_px, size_px, 3) uint8, sRGB.
    """
    draw = (renderer or renderer_of(load_rig(), size_px)).draw
    frames = zip(vertices, head_rotation, strict=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        ahead = [pool.submit(draw, *frame) for frame in islice(frames, _MAX_PICTURES_AHEAD)]
        while ahead:
            yield ahead.pop(0).result()
            ahead += [pool.submit(draw, *frame) for frame in islice(frames, 1)]


def _nearest(rig: Rig, among: Bool[np.ndarray, "V"], landmark: int) -> int:
    """The vertex at a landmark."""
    away = np.linalg.norm(rig.neutral - rig.landmark_neutral[landmark], axis=1)
    return int(np.where(among, away, np.inf).argmin())


def _share_of_head_turn(rig: Rig) -> Float32[np.ndarray, "V"]:
    """1 for the head, falling to 0 at the base of the neck and the shirt."""
    top = rig.landmark_neutral[152, 1] - 2
    bottom = rig.neutral[:, 1].min() + 14
    # the back of the neck hangs lower: measure along a line that falls towards the back
    level = rig.neutral[:, 1] - 0.30 * (rig.neutral[:, 2] - rig.landmark_neutral[152, 2] + 60)
    u = np.clip((level - bottom) / (top - bottom), 0, 1)
    return (u * u * (3 - 2 * u)).astype(np.float32)


def _paint_backdrop(size_px: int) -> Float32[np.ndarray, "H W 3"]:
    """A wall in cool grey with a pool of light behind the head."""
    y, x = np.mgrid[:size_px, :size_px] / size_px
    glow = np.exp(-(((x - 0.56) / 0.52) ** 2 + ((y - 0.42) / 0.60) ** 2))[..., None]
    return (linear(44, 52, 62) + glow * (linear(128, 140, 150) - linear(44, 52, 62))).astype(np.float32)
