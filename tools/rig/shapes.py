"""The 52 ARKit shapes: MakeHuman's expression units where they serve, geometry where they do not.

Every function returns displacements (N, 3) of the whole base mesh in mm. Shapes of the right side are mirror
images of those of the left.
"""

import numpy as np
from head import Head, rotate, skin_normals, smooth, smooth_step
from lids import blink, chart_eye, narrow
from mouth import (
    Mouth,
    chart_mouth,
    close_mouth,
    jaw_mask,
    mend,
    move_one_side,
    open_jaw,
    press_lips,
    puff_cheek,
    pull_corner,
    push_both_lips,
    raise_chin,
    roll_lip,
    shift_lips,
    smile,
    stick_out_tongue,
)

MOUTH_WIDTH_OF_SPLIT_MM = 26.0
"""Over which one-sided mouth shapes fade from one side to the other."""
BROW_LINE_MM = np.array([[13, 751], [26, 755], [37, 755], [46, 752], [52, 748], [60, 742]], float)
"""x and y along the middle of a brow, from the nose to the temple; past its ends y stays."""
OUTER_BROW_LIFT_MM = np.array([[8, 0], [13, 0.4], [26, 3.2], [38, 5.4], [48, 6], [60, 5.2], [76, 0]], float)
"""By x: with the inner brow's lift, which ends at x = 38, the whole brow rises evenly."""


def side_mask(head: Head, side: str) -> np.ndarray:
    left = smooth_step(head.neutral[:, 0] / MOUTH_WIDTH_OF_SPLIT_MM + 0.5)[:, None]
    return left if side == "left" else 1 - left


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


def one_sided(mouth: Mouth) -> dict[str, np.ndarray]:
    """Shapes of the left side."""
    head, eye = mouth.head, chart_eye(mouth.head)
    unit, target = head.source.unit, head.source.target
    mask = side_mask(head, "left")
    cheek_up = smooth(head, target("cheek/l-cheek-trans-up"), 3)
    sneer = unit("nose-left-elevation") + unit("nose-left-dilatation") * 0.5
    shapes = {
        "browDown": smooth(head, unit("eyebrows-left-down"), 3) * 1.3,
        "browOuterUp": lift_outer_brow(head, "left"),
        "eyeBlink": blink(eye),
        "eyeSquint": narrow(eye, -3.0, 7.0) + cheek_up * 0.2,
        "eyeWide": narrow(eye, 8.0, -1.5),
        "cheekSquint": cheek_up * 0.55 + target("cheek/l-cheek-bones-incr") * 0.25 + narrow(eye, 0.0, 2.5),
        "noseSneer": smooth(head, sneer, 4) + move_one_side(mouth, True, (0, 0.9, 0.3), "left"),
        "mouthSmile": smile(mouth, "left"),
        "mouthFrown": pull_corner(mouth, (1.5, -5.5, -0.5), "left")
        + smooth(head, unit("mouth-depression"), 4) * mask * 0.2,
        "mouthDimple": pull_corner(mouth, (3.5, 0.8, -5.0), "left", 0.4),
        "mouthStretch": pull_corner(mouth, (6.0, -2.0, -3.0), "left", 0.8)
        + smooth(head, unit("neck-platysma"), 3) * mask * 0.5,
        "mouthPress": press_lips(mouth, "left"),
        "mouthLowerDown": move_one_side(mouth, False, (0.6, -7.0, 1.0), "left"),
        "mouthUpperUp": move_one_side(mouth, True, (0.6, 6.0, 0.2), "left"),
    }
    ball = head.parts["eye_left"]
    for way, axis, degrees, lids in (
        ("Up", (1, 0, 0), -22, narrow(eye, 5.0, 2.0)),
        ("Down", (1, 0, 0), 25, narrow(eye, -9.0, -3.0)),
        ("In", (0, 1, 0), -30, 0 * head.neutral),
        ("Out", (0, 1, 0), 30, 0 * head.neutral),
    ):
        lids[ball] = rotate(head.neutral[ball], eye.center, axis, degrees)
        shapes[f"eyeLook{way}"] = lids
    return shapes


def build_shapes(head: Head) -> dict[str, np.ndarray]:
    """All 52, by name."""
    unit, mouth = head.source.unit, chart_mouth(head)
    jaw = jaw_mask(mouth)
    jaw_open = open_jaw(head, jaw)
    sideways = shift_lips(mouth, "left")
    tongue = stick_out_tongue(mouth)
    left = one_sided(mouth)
    jaw_left = jaw[:, None] * np.array([8.0, 0, 0])
    return {
        **{f"{name}Left": shape for name, shape in left.items()},
        **{f"{name}Right": head.mirror(shape) for name, shape in left.items()},
        "browInnerUp": smooth(head, unit("eyebrows-left-inner-up") + unit("eyebrows-right-inner-up"), 4)
        * 1.7,
        "cheekPuff": puff_cheek(mouth, "left") + puff_cheek(mouth, "right"),
        "jawOpen": jaw_open,
        "jawForward": jaw[:, None] * np.array([0, 0.5, 6.0]),
        "jawLeft": jaw_left,
        "jawRight": head.mirror(jaw_left),
        "mouthLeft": sideways,
        "mouthRight": head.mirror(sideways),
        "mouthFunnel": mend(mouth, unit("mouth-protusion"), 4),
        "mouthPucker": mend(mouth, unit("mouth-pursing"), 4),
        "mouthClose": close_mouth(mouth, jaw_open),
        "mouthRollLower": roll_lip(mouth, upper=False),
        "mouthRollUpper": roll_lip(mouth, upper=True),
        "mouthShrugLower": raise_chin(mouth),
        "mouthShrugUpper": push_both_lips(mouth, (0, 3.2, 2.0), (0, 2.6, 1.0)),
        "tongueOut": tongue
        + jaw_open * (~_is_part(head, "tongue"))[:, None] * 0.28
        + push_both_lips(mouth, (0, 2.6, 0.3), (0, -2.5, 1.5)),
    }


def _is_part(head: Head, name: str) -> np.ndarray:
    mask = np.zeros(len(head.neutral), bool)
    mask[head.parts[name]] = True
    return mask
