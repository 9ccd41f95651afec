"""Parts of the face are moved by the shapes that they should be moved by, and by no others."""

import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.face.regions import LANDMARK_REGIONS, RIG_REGIONS, rig_region
from msmd.face.rig import load_rig

EYES, BROWS = ("eyeBlink", "eyeWide", "eyeSquint"), ("browDown", "browOuterUp")
MOVED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # part: (shapes that must move it, starts of the names of shapes that must not)
    "lips": (("jawOpen", "mouthSmileLeft", "mouthPucker", "mouthRollUpper"), ("eye", "brow", "cheekSquint")),
    "upper_lip": (
        ("mouthUpperUpLeft", "mouthRollUpper"),
        ("eye", "brow", "mouthLowerDown", "mouthRollLower"),
    ),
    "lower_lip": (("mouthLowerDownRight", "mouthRollLower", "jawOpen"), ("eye", "brow", "mouthUpperUp")),
    "lids_left": (("eyeBlinkLeft", "eyeWideLeft", "eyeSquintLeft"), ("mouth", "jaw", "eyeBlinkRight")),
    "lids_right": (("eyeBlinkRight", "eyeLookDownRight"), ("mouth", "jaw", "eyeBlinkLeft", "tongue")),
    "brow_left": (("browDownLeft", "browOuterUpLeft"), ("mouth", "jaw", "browDownRight", "eyeSquint")),
    "brow_right": (("browDownRight", "browInnerUp"), ("mouth", "jaw", "browOuterUpLeft", "tongue")),
    "nose": (("noseSneerLeft", "noseSneerRight"), ("jaw", "eyeBlink", "tongue", "mouthLeft")),
    "upper_face": (("browInnerUp", "eyeBlinkLeft", "browOuterUpRight"), ("jaw", "mouthRoll", "tongue")),
    "jaw": (("jawOpen", "jawForward", "jawLeft"), ("eye", "brow", "noseSneer", "mouthUpperUp")),
}
LANDMARKS_MOVED = {name: MOVED[name] for name in MOVED if name in LANDMARK_REGIONS}
STILL_MM, MOVES_MM = 0.8, 1.0
STILL_SHARE = 0.08
"""Of how far the shape moves anything: a jaw that opens draws the skin of the whole face a little."""


def most_mm(name: str) -> float:
    return max(
        STILL_MM,
        STILL_SHARE * float(np.linalg.norm(load_rig().shapes[ARKIT_NAMES.index(name)], axis=1).max()),
    )


def furthest_mm(shapes: np.ndarray, part: np.ndarray) -> dict[str, float]:
    far = np.linalg.norm(shapes[:, part], axis=2).max(1)
    return dict(zip(ARKIT_NAMES, far.tolist(), strict=True))


def check(far: dict[str, float], name: str) -> None:
    must, must_not = MOVED[name]
    for shape in must:
        assert far[shape] > MOVES_MM, f"{shape} leaves {name} still"
    for shape in ARKIT_NAMES:
        if shape.startswith(must_not):
            assert far[shape] < most_mm(shape), f"{shape} moves {name} by {far[shape]:.2f} mm"


@pytest.mark.parametrize("name", MOVED)
def test_vertices_of_a_part_are_moved_by_its_shapes_and_no_others(name):
    check(furthest_mm(load_rig().shapes, rig_region(name)), name)


@pytest.mark.parametrize("name", LANDMARKS_MOVED)
def test_landmarks_of_a_part_are_moved_by_its_shapes_and_no_others(name):
    check(furthest_mm(load_rig().landmark_shapes, np.array(LANDMARK_REGIONS[name])), name)


def test_left_parts_are_mirror_images_of_right_ones():
    rig = load_rig()
    for part in ("lids", "brow"):
        left, right = (rig.neutral[rig_region(f"{part}_{side}")] for side in ("left", "right"))
        assert len(left) == len(right) and left[:, 0].min() > 0 > right[:, 0].max()
        marks = [LANDMARK_REGIONS[f"{part}_{side}"] for side in ("left", "right")]
        assert len(marks[0]) == len(marks[1]) and not set(marks[0]) & set(marks[1])


def test_parts_have_vertices_and_upper_and_lower_lip_share_none():
    sizes = {name: int(rig_region(name).sum()) for name in RIG_REGIONS}
    assert min(sizes.values()) > 20, sizes
    assert not (rig_region("upper_lip") & rig_region("lower_lip")).any()
    assert not (rig_region("lids_left") & rig_region("brow_left")).any()
    assert rig_region("lips")[load_rig().inner_lip_pairs].mean() > 0.9


def test_pairs_meet_where_they_should():
    rig = load_rig()
    blink = sum(rig.shapes[ARKIT_NAMES.index(f"eyeBlink{side}")] for side in ("Left", "Right"))
    closed = rig.neutral + blink
    upper, lower = rig.lid_pairs.T
    # side by side vertices need not lie at the same place across
    assert np.abs((closed[upper] - closed[lower])[:, 1]).max() < 1.3
    upper, lower = rig.inner_lip_pairs.T
    assert np.linalg.norm(rig.neutral[upper] - rig.neutral[lower], axis=1).max() < 5
