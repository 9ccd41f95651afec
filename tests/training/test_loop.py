import csv
import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from msmd.core.errors import FormatError, MsmdError
from msmd.core.presets import PRESETS
from msmd.training.loop import fit
from msmd.training.pace import Sitting, learning_rate
from msmd.training.run_folder import BEST, CHECKPOINT, LOG


class Killed(Exception):  # noqa: N818
    pass


def assert_same_files(one, other):
    a, b = load_file(one), load_file(other)
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_killed_and_resumed_run_equals_one_that_was_not_bit_for_bit(tiny_preset, draw_pairs, tmp_path):
    preset, validation = tiny_preset(checkpoint_minutes=0.0), [draw_pairs(99)]
    fit(preset, draw_pairs, validation, tmp_path / "whole")

    def die_at_step_4(step):
        if step == 4:
            raise Killed
        return draw_pairs(step)

    with pytest.raises(Killed):
        fit(preset, die_at_step_4, validation, tmp_path / "killed")
    state = fit(preset, draw_pairs, validation, tmp_path / "killed")
    assert state.step == 6
    for name in (CHECKPOINT, BEST):
        assert_same_files(tmp_path / "whole" / name, tmp_path / "killed" / name)


def test_a_step_that_is_past_ends_the_sitting_at_once(tiny_preset, draw_pairs, tmp_path):
    fit(tiny_preset(), draw_pairs, [], tmp_path, sitting=Sitting(until_step=4))
    assert fit(tiny_preset(), draw_pairs, [], tmp_path, sitting=Sitting(until_step=2)).step == 4


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tiny_preset, draw_pairs, tmp_path):
    fit(tiny_preset(), draw_pairs, [], tmp_path / "a")
    fit(tiny_preset(), draw_pairs, [], tmp_path / "b")
    assert_same_files(tmp_path / "a" / BEST, tmp_path / "b" / BEST)
    other = fit(tiny_preset(seed=1), draw_pairs, [], tmp_path / "c")
    same = fit(tiny_preset(), draw_pairs, [], tmp_path / "a")
    assert not torch.equal(other.model.denoiser.position, same.model.denoiser.position)


def test_one_clip_is_learned_by_heart(tiny_preset, draw_pairs, tmp_path):
    preset = tiny_preset(
        num_steps=400,
        learning_rate=5e-3,
        final_rate_fraction=0.01,
        style_pairing="self",
        audio_dropout=0.0,
        style_dropout=0.0,
        truncation_probability=0.0,
        ema_decay=0.9,
    )
    rows = []
    clip = draw_pairs(0, 1)
    fit(preset, lambda step: clip, [clip], tmp_path, on_log=rows.append)
    variance = clip.motion.square().mean().item()
    final = rows[-1]["validation_simple"]
    assert final < 0.05 * variance


def test_the_log_has_a_row_for_each_validation_and_none_twice(tiny_preset, draw_pairs, tmp_path):
    fit(tiny_preset(num_steps=4), draw_pairs, [draw_pairs(9)], tmp_path)
    fit(tiny_preset(num_steps=6), draw_pairs, [draw_pairs(9)], tmp_path)
    with (tmp_path / LOG).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4", "6"]
    assert all(float(row["validation_total"]) > 0 for row in rows)


def test_the_clock_can_end_a_run(tiny_preset, draw_pairs, tmp_path):
    state = fit(tiny_preset(num_steps=10**6), draw_pairs, [], tmp_path, Sitting(minutes=0.5 / 60))
    assert 0 < state.step < 10**6
    assert state.seconds >= 0.5


def test_learning_rate_warms_up_and_decays(tiny_preset):
    config = tiny_preset(learning_rate=1.0, warmup_steps=10, final_rate_fraction=0.1).training
    assert learning_rate(0, 0.0, config) == pytest.approx(0.1)
    assert learning_rate(9, 0.0, config) == pytest.approx(1)
    assert learning_rate(500, 0.5, config) == pytest.approx(0.55)
    assert learning_rate(999, 1.0, config) == pytest.approx(0.1)


