"""Small grey pictures of brows, eyes and mouth, laid straight whatever the pose of the head.

Landmarks flatten what a face holds: a tracker's network has seen more resting faces than frowning ones and
leans towards them. The pixels do not. A crop is the front view of a patch of the resting rig: each of its
pixels is a point of the rig's surface, and an affine camera, fitted to the landmarks that expressions
hardly move, says where that point is in the picture.
"""

from functools import cache
from typing import Final, no_type_check

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, UInt8
from numba import njit

from msmd.core.units import NUM_LANDMARKS
from msmd.face.geometry import stillness
from msmd.face.rig import load_rig

CROP_ROWS: Final = 56
CROP_COLUMNS: Final = 64
NUM_CROPS: Final = 3
"""The subject's right eye with its brow, the left one mirrored onto it, the mouth."""

_CELL_ROWS: Final = 8
_CELL_COLUMNS: Final = 9
_DIRECTIONS: Final = 8
NUM_DESCRIPTORS: Final = _CELL_ROWS * _CELL_COLUMNS * (_DIRECTIONS + 1)
"""Of each crop, see `describe_crops`."""

_EYE_SPAN_MM: Final = ((-66.0, 10.0), (-22.0, 44.5))
"""x of the right eye's crop, and y above the eyes' corners."""
_MOUTH_SPAN_MM: Final = ((-40.0, 40.0), (-38.0, 32.0))
"""x of the mouth's crop, and y above its corners."""


