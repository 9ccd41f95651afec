"""Triangles to pixels: projection, smooth normals, and a z-buffer of which triangle each sample shows.

Deferred: colours are found afterwards, once for each visible sample (`shading.py`). The compiled functions
carry no annotations, as the shape checker of the tests would stand between them and the compiler; their
docstrings state shapes. They release the interpreter lock, so that frames can be drawn side by side.
"""

from typing import Final, no_type_check

import numpy as np
from numba import njit

SAMPLES: Final = 2
"""Samples along each side of a pixel: 2x2 antialiasing."""

EMPTY: Final = -1
"""In a triangle buffer: nothing is seen here."""


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def find_normals(vertices, triangles):
    """Area-weighted unit normals. (V, 3) float32, (F, 3) int32 -> (V, 3) float32; zero where undefined."""
    normals = np.zeros_like(vertices)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for v in range(vertices.shape[0]):
        length = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2)
        if length > 0:
            for axis in range(3):
                normals[v, axis] /= length
    return normals


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def project(vertices, center, distance_mm, focal_samples, side_samples):
    """A pinhole camera on the +z side that looks along -z at `center`.

    (V, 3) float32 mm -> (V, 3) float32: x right and y down in samples, and nearness 1 / depth, which is
    linear across the picture of a triangle, so that it can be interpolated and compared.
    """
    points = np.empty_like(vertices)
    half = np.float32(0.5 * side_samples)
    for v in range(vertices.shape[0]):
        nearness = np.float32(1) / (center[2] + distance_mm - vertices[v, 2])
        points[v, 0] = half + focal_samples * (vertices[v, 0] - center[0]) * nearness
        points[v, 1] = half - focal_samples * (vertices[v, 1] - center[1]) * nearness
        points[v, 2] = nearness
    return points


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def fill_buffers(points, triangles, double_sided, triangle_buffer, nearness_buffer):
    """Draw triangles into (side, side) buffers, nearest wins; both buffers are overwritten.

    Args:
        points: (V, 3) float32 of `project`.
        triangles: (F, 3) int32, counter-clockwise seen from outside.
        double_sided: (F,) bool; the others are drawn only when they face the camera.
        triangle_buffer: int32, receives the index of the triangle or EMPTY.
        nearness_buffer: float32, receives its nearness, 0 where empty.
    """
    height, width = triangle_buffer.shape
    triangle_buffer[:] = EMPTY
    nearness_buffer[:] = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        # y points down on the picture: a triangle that faces us has a negative area there
        if area == 0 or (area > 0 and not double_sided[t]):
            continue
        left = max(0, int(np.floor(min(ax, bx, cx))))
        right = min(width - 1, int(np.ceil(max(ax, bx, cx))))
        top = max(0, int(np.floor(min(ay, by, cy))))
        bottom = min(height - 1, int(np.ceil(max(ay, by, cy))))
        step_a, step_b = (by - cy) / area, (cy - ay) / area
        step_z = step_a * (az - cz) + step_b * (bz - cz)
        for y in range(top, bottom + 1):
            py, px = y + np.float32(0.5), left + np.float32(0.5)
            wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
            wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
            z = cz + wa * (az - cz) + wb * (bz - cz)
            for x in range(left, right + 1):
                if wa >= -1e-5 and wb >= -1e-5 and wa + wb <= 1.00001 and z > nearness_buffer[y, x]:
                    nearness_buffer[y, x] = z
                    triangle_buffer[y, x] = t
                wa += step_a
                wb += step_b
                z += step_z


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def weigh_corners(points, a, b, c, x, y):
    """Barycentric weights of the sample position (x, y) in the picture of triangle (a, b, c)."""
    ax, ay = points[a, 0], points[a, 1]
    bx, by = points[b, 0], points[b, 1]
    cx, cy = points[c, 0], points[c, 1]
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    wa = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
    wb = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
    return wa, wb, np.float32(1) - wa - wb
