import numpy as np
import torch

from msmd.core.units import EXPRESSION
from msmd.diffusion.guidance import guidance_branches
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.lip_hold import lip_hold


def test_the_opening_is_the_plain_one_and_nothing_else_is():
    rng = np.random.default_rng(0)
    std = rng.uniform(0.2, 2, 67).astype(np.float32)
    guided, plain = torch.from_numpy(rng.normal(size=(2, 1, 9, 67)).astype(np.float32))
    held = lip_hold(std)(guided, plain)
    opening = [(x.numpy()[0] * std)[:, EXPRESSION] @ lip_gap_direction() for x in (held, plain, guided)]
    np.testing.assert_allclose(opening[0], opening[1], atol=1e-3)
    assert np.abs(opening[2] - opening[1]).max() > 1
    moved = ((held - guided).numpy()[0] * std)[:, EXPRESSION]
    assert np.linalg.matrix_rank(moved, tol=1e-3) == 1
    assert torch.equal(held[..., EXPRESSION.stop :], guided[..., EXPRESSION.stop :])


def test_without_style_the_weights_are_those_of_guidance_by_sound_alone():
    full, deaf, plain = torch.randn(3, 1, 4, 2).unbind()
    both = guidance_branches(0.5, 2.0).without_style().combine(torch.cat([full, deaf, plain]))
    sound = guidance_branches(0.5, 0.0).combine(torch.cat([full, deaf]))
    torch.testing.assert_close(both, sound)
