import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.face.regions import (
    INNER_LIP_PAIRS,
    LIPS,
    UPPER_FACE,
    lip_vertices,
    skin_vertices,
    upper_face_vertices,
)
from msmd.face.rig import RigError, load_rig

OTHER_SIDE = np.array([-1.0, 1.0, 1.0], np.float32)


def partners(points: np.ndarray) -> np.ndarray:
    """Index of the point at each point's mirror image."""
    order = {tuple(row): i for i, row in enumerate(np.round(points, 3).tolist())}
    return np.array([order[tuple(row)] for row in (np.round(points * OTHER_SIDE, 3) + 0.0).tolist()])


def shape(name: str) -> np.ndarray:
    return load_rig().shapes[ARKIT_NAMES.index(name)]


def weights_of(**weights: float) -> np.ndarray:
    row = np.zeros((1, 52), np.float32)
    for name, weight in weights.items():
        row[0, ARKIT_NAMES.index(name)] = weight
    return row


def test_the_neutral_face_is_its_own_mirror_image():
    order = partners(load_rig().neutral)
    np.testing.assert_array_equal(order[order], np.arange(len(order)))


def test_left_shapes_are_right_shapes_in_a_mirror():
    order = partners(load_rig().neutral)
    for name in ARKIT_NAMES:
        other = name.replace("Left", "Right") if "Left" in name else name.replace("Right", "Left")
        np.testing.assert_allclose(shape(name)[order] * OTHER_SIDE, shape(other), atol=0.05, err_msg=name)


def test_every_shape_moves_something_and_nothing_far():
    for name in ARKIT_NAMES:
        furthest_mm = np.linalg.norm(shape(name), axis=1).max()
        assert 1 < furthest_mm < 50, name


def test_zero_weights_give_the_neutral_face_and_one_gives_the_shape():
    rig = load_rig()
    np.testing.assert_array_equal(rig.vertices(np.zeros((3, 52), np.float32))[2], rig.neutral)
    np.testing.assert_allclose(
        rig.vertices(weights_of(jawOpen=1.0))[0], rig.neutral + shape("jawOpen"), atol=1e-4
    )


def test_many_frames_equal_the_same_frames_one_by_one():
    rig, weights = load_rig(), np.random.default_rng(0).random((300, 52)).astype(np.float32)
    whole = rig.vertices(weights)
    for frame in (0, 255, 256, 299):
        np.testing.assert_allclose(whole[frame], rig.vertices(weights[frame : frame + 1])[0], atol=1e-3)


def test_landmarks_lie_where_a_face_has_them():
    marks = load_rig().landmark_neutral
    assert marks[:, 2].argmax() in (1, 4)  # tip of the nose
    assert marks[10, 1] == marks[:, 1].max() or marks[10, 1] > np.quantile(marks[:, 1], 0.98)
    assert marks[263, 0] > 20 and marks[33, 0] < -20  # the subject's left eye is at +x
    assert marks[13, 1] > marks[14, 1]  # upper lip above lower lip


def test_landmarks_follow_the_shapes():
    rig = load_rig()
    moved = rig.landmarks(rig.vertices(weights_of(jawOpen=1.0)))[0] - rig.landmark_neutral
    assert moved[152, 1] < -15
    assert abs(moved[10, 1]) < 0.1
    np.testing.assert_allclose(moved, rig.landmark_shapes[ARKIT_NAMES.index("jawOpen")], atol=1e-3)


def test_mouth_close_closes_the_lips_at_any_jaw_opening():
    rig = load_rig()
    upper, lower = rig.inner_lip_pairs.T
    rest = rig.neutral[upper, 1] - rig.neutral[lower, 1]
    for weight in (0.2, 0.6, 1.0):
        face = rig.vertices(weights_of(jawOpen=weight, mouthClose=weight))[0]
        assert np.abs(face[upper, 1] - face[lower, 1] - rest).max() < 1.0


def test_the_lower_teeth_turn_with_the_jaw_as_one_piece():
    rig = load_rig()
    teeth = np.unique(rig.triangles[rig.part == rig.part_names.index("teeth_lower")])
    before, after = rig.neutral[teeth], rig.vertices(weights_of(jawOpen=1.0))[0][teeth]
    np.testing.assert_allclose(
        np.linalg.norm(before - before[0], axis=1), np.linalg.norm(after - after[0], axis=1), atol=0.1
    )


def test_an_identity_changes_the_neutral_face_only():
    rig = load_rig()
    other = rig.with_identity({"asian-female-old": 1.0})
    assert np.abs(other.neutral - rig.neutral).max() > 3
    assert other.shapes is rig.shapes
    assert np.abs(other.landmark_neutral - rig.landmark_neutral).max() > 1


def test_an_unknown_identity_is_named():
    with pytest.raises(RigError, match="martian"):
        load_rig().with_identity({"martian": 1.0})


def test_regions_are_sets_of_landmarks_and_pairs_go_down():
    marks = load_rig().landmark_neutral
    for region in (LIPS, UPPER_FACE):
        assert len(set(region)) == len(region) and max(region) < 468
    for upper, lower in INNER_LIP_PAIRS:
        assert marks[upper, 1] > marks[lower, 1] and abs(marks[upper, 0] - marks[lower, 0]) < 3
    assert marks[list(UPPER_FACE), 1].min() > marks[4, 1]


def test_rig_regions_are_symmetric_and_where_they_should_be():
    rig, lips, upper = load_rig(), lip_vertices(), upper_face_vertices()
    order = partners(rig.neutral)
    for region in (lips, upper, skin_vertices()):
        np.testing.assert_array_equal(region, region[order])
    marks = rig.landmark_neutral
    assert lips.sum() > 100 and upper.sum() > 300
    assert np.abs(rig.neutral[lips, 0]).max() <= marks[list(LIPS), 0].max() + 0.5
    assert not (lips & upper).any()
    assert lips[rig.inner_lip_pairs].mean() > 0.9
