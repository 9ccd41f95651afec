"""Light on the visible samples: skin that lets light through a little, wet eyes and lips, a rim of light.

Compiled; see `rasterizer.py` for why these functions carry no annotations. Light is linear here; the curve
of a display comes last.
"""

from typing import Final, NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float32, UInt8
from numba import njit

from msmd.face.front_paint import TEXELS_PER_MM
from msmd.face.paint import (
    CLOTH,
    EYE,
    LASHES,
    SKIN,
    TEETH,
    TONGUE,
)
from msmd.render.rasterizer import EMPTY, SAMPLES, weigh_corners


def _unit(*direction: float) -> tuple[float, float, float]:
    length = sum(value**2 for value in direction) ** 0.5
    x, y, z = (value / length for value in direction)
    return x, y, z


_KEY: Final = _unit(-0.50, 0.62, 0.75)
_KEY_COLOR: Final = (1.22, 1.11, 0.98)
_FILL: Final = _unit(0.75, 0.10, 0.60)
_FILL_COLOR: Final = (0.26, 0.30, 0.36)
_RIM: Final = _unit(0.80, 0.35, -0.55)
_RIM_COLOR: Final = (0.50, 0.56, 0.66)
_SKY: Final = (0.27, 0.29, 0.33)
_GROUND: Final = (0.16, 0.12, 0.10)
_WRAP: Final = (0.42, 0.20, 0.13)
"""How far light bleeds past the shadow line in skin: red goes farthest."""

_CATCH_LIGHT: Final = _unit(-0.30, 0.30, 0.90)
"""A window that mirrors in the eyes; lower than the key light, which the upper lid would hide."""

_IRIS_MM: Final = 6.0
_PUPIL_MM: Final = 2.3
_TEETH_PER_TURN: Final = 38
"""Grooves that a full turn about the middle of the dental arch would have."""

_FRONT_MM: Final = 70.0
"""The painted picture lies only on skin less than this far behind the tip of the nose."""


