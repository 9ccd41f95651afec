"""The skin as a picture: everything that is painted on it, baked onto the layout of `Rig.places`.

Renderers that know nothing of this package show the head by it. Where the layout has no skin, colours of the
nearest skin go on, so that no seam shows when a picture is shrunk.
"""

from typing import Final, NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from msmd.face.front_paint import TEXELS_PER_MM, paint_front
from msmd.face.paint import SKIN, hair_line, materials_of, paint_vertices
from msmd.face.rig import Rig

FRONT_MM: Final = 70.0
"""The painted picture lies only on skin less than this far behind the tip of the nose."""


class SkinPicture(NamedTuple):
    """Twice as wide as high; rows from the top.

    Attributes:
        color: linear light.
        roughness: 0 is a mirror, 1 is chalk.
    """

    color: Float32[np.ndarray, "rows columns 3"]
    roughness: Float32[np.ndarray, "rows columns"]


def bake_skin(rig: Rig, rows: int = 1024) -> SkinPicture:
    """Flush, brows, lips, beard, hair and the inside of the mouth on one picture."""
    paint = paint_vertices(rig)
    values = np.concatenate(
        [rig.neutral, paint.albedo, hair_line(rig)[:, None], paint.gloss[:, None]], axis=1
    ).astype(np.float32)
    skin = materials_of(rig) == SKIN
    size = np.array([2 * rows, rows], np.float32)
    baked, covered = _interpolate(
        rig.places * size, rig.place_triangles[skin], rig.triangles[skin], values, rows, 2 * rows
    )
    texels = baked[covered]
    rest, color, hair, gloss = texels[:, :3], texels[:, 3:6], texels[:, 6], texels[:, 7]
    colors = rig.complexion
    strands = _strands(rows)[covered]
    cover = 0.96 * _ramp(-6.0, 6.0, hair + 3.5 * strands)
    color = color + cover[:, None] * (colors.hair * (1 + 0.25 * strands[:, None]) - color)
    brow, lip = _look_up_front(rig, rest)
    lip = 0.86 * lip * (1 - cover)
    color = color + lip[:, None] * (colors.lips - color)
    color = color + brow[:, None] * (colors.brows - color)
    roughness = 0.72 - 0.55 * gloss - 0.12 * lip
    roughness = roughness + np.maximum(brow, cover) * (0.95 - roughness)
    picture = np.zeros((rows, 2 * rows, 4), np.float32)
    picture[covered, :3] = np.clip(color, 0, 1)
    picture[covered, 3] = np.clip(roughness, 0.05, 1)
    _spread(picture, covered)
    return SkinPicture(picture[..., :3], picture[..., 3])


def _strands(rows: int) -> Float32[np.ndarray, "{rows} 2*{rows}"]:
    """Noise drawn out upwards, as short hair lies."""
    grain = np.random.default_rng(5).standard_normal((rows, 2 * rows), np.float32)
    grain = (grain + np.roll(grain, 1, 1)) * np.float32(0.7)
    return np.sum([np.roll(grain, step, 0) for step in range(8)], axis=0) / np.float32(2.8)


def _ramp(low: float, high: float, value: np.ndarray) -> np.ndarray:
    u = np.clip((value - low) / (high - low), 0, 1)
    return u * u * (3 - 2 * u)


def _look_up_front(rig: Rig, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coverage of brows and lips at rest positions (..., 3)."""
    paint, corner = paint_front(rig.landmark_neutral)
    rows, columns, _ = paint.shape
    u, v = (rest[..., 0] - corner[0]) * TEXELS_PER_MM, (rest[..., 1] - corner[1]) * TEXELS_PER_MM
    inside = (u >= 0) & (v >= 0) & (u < columns - 1) & (v < rows - 1)
    inside &= rest[..., 2] > rig.landmark_neutral[4, 2] - FRONT_MM
    u, v = np.where(inside, u, 0), np.where(inside, v, 0)
    i, j = v.astype(int), u.astype(int)
    down, right = (v - i)[..., None], (u - j)[..., None]
    upper = paint[i, j] * (1 - right) + paint[i, j + 1] * right
    lower = paint[i + 1, j] * (1 - right) + paint[i + 1, j + 1] * right
    found = (upper * (1 - down) + lower * down) * inside[..., None]
    return found[..., 0], found[..., 1]


@njit(cache=True, error_model="numpy")
@no_type_check
def _spread(picture, covered):
    """Texels that no triangle covers take the colour of a near one: from above and the left, then from below.

    (rows, columns, k) and (rows, columns) are changed in place.
    """
    rows, columns = covered.shape
    for y in range(rows):
        for x in range(columns):
            if not covered[y, x] and y > 0 and covered[y - 1, x]:
                picture[y, x] = picture[y - 1, x]
                covered[y, x] = True
            elif not covered[y, x] and x > 0 and covered[y, x - 1]:
                picture[y, x] = picture[y, x - 1]
                covered[y, x] = True
    for y in range(rows - 1, -1, -1):
        for x in range(columns - 1, -1, -1):
            if not covered[y, x] and y < rows - 1 and covered[y + 1, x]:
                picture[y, x] = picture[y + 1, x]
                covered[y, x] = True
            elif not covered[y, x] and x < columns - 1 and covered[y, x + 1]:
                picture[y, x] = picture[y, x + 1]
                covered[y, x] = True


@njit(cache=True, error_model="numpy")
@no_type_check
def _interpolate(places, place_triangles, triangles, values, rows, columns):
    """Values of vertices (V, k) at the texels of their triangles: (rows, columns, k), which are covered."""
    out = np.zeros((rows, columns, values.shape[1]), np.float32)
    covered = np.zeros((rows, columns), np.bool_)
    for t in range(triangles.shape[0]):
        p, q, r = place_triangles[t]
        ax, ay, bx, by, cx, cy = (
            places[p, 0],
            places[p, 1],
            places[q, 0],
            places[q, 1],
            places[r, 0],
            places[r, 1],
        )
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        for y in range(max(0, int(min(ay, by, cy)) - 1), min(rows - 1, int(max(ay, by, cy)) + 1) + 1):
            for x in range(max(0, int(min(ax, bx, cx)) - 1), min(columns - 1, int(max(ax, bx, cx)) + 1) + 1):
                px, py = x + 0.5, y + 0.5
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                wc = 1.0 - wa - wb
                if wa < -1e-4 or wb < -1e-4 or wc < -1e-4:
                    continue
                covered[y, x] = True
                for k in range(values.shape[1]):
                    out[y, x, k] = (
                        wa * values[triangles[t, 0], k]
                        + wb * values[triangles[t, 1], k]
                        + wc * values[triangles[t, 2], k]
                    )
    return out, covered
