"""What must hold on every face: round eyes, teeth of one piece, lips that meet at rest, lids in a blink.

Details of identities come from many hands and were not made to keep these. Corrections are small and fade out
around the rims of lips and lids.
"""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import ARKIT_NAMES
from msmd.face.rig import Rig, load_rig

_WHOLE: Final = ("eye_left", "eye_right", "teeth_upper", "teeth_lower")
_ON_LIDS: Final = ("lashes_left", "lashes_right")
_RIM_BLEND_MM: Final = 3.0
"""Width over which the corrections of neighbouring pairs of rim vertices mix."""
_LIP_REACH_MM: Final = 12.0
"""How far from its rim a correction of a lip fades out, along the skin."""
_SIDES: Final = ("Left", "Right")


def keep_parts_whole(rig: Rig, moved: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "V 3"]:
    """Eyes and teeth of `moved` as the rig's own, shifted and scaled evenly; lashes as long as the rig's."""
    out = moved.copy()
    for name in _WHOLE:
        part = part_vertices(rig, name)
        at_home, there = rig.neutral[part].astype(np.float64), moved[part]
        middle, target = at_home.mean(0), there.mean(0)
        centered = at_home - middle
        scale = (centered * (there - target)).sum() / (centered**2).sum()
        out[part] = target + scale * centered
    for name in _ON_LIDS:
        part, roots = part_vertices(rig, name), _lash_roots(name)
        out[part] = moved[roots] + rig.neutral[part] - rig.neutral[roots]
    return out


def meet_lips(rig: Rig, neutral: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "V 3"]:
    """`neutral` with the inner lips as far apart as the rig's are: each lip takes half of the difference."""
    upper, lower = rig.inner_lip_pairs.T
    at_home = rig.neutral[upper] - rig.neutral[lower]
    excess = neutral[upper] - neutral[lower] - at_home
    rims = np.concatenate([upper, lower])
    shift = np.concatenate([-excess / 2, excess / 2])
    vertices, weights, fade = _lip_spread()
    out = neutral.copy()
    out[vertices] += fade[:, None] * (weights @ shift)
    # a rim vertex in several pairs, or near several, does not get all it needs from the mean: set it outright
    counts = np.bincount(rims, minlength=len(out))[rims]
    exact = np.zeros_like(out)
    np.add.at(exact, rims, (neutral[rims] + shift) / counts[:, None])
    out[rims] = exact[rims]
    return out


def fit_shapes(rig: Rig, neutral: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "52 V 3"]:
    """The rig's shapes for another neutral face: gaze scaled with the eyes, blinks that close its lids."""
    shapes = rig.shapes.copy()
    for side in _SIDES:
        eye = part_vertices(rig, f"eye_{side.lower()}")
        scale = float(np.ptp(neutral[eye, 0]) / np.ptp(rig.neutral[eye, 0]))
        for way in ("Up", "Down", "In", "Out"):
            shapes[ARKIT_NAMES.index(f"eyeLook{way}{side}"), eye] *= scale
        blink = ARKIT_NAMES.index(f"eyeBlink{side}")
        shapes[blink] = _close_lids(rig, neutral, side)
    return shapes


def _close_lids(rig: Rig, neutral: Float[np.ndarray, "V 3"], side: str) -> Float[np.ndarray, "V 3"]:
    """The blink, corrected so that the paired rims come as near to each other as they do on the rig."""
    blink = rig.shapes[ARKIT_NAMES.index(f"eyeBlink{side}")].astype(np.float64)
    upper, lower = rig.lid_pairs[rig.neutral[rig.lid_pairs[:, 0], 0] * (1 if side == "Left" else -1) > 0].T
    excess = neutral[upper] - neutral[lower] - (rig.neutral[upper] - rig.neutral[lower])
    # what the blink moves by half as much as the rim follows by half as much
    moved = np.flatnonzero(np.abs(blink).max(1) > 0)
    across = rig.neutral[moved, :1] - rig.neutral[upper, 0]
    weights = np.exp(-0.5 * (across / _RIM_BLEND_MM) ** 2) + 1e-12
    weights /= weights.sum(1, keepdims=True)
    share = np.linalg.norm(blink[moved], axis=1) / (weights @ np.linalg.norm(blink[upper], axis=1))
    out = blink.copy()
    out[moved] -= np.clip(share, 0, 1)[:, None] * (weights @ excess)
    return out


def part_vertices(rig: Rig, name: str) -> np.ndarray:
    """Vertices of a part, ascending."""
    return np.unique(rig.triangles[rig.part == rig.part_names.index(name)])


@cache
def _lash_roots(name: str) -> np.ndarray:
    """The vertex at the edge of a lid that is nearest to each vertex of some lashes."""
    rig = load_rig()
    rims = np.unique(rig.lid_pairs)
    away = np.linalg.norm(rig.neutral[part_vertices(rig, name)][:, None] - rig.neutral[rims], axis=2)
    return rims[away.argmin(1)]


@cache
def _lip_spread() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Skin vertices near the lips' rims, (n, 2 P) weights of the rims' corrections, (n,) fading from 1 to 0.

    Distance is measured along the skin: across the slit of the mouth it is far.
    """
    rig = load_rig()
    rims = np.concatenate(rig.inner_lip_pairs.T)
    skin = rig.triangles[rig.part == rig.part_names.index("skin")]
    near = np.linalg.norm(rig.neutral[skin].mean(1)[:, None] - rig.neutral[rims], axis=2).min(1) < 25
    ends = np.concatenate([skin[near][:, [i, (i + 1) % 3]] for i in range(3)])
    ends = np.concatenate([ends, ends[:, ::-1]])
    length = np.linalg.norm(rig.neutral[ends[:, 0]] - rig.neutral[ends[:, 1]], axis=1)
    away = np.full((len(rig.neutral), len(rims)), np.inf)
    away[rims, np.arange(len(rims))] = 0
    for _ in range(40):
        reached = away[ends[:, 0]] + length[:, None]
        np.minimum.at(away, ends[:, 1], reached)
    vertices = np.flatnonzero(away.min(1) < _LIP_REACH_MM)
    away = away[vertices]
    u = 1 - away.min(1) / _LIP_REACH_MM
    weights = np.exp(-0.5 * (away / _RIM_BLEND_MM) ** 2) + 1e-12 / (1 + away)
    return vertices, weights / weights.sum(1, keepdims=True), u * u * (3 - 2 * u)
