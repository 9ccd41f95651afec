"""What an animator would see at once in the 52 shapes: spikes, folds, crossing lips and lids."""

import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.face.rig import Rig, load_rig

PAIRS = (
    dict(mouthSmile=1.0, jawOpen=1.0),
    dict(mouthPucker=1.0, jawOpen=1.0),
    dict(mouthFunnel=1.0, jawOpen=1.0),
    dict(mouthFrown=1.0, mouthLowerDown=1.0),
    dict(eyeBlink=1.0, eyeSquint=1.0),
    dict(mouthSmile=1.0, cheekSquint=1.0, eyeSquint=1.0),
    dict(browDown=1.0, noseSneer=1.0, eyeSquint=1.0),
)


def weights_of(**weights: float) -> np.ndarray:
    """A row of weights; a name without its side is both sides."""
    row = np.zeros((1, 52), np.float32)
    for name, weight in weights.items():
        for key in (name,) if name in ARKIT_NAMES else (f"{name}Left", f"{name}Right"):
            row[0, ARKIT_NAMES.index(key)] = weight
    return row


def skin_triangles(rig: Rig) -> np.ndarray:
    return rig.triangles[rig.part == rig.part_names.index("skin")]


def edges_of(triangles: np.ndarray) -> np.ndarray:
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.unique(np.sort(ends, axis=1), axis=0)


def spike_mm(rig: Rig, face: np.ndarray) -> np.ndarray:
    """How far each vertex of the skin moved beyond the mean of its neighbours, (V,)."""
    moved, edges = face - rig.neutral, edges_of(skin_triangles(rig))
    total, count = np.zeros_like(moved), np.zeros(len(moved))
    for one, other in (edges.T, edges.T[::-1]):
        np.add.at(total, one, moved[other])
        np.add.at(count, one, 1)
    return np.linalg.norm(total / np.maximum(count, 1)[:, None] - moved, axis=1) * (count > 0)


def outside(rig: Rig) -> np.ndarray:
    """(V,) skin of the front of the face, without the inside of the mouth."""
    behind_lips = rig.neutral[:, 2] < rig.neutral[rig.inner_lip_pairs, 2].mean() - 3
    near_mouth = np.abs(rig.neutral[:, 1] - rig.neutral[rig.inner_lip_pairs, 1].mean()) < 40
    return ~(behind_lips & near_mouth & (np.abs(rig.neutral[:, 0]) < 35))


@pytest.mark.parametrize("name", ARKIT_NAMES)
def test_no_vertex_of_the_skin_spikes_at_full_weight(name):
    rig = load_rig()
    face = rig.vertices(weights_of(**{name: 1.0}))[0]
    # at lips that part or roll in, neighbours go different ways
    most = 2.5 if name.startswith(("jaw", "mouthFunnel", "mouthRoll", "tongue")) else 1.6
    assert spike_mm(rig, face)[outside(rig)].max() < most


@pytest.mark.parametrize("name", ARKIT_NAMES)
def test_no_edge_of_the_skin_is_torn_or_crushed(name):
    rig = load_rig()
    face = rig.vertices(weights_of(**{name: 1.0}))[0]
    edges = edges_of(skin_triangles(rig))
    edges = edges[outside(rig)[edges].all(1)]
    before, after = (np.linalg.norm(v[edges[:, 0]] - v[edges[:, 1]], axis=1) for v in (rig.neutral, face))
    ratio = (after + 0.3) / (before + 0.3)
    assert ratio.min() > 0.3 and ratio.max() < 3.5


@pytest.mark.parametrize("weights", PAIRS, ids=lambda weights: "+".join(weights))
def test_what_goes_together_does_not_spike(weights):
    rig = load_rig()
    assert spike_mm(rig, rig.vertices(weights_of(**weights))[0])[outside(rig)].max() < 3.5


def lip_gaps_mm(rig: Rig, **weights: float) -> np.ndarray:
    upper, lower = rig.inner_lip_pairs.T
    face = rig.vertices(weights_of(**weights))[0]
    return face[upper, 1] - face[lower, 1] - (rig.neutral[upper, 1] - rig.neutral[lower, 1])


def lid_gaps_mm(rig: Rig, **weights: float) -> np.ndarray:
    upper, lower = rig.lid_pairs.T
    face = rig.vertices(weights_of(**weights))[0]
    return face[upper, 1] - face[lower, 1]


@pytest.mark.parametrize(
    "name", [n for n in ARKIT_NAMES if n.startswith(("mouth", "jaw", "cheek", "tongue"))]
)
def test_lips_do_not_cross(name):
    assert lip_gaps_mm(load_rig(), **{name: 1.0}).min() > -1.5


