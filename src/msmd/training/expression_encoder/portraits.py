"""Pictures of random people under random light, seen by random cameras: rough, various and quick.

The renderer of takes (`render.face`) draws one head as well as it can; here the aim is the opposite, that
no two heads look alike, so that what a network learns of them holds for recordings: brows of any
thickness, place and colour, wrinkles or none, beards, glasses, hair over the forehead, hard and soft
light, blurred and noisy pictures.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from msmd.core.units import ARKIT_NAMES
from msmd.face.geometry import euler_to_rotation
from msmd.face.paint import EYE, LASHES, TEETH, TONGUE, hair_line, materials_of, vertices_with
from msmd.face.rig import Rig
from msmd.render.rasterizer import fill_buffers, find_normals, project
from msmd.training.expression_encoder.make_up import MakeUp, draw_make_up
from msmd.training.expression_encoder.portrait_shading import shade_portrait

SIDE_PX: Final = 256
_INDEX: Final = {name: index for index, name in enumerate(ARKIT_NAMES)}
_COLOR_OF: Final = {TEETH: (0.75, 0.70, 0.62), TONGUE: (0.55, 0.24, 0.22), EYE: (0.80, 0.78, 0.76)}


@dataclass(frozen=True)
class Shot:
    """How a picture is taken.

    Attributes:
        head_rotation: pitch, yaw, roll in radians.
        distance_mm: of the camera; short ones bend the face.
        face_share: height of the head over that of the picture.
        shift: of the head from the middle of the picture, shares of it (right, down).
    """

    head_rotation: tuple[float, float, float]
    distance_mm: float
    face_share: float
    shift: tuple[float, float]


def draw_shot(random: np.random.Generator, frontal: bool = False) -> Shot:
    """A pose and a camera; `frontal` ones are those of somebody who sits for a neutral picture."""
    spread = 0.35 if frontal else 1.0
    pitch, yaw, roll = np.radians(random.normal(0, (9, 14, 6))) * spread
    return Shot(
        (float(np.clip(pitch, -0.5, 0.5)), float(np.clip(yaw, -0.75, 0.75)), float(roll)),
        float(np.exp(random.uniform(np.log(420), np.log(2000)))),
        float(random.uniform(0.7, 1.15)),
        (float(random.uniform(-0.06, 0.06)), float(random.uniform(-0.06, 0.06))),
    )


class Portrait:
    """One person, one place: what stays the same from picture to picture.

    Args:
        rig: the head.
        random: gives skin, hair, make-up, light and camera.
        knits: see `draw_make_up`.
    """

    def __init__(self, rig: Rig, random: np.random.Generator, knits: bool = False) -> None:
        self.rig = rig
        self._material = materials_of(rig)
        self._both_sides = self._material == LASHES
        self._make_up: MakeUp = draw_make_up(rig.landmark_neutral, random, knits)
        skin = np.array([0.82, 0.60, 0.48]) * random.uniform(0.12, 1.05) * random.uniform(0.92, 1.08, 3)
        hair = np.array([0.30, 0.21, 0.15]) * np.exp(random.uniform(np.log(0.05), np.log(1.6)))
        self._colors = _paint_vertices(rig, self._material, skin, hair, random)
        self._skin_shades = self._make_up.colors(skin, hair, random)
        self._iris = np.array([0.22, 0.20, 0.17]) * random.uniform(0.2, 1.6) * random.uniform(0.7, 1.3, 3)
        self._eyes = _eye_axes(rig)
        self._lights = _draw_lights(random)
        self._backdrop = _draw_backdrop(random)
        self._glasses = _draw_glasses(rig, random) if random.random() < 0.15 else None
        self._gamma = random.uniform(0.75, 1.3)
        self._size_px = int(random.uniform(140, SIDE_PX))
        self._blur = random.gamma(1.2, 0.45)
        self._noise = random.gamma(1.2, 2.2)
        self._quality = int(random.uniform(25, 95))

    def draw(
        self, weights: Float32[np.ndarray, "52"], shot: Shot, random: np.random.Generator
    ) -> UInt8[np.ndarray, "side side 3"]:
        """One picture.

        Args:
            weights: ARKit weights.
            shot: pose and camera.
            random: grain of this picture.
        """
        rig = self.rig
        face = rig.vertices(weights[None])[0]
        rotation = euler_to_rotation(np.array([shot.head_rotation]))[0].astype(np.float32)
        pivot = rig.landmark_neutral[4] - np.array([0, 0, 90], np.float32)
        turned = ((face - pivot) @ rotation.T + pivot).astype(np.float32)
        focal = shot.face_share * SIDE_PX * shot.distance_mm / 235.0
        center = pivot + np.array(
            [-shot.shift[0] * 235 / shot.face_share, shot.shift[1] * 235 / shot.face_share, 60], np.float32
        )
        points = project(turned, center, np.float32(shot.distance_mm), np.float32(focal), SIDE_PX)
        triangles = np.empty((SIDE_PX, SIDE_PX), np.int32)
        nearness = np.empty((SIDE_PX, SIDE_PX), np.float32)
        fill_buffers(points, rig.triangles, self._both_sides, triangles, nearness)
        picture = self._backdrop.copy()
        shade_portrait(
            picture,
            triangles,
            points,
            find_normals(turned, rig.triangles),
            rig.neutral,
            face,
            rig.triangles,
            self._material,
            self._colors,
            self._make_up.cover,
            self._make_up.corner,
            np.float32(self._make_up.texels_per_mm),
            self._skin_shades,
            self._make_up.wrinkle_strength(weights),
            self._eyes,
            self._iris.astype(np.float32),
            self._lights,
            np.float32(rig.landmark_neutral[4, 2] - 62),
        )
        if self._glasses is not None:
            _put_on_glasses(picture, self._glasses, rotation, pivot, center, shot.distance_mm, focal)
        return self._develop(picture, random)

    def _develop(
        self, picture: Float32[np.ndarray, "side side 3"], random: np.random.Generator
    ) -> UInt8[np.ndarray, "side side 3"]:
        """What camera and codec make of it."""
        shown = np.clip(picture, 0, 1) ** np.float32(self._gamma / 2.2) * 255
        small = cv2.resize(shown, (self._size_px, self._size_px), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), 0.2 + self._blur * random.uniform(0.6, 1.4))
        small = small + random.normal(0, self._noise, small.shape).astype(np.float32)
        small = np.clip(small, 0, 255).astype(np.uint8)
        _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        assert decoded is not None
        return cv2.resize(decoded, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)


def _paint_vertices(
    rig: Rig, material: np.ndarray, skin: np.ndarray, hair: np.ndarray, random: np.random.Generator
) -> Float32[np.ndarray, "V 3"]:
    """Skin with flush and beard, a cap of hair, and the parts within."""
    rest, marks = rig.neutral, rig.landmark_neutral
    colors = np.tile(skin, (len(rest), 1))
    flush = sum(np.exp(-((rest - marks[at]) ** 2).sum(1) / (2 * 17.0**2)) for at in (50, 280, 4))
    colors *= 1 - random.uniform(0, 0.35) * np.clip(flush, 0, 1)[:, None] * [0.1, 0.7, 0.8]
    sockets = sum(np.exp(-((rest - marks[at]) ** 2).sum(1) / (2 * 11.0**2)) for at in (145, 374, 159, 386))
    colors *= 1 - random.uniform(-0.05, 0.35) * np.clip(sockets, 0, 1)[:, None]
    if random.random() < 0.25:
        below = np.clip((marks[4, 1] - 12 - rest[:, 1]) / 14, 0, 1) * np.clip(
            (marks[4, 2] - 8 - rest[:, 2]) / 10, 0.4, 1
        )
        cover = random.uniform(0.15, 0.95) * below * random.uniform(0.6, 1.0, len(rest))
        colors += cover[:, None] * (hair * 0.8 - colors)
    line = hair_line(rig) + random.uniform(-16, 10)
    covered = np.clip(line / 6 + 0.5, 0, 1) * (random.random() > 0.1)
    strands = random.uniform(0.7, 1.3, len(rest))
    colors += covered[:, None] * (hair * strands[:, None] - colors)
    for which, color in _COLOR_OF.items():
        colors[vertices_with(rig, material == which)] = np.array(color) * random.uniform(0.75, 1.1)
    colors[vertices_with(rig, material == LASHES)] = hair * random.uniform(0.1, 0.6)
    return colors.astype(np.float32)


def _eye_axes(rig: Rig) -> Float32[np.ndarray, "2 4"]:
    """Centre (x, y, z) and radius of the left and the right eye at rest, mm."""
    out = []
    for side in ("left", "right"):
        eye = rig.neutral[vertices_with(rig, rig.part == rig.part_names.index(f"eye_{side}"))]
        low, high = eye.min(0), eye.max(0)
        radius = float((high[:2] - low[:2]).mean()) / 2
        out.append([*(low + high)[:2] / 2, low[2] + radius, radius])
    return np.array(out, np.float32)


def _draw_lights(random: np.random.Generator) -> Float32[np.ndarray, "4 6"]:
    """Direction and colour of three lights, and a row for the ambient light (its last three)."""
    lights = np.zeros((4, 6))
    for row in range(3):
        direction = np.array([random.normal(0, 0.8), random.normal(0.35, 0.5), random.uniform(0.15, 1.0)])
        lights[row, :3] = direction / np.linalg.norm(direction)
        lights[row, 3:] = random.gamma(1.5, 0.35) * random.uniform(0.85, 1.15, 3)
    lights[3, 3:] = random.uniform(0.15, 0.6) * random.uniform(0.9, 1.1, 3)
    lights[:, 3:] *= random.uniform(0.7, 1.5) / max(lights[:, 3:].sum(0).mean(), 0.3)
    return lights.astype(np.float32)


def _draw_backdrop(random: np.random.Generator) -> Float32[np.ndarray, "side side 3"]:
    """Blotches of any colour."""
    few = random.uniform(0.02, 0.8, 3) + random.normal(0, 0.15, (6, 6, 3))
    wide = cv2.resize(few.astype(np.float32), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    return np.clip(wide, 0, 1)


def _draw_glasses(rig: Rig, random: np.random.Generator) -> Float32[np.ndarray, "points 3"]:
    """Two rims before the eyes: points in mm; their colour and width come last."""
    turn = np.linspace(0, 2 * np.pi, 25)
    wide, high, square = random.uniform(20, 28), random.uniform(14, 23), random.uniform(0.5, 1.0)
    out = []
    for center in _eye_axes(rig):
        across = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** square * wide
        up = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** square * high
        out.append(np.stack([center[0] + across, center[1] - 2 + up, np.full(25, center[2] + 26)], 1))
    look = [[random.uniform(0, 0.35), random.uniform(0.6, 3.0), 0]]
    return np.concatenate([*out, look]).astype(np.float32)


def _put_on_glasses(
    picture: np.ndarray,
    glasses: np.ndarray,
    rotation: np.ndarray,
    pivot: np.ndarray,
    center: np.ndarray,
    distance_mm: float,
    focal: float,
) -> None:
    turned = ((glasses[:-1] - pivot) @ rotation.T + pivot).astype(np.float32)
    points = project(turned, center.astype(np.float32), np.float32(distance_mm), np.float32(focal), SIDE_PX)
    tone, width, _ = glasses[-1]
    thickness = max(1, round(float(width) * focal / distance_mm))
    for rim in (points[:25, :2], points[25:50, :2]):
        line = np.round(rim * 8).astype(np.int32)
        cv2.polylines(picture, [line], True, (float(tone),) * 3, thickness, cv2.LINE_AA, 3)
