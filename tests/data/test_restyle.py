import numpy as np

from msmd.core.units import EXPRESSION, HEAD_ROTATION
from msmd.data.restyle import Restyler, keep_lip_gap, pose_expressions
from msmd.face.expression_space import load_expression_space
from msmd.face.lip_closure import lip_gap_direction
from msmd.face.regions import INNER_LIP_PAIRS


def measured_gap(code: np.ndarray) -> np.ndarray:
    displacement = load_expression_space().decode(code)
    upper, lower = np.asarray(INNER_LIP_PAIRS).T
    return (displacement[:, upper, 1] - displacement[:, lower, 1]).mean(1)


def test_the_gap_direction_times_the_code_is_the_gap() -> None:
    code = np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32)
    np.testing.assert_allclose(code @ lip_gap_direction(), measured_gap(code), atol=1e-4)


def test_a_borrowed_expression_neither_opens_nor_closes_the_lips() -> None:
    for offset in pose_expressions(20, np.random.default_rng(1)):
        kept = keep_lip_gap(offset, lip_gap_direction())
        assert abs(measured_gap(kept[None].astype(np.float32))[0]) < 1e-4


def test_restyling_keeps_the_head_and_scales_the_lip_gap() -> None:
    chance = np.random.default_rng(2)
    motion = chance.normal(size=(40, 67)).astype(np.float32)
    restyle = Restyler(np.zeros((0, 64), np.float32))
    for _ in range(10):
        restyled = restyle(motion, chance)
        np.testing.assert_array_equal(restyled[:, HEAD_ROTATION], motion[:, HEAD_ROTATION])
        before = measured_gap(np.ascontiguousarray(motion[:, EXPRESSION]))
        after = measured_gap(np.ascontiguousarray(restyled[:, EXPRESSION]))
        assert np.corrcoef(before, after)[0, 1] > 0.9999


def test_expressions_are_borrowed_from_people_and_from_the_rig() -> None:
    chance = np.random.default_rng(3)
    person = chance.normal(size=64).astype(np.float32)
    restyle = Restyler(person[None])
    still = np.zeros((2, 67), np.float32)
    borrowed = np.array([restyle(still, chance)[0, EXPRESSION] for _ in range(600)])
    shown = keep_lip_gap(person, lip_gap_direction())
    shown /= np.linalg.norm(shown)
    rest = np.linalg.norm(borrowed - np.outer(borrowed @ shown, shown), axis=1)
    assert abs((rest < 1e-4).mean() - 1 / 3) < 0.1, "the person alone"

    posed = Restyler(np.zeros((0, 64), np.float32))
    assert all(np.linalg.norm(posed(still, chance)[0, EXPRESSION]) > 0.1 for _ in range(50))
