import numpy as np
import torch

from msmd.core.units import EXPRESSION
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.lip_hold import lip_hold

MEAN = np.full(67, 0.1, np.float32)
STD = np.linspace(0.3, 2, 67).astype(np.float32)


def opening_mm(standardised: torch.Tensor) -> np.ndarray:
    return (standardised.numpy()[0] * STD + MEAN)[:, EXPRESSION] @ lip_gap_direction()


def face_open_by(millimetres: list[float]) -> torch.Tensor:
    direction = lip_gap_direction()
    values = np.zeros((1, len(millimetres), 67), np.float32)
    values[0, :, EXPRESSION] = np.outer(millimetres, direction / (direction @ direction))
    return torch.from_numpy((values - MEAN) / STD)


def test_lips_that_the_sound_closes_stay_closed_and_open_ones_are_free():
    plain, guided = face_open_by([0.0, 0.5, 2.0, 6.0]), face_open_by([4.0, 4.5, 6.0, 10.0])
    held = lip_hold(MEAN, STD)(guided, plain)
    np.testing.assert_allclose(opening_mm(held), [0.0, 0.5, 4.0, 10.0], atol=0.02)
    assert torch.equal(held[..., EXPRESSION.stop :], guided[..., EXPRESSION.stop :])


def test_a_style_may_close_lips_further():
    plain, guided = face_open_by([0.5, 2.0]), face_open_by([0.1, 0.0])
    assert torch.equal(lip_hold(MEAN, STD)(guided, plain), guided)


def test_noise_that_is_quietened_moves_all_but_the_opening():
    noise = torch.randn(2, 200, 67, generator=torch.Generator().manual_seed(0))
    quiet = lip_hold(MEAN, STD).quieten(noise)
    at_mean = MEAN[EXPRESSION] @ lip_gap_direction()
    np.testing.assert_allclose(opening_mm(quiet), at_mean, atol=1e-4)
    assert opening_mm(noise).std() > 1
    assert quiet.square().sum() / noise.square().sum() > 0.97
