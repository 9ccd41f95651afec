import pytest
import torch

from msmd.diffusion.guidance import guidance_branches


def model(audio_null, style_null):
    """A model whose four answers can be told apart: 10 with audio, 1 with style, on two clips."""
    answer = 10.0 * ~audio_null + 1.0 * ~style_null
    return answer[:, None] * torch.tensor([1.0, 2.0])


def guided(audio_scale, style_scale, form="sum", batch_size=3):
    branches = guidance_branches(audio_scale, style_scale, form)
    return branches.combine(model(*branches.null_flags(batch_size)))


def test_eq_6_by_hand():
    # (1 + 2 + 0.5) * 11 - 2 * 1 - 0.5 * 10 = 31.5
    torch.testing.assert_close(guided(2.0, 0.5), torch.tensor([[31.5, 63.0]] * 3))


def test_incremental_form_by_hand():
    # 0 + 2 * (10 - 0) + 0.5 * (11 - 10) = 20.5
    torch.testing.assert_close(guided(2.0, 0.5, "incremental"), torch.tensor([[20.5, 41.0]] * 3))


def test_no_guidance_is_one_evaluation_of_the_full_model():
    for branches in (guidance_branches(0.0, 0.0), guidance_branches(1.0, 1.0, "incremental")):
        assert len(branches) == 1
        assert branches.weights == (1,)
        assert branches.audio_null == (False,) and branches.style_null == (False,)


@pytest.mark.parametrize(
    ("audio_scale", "style_scale", "count"), [(1.0, 1.0, 3), (0.0, 1.0, 2), (1.0, 0.0, 2), (0.0, 2.0, 2)]
)
def test_a_scale_of_zero_skips_its_branch(audio_scale, style_scale, count):
    assert len(guidance_branches(audio_scale, style_scale)) == count


@pytest.mark.parametrize("form", ["sum", "incremental"])
@pytest.mark.parametrize("style_scale", [0.0, 1.0])
def test_the_fully_conditioned_branch_comes_first_for_alpha_is_its(form, style_scale):
    branches = guidance_branches(1.0, style_scale, form)
    assert (branches.audio_null[0], branches.style_null[0]) == (False, False)


@pytest.mark.parametrize("form", ["sum", "incremental"])
def test_weights_sum_to_one_so_that_agreement_is_kept(form):
    assert sum(guidance_branches(1.4, 0.7, form).weights) == pytest.approx(1)


def test_repeated_batch_and_combination_keep_clips_apart():
    branches = guidance_branches(1.0, 1.0)
    value = torch.arange(8.0).reshape(2, 4)
    torch.testing.assert_close(branches.combine(branches.repeat(value)), value)
