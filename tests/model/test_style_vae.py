import pytest
import torch

from msmd.model.style_vae import sample_style_code


@pytest.fixture
def reference():
    return torch.randn(2, 40, 67, generator=torch.Generator().manual_seed(2))


def test_shuffling_the_reference_frames_changes_the_style_code(make_model, reference):
    model = make_model()
    order = torch.randperm(40, generator=torch.Generator().manual_seed(3))
    mean, _ = model.encode_style(reference)
    shuffled, _ = model.encode_style(reference[:, order])
    assert (mean - shuffled).abs().max() > 1e-3


def test_padding_does_not_change_the_style_code(make_model, reference):
    model = make_model()
    padded = torch.cat([reference, torch.full((2, 25, 67), 7.0)], dim=1)
    mask = torch.arange(65).expand(2, -1) < 40
    for plain, with_padding in zip(
        model.encode_style(reference), model.encode_style(padded, mask), strict=True
    ):
        torch.testing.assert_close(plain, with_padding)


@pytest.mark.parametrize("frames", [1, 25, 300])
def test_a_reference_may_have_any_length(make_model, frames):
    mean, log_variance = make_model().encode_style(torch.zeros(2, frames, 67))
    assert mean.shape == log_variance.shape == (2, 8)


def test_a_reference_without_a_valid_frame_gives_no_nan(make_model, reference):
    mean, _ = make_model().encode_style(reference, torch.zeros(2, 40, dtype=torch.bool))
    assert bool(mean.isfinite().all())


def test_sampling_the_posterior_gives_its_mean_and_variance():
    torch.manual_seed(0)
    mean, log_variance = torch.tensor([[2.0]]), torch.log(torch.tensor([[0.25]]))
    codes = sample_style_code(mean.expand(20_000, 1), log_variance.expand(20_000, 1), torch.randn(20_000, 1))
    assert codes.mean().item() == pytest.approx(2, abs=0.02)
    assert codes.var().item() == pytest.approx(0.25, rel=0.05)


def test_without_a_style_encoder_the_posterior_is_the_prior(make_model, reference):
    mean, log_variance = make_model(style_encoder="none").encode_style(reference)
    assert not mean.any() and not log_variance.any()
