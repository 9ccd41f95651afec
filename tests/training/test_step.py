from dataclasses import replace

import pytest
import torch

from msmd.core.config import TrainingConfig
from msmd.diffusion.schedule import cosine_schedule
from msmd.model.assemble import build_model
from msmd.training.step import choose_references, compute_losses, draw_ends

PLAIN = TrainingConfig(audio_dropout=0.0, style_dropout=0.0, truncation_probability=0.0, style_pairing="self")


@pytest.fixture
def losses_of(tiny_preset):
    preset = tiny_preset()
    torch.manual_seed(0)
    model = build_model(preset.model).eval()
    schedule = cosine_schedule(preset.diffusion)

    def compute(pairs, **changes):
        torch.manual_seed(7)
        return compute_losses(model, schedule, pairs, replace(PLAIN, **changes))

    return compute


def full(count, size=30):
    return torch.ones(count, size, dtype=torch.bool)


def test_eq_5_is_the_weighted_sum_of_its_terms(losses_of, pairs):
    loss = losses_of(pairs, simple_weight=2.0, velocity_weight=3.0, smooth_weight=5.0, kl_weight=7.0)
    wanted = 2 * loss.simple + 3 * loss.velocity + 5 * loss.smoothness + 7 * loss.kl
    torch.testing.assert_close(loss.total, wanted)


def test_our_own_terms_are_added_by_their_weights(losses_of, pairs):
    without = losses_of(pairs)
    loss = losses_of(pairs, lip_weight=2.0, tuck_weight=5.0, persistence_weight=3.0)
    assert min(loss.lips, loss.tuck, loss.persistence) > 0
    torch.testing.assert_close(
        loss.total, without.total + 2 * loss.lips + 5 * loss.tuck + 3 * loss.persistence
    )


def test_without_lips_neither_opening_nor_tuck_is_judged(losses_of, pairs):
    deaf = replace(pairs, has_lips=torch.zeros(2, dtype=torch.bool))
    assert losses_of(deaf).lips == 0
    assert losses_of(deaf).tuck == 0


def test_noise_on_the_sound_changes_the_loss(losses_of, pairs):
    assert losses_of(pairs, audio_noise=1.0).total != losses_of(pairs).total


def test_by_the_basis_alone_the_style_still_arrives(losses_of, pairs):
    """The token is null, the basis is not: references still matter, and dropping the style does too."""
    alone = losses_of(pairs, basis_only_probability=1.0)
    other = losses_of(pairs, basis_only_probability=1.0, style_pairing="cross")
    assert alone.total != other.total
    assert alone.total != losses_of(pairs).total


def test_what_lies_in_the_padding_changes_no_loss(losses_of, pairs):
    valid = pairs.valid.clone()
    valid[0, 45:] = False
    padded = replace(pairs, valid=valid)
    noisy_motion, noisy_audio = pairs.motion.clone(), pairs.audio_features.clone()
    noisy_motion[0, 45:] += 100
    noisy_audio[0, 45:] -= 100
    noisy = replace(padded, motion=noisy_motion, audio_features=noisy_audio)
    torch.testing.assert_close(losses_of(padded).total, losses_of(noisy).total)


def test_without_lips_the_sound_is_not_heard(losses_of, pairs):
    deaf = replace(pairs, has_lips=torch.zeros(2, dtype=torch.bool))
    other = replace(deaf, audio_features=pairs.audio_features + 3)
    assert losses_of(deaf).total == losses_of(other).total
    assert losses_of(pairs).total != losses_of(replace(pairs, audio_features=other.audio_features)).total


def test_dropping_all_audio_equals_having_no_lips(losses_of, pairs):
    deaf = replace(pairs, has_lips=torch.zeros(2, dtype=torch.bool))
    assert losses_of(pairs, audio_dropout=1.0).total == losses_of(deaf).total


def test_dropping_all_style_forgets_the_reference(losses_of, pairs):
    alone = losses_of(pairs, style_dropout=1.0)
    crossed = losses_of(pairs, style_dropout=1.0, style_pairing="cross")
    assert alone.total == crossed.total
    assert alone.kl == 0
    assert losses_of(pairs).total != losses_of(pairs, style_pairing="cross").total


def test_a_model_without_bases_is_always_told_the_style(pairs, tiny_preset):
    preset = tiny_preset()
    torch.manual_seed(0)
    bare = build_model(replace(preset.model, num_basis=0, dropout=0.0)).eval()
    losses = []
    for probability in (0.0, 1.0):
        torch.manual_seed(7)
        config = replace(PLAIN, basis_only_probability=probability)
        losses.append(compute_losses(bare, cosine_schedule(preset.diffusion), pairs, config).total)
    assert losses[0] == losses[1]


def test_weights_of_zero_silence_a_clip(losses_of, pairs):
    mute = replace(pairs, weights=torch.zeros(2, 67))
    assert losses_of(mute).simple == 0 and losses_of(mute).velocity == 0


def test_references_are_ones_own_or_the_other_window_of_the_pair():
    assert choose_references(full(6), PLAIN).tolist() == [0, 1, 2, 3, 4, 5]
    crossed = replace(PLAIN, style_pairing="cross")
    assert choose_references(full(6), crossed).tolist() == [3, 4, 5, 0, 1, 2]


def test_alternation_is_by_window_and_about_half():
    torch.manual_seed(0)
    chosen = choose_references(full(2000), replace(PLAIN, style_pairing="alternate"))
    crossed = chosen != torch.arange(2000)
    assert 0.45 < crossed.float().mean() < 0.55
    assert (crossed[:1000] != crossed[1000:]).any()


def test_a_window_shorter_than_a_second_is_no_reference_for_the_other():
    recorded = full(4)
    recorded[2, 10:] = False  # the second window of the first pair
    crossed = choose_references(recorded, replace(PLAIN, style_pairing="cross"))
    assert crossed.tolist() == [0, 3, 0, 1]


def test_ends_are_cut_as_often_as_asked():
    torch.manual_seed(0)
    assert draw_ends(5, 30, PLAIN).tolist() == [30] * 5
    ends = draw_ends(4000, 30, replace(PLAIN, truncation_probability=0.3))
    assert 0.25 < (ends < 30).float().mean() < 0.32
    assert ends.min() == 1


def test_every_parameter_learns(tiny_preset, pairs):
    preset = tiny_preset()
    torch.manual_seed(0)
    model = build_model(preset.model)
    config = replace(preset.training, style_dropout=0.5, audio_dropout=0.5)
    compute_losses(model, cosine_schedule(preset.diffusion), pairs, config).total.backward()
    still = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert not still


def test_a_borrowed_expression_keeps_its_style_reference(losses_of, pairs):
    borrowed = replace(pairs, restyled=torch.ones(2, dtype=torch.bool))
    assert losses_of(borrowed, style_dropout=1.0).total == losses_of(borrowed, style_dropout=0.0).total
    assert losses_of(borrowed, style_dropout=1.0).total != losses_of(pairs, style_dropout=1.0).total