def cut_crops(
    picture: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "points 3"]
) -> UInt8[np.ndarray, "3 56 64"]:
    """The crops of one picture.

    Args:
        picture: upright, RGB.
        landmarks: at least 468 of one face, as `RawLandmarks` has them.

    Returns:
        Grey, row 0 at the top. The left eye's crop is mirrored, so that it looks like a right one.
        What lies outside the picture repeats its edge.
    """
    height, width = picture.shape[:2]
    seen = landmarks[:NUM_LANDMARKS, :2].astype(np.float64) * [width, height]
    points, solve = _patches()
    camera = solve @ seen
    place = points @ camera
    # Samples far apart in the picture skip pixels: an area mean first keeps them from glittering.
    step = max(1, int(np.sqrt(abs(np.linalg.det(camera[:2]))) * 76 / CROP_COLUMNS * 0.75))
    low = np.clip(np.floor(place.min(axis=0)).astype(int) - step, 0, [width - 1, height - 1])
    high = np.clip(np.ceil(place.max(axis=0)).astype(int) + 2 * step, low + 1, [width, height])
    part = picture[low[1] : high[1], low[0] : high[0]] @ np.array([0.299, 0.587, 0.114], np.float32)
    if step > 1:
        rows, columns = (max(1, size // step) for size in part.shape)
        part = part[: rows * step, : columns * step] if min(part.shape) >= step else part
        part = part.reshape(rows, part.shape[0] // rows, columns, part.shape[1] // columns).mean(axis=(1, 3))
    place = (place - low) / step - 0.5
    return _bilinear(part, place).reshape(NUM_CROPS, CROP_ROWS, CROP_COLUMNS).round().astype(np.uint8)


def _bilinear(
    grey: Float[np.ndarray, "rows columns"], place: Float64[np.ndarray, "points 2"]
) -> Float64[np.ndarray, "points"]:
    limit = np.array(grey.shape[::-1]) - 1
    place = np.clip(place, 0, limit)
    corner = np.minimum(place.astype(int), np.maximum(limit - 1, 0))
    x, y = corner.T
    u, v = (place - corner).T
    right, below = np.minimum(x + 1, limit[0]), np.minimum(y + 1, limit[1])
    upper = grey[y, x] * (1 - u) + grey[y, right] * u
    return upper * (1 - v) + (grey[below, x] * (1 - u) + grey[below, right] * u) * v


@cache
def _patches() -> tuple[Float64[np.ndarray, "points 4"], Float64[np.ndarray, "4 468"]]:
    """Points of all crops (x, y, z, 1) in mm, and what takes 468 landmarks to the camera that sees them."""
    marks = load_rig().landmark_neutral.astype(np.float64)
    eyes, corners = marks[[33, 133, 362, 263], 1].mean(), marks[[61, 291], 1].mean()
    right_eye = _grid(_EYE_SPAN_MM, eyes)
    left_eye = right_eye * [-1, 1]
    flat = np.concatenate([right_eye, left_eye, _grid(_MOUTH_SPAN_MM, corners)])
    away = ((flat[:, None] - marks[None, :, :2]) ** 2).sum(axis=2)
    near = np.argsort(away, axis=1)[:, :6]
    share = 1 / (np.take_along_axis(away, near, axis=1) + 20.0)
    depth = (marks[near, 2] * share).sum(axis=1) / share.sum(axis=1)
    weights = stillness()[:, None]
    reference = np.column_stack([marks, np.ones(NUM_LANDMARKS)])
    solve = np.linalg.solve(reference.T @ (weights * reference), (weights * reference).T)
    return np.column_stack([flat, depth, np.ones(len(flat))]), solve


def _grid(
    span: tuple[tuple[float, float], tuple[float, float]], base: float
) -> Float64[np.ndarray, "points 2"]:
    (left, right), (low, high) = span
    y, x = np.meshgrid(
        base + np.linspace(high, low, CROP_ROWS), np.linspace(left, right, CROP_COLUMNS), indexing="ij"
    )
    return np.stack([x.ravel(), y.ravel()], axis=1)


def describe_crops(crops: UInt8[np.ndarray, "frames 3 56 64"]) -> Float32[np.ndarray, "frames 3 648"]:
    """Histograms of oriented gradients (Dalal and Triggs 2005), and the tone of each cell.

    Light and contrast of the scene say little here, and a renderer's edges are more like a camera's than its
    pixels are. Eight unsigned directions in 8 x 9 cells, linear between directions and between cells, over
    the strength of edges around; then the cells' mean tones, each crop with mean 0 and deviation 1.
    """
    out = np.empty((len(crops), NUM_CROPS, NUM_DESCRIPTORS), np.float32)
    for frame, of_frame in zip(out, crops, strict=True):
        for descriptors, crop in zip(frame, of_frame, strict=True):
            _describe(crop.astype(np.float32), descriptors)
    return out


@cache
def mirrored_descriptors() -> Int[np.ndarray, "648"]:
    """For each number of a crop that is seen in a mirror, where it stands in the crop as it is."""
    cells = np.arange(_CELL_ROWS * _CELL_COLUMNS).reshape(_CELL_ROWS, _CELL_COLUMNS)[:, ::-1]
    directions = -np.arange(_DIRECTIONS) % _DIRECTIONS
    histogram = cells[..., None] * _DIRECTIONS + directions
    return np.concatenate([histogram.ravel(), cells.size * _DIRECTIONS + cells.ravel()])


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _describe(crop, out):
    """crop: (rows, columns) grey. out: (NUM_DESCRIPTORS,), written."""
    rows, columns = crop.shape
    histogram = np.zeros((_CELL_ROWS, _CELL_COLUMNS, _DIRECTIONS), np.float32)
    tone = np.zeros((_CELL_ROWS, _CELL_COLUMNS), np.float32)
    share = np.zeros((_CELL_ROWS, _CELL_COLUMNS), np.float32)
    mean = crop.mean()
    deviation = crop.std() + np.float32(4)
    for row in range(rows):
        place = row / (rows - 1) * (_CELL_ROWS - 1)
        i = min(int(place), _CELL_ROWS - 2)
        down = np.float32(place - i)
        above, below = max(row - 1, 0), min(row + 1, rows - 1)
        for column in range(columns):
            place = column / (columns - 1) * (_CELL_COLUMNS - 1)
            j = min(int(place), _CELL_COLUMNS - 2)
            right = np.float32(place - j)
            before, after = max(column - 1, 0), min(column + 1, columns - 1)
            x = crop[row, after] - crop[row, before]
            y = crop[below, column] - crop[above, column]
            size = np.sqrt(x * x + y * y)
            angle = np.arctan2(y, x) / np.pi * _DIRECTIONS
            if angle < 0:
                angle += _DIRECTIONS
            k = int(angle)
            turn = np.float32(angle - k)
            k = k % _DIRECTIONS
            other = (k + 1) % _DIRECTIONS
            value = (crop[row, column] - mean) / deviation
            for di in range(2):
                for dj in range(2):
                    near = (down if di else 1 - down) * (right if dj else 1 - right)
                    histogram[i + di, j + dj, k] += near * size * (1 - turn)
                    histogram[i + di, j + dj, other] += near * size * turn
                    tone[i + di, j + dj] += near * value
                    share[i + di, j + dj] += near
    energy = np.sqrt((histogram * histogram).sum(axis=2))
    everywhere = energy.mean() + np.float32(1)
    at = 0
    for i in range(_CELL_ROWS):
        for j in range(_CELL_COLUMNS):
            around = energy[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].mean()
            for k in range(_DIRECTIONS):
                out[at] = 2 * histogram[i, j, k] / (around + np.float32(0.3) * everywhere)
                at += 1
    for i in range(_CELL_ROWS):
        for j in range(_CELL_COLUMNS):
            out[at] = tone[i, j] / share[i, j]
            at += 1