class Posed(NamedTuple):
    """What changes from frame to frame.

    Attributes:
        normals: (V, 3) as the camera sees them.
        face: (V, 3) mm, with expression, without head rotation.
        mouth_light: share of the light that enters between the lips.
        upper_lids: (2,) y in mm of the upper lids' edges, in the order of `Appearance.eye_centers`.
        front_z: z in mm of the tip of the nose at rest.
    """

    normals: Float32[np.ndarray, "V 3"]
    face: Float32[np.ndarray, "V 3"]
    mouth_light: float
    upper_lids: Float32[np.ndarray, "2"]
    front_z: float


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def _ramp(low, high, value):
    u = min(max((value - low) / (high - low), 0.0), 1.0)
    return u * u * (3.0 - 2.0 * u)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def _grain(noise, u, v):
    """Smooth look-up in the tile of noise; u, v in texels."""
    fu, fv = np.floor(u), np.floor(v)
    iu, iv = int(fu) & 255, int(fv) & 255
    du, dv = u - fu, v - fv
    ju, jv = (iu + 1) & 255, (iv + 1) & 255
    upper = noise[iv, iu] * (1 - du) + noise[iv, ju] * du
    return upper * (1 - dv) + (noise[jv, iu] * (1 - du) + noise[jv, ju] * du) * dv


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def _paint(paint, corner, x, y):
    """Coverage of (brow, lip) at a rest position; 0 outside the picture."""
    rows, columns, _ = paint.shape
    u, v = (x - corner[0]) * TEXELS_PER_MM, (y - corner[1]) * TEXELS_PER_MM
    if u < 0 or v < 0 or u >= columns - 1 or v >= rows - 1:
        return 0.0, 0.0
    i, j = int(v), int(u)
    dv, du = v - i, u - j
    wa, wb, wc, wd = (1 - dv) * (1 - du), (1 - dv) * du, dv * (1 - du), dv * du
    brow = wa * paint[i, j, 0] + wb * paint[i, j + 1, 0]
    brow += wc * paint[i + 1, j, 0] + wd * paint[i + 1, j + 1, 0]
    lip = wa * paint[i, j, 1] + wb * paint[i, j + 1, 1]
    lip += wc * paint[i + 1, j, 1] + wd * paint[i + 1, j + 1, 1]
    return brow, lip


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _shade(t, x, y, points, posed, look):
    """Linear colour of triangle `t` at sample position (x, y).

    points: (V, 3) projected; posed: `Posed`; look: `Appearance`.
    """
    normals, face, upper_lids, front_z = posed.normals, posed.face, posed.upper_lids, posed.front_z
    triangles = look.triangles
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    wa, wb, wc = weigh_corners(points, a, b, c, x, y)
    nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
    ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
    nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
    scale = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
    if nz < 0 and look.material[t] == LASHES:
        scale = -scale
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    rest = look.rest
    rx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
    ry = wa * rest[a, 1] + wb * rest[b, 1] + wc * rest[c, 1]
    rz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2]
    albedo = look.albedo
    red = wa * albedo[a, 0] + wb * albedo[b, 0] + wc * albedo[c, 0]
    green = wa * albedo[a, 1] + wb * albedo[b, 1] + wc * albedo[c, 1]
    blue = wa * albedo[a, 2] + wb * albedo[b, 2] + wc * albedo[c, 2]
    open_sky = wa * look.occlusion[a] + wb * look.occlusion[b] + wc * look.occlusion[c]
    gloss = wa * look.gloss[a] + wb * look.gloss[b] + wc * look.gloss[c]
    material = look.material[t]
    sharpness, bleed, rim = 18.0, 1.0, 1.0

    if material == SKIN:
        grain = _grain(look.noise, rx * 2.1 + rz * 0.7, ry * 2.1 + rz * 1.3)
        blotch = _grain(look.noise, rx * 0.17 + rz * 0.06 + 40, ry * 0.17 + rz * 0.11)
        tone = 1.0 + 0.035 * grain
        red, green, blue = red * tone, green * (tone + 0.03 * blotch), blue * (tone + 0.035 * blotch)
        gloss *= 1.0 + 0.5 * grain
        hair = wa * look.hair[a] + wb * look.hair[b] + wc * look.hair[c]
        if hair > -12:
            strand = _grain(look.noise, rx * 3.3 + rz * 1.9, ry * 1.2 - rz * 0.9)
            cover = 0.94 * _ramp(-7.0, 7.0, hair + 5.0 * strand)
            dark = 1.0 + 0.55 * strand
            red += cover * (look.colors[0, 0] * dark - red)
            green += cover * (look.colors[0, 1] * dark - green)
            blue += cover * (look.colors[0, 2] * dark - blue)
            gloss *= 1.0 - 0.75 * cover
            bleed = 1.0 - cover
            rim = 1.0 - 0.6 * cover
        if rz > front_z - _FRONT_MM:
            brow, lip = _paint(look.paint, look.paint_corner, rx, ry)
            lip *= 0.86
            red += lip * (look.colors[2, 0] - red) + brow * (look.colors[1, 0] - red)
            green += lip * (look.colors[2, 1] - green) + brow * (look.colors[1, 1] - green)
            blue += lip * (look.colors[2, 2] - blue) + brow * (look.colors[1, 2] - blue)
            gloss = gloss * (1.0 - brow) + 0.55 * lip
            sharpness += 30.0 * lip
    elif material == EYE:
        side = look.eye_side[t]
        center = look.eye_centers[side]
        dx, dy = rx - center[0], ry - center[1]
        off_axis = np.sqrt(dx * dx + dy * dy)
        if rz > center[2]:
            fiber = _grain(look.noise, np.arctan2(dy, dx) * 40.7, off_axis * 1.5)
            iris = _ramp(_IRIS_MM + 0.35, _IRIS_MM - 0.35, off_axis)
            pupil = _ramp(_PUPIL_MM + 0.25, _PUPIL_MM - 0.25, off_axis)
            ring = 1.0 - 0.72 * _ramp(_IRIS_MM - 1.7, _IRIS_MM, off_axis)
            glow = (0.78 + 0.30 * fiber + 0.5 * _ramp(4.6, 2.3, off_axis)) * ring
            red += iris * (look.colors[3, 0] * glow * (1 + 0.5 * _ramp(4.0, 2.4, off_axis)) - red)
            green += iris * (look.colors[3, 1] * glow - green)
            blue += iris * (look.colors[3, 2] * glow - blue)
            red, green, blue = red * (1 - pupil), green * (1 - pupil), blue * (1 - pupil)
        # where the eye lies now, whichever way it looks: shade under the upper lid, pink corners
        px = wa * face[a, 0] + wb * face[b, 0] + wc * face[c, 0] - center[0]
        py = wa * face[a, 1] + wb * face[b, 1] + wc * face[c, 1]
        open_sky = 0.30 + 0.70 * _ramp(-0.5, 5.5, upper_lids[side] - py)
        corner = 0.35 * _ramp(6.5, 13.0, abs(px))
        green, blue = green * (1 - 0.55 * corner), blue * (1 - 0.6 * corner)
        open_sky *= 1.0 - 0.55 * corner
        # a ball mirrors more evenly than its few corners tell
        pz = wa * face[a, 2] + wb * face[b, 2] + wc * face[c, 2] - center[2]
        mirror = (px * _CATCH_LIGHT[0] + py * _CATCH_LIGHT[1] + pz * (_CATCH_LIGHT[2] + 1.0)) / np.sqrt(
            (px * px + py * py + pz * pz) * (2.0 + 2.0 * _CATCH_LIGHT[2])
        )
        mirror = _ramp(0.9955, 0.9975, mirror) * _ramp(0.2, 1.8, upper_lids[side] - py)
        red, green, blue = red + 1.1 * mirror, green + 1.1 * mirror, blue + 1.1 * mirror
        gloss, sharpness, bleed, rim = 0.5, 60.0, 0.3, 0.0
    elif material in (TEETH, TONGUE):
        open_sky *= posed.mouth_light
        if material == TEETH:
            along = 0.5 + 0.5 * np.cos(np.arctan2(rx, rz - front_z + 64.0) * _TEETH_PER_TURN)
            between = 1.0 - 0.45 * _ramp(0.93, 1.0, along)
            red, green, blue = red * between, green * between, blue * between
        rim, bleed, sharpness = 0.0, 0.7, 50.0
    elif material == CLOTH:
        grain = _grain(look.noise, rx * 2.3, ry * 2.3 + rz * 1.7)
        red, green, blue = red * (1 + 0.16 * grain), green * (1 + 0.16 * grain), blue * (1 + 0.16 * grain)
        bleed, rim = 0.2, 0.4
    else:
        rim = 0.0

    key = nx * _KEY[0] + ny * _KEY[1] + nz * _KEY[2]
    fill = max(nx * _FILL[0] + ny * _FILL[1] + nz * _FILL[2], 0.0)
    up = 0.5 + 0.5 * ny
    direct = 0.06 + 0.94 * _ramp(0.06, 0.66, open_sky)
    half_z = _KEY[2] + 1.0
    half = (nx * _KEY[0] + ny * _KEY[1] + nz * half_z) / np.sqrt(_KEY[0] ** 2 + _KEY[1] ** 2 + half_z**2)
    fresnel = (1.0 - max(nz, 0.0)) ** 3
    shine = gloss * (0.16 + 0.8 * fresnel) * max(half, 0.0) ** sharpness * direct
    edge = rim * fresnel * max(nx * _RIM[0] + ny * _RIM[1] + nz * _RIM[2] + 0.25, 0.0) * open_sky
    red = _diffuse(red, 0, key, fill, up, bleed, direct, open_sky)
    green = _diffuse(green, 1, key, fill, up, bleed, direct, open_sky)
    blue = _diffuse(blue, 2, key, fill, up, bleed, direct, open_sky)
    return (
        red + shine * _KEY_COLOR[0] + edge * _RIM_COLOR[0],
        green + shine * _KEY_COLOR[1] + edge * _RIM_COLOR[1],
        blue + shine * _KEY_COLOR[2] + edge * _RIM_COLOR[2],
    )


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def _diffuse(albedo, channel, key, fill, up, bleed, direct, open_sky):
    """Diffuse light of one channel."""
    wrap = _WRAP[channel] * bleed
    lit = max((key + wrap) / (1.0 + wrap), 0.0) * _KEY_COLOR[channel] * direct
    # light that has bounced inside a hollow takes on the colour of the skin
    around = open_sky + (1.0 - open_sky) * open_sky * albedo
    ambient = (_SKY[channel] * up + _GROUND[channel] * (1.0 - up)) * around
    return albedo * (lit + fill * _FILL_COLOR[channel] * direct + ambient)


