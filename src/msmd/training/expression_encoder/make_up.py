"""What a face wears in front: brows, lips and wrinkles, as layers over its front view at rest."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES
from msmd.face.front_paint import BROW_LOWER, BROW_UPPER, LIP_CONTOUR

TEXELS_PER_MM: Final = 2.0
_MARGIN_MM: Final = 14.0
_INDEX: Final = {name: index for index, name in enumerate(ARKIT_NAMES)}

BROWS, LIPS, LID_CREASES, FROWN_LINES, FOREHEAD_LINES, CROW_FEET, NOSE_LINES, FOLDS = range(8)
NUM_LAYERS: Final = 8

_LIDS: Final = ((247, 30, 29, 27, 28, 56), (467, 260, 259, 257, 258, 286))
"""Landmarks above the upper lids, from the outer corner in."""

_DRIVEN_BY: Final = {
    FROWN_LINES: ("browDownLeft", "browDownRight"),
    FOREHEAD_LINES: ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    CROW_FEET: ("eyeSquintLeft", "eyeSquintRight", "cheekSquintLeft", "cheekSquintRight"),
    NOSE_LINES: ("noseSneerLeft", "noseSneerRight"),
    FOLDS: ("mouthSmileLeft", "mouthSmileRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
}
"""The shapes that deepen each kind of wrinkle."""


@dataclass(frozen=True)
class MakeUp:
    """Layers over the front view of one face.

    Attributes:
        cover: (rows, columns, NUM_LAYERS) in [0, 1]; rows go up with y.
        corner: (2,) x and y in mm of the first texel.
        texels_per_mm: their density.
        lasting: (NUM_LAYERS,) share of each wrinkle that shows on the resting face.
        deepening: (NUM_LAYERS,) what a full expression adds.
    """

    cover: Float32[np.ndarray, "rows columns 8"]
    corner: Float32[np.ndarray, "2"]
    texels_per_mm: float
    lasting: Float32[np.ndarray, "8"]
    deepening: Float32[np.ndarray, "8"]

    def wrinkle_strength(self, weights: Float32[np.ndarray, "52"]) -> Float32[np.ndarray, "8"]:
        """How much of each layer shows at these ARKit weights."""
        out = self.lasting.copy()
        for layer, names in _DRIVEN_BY.items():
            out[layer] += self.deepening[layer] * weights[[_INDEX[name] for name in names]].max()
        return np.clip(out, 0, 1)

    def colors(
        self, skin: np.ndarray, hair: np.ndarray, random: np.random.Generator
    ) -> Float32[np.ndarray, "8 3"]:
        """Colour of each layer, linear."""
        out = np.tile(skin * random.uniform(0.35, 0.75), (NUM_LAYERS, 1))
        out[BROWS] = np.minimum(hair * random.uniform(0.3, 1.2), skin * random.uniform(0.08, 0.6))
        out[LIPS] = (
            skin * np.array([0.95, 0.55, 0.58]) * random.uniform(0.6, 1.1) * random.uniform(0.9, 1.1, 3)
        )
        return out.astype(np.float32)


def draw_make_up(
    landmarks: Float[np.ndarray, "468 3"], random: np.random.Generator, knits: bool = False
) -> MakeUp:
    """Brows, lips and wrinkles for a face at rest whose landmarks are given, mm.

    Args:
        landmarks: of the face at rest.
        random: the source of it all.
        knits: lines of a frown may be oblique, and are deeper.
    """
    low = landmarks[:, :2].min(0) - _MARGIN_MM
    high = landmarks[:, :2].max(0) + _MARGIN_MM
    columns, rows = (int(size) for size in np.ceil((high - low) * TEXELS_PER_MM) + 1)
    canvas = _Canvas(low, (rows, columns))
    cover = np.zeros((rows, columns, NUM_LAYERS), np.float32)
    cover[..., BROWS] = _draw_brows(landmarks, canvas, random)
    cover[..., LIPS] = _draw_lips(landmarks, canvas, random)
    cover[..., LID_CREASES] = _draw_lid_creases(landmarks, canvas, random)
    cover[..., FROWN_LINES] = _draw_frown_lines(landmarks, canvas, random)
    cover[..., FOREHEAD_LINES] = _draw_forehead_lines(landmarks, canvas, random)
    cover[..., CROW_FEET] = _draw_crow_feet(landmarks, canvas, random)
    cover[..., NOSE_LINES] = _draw_nose_lines(landmarks, canvas, random)
    cover[..., FOLDS] = _draw_folds(landmarks, canvas, random)
    lasting, deepening = np.zeros(NUM_LAYERS, np.float32), np.zeros(NUM_LAYERS, np.float32)
    wrinkled = random.beta(1.0, 2.0)
    lasting[3:] = random.uniform(0, 0.5, NUM_LAYERS - 3) * wrinkled
    deepening[3:] = random.uniform(0, 0.9, NUM_LAYERS - 3) * random.uniform(0.2, 1.0)
    lasting[[BROWS, LIPS]] = random.uniform(0.6, 1.0), random.uniform(0.2, 1.0)
    lasting[LID_CREASES] = random.uniform(0, 0.9)
    if knits:
        oblique = _draw_oblique_lines(landmarks, canvas, random) * random.uniform(0, 1)
        cover[..., FROWN_LINES] = np.maximum(cover[..., FROWN_LINES], oblique)
        deepening[FROWN_LINES] = random.uniform(0, 1.0)
    return MakeUp(cover, low.astype(np.float32), TEXELS_PER_MM, lasting, deepening)


class _Canvas:
    """Strokes in mm on a picture whose rows go up."""

    def __init__(self, low: np.ndarray, shape: tuple[int, int]) -> None:
        self._low, self._shape = low, shape

    def fill(self, outline: np.ndarray, soft_mm: float) -> Float32[np.ndarray, "rows columns"]:
        out = np.zeros(self._shape, np.float32)
        cv2.fillPoly(out, [self._texels(outline)], 1.0, cv2.LINE_AA, 4)
        return cv2.GaussianBlur(out, (0, 0), max(soft_mm * TEXELS_PER_MM, 0.2))

    def lines(self, lines: list[np.ndarray], wide_mm: float, soft_mm: float) -> np.ndarray:
        out = np.zeros(self._shape, np.float32)
        thick = max(1, round(wide_mm * TEXELS_PER_MM))
        for line in lines:
            cv2.polylines(out, [self._texels(line)], False, 1.0, thick, cv2.LINE_AA, 4)
        out = cv2.GaussianBlur(out, (0, 0), max(soft_mm * TEXELS_PER_MM, 0.2))
        return out / max(float(out.max()), 1e-6)

    def _texels(self, points: np.ndarray) -> np.ndarray:
        return np.round((points[:, :2] - self._low) * TEXELS_PER_MM * 16).astype(np.int32)


def _draw_brows(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    """Any thickness, height, length and density, the same on both sides but for a little."""
    thick, raised = random.uniform(0.3, 1.6), random.normal(0, 2.0)
    tail, tilt = random.uniform(-3, 4), random.normal(0, 1.2)
    soft, density = random.uniform(0.3, 1.6), random.uniform(0.6, 1.0)
    out = np.zeros(1, np.float32)
    for side, sign in ((0, -1), (1, 1)):
        upper = marks[list(BROW_UPPER[side]), :2].astype(np.float64)
        lower = marks[list(BROW_LOWER[side]), :2].astype(np.float64)
        middle, half = (upper + lower) / 2, (upper - lower) / 2 * thick
        middle[:, 1] += raised + random.normal(0, 0.3) + tilt * np.linspace(1, -1, 5)
        middle[0, 0] += sign * tail
        outline = np.concatenate([middle + half, (middle - half)[::-1]])
        out = out + canvas.fill(outline, soft)
    grain = cv2.GaussianBlur(random.normal(0, 1, out.shape).astype(np.float32), (0, 0), 1.0)
    return np.clip(out * density * (1 + random.uniform(0, 1.2) * grain), 0, 1)


def _draw_lips(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    outline = marks[list(LIP_CONTOUR), :2]
    middle = outline.mean(0)
    return canvas.fill(middle + (outline - middle) * random.uniform(0.92, 1.06), random.uniform(0.4, 1.5))


def _draw_lid_creases(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    """A fold above each eye, near the lid or high under the brow."""
    raised, bow = random.uniform(-2.5, 3.0), random.uniform(-1.0, 2.0) * np.sin(np.pi * np.linspace(0, 1, 6))
    lines = [marks[list(lid), :2] + np.stack([np.zeros(6), raised + bow], 1) for lid in _LIDS]
    return canvas.lines(lines, random.uniform(0.4, 1.4), random.uniform(0.3, 1.3))


def _wiggle(line: np.ndarray, random: np.random.Generator, by_mm: float = 0.6) -> np.ndarray:
    return line + random.normal(0, by_mm, line.shape)


def _draw_frown_lines(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    """One to three upright lines between the brows."""
    base, top = (marks[107, :2] + marks[336, :2]) / 2, marks[9, :2]
    apart, long = random.uniform(4, 8), random.uniform(10, 20)
    places = [(-1, 1), (-1, 0, 1), (0,), (-1,)][random.integers(4)]
    lines = []
    for place in places:
        height = np.linspace(-0.5, 0.5, 5) * long
        line = np.stack([base[0] + place * apart * (1 - 0.02 * height), top[1] - 4 + height], 1)
        lines.append(_wiggle(line, random))
    return canvas.lines(lines, random.uniform(0.5, 1.2), random.uniform(0.3, 1.0))


def _draw_oblique_lines(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    """Folds and soft bulges from the inner ends of the brows up and to the middle."""
    apart, rise = random.uniform(5, 11), random.uniform(5, 16)
    lines = []
    for end, sign in ((55, -1), (285, 1)):
        low = marks[end, :2] + [0, random.uniform(-2, 3)]
        high = [sign * apart * random.uniform(0.1, 0.9), low[1] + rise]
        lines.append(_wiggle(np.linspace(low, high, 5), random))
    return canvas.lines(lines, random.uniform(0.5, 2.0), random.uniform(0.3, 2.5))


def _draw_forehead_lines(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    low, high = marks[9, 1] + 8, marks[10, 1] - 6
    reach = np.abs(marks[[70, 300], 0]).mean() * random.uniform(0.5, 0.95)
    lines = []
    for height in np.linspace(low, high, random.integers(2, 5)):
        across = np.linspace(-reach, reach, 11)
        bow = random.uniform(-4, 4) * np.cos(across / reach * np.pi)
        lines.append(_wiggle(np.stack([across, height + bow], 1), random, 0.5))
    return canvas.lines(lines, random.uniform(0.5, 1.3), random.uniform(0.4, 1.2))


def _draw_crow_feet(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    lines = []
    for corner, sign in ((33, -1), (263, 1)):
        for slope in np.linspace(-0.7, 0.6, random.integers(2, 5)):
            along = np.linspace(4, random.uniform(11, 18), 4)
            line = marks[corner, :2] + np.stack([sign * along, slope * along], 1)
            lines.append(_wiggle(line, random, 0.3))
        under = np.linspace(0, 1, 6)[:, None]
        lines.append(
            _wiggle(
                marks[corner, :2] * (1 - under)
                + marks[133 if sign < 0 else 362, :2] * under
                - [[0, 9]]
                + 4 * (2 * under - 1) ** 2 * [[0, 1]],
                random,
                0.3,
            )
        )
    return canvas.lines(lines, random.uniform(0.4, 0.9), random.uniform(0.3, 0.8))


def _draw_nose_lines(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    middle = marks[168, :2]
    lines = []
    for sign in (-1, 1):
        for drop in np.linspace(2, 12, random.integers(2, 4)):
            along = np.linspace(2, 9, 4)
            line = middle + np.stack([sign * along, -drop + 0.5 * along], 1)
            lines.append(_wiggle(line, random, 0.3))
    return canvas.lines(lines, random.uniform(0.5, 0.9), random.uniform(0.3, 0.8))


def _draw_folds(marks: np.ndarray, canvas: _Canvas, random: np.random.Generator) -> np.ndarray:
    """From the wings of the nose past the corners of the mouth."""
    lines = []
    for wing, corner, sign in ((129, 61, -1), (358, 291, 1)):
        start, end = marks[wing, :2] + [sign * 2, 2], marks[corner, :2] + [sign * random.uniform(5, 9), -4]
        place = np.linspace(0, 1, 7)[:, None]
        bow = np.sin(np.pi * place) * [[sign * random.uniform(2, 6), 0]]
        lines.append(_wiggle(start + place * (end - start) + bow, random, 0.3))
    return canvas.lines(lines, random.uniform(0.7, 1.8), random.uniform(0.6, 1.5))
