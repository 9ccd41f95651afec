"""The 52 ARKit shapes, made of MakeHuman's expression units and of geometry where units fall short.

Every function takes the neutral face of the whole base mesh (mm) and returns displacements (N, 3).
Left and right are mirror images because the base mesh and its units are.
"""

from dataclasses import dataclass

import numpy as np
from sources import Source

JAW_HINGE_MM = np.array([0.0, 705.0, 45.0])
"""Below and in front of the ears; the jaw turns about the x axis through it."""
JAW_OPEN_DEGREES = 15.0
MOUTH_WIDTH_OF_SPLIT_MM = 18.0
"""Over which one-sided mouth shapes fade from one side to the other."""
BROW_LINE_MM = np.array([[13, 751], [26, 755], [37, 755], [46, 752], [52, 748], [60, 742]], float)
"""x and y along the middle of a brow, from the nose to the temple; past its ends y stays."""
OUTER_BROW_LIFT_MM = np.array([[8, 0], [13, 0.4], [26, 3.2], [38, 5.4], [48, 6], [60, 5.2], [76, 0]], float)
"""By x: with the inner brow's lift, which ends at x = 38, the whole brow rises evenly."""


@dataclass(frozen=True)
class Head:
    """source; neutral (N, 3) mm; skin, eye_left, ...: vertices of each part; edges (E, 2) of the skin."""

    source: Source
    neutral: np.ndarray
    parts: dict[str, np.ndarray]
    edges: np.ndarray