def _display_table() -> UInt8[np.ndarray, "4097"]:
    """Light to 0..255, for its roots from 0 to 2: a soft shoulder, then the display curve (gamma 2.2)."""
    value = np.linspace(0, 2, 4097) ** 2
    value = value * (1 + 0.12 * value) / (1 + 0.30 * value)
    return np.round(np.clip(value, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


_DISPLAY: Final = _display_table()
"""Looked up by the root of the light, which spends the steps where eyes see them: in the dark."""


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
@no_type_check
def _display(value):
    return _DISPLAY[int(min(np.sqrt(max(value, 0.0)), 2.0) * 2048 + 0.5)]


def show_linear(picture: Float32[np.ndarray, "rows columns 3"]) -> UInt8[np.ndarray, "rows columns 3"]:
    """A picture in linear light as it is displayed."""
    return _DISPLAY[(np.clip(np.sqrt(np.maximum(picture, 0)), 0, 2) * 2048 + 0.5).astype(int)]


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def shade_picture(
    triangle_buffer,
    nearness,
    points,
    posed,
    look,
    backdrop,
    picture,
):
    """Colour a picture from its buffers, 2x2 samples to a pixel.

    A pixel within one smooth surface is shaded once; a pixel on an edge is shaded for every sample.

    Args:
        triangle_buffer, nearness: (2 side, 2 side) of `fill_buffers`.
        points: (V, 3) of `project`. posed: `Posed`. look: `Appearance`.
        backdrop: (side, side, 3) float32 linear.
        picture: (side, side, 3) uint8, the displayed backdrop, drawn upon.
    """
    side = picture.shape[0]
    triangles, normals = look.triangles, posed.normals
    for row in range(side):
        for column in range(side):
            y, x = row * SAMPLES, column * SAMPLES
            first = triangle_buffer[y, x]
            even = True
            for i in range(SAMPLES):
                for j in range(SAMPLES):
                    other = triangle_buffer[y + i, x + j]
                    if other == first:
                        continue
                    if other == EMPTY or first == EMPTY:
                        even = False
                        continue
                    one, two = triangles[first, 0], triangles[other, 0]
                    along = (
                        normals[one, 0] * normals[two, 0]
                        + normals[one, 1] * normals[two, 1]
                        + normals[one, 2] * normals[two, 2]
                    )
                    step = abs(nearness[y + i, x + j] / nearness[y, x] - 1)
                    if look.material[other] != look.material[first] or along < 0.6 or step > 0.004:
                        even = False
            if even and first == EMPTY:
                continue
            if even:
                r, g, b = _shade(first, x + 1.0, y + 1.0, points, posed, look)
            else:
                r, g, b = 0.0, 0.0, 0.0
                for i in range(SAMPLES):
                    for j in range(SAMPLES):
                        t = triangle_buffer[y + i, x + j]
                        if t == EMPTY:
                            r += backdrop[row, column, 0]
                            g += backdrop[row, column, 1]
                            b += backdrop[row, column, 2]
                        else:
                            sr, sg, sb = _shade(
                                t,
                                x + j + 0.5,
                                y + i + 0.5,
                                points,
                                posed,
                                look,
                            )
                            # one bright sample must not outshine the edge it lies on
                            r, g, b = r + min(sr, 1.5), g + min(sg, 1.5), b + min(sb, 1.5)
                weight = 1.0 / (SAMPLES * SAMPLES)
                r, g, b = r * weight, g * weight, b * weight
            picture[row, column, 0] = _display(r)
            picture[row, column, 1] = _display(g)
            picture[row, column, 2] = _display(b)
