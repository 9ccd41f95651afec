"""Light on a portrait, pixel by pixel: skin under make-up, eyes, what is within the mouth."""

from typing import no_type_check

import numpy as np
from numba import njit

from msmd.face.paint import EYE, SKIN, TEETH, TONGUE
from msmd.render.rasterizer import EMPTY, weigh_corners


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def shade_portrait(
    picture,
    triangle_buffer,
    points,
    normals,
    rest,
    face,
    triangles,
    material,
    colors,
    cover,
    corner,
    texels_per_mm,
    shades,
    strength,
    eyes,
    iris,
    lights,
    front_z,
):
    """Colour a picture in linear light.

    picture: (side, side, 3), the backdrop, drawn upon. triangle_buffer: (side, side). points, normals,
    rest, face, colors: (V, 3). cover: (rows, columns, layers) coverage of each layer of make-up over the
    front view at rest; shades: (layers, 3) its colour; strength: (layers,) how much of it shows now.
    eyes: of `_eye_axes`. lights: of `_draw_lights`. front_z: skin behind it wears no make-up.
    """
    side = picture.shape[0]
    rows, columns, layers = cover.shape
    for row in range(side):
        for column in range(side):
            t = triangle_buffer[row, column]
            if t == EMPTY:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            wa, wb, wc = weigh_corners(points, a, b, c, column + 0.5, row + 0.5)
            nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
            ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
            nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
            scale = 1 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
            nx, ny, nz = nx * scale, ny * scale, nz * scale
            rx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
            ry = wa * rest[a, 1] + wb * rest[b, 1] + wc * rest[c, 1]
            rz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2]
            red = wa * colors[a, 0] + wb * colors[b, 0] + wc * colors[c, 0]
            green = wa * colors[a, 1] + wb * colors[b, 1] + wc * colors[c, 1]
            blue = wa * colors[a, 2] + wb * colors[b, 2] + wc * colors[c, 2]
            if material[t] == SKIN and rz > front_z:
                u, v = (rx - corner[0]) * texels_per_mm, (ry - corner[1]) * texels_per_mm
                if 0 <= u < columns - 1 and 0 <= v < rows - 1:
                    i, j = int(v), int(u)
                    dv, du = v - i, u - j
                    for layer in range(layers):
                        if strength[layer] <= 0:
                            continue
                        share = (1 - dv) * ((1 - du) * cover[i, j, layer] + du * cover[i, j + 1, layer])
                        share += dv * ((1 - du) * cover[i + 1, j, layer] + du * cover[i + 1, j + 1, layer])
                        share *= strength[layer]
                        red += share * (shades[layer, 0] - red)
                        green += share * (shades[layer, 1] - green)
                        blue += share * (shades[layer, 2] - blue)
            shadow = np.float32(1)
            if material[t] == EYE:
                which = 0 if rx > 0 else 1
                ox, oy = rx - eyes[which, 0], ry - eyes[which, 1]
                off = np.sqrt(ox * ox + oy * oy)
                if rz > eyes[which, 2] and off < 6.0:
                    red, green, blue = iris[0], iris[1], iris[2]
                    if off < 2.4:
                        red, green, blue = 0.01, 0.01, 0.01
                shadow = np.float32(0.75)
            elif material[t] == TEETH or material[t] == TONGUE:
                shadow = np.float32(0.45)
            lr, lg, lb = lights[3, 3], lights[3, 4], lights[3, 5]
            for light in range(3):
                lit = nx * lights[light, 0] + ny * lights[light, 1] + nz * lights[light, 2]
                lit = max((lit + 0.2) / 1.2, 0.0)
                half = nx * lights[light, 0] + ny * lights[light, 1] + nz * (lights[light, 2] + 1)
                shine = 0.08 * max(half / 1.8, 0.0) ** 22
                lr += lights[light, 3] * (lit + shine / max(red, 0.05))
                lg += lights[light, 4] * (lit + shine / max(green, 0.05))
                lb += lights[light, 5] * (lit + shine / max(blue, 0.05))
            picture[row, column, 0] = red * lr * shadow
            picture[row, column, 1] = green * lg * shadow
            picture[row, column, 2] = blue * lb * shadow
