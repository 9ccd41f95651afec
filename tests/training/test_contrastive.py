import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from msmd.core.config import ContrastiveConfig
from msmd.model.contrastive_style import ContrastiveStyle
from msmd.training.contrastive import STYLE_ENCODER, STYLE_LOG, embed_pairs, nt_xent, pretrain_style_encoder
from msmd.training.loop import fit


@pytest.fixture
def baseline(tiny_preset):
    """A DiffPoseTalk of tiny size."""
    preset = tiny_preset(kl_weight=0.0, style_pairing="cross")
    model = replace(preset.model, style_encoder="contrastive", style_dim=16, style_hidden_dim=16, num_basis=0)
    pretraining = ContrastiveConfig(num_batches=2, num_steps=3, learning_rate=1e-3)
    return replace(preset, model=model, style_pretraining=pretraining)


def test_nt_xent_by_hand():
    # Four windows: a, b and their neighbours a', b'. cos is 1 between neighbours, 0 to the others.
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss, found = nt_xent(first, 5 * first, temperature=0.5)
    assert loss.item() == pytest.approx(-math.log(math.e**2 / (math.e**2 + 2)))
    assert found == 1


def test_nt_xent_of_swapped_neighbours_finds_none():
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss, found = nt_xent(first, first.flip(0), temperature=0.5)
    assert loss.item() == pytest.approx(-math.log(1 / (math.e**2 + 2)))
    assert found == 0


def test_clips_without_a_second_window_are_no_pair(baseline, pairs, draw_pairs):
    encoder = ContrastiveStyle(baseline.model)
    valid = pairs.valid.clone()
    valid[0, 40:] = False
    first, second = embed_pairs(encoder, [replace(pairs, valid=valid), draw_pairs(1)], 30)
    assert first.shape == second.shape == (3, 16)


def test_pretraining_is_a_function_of_preset_and_batches_and_comes_out_frozen(baseline, draw_pairs, tmp_path):
    one = pretrain_style_encoder(baseline, draw_pairs, tmp_path / "one", "cpu")
    two = pretrain_style_encoder(baseline, draw_pairs, tmp_path / "two", "cpu")
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not any(parameter.requires_grad for parameter in one.parameters())
    assert not one.train().training
    assert (tmp_path / "one" / STYLE_LOG).read_text().startswith("step,seconds,loss,found\n3,")


def test_pretraining_brings_windows_of_one_clip_together(baseline, draw_pairs, tmp_path):
    def draw(number):
        """Clips that hold an expression of their own all through."""
        generator = torch.Generator().manual_seed(number)
        held = torch.randn(4, 1, 67, generator=generator)
        motion = held + 1.5 * torch.randn(4, 60, 67, generator=generator)
        return replace(draw_pairs(number, 4), motion=motion)

    longer = replace(baseline.style_pretraining, num_steps=40)
    pretrain_style_encoder(replace(baseline, style_pretraining=longer), draw, tmp_path, "cpu")
    rows = (tmp_path / STYLE_LOG).read_text().splitlines()[1:]
    found = [float(row.split(",")[3]) for row in rows]
    assert found[-1] > 0.9


def test_training_the_rest_leaves_the_style_encoder_as_it_was(baseline, draw_pairs, tmp_path):
    state = fit(baseline, draw_pairs, [draw_pairs(9)], tmp_path)
    before = load_file(tmp_path / STYLE_ENCODER)
    after = state.model.style_encoder.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    average = state.average.style_encoder.state_dict()
    assert all(torch.allclose(before[name], average[name]) for name in before)


def test_a_resumed_baseline_does_not_pretrain_again(baseline, draw_pairs, tmp_path):
    fit(baseline, draw_pairs, [], tmp_path)
    (tmp_path / STYLE_ENCODER).unlink()
    longer = replace(baseline, training=replace(baseline.training, num_steps=8))
    fit(longer, draw_pairs, [], tmp_path)
    assert not (tmp_path / STYLE_ENCODER).exists()


@pytest.mark.parametrize(("positions", "notices"), [("frame", True), ("constant", False)])
def test_whether_the_order_of_frames_counts_is_recorded_in_the_configuration(baseline, positions, notices):
    torch.manual_seed(0)
    encoder = ContrastiveStyle(replace(baseline.model, style_positions=positions)).eval()
    reference, mask = torch.randn(1, 40, 67), torch.ones(1, 40, dtype=torch.bool)
    code, _ = encoder(reference, mask)
    shuffled, _ = encoder(reference[:, torch.randperm(40)], mask)
    assert torch.allclose(code, shuffled, atol=1e-5) != notices