@pytest.mark.parametrize("weight", [0.1, 0.3, 0.5, 0.7, 1.0])
def test_mouth_close_closes_the_lips_at_every_opening_of_the_jaw(weight):
    assert np.abs(lip_gaps_mm(load_rig(), jawOpen=weight, mouthClose=weight)).max() < 0.3
    assert lip_gaps_mm(load_rig(), jawOpen=weight).max() > 15 * weight


def test_mouth_close_stops_at_closed_lips():
    rig = load_rig()
    for jaw in (0.0, 0.2, 0.6):
        assert np.abs(lip_gaps_mm(rig, jawOpen=jaw, mouthClose=1.0)).max() < 0.3


def test_lids_meet_in_a_blink_and_do_not_cross_on_a_squint():
    rig = load_rig()
    assert lid_gaps_mm(rig).min() > 2
    for others in ({}, dict(eyeSquint=1.0), dict(eyeSquint=0.5, cheekSquint=1.0), dict(eyeLookDown=1.0)):
        gaps = lid_gaps_mm(rig, eyeBlink=1.0, **others)
        assert gaps.max() < 0.5 and gaps.min() > -1.3, others


def test_happy_eyes_stay_open():
    rig = load_rig()
    open_mm = np.median(lid_gaps_mm(rig))
    assert np.median(lid_gaps_mm(rig, eyeSquint=1.0)) > 0.5 * open_mm
    assert np.median(lid_gaps_mm(rig, mouthSmile=1.0, cheekSquint=1.0, eyeSquint=1.0)) > 0.4 * open_mm


def test_lids_keep_clear_of_the_ball_all_the_way_down():
    rig = load_rig()
    for side, name in ((1, "eye_left"), (-1, "eye_right")):
        ball = rig.neutral[np.unique(rig.triangles[rig.part == rig.part_names.index(name)])]
        center = np.array([*ball.mean(0)[:2], ball[:, 2].min() + np.ptp(ball[:, 0]) / 2])
        radius = np.ptp(ball[:, 0]) / 2
        rim = rig.lid_pairs[rig.neutral[rig.lid_pairs[:, 0], 0] * side > 0, 0]
        for weight in np.linspace(0, 1, 6):
            lids = rig.vertices(weights_of(eyeBlink=float(weight)))[0][rim]
            assert np.linalg.norm(lids - center, axis=1).min() > radius - 0.3


def test_lips_rolled_in_keep_before_the_teeth():
    rig = load_rig()
    for name, part in (("mouthRollUpper", "teeth_upper"), ("mouthRollLower", "teeth_lower")):
        face = rig.vertices(weights_of(**{name: 1.0}))[0]
        teeth = face[np.unique(rig.triangles[rig.part == rig.part_names.index(part)])]
        front = teeth[np.abs(teeth[:, 0]) < 8, 2].max()
        lips = face[np.unique(rig.inner_lip_pairs)]
        assert lips[np.abs(lips[:, 0]) < 8, 2].min() > front


def test_a_rolled_lip_hides_its_red():
    rig = load_rig()
    edge = {"mouthRollUpper": 0, "mouthRollLower": 17}
    for name, mark in edge.items():
        line = rig.landmark_neutral[[13, 14], 1].mean()
        before = abs(rig.landmark_neutral[mark, 1] - line)
        after = abs((rig.landmark_neutral + rig.landmark_shapes[ARKIT_NAMES.index(name)])[mark, 1] - line)
        assert after < 0.6 * before, name


def test_both_sides_together_raise_a_lip_evenly():
    rig = load_rig()
    upper = np.unique(rig.inner_lip_pairs[:, 0])
    across = np.abs(rig.neutral[upper, 0]) < 12
    raised = rig.vertices(weights_of(mouthUpperUp=1.0))[0][upper, 1] - rig.neutral[upper, 1]
    assert raised[across].min() > 0.75 * raised[across].max()


def test_the_tongue_comes_out_over_the_lower_lip():
    rig = load_rig()
    face = rig.vertices(weights_of(tongueOut=1.0))[0]
    tongue = face[np.unique(rig.triangles[rig.part == rig.part_names.index("tongue")])]
    tip = tongue[tongue[:, 2].argmax()]
    assert tip[2] > face[rig.inner_lip_pairs, 2].max() + 8
    lower = face[rig.inner_lip_pairs[:, 1]]
    crossing = tongue[np.abs(tongue[:, 2] - lower[:, 2].max()) < 4]
    assert crossing[:, 1].max() < face[rig.inner_lip_pairs[:, 0], 1].max() + 1