def test_a_checkpoint_of_another_model_is_refused(tiny_preset, draw_pairs, tmp_path):
    preset = tiny_preset(num_steps=1)
    fit(preset, draw_pairs, [], tmp_path)
    other = replace(preset, model=replace(preset.model, num_basis=3))
    with pytest.raises(FormatError, match="give another --out"):
        fit(other, draw_pairs, [], tmp_path)


def test_a_run_that_diverges_stops_with_advice(tiny_preset, draw_pairs, tmp_path):
    broken = replace(draw_pairs(0), motion=torch.full((2, 60, 67), math.nan))
    with pytest.raises(MsmdError, match="step 0"):
        fit(tiny_preset(), lambda step: broken, [], tmp_path)


def test_accumulated_batches_make_one_step_with_the_mean_of_their_gradients(
    tiny_preset, draw_pairs, tmp_path
):
    drawn = []

    def draw(number):
        drawn.append(number)
        return draw_pairs(0)

    accumulated = fit(tiny_preset(num_steps=2, accumulation=3), draw, [], tmp_path)
    assert accumulated.step == 2
    assert drawn == [0, 1, 2, 3, 4, 5]


def test_a_run_ends_early_when_patience_is_spent_and_stays_ended(tiny_preset, draw_pairs, tmp_path):
    config = {"num_steps": 100, "patience": 2, "validation_interval": 2, "learning_rate": 0.3}
    state = fit(tiny_preset(**config), draw_pairs, [draw_pairs(9)], tmp_path)
    assert state.step < 100 and state.validations_since == 2
    again = fit(tiny_preset(**config), draw_pairs, [draw_pairs(9)], tmp_path)
    assert again.step == state.step


def test_two_sittings_are_one_run_bit_for_bit(tiny_preset, draw_pairs, tmp_path):
    preset, validation = tiny_preset(patience=9), [draw_pairs(99)]
    fit(preset, draw_pairs, validation, tmp_path / "whole")
    fit(preset, draw_pairs, validation, tmp_path / "parts", Sitting(until_step=3))
    fit(preset, draw_pairs, validation, tmp_path / "parts")
    for name in (CHECKPOINT, BEST):
        assert_same_files(tmp_path / "whole" / name, tmp_path / "parts" / name)
    whole, parts = ((tmp_path / name / LOG).read_text().splitlines() for name in ("whole", "parts"))
    assert [row.split(",")[2:] for row in whole] == [row.split(",")[2:] for row in parts]


def test_samples_are_asked_for_at_their_interval_with_the_averaged_model(tiny_preset, draw_pairs, tmp_path):
    shown = []
    preset = tiny_preset(sample_interval=4, validation_interval=2)
    state = fit(preset, draw_pairs, [], tmp_path, on_sample=lambda step, model: shown.append((step, model)))
    assert shown == [(4, state.average)]


def shrink(preset):
    """The same model and training at a size that takes a step in a blink."""
    contrastive = preset.model.style_encoder == "contrastive"
    model = replace(
        preset.model,
        audio_dim=5,
        num_frames=30,
        num_prev_frames=3,
        hidden_dim=16,
        num_layers=1,
        num_heads=2,
        style_dim=16 if contrastive else 4,
        style_hidden_dim=16,
        style_num_layers=1,
        style_num_heads=2,
    )
    training = replace(preset.training, num_steps=1, bfloat16=False)
    pretraining = preset.style_pretraining and replace(preset.style_pretraining, num_steps=1)
    return replace(preset, model=model, training=training, style_pretraining=pretraining)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_takes_a_step_and_is_validated(name, draw_pairs, tmp_path):
    rows = []
    state = fit(shrink(PRESETS[name]), draw_pairs, [draw_pairs(9)], tmp_path, on_log=rows.append)
    assert state.step == 1 and (tmp_path / BEST).is_file()
    assert rows[-1]["total"] > 0 and rows[-1]["validation_from_noise"] > 0
