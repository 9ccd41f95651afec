import numpy as np
import pytest

from msmd.training.dimension_weights import weigh_dimensions

UPPER = np.arange(200)


@pytest.fixture
def displacement():
    """Dimension 0 moves one lower landmark by 3 mm, all others one upper landmark by 1 mm."""
    unit = np.zeros((64, 468, 3), np.float32)
    unit[1:, 7, 1] = 1
    unit[0, 300, 1] = 3
    return unit


def test_exponent_zero_is_the_paper(displacement):
    weights = weigh_dimensions(displacement, UPPER, np.ones(67, np.float32), 0.0)
    np.testing.assert_allclose(weights.whole_face, 1)


@pytest.mark.parametrize(("exponent", "ratio"), [(1.0, 3), (2.0, 9)])
def test_dimensions_count_by_their_millimetres(displacement, exponent, ratio):
    weights = weigh_dimensions(displacement, UPPER, np.ones(67, np.float32), exponent)
    assert weights.whole_face[0] / weights.whole_face[1] == pytest.approx(ratio)
    assert weights.whole_face[:64].mean() == pytest.approx(1)


def test_a_mouth_only_recording_does_not_teach_the_upper_face(displacement):
    weights = weigh_dimensions(displacement, UPPER, np.ones(67, np.float32), 1.0)
    assert weights.mouth_only[0] == weights.whole_face[0]
    assert not weights.mouth_only[1:64].any()
