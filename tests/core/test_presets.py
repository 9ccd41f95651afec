from dataclasses import fields

from msmd.core.presets import PRESETS


def differing(one, other):
    """Names of the fields in which two presets differ."""
    return {
        f"{part}.{field.name}"
        for part in ("model", "diffusion", "training")
        for field in fields(getattr(one, part))
        if getattr(getattr(one, part), field.name) != getattr(getattr(other, part), field.name)
    }


def test_the_paper_preset_has_the_constants_of_section_5_2():
    preset = PRESETS["msmd-paper"]
    model, training = preset.model, preset.training
    assert (model.style_num_layers, model.style_hidden_dim, model.style_num_heads) == (4, 512, 4)
    assert (model.num_layers, model.hidden_dim, model.num_heads) == (8, 512, 8)
    assert (model.style_dim, model.num_basis, model.motion_dim) == (128, 4, 67)
    assert (model.num_frames, model.num_prev_frames) == (100, 10)
    assert (training.learning_rate, training.batch_size, training.num_steps) == (1e-4, 16, 450_000)
    assert (training.velocity_weight, training.smooth_weight, training.kl_weight) == (0.5, 5e-6, 1e-6)
    assert (training.audio_dropout, training.style_dropout) == (0.1, 0.1)
    assert (training.weight_decay, training.landmark_weight_exponent) == (0, 0)
    assert preset.diffusion.num_timesteps == 1000


def test_variants_differ_from_the_paper_in_their_slots_only():
    slots = {"model.num_basis", "model.style_encoder", "training.style_pairing"}
    ours = PRESETS["msmd-paper"]
    for name, preset in PRESETS.items():
        if name.endswith("-paper"):
            assert differing(ours, preset) <= slots
    assert differing(ours, PRESETS["no-style-basis-paper"]) == {"model.num_basis"}
    assert differing(ours, PRESETS["no-cross-condition-paper"]) == {"training.style_pairing"}
