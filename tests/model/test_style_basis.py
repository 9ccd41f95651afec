import torch

from msmd.model.style_basis import add_style_basis


def test_eq_4_by_hand():
    primary = torch.tensor([[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]])
    alpha = torch.tensor([[[2.0, 0.0], [1.0, -1.0]]])
    basis = torch.tensor([[[1.0, 0.0, 1.0], [0.0, 5.0, 1.0]]])
    wanted = torch.tensor([[[3.0, 2.0, 5.0], [1.0, -5.0, 0.0]]])
    torch.testing.assert_close(add_style_basis(primary, alpha, basis), wanted)


def test_zero_alpha_leaves_the_primary_motion_unchanged():
    primary, basis = torch.randn(2, 5, 67), torch.randn(2, 4, 67)
    assert torch.equal(add_style_basis(primary, torch.zeros(2, 5, 4), basis), primary)


def test_motion_is_primary_motion_plus_modulated_basis(make_model, window):
    model = make_model()
    out = model.denoise(**window)
    by_hand = torch.zeros_like(out.motion)
    basis = model.style_basis(window["style_code"])
    for k in range(2):
        by_hand += out.alpha[:, :, k, None] * basis[:, None, k]
    torch.testing.assert_close(out.motion - out.primary_motion, by_hand)
    assert by_hand.abs().max() > 0


def test_no_basis_means_that_primary_motion_is_all(make_model, window):
    model = make_model(num_basis=0)
    assert model.style_basis(window["style_code"]).shape == (3, 0, 67)
    out = model.denoise(**window)
    assert out.alpha.shape == (3, 12, 0)
    assert torch.equal(out.motion, out.primary_motion)


def test_basis_reach_decides_whether_style_turns_the_head(make_model, window):
    code = window["style_code"]
    assert not make_model().style_basis(code)[:, :, 64:].any()
    assert make_model(basis_reach="all").style_basis(code)[:, :, 64:].all()


def test_each_basis_has_its_own_decoder(make_model, window):
    basis = make_model().style_basis(window["style_code"])
    assert (basis[:, 0] - basis[:, 1]).abs().max() > 1e-3
