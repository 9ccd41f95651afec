"""The picture that is laid on the face from the front: hairs of the brows, colour of the lips."""

from typing import Final, no_type_check

import numpy as np
from jaxtyping import Float, Float32
from numba import njit

BROW_UPPER: Final = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
BROW_LOWER: Final = ((46, 53, 52, 65, 55), (276, 283, 282, 295, 285))
"""Landmarks along the edges of the brows (right, left of the subject), from the temple to the nose."""

_LOWER_LIP_EDGE: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375)
_UPPER_LIP_EDGE: Final = (291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LIP_CONTOUR: Final = (*_LOWER_LIP_EDGE, *_UPPER_LIP_EDGE)
"""Landmarks along the outer edge of the lips, once around."""

TEXELS_PER_MM: Final = 4
_MARGIN_MM: Final = 8.0
_HAIRS: Final = 420
_HAIR_HALF_WIDTH_MM: Final = 0.28


def paint_front(
    landmarks: Float[np.ndarray, "468 3"],
) -> tuple[Float32[np.ndarray, "rows columns 2"], Float32[np.ndarray, "2"]]:
    """Coverage of brow hair and lip colour over the front view of a face at rest.

    Returns:
        The picture (last axis: brows, lips; in [0, 1]; rows go up with y), and x, y in mm of its first texel.
    """
    used = [*BROW_UPPER[0], *BROW_UPPER[1], *BROW_LOWER[0], *BROW_LOWER[1], *LIP_CONTOUR]
    low = landmarks[used, :2].min(0) - _MARGIN_MM
    high = landmarks[used, :2].max(0) + _MARGIN_MM
    columns, rows = np.ceil((high - low) * TEXELS_PER_MM).astype(int) + 1
    y, x = np.mgrid[:rows, :columns] / TEXELS_PER_MM
    x, y = x + low[0], y + low[1]
    paint = np.zeros((rows, columns, 2))
    for side in (0, 1):
        upper = _smooth_curve(landmarks[list(BROW_UPPER[side]), :2])
        lower = _smooth_curve(landmarks[list(BROW_LOWER[side]), :2])
        paint[..., 0] = np.maximum(paint[..., 0], _paint_brow(upper, lower, x, y, low))
    contour = _smooth_curve(landmarks[list(LIP_CONTOUR), :2], closed=True)
    paint[..., 1] = 1 / (1 + np.exp(-(signed_distance(contour, x, y) - 0.4) * 2.2))
    return paint.astype(np.float32), low.astype(np.float32)


def _smooth_curve(points: np.ndarray, closed: bool = False, pieces: int = 6) -> np.ndarray:
    """Catmull-Rom through (n, 2) points."""
    padded = (
        np.concatenate([points[-1:], points, points[:2]])
        if closed
        else np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    )
    u = np.arange(pieces)[:, None] / pieces
    out = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = 2 * p0 - 5 * p1 + 4 * p2 - p3 + u * (3 * (p1 - p2) + p3 - p0)
        out.append(p1 + 0.5 * u * (p2 - p0 + u * bend))
    return np.concatenate(out if closed else [*out, points[-1:]])


@njit(cache=True, error_model="numpy")
@no_type_check
def signed_distance(contour, x, y):
    """Distance of points (rows, columns) to a closed contour (n, 2), positive inside."""
    out = np.empty(x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            px, py, inside, nearest = x[i, j], y[i, j], False, np.inf
            for k in range(len(contour)):
                ax, ay = contour[k]
                bx, by = contour[(k + 1) % len(contour)]
                dx, dy = bx - ax, by - ay
                along = ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy + 1e-12)
                along = min(max(along, 0.0), 1.0)
                nearest = min(nearest, (px - ax - along * dx) ** 2 + (py - ay - along * dy) ** 2)
                if (ay > py) != (by > py) and px < dx * (py - ay) / dy + ax:
                    inside = not inside
            out[i, j] = np.sqrt(nearest) if inside else -np.sqrt(nearest)
    return out


def _paint_brow(
    upper: np.ndarray, lower: np.ndarray, x: np.ndarray, y: np.ndarray, low: np.ndarray
) -> np.ndarray:
    """A soft bed of colour with single hairs drawn over it; hairs rise at the nose and lie down outwards."""
    count = 200
    place = np.linspace(0, 1, count)
    upper = np.stack([np.interp(place, np.linspace(0, 1, len(upper)), upper[:, i]) for i in (0, 1)], 1)
    lower = np.stack([np.interp(place, np.linspace(0, 1, len(lower)), lower[:, i]) for i in (0, 1)], 1)
    # thinner towards the temple, a little thinner all over than the landmarks have it
    middle = (upper + lower) / 2
    half = (upper - lower) / 2 * np.interp(place, [0, 0.35, 1], [0.25, 0.72, 0.9])[:, None]
    upper, lower = middle + half, middle - half
    outline = np.concatenate([upper, lower[::-1]])
    bed = 0.45 / (1 + np.exp(-signed_distance(outline, x, y) * 1.5))
    rng = np.random.default_rng(11)
    cover = np.zeros_like(bed)
    for at, across, long in zip(rng.random(_HAIRS), rng.random(_HAIRS), rng.random(_HAIRS), strict=True):
        index = int(at * (count - 1))
        root = lower[index] + across * (upper[index] - lower[index])
        outward = middle[max(index - 4, 0)] - middle[min(index + 4, count - 1)]
        outward /= np.linalg.norm(outward) + 1e-9
        rise = upper[index] - lower[index]
        rise /= np.linalg.norm(rise) + 1e-9
        lift = np.interp(at, [0, 0.5, 0.85, 1], [0.1, 0.35, 0.7, 1.6]) * (1.25 - across)
        direction = outward + lift * rise
        tip = root + direction / np.linalg.norm(direction) * (4.0 + 3.0 * long)
        _draw_hair(cover, (root - low) * TEXELS_PER_MM, (tip - low) * TEXELS_PER_MM)
    return np.maximum(bed, np.minimum(bed * 0.6 + cover, 0.97))


def _draw_hair(cover: np.ndarray, root: np.ndarray, tip: np.ndarray) -> None:
    """Add a stroke that thins out towards its tip; texel coordinates."""
    first = np.maximum(np.floor(np.minimum(root, tip)).astype(int) - 3, 0)
    last = np.ceil(np.maximum(root, tip)).astype(int) + 4
    row, column = np.mgrid[first[1] : last[1], first[0] : last[0]]
    span = tip - root
    along = np.clip(((column - root[0]) * span[0] + (row - root[1]) * span[1]) / (span @ span), 0, 1)
    away = np.hypot(column - root[0] - along * span[0], row - root[1] - along * span[1])
    width = _HAIR_HALF_WIDTH_MM * TEXELS_PER_MM * (1.15 - 0.8 * along)
    stroke = np.clip(width - away + 0.5, 0, 1) * (0.75 - 0.3 * along)
    area = cover[first[1] : last[1], first[0] : last[0]]
    area += (1 - area) * stroke[: area.shape[0], : area.shape[1]]
