import numpy as np

from msmd.face.expression_space import fit_expression_space, load_expression_space
from msmd.face.regions import LIPS
from msmd.face.rig import load_rig


def test_code_zero_is_the_neutral_face() -> None:
    space = load_expression_space()
    np.testing.assert_array_equal(space.decode(np.zeros((2, 64), np.float32)), 0)
    np.testing.assert_array_equal(space.encode(np.zeros((2, 468, 3), np.float32)), 0)


def test_codes_survive_the_round_trip() -> None:
    space = load_expression_space()
    code = np.random.default_rng(0).normal(size=(20, 64)).astype(np.float32)
    np.testing.assert_allclose(space.encode(space.decode(code)), code, atol=1e-3)


def test_components_are_orthonormal_where_landmarks_count_by_weight() -> None:
    """Fails if the file holds them in another order of memory."""
    space = load_expression_space()
    weighted = space.components * np.repeat(space.weights, 3)
    np.testing.assert_allclose(weighted @ weighted.T, np.eye(64), atol=2e-3)


def test_every_shape_of_the_rig_is_held_to_a_fraction_of_a_millimetre() -> None:
    space, shapes = load_expression_space(), load_rig().landmark_shapes
    left = np.linalg.norm(shapes - space.decode(space.encode(shapes)), axis=2)
    assert left.mean() < 0.3
    assert left[:, list(LIPS)].mean() < 0.3


def test_lips_lead() -> None:
    space = load_expression_space()
    moved = np.linalg.norm(space.components.reshape(64, 468, 3)[:4], axis=2)
    assert moved[:, list(LIPS)].mean() > 1.5 * moved.mean()


def test_fitting_finds_the_directions_that_were_put_in() -> None:
    generator = np.random.default_rng(0)
    directions = np.linalg.qr(generator.normal(size=(1404, 64)))[0].T
    samples = (generator.normal(size=(300, 64)) * np.linspace(9, 1, 64)) @ directions
    samples = samples.reshape(300, 468, 3)
    space = fit_expression_space(samples, np.ones(468), np.ones(300), scaled_on=samples)
    np.testing.assert_allclose(space.decode(space.encode(samples)), samples, atol=1e-3)
    np.testing.assert_allclose((space.encode(samples) ** 2).mean(axis=0), 1, atol=1e-3)
    assert (np.diff(space.scales) < 1e-3).all(), "the largest first"


def test_a_weighted_landmark_is_encoded_better() -> None:
    generator = np.random.default_rng(0)
    samples = generator.normal(size=(400, 468, 3))
    weights = np.ones(468)
    weights[:10] = 20
    space = fit_expression_space(samples, weights, np.ones(400), scaled_on=samples)
    error = np.linalg.norm(samples - space.decode(space.encode(samples)), axis=2).mean(axis=0)
    assert error[:10].mean() < 0.2 * error[10:].mean()