def smooth_step(t: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def rotate(points: np.ndarray, center: np.ndarray, axis: tuple, degrees: float) -> np.ndarray:
    """Rodrigues' rotation about an axis through `center`; returns displacements."""
    angle, k, v = np.radians(degrees), np.array(axis, float), points - center
    turned = v * np.cos(angle) + np.cross(k, v) * np.sin(angle) + np.outer(v @ k, k) * (1 - np.cos(angle))
    return turned - v


def side_mask(head: Head, side: str) -> np.ndarray:
    left = smooth_step(head.neutral[:, 0] / MOUTH_WIDTH_OF_SPLIT_MM + 0.5)[:, None]
    return left if side == "left" else 1 - left


def smooth(head: Head, field: np.ndarray, rounds: int, where: np.ndarray) -> np.ndarray:
    """Average a field over the skin's edges, `rounds` times, as much as `where` (N,) says."""
    degree = np.bincount(head.edges.ravel(), minlength=len(field))[:, None]
    share = (0.7 * where)[:, None]
    for _ in range(rounds):
        total = np.zeros_like(field)
        np.add.at(total, head.edges[:, 0], field[head.edges[:, 1]])
        np.add.at(total, head.edges[:, 1], field[head.edges[:, 0]])
        field = np.where(degree > 0, (1 - share) * field + share * total / np.maximum(degree, 1), field)
    return field


def lip_rims(head: Head) -> tuple[np.ndarray, np.ndarray]:
    """Vertices where the lips meet: (upper, lower), found by the unit that parts them."""
    parting, skin = head.source.unit("mouth-parling")[:, 1], head.parts["skin"]
    return skin[parting[skin] > 1.5], skin[parting[skin] < -1.5]


def distance_to(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.sqrt(((points[:, None] - others[None]) ** 2).sum(2).min(1))


def jaw_mask(head: Head) -> np.ndarray:
    """How much each vertex follows the jaw, (N,) in [0, 1].

    The unit that opens the mouth, measured against a pure turn about the hinge.
    """
    turn = rotate(head.neutral, JAW_HINGE_MM, (1, 0, 0), 10.0)
    unit = head.source.unit("mouth-open")
    mask = (unit * turn).sum(1) / np.maximum((turn**2).sum(1), 1e-9)
    chin = np.argmin(unit[:, 1])
    mask = np.clip(mask / mask[chin], 0, 1)
    # behind the hinge nothing follows; there the turn is small and the quotient means little
    mask *= smooth_step((head.neutral[:, 2] - JAW_HINGE_MM[2]) / 25)
    for part, value in (("teeth_lower", 1.0), ("teeth_upper", 0.0), ("tongue", 0.75)):
        mask[head.parts[part]] = value
    for part in ("eye_left", "eye_right", "lashes_left", "lashes_right"):
        mask[head.parts[part]] = 0.0
    return mask


def open_jaw(head: Head, mask: np.ndarray) -> np.ndarray:
    """A turn about the hinge; the corners of the mouth come in by a third of what the unit does."""
    turn = rotate(head.neutral, JAW_HINGE_MM, (1, 0, 0), JAW_OPEN_DEGREES) * mask[:, None]
    inward = head.source.unit("mouth-open")[:, 0] * 0.3
    turn[head.parts["skin"], 0] += inward[head.parts["skin"]]
    return turn


def close_mouth(head: Head, jaw_open: np.ndarray) -> np.ndarray:
    """What undoes `jaw_open` at the lips: both move alike, so that they meet as at rest.

    The mouth then sits a quarter of the lower lip's way down; chin and cheeks keep to the jaw.
    """
    upper, lower = lip_rims(head)
    rims = np.concatenate([upper, lower])
    center = lower[np.abs(head.neutral[lower, 0]) < 6]
    common = 0.25 * jaw_open[center].mean(0) * [0, 1, 1]
    near = distance_to(head.neutral, head.neutral[rims])
    mask = 1 - smooth_step((near - 9) / 17)
    mask[np.setdiff1d(np.arange(len(mask)), head.parts["skin"])] = 0
    return mask[:, None] * (common - jaw_open)


def bump(head: Head, center: tuple, radii: tuple) -> np.ndarray:
    """A Gaussian about a point on the skin, (N, 1); radii in mm along x, y, z."""
    scaled = (head.neutral - np.array(center)) / np.array(radii)
    out = np.exp(-0.5 * (scaled**2).sum(1))
    out[np.setdiff1d(np.arange(len(out)), head.parts["skin"])] = 0
    return out[:, None]


def roll_lip(head: Head, which: str) -> np.ndarray:
    """The red of one lip goes in over the teeth."""
    upper, lower = lip_rims(head)
    rim, toward = (lower, 1.0) if which == "lower" else (upper, -1.0)
    other = upper if which == "lower" else lower
    near = distance_to(head.neutral, head.neutral[rim])
    mask = 1 - smooth_step((near - 2) / 10)
    mask *= near < distance_to(head.neutral, head.neutral[other]) + 0.1
    mask[np.setdiff1d(np.arange(len(mask)), head.parts["skin"])] = 0
    name = f"mouth/mouth-{which}lip"
    target = head.source.target(f"{name}-height-decr") + head.source.target(f"{name}-volume-decr")
    pull = smooth(head, mask[:, None] * np.array([0.0, 0.6 * toward, -3.5]), 2, np.ones(len(mask)))
    return 0.8 * target + pull


def skin_normals(head: Head) -> np.ndarray:
    """Unit normals of the skin, (N, 3); zero elsewhere."""
    quads = head.source.quads_of("body")
    quads = quads[np.isin(quads, head.parts["skin"]).all(1)]
    a, b, c, d = (head.neutral[quads[:, i]] for i in range(4))
    normals = np.zeros_like(head.neutral)
    for corner in quads.T:
        np.add.at(normals, corner, np.cross(c - a, d - b))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def lift_outer_brow(head: Head, side: str) -> np.ndarray:
    """The outer two thirds of a brow slide up over the forehead, its tail along with them.

    MakeHuman's own unit lifts one place by 8 mm and leaves the tail, so that the brow hooks.
    """
    across = head.neutral[:, 0] * (1 if side == "left" else -1)
    above = head.neutral[:, 1] - np.interp(across, *BROW_LINE_MM.T)
    # the forehead gives way over a wide stretch, the lid keeps to the eye
    reach = np.exp(-0.5 * (above / np.where(above > 0, 15.0, 6.0)) ** 2)
    height = np.interp(across, *OUTER_BROW_LIFT_MM.T) * reach
    height[head.neutral[:, 2] < 60] = 0
    normals = skin_normals(head)
    along_skin = np.array([0.0, 1.0, 0.0]) - normals * normals[:, 1:2]
    out = height[:, None] * along_skin * (np.linalg.norm(normals, axis=1) > 0)[:, None]
    return smooth(head, out, 2, np.ones(len(out)))


def stick_out_tongue(head: Head) -> np.ndarray:
    """The tip comes furthest, and a little down."""
    out, tongue = np.zeros_like(head.neutral), head.parts["tongue"]
    depth = head.neutral[tongue, 2]
    along = ((depth - depth.min()) / np.ptp(depth))[:, None]
    out[tongue] = along**1.2 * np.array([0, -6.0, 34.0]) + np.array([0, -1.0, 6.0])
    return out


def one_sided(head: Head, side: str) -> dict[str, np.ndarray]:
    unit, target, name = head.source.unit, head.source.target, side.capitalize()
    mask, s = side_mask(head, side), side[0]
    lids_closed, lids_open = unit(f"eye-{side}-closure"), unit(f"eye-{side}-opened-up")
    cheeks = np.ones(len(head.neutral))
    smile = smooth(head, unit("mouth-corner-puller"), 3, cheeks)
    shapes = {
        "browDown": unit(f"eyebrows-{side}-down"),
        "browOuterUp": lift_outer_brow(head, side),
        "eyeBlink": lids_closed,
        "eyeSquint": unit(f"eye-{side}-slit") * 0.8 + target(f"cheek/{s}-cheek-trans-up") * 0.15,
        "eyeWide": lids_open,
        "cheekSquint": target(f"cheek/{s}-cheek-trans-up") * 0.45
        + target(f"cheek/{s}-cheek-bones-incr") * 0.25
        + unit(f"eye-{side}-slit") * 0.25,
        "noseSneer": unit(f"nose-{side}-elevation")
        + unit(f"nose-{side}-dilatation") * 0.5
        + unit("mouth-elevation") * mask * 0.25,
        "mouthSmile": smile * mask,
        "mouthFrown": unit("mouth-depression") * mask,
        "mouthDimple": (unit("mouth-retraction") * 0.5 + unit("mouth-compression") * 0.4) * mask,
        "mouthStretch": (unit("mouth-retraction") * 0.6 + unit("neck-platysma") * 0.5) * mask,
        "mouthPress": unit("mouth-compression") * mask * 0.7,
        "mouthLowerDown": unit("mouth-depression-retraction") * mask,
        "mouthUpperUp": unit("mouth-elevation") * mask,
    }
    eye = head.parts[f"eye_{side}"]
    center, inward = head.neutral[eye].mean(0), -1 if side == "left" else 1
    for way, axis, degrees, lids in (
        ("Up", (1, 0, 0), -22, lids_open * 0.45),
        ("Down", (1, 0, 0), 25, lids_closed * 0.33),
        ("In", (0, 1, 0), 30 * inward, 0 * lids_open),
        ("Out", (0, 1, 0), -30 * inward, 0 * lids_open),
    ):
        look = lids.copy()
        look[eye] += rotate(head.neutral[eye], center, axis, degrees)
        shapes[f"eyeLook{way}"] = look
    return {key + name: value for key, value in shapes.items()}


def build_shapes(head: Head) -> dict[str, np.ndarray]:
    """All 52, by name."""
    unit, target = head.source.unit, head.source.target
    jaw = jaw_mask(head)
    jaw_open = open_jaw(head, jaw)
    jaw_forward = jaw[:, None] * np.array([0, 0.5, 6.0])
    sideways = target("mouth/mouth-trans-out")
    sideways = sideways if sideways[:, 0].sum() > 0 else -sideways
    upper, lower = lip_rims(head)
    lip_line = head.neutral[np.concatenate([upper, lower])]
    middle = (0.0, lip_line[:, 1].mean(), lip_line[:, 2].max())
    return {
        **one_sided(head, "left"),
        **one_sided(head, "right"),
        "browInnerUp": unit("eyebrows-left-inner-up") + unit("eyebrows-right-inner-up"),
        "cheekPuff": sum(
            target(f"cheek/{s}-cheek-volume-incr") * 0.9 + target(f"cheek/{s}-cheek-inner-incr") * 0.35
            for s in "lr"
        ),
        "jawOpen": jaw_open,
        "jawForward": jaw_forward,
        "jawLeft": jaw[:, None] * np.array([8.0, 0, 0]),
        "jawRight": jaw[:, None] * np.array([-8.0, 0, 0]),
        "mouthLeft": sideways,
        "mouthRight": sideways * [-1, 1, 1],
        "mouthFunnel": unit("mouth-protusion"),
        "mouthPucker": unit("mouth-pursing"),
        "mouthClose": close_mouth(head, jaw_open),
        "mouthRollLower": roll_lip(head, "lower"),
        "mouthRollUpper": roll_lip(head, "upper"),
        # the chin's muscle pushes both lips up and the lower one out
        "mouthShrugLower": bump(head, (0, middle[1] - 9, middle[2]), (20, 9, 30)) * np.array([0, 5.0, 2.0]),
        "mouthShrugUpper": bump(head, (0, middle[1] + 4, middle[2]), (18, 7, 30)) * np.array([0, 3.5, 1.5]),
        "tongueOut": stick_out_tongue(head),
    }
