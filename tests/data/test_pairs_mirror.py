"""Mirrored motion: sides change, the middle stays."""

import numpy as np

from msmd.data.mirror import landmark_partners, mirror_matrix
from msmd.face.expression_space import load_expression_space

KNOWN_PAIRS = [(61, 291), (33, 263), (133, 362), (70, 300), (105, 334), (159, 386), (37, 267), (234, 454)]
MIDDLE = [13, 14, 17, 0, 1, 4, 152, 10]


def test_every_landmark_has_one_partner():
    partners = landmark_partners()
    np.testing.assert_array_equal(partners[partners], np.arange(468))
    assert [int(partners[right]) for right, _ in KNOWN_PAIRS] == [left for _, left in KNOWN_PAIRS]
    np.testing.assert_array_equal(partners[MIDDLE], MIDDLE)


def test_the_head_changes_sides_and_the_neutral_face_stays():
    motion = np.zeros(67, np.float32)
    motion[64:] = 0.1, 0.2, 0.3
    np.testing.assert_allclose(mirror_matrix() @ motion, [*np.zeros(64), 0.1, -0.2, -0.3], atol=1e-6)


def test_one_side_of_a_mouth_becomes_the_other():
    space = load_expression_space()
    displacement = np.zeros((1, 468, 3), np.float32)
    displacement[:, [61, 76, 62, 78, 57, 185, 146], 1] = 4.0  # the right corner of the mouth rises
    one_sided = space.encode(displacement)
    before = space.decode(one_sided)[0]
    after = space.decode(one_sided @ mirror_matrix()[:64, :64].T)[0]
    assert before[61, 1] > 2 * abs(before[291, 1])
    assert after[291, 1] > 2 * abs(after[61, 1])


def test_twice_mirrored_is_nearly_the_same():
    twice = mirror_matrix() @ mirror_matrix()
    assert np.abs(twice - np.eye(67)).mean() < 0.03
