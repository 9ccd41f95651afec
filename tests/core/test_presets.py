"""Every constant of section 5.2, as printed there; and that a variant is its slot and nothing else."""

from dataclasses import fields, replace
from typing import cast

import pytest
import torch
from torch import nn

from msmd.core.config import ConfigError, ContrastiveConfig, ModelConfig, TrainingConfig
from msmd.core.errors import MsmdError
from msmd.core.presets import EMBEDDED_PRESETS, PRESETS, diff_presets, list_settings, named_preset
from msmd.model.assemble import build_model
from msmd.model.denoiser import Denoiser
from msmd.model.style_vae import StyleVae

PAPER = PRESETS["msmd-paper"]


def sizes(layers) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]


@pytest.fixture(scope="module")
def paper_model():
    with torch.device("meta"):
        return build_model(PAPER.model)


def test_style_encoder_of_section_5_2(paper_model):
    """'4-layer transformer encoder (hidden size d = 512) with 4 attention heads, followed by 2 fully
    connected layers with 512 and 256 output features [...] mean and standard deviation
    [...], each of dimension 128'"""
    encoder = paper_model.style_encoder
    assert isinstance(encoder, StyleVae)
    assert len(encoder.layers) == 4 and encoder.dim == 512
    assert all(layer.attention.num_heads == 4 for layer in encoder.layers)
    assert sizes(encoder.posterior) == [(512, 512), (512, 256)]
    assert PAPER.model.style_dim == 128


def test_denoiser_of_section_5_2(paper_model):
    """'8-layer transformer decoder (with a hidden dimension of 512) with 8 cross-attention heads'; HuBERT
    features 'followed by a linear layer mapping the output to 512 features'"""
    denoiser = cast(Denoiser, paper_model.denoiser)
    assert len(denoiser.layers) == 8
    assert all(layer.audio_attention.num_heads == 8 for layer in denoiser.layers)
    assert denoiser.frame.out_features == 512
    assert sizes(denoiser.audio) == [(768, 512)]
    assert PAPER.audio_encoder == "hubert-base"


def test_style_decoder_of_section_5_2(paper_model):
    """'K sets of 3 fully connected layers to map the style features into K style bases, with K = 4'"""
    decoders = paper_model.basis_decoder.decoders
    assert len(decoders) == 4
    assert all(len(sizes(decoder)) == 3 for decoder in decoders)
    assert all(sizes(decoder)[0][0] == 128 and sizes(decoder)[-1][1] == 67 for decoder in decoders)


def test_training_of_section_5_2():
    """'Adam optimizer with a learning rate of 0.0001 and a batch size of 16 [...] window size of N = 100
    frames with an overlap of N_p = 10 [...] lambda_vel = 0.5, lambda_smooth = 5e-6, lambda_KL = 1e-6 [...]
    450,000 iterations (selected with an early stop mechanism)'; 4.4: 'randomly drop 10%'; 'alternate'"""
    training = PAPER.training
    assert (training.learning_rate, training.batch_size, training.accumulation) == (1e-4, 16, 1)
    assert (training.weight_decay, training.warmup_steps, training.final_rate_fraction) == (0, 0, 1)
    assert (PAPER.model.num_frames, PAPER.model.num_prev_frames) == (100, 10)
    assert (training.velocity_weight, training.smooth_weight, training.kl_weight) == (0.5, 5e-6, 1e-6)
    assert (training.simple_weight, training.landmark_weight_exponent) == (1, 0)
    assert training.expression_deviation == 1
    assert (training.num_steps, training.patience > 0) == (450_000, True)
    assert (training.audio_dropout, training.style_dropout) == (0.1, 0.1)
    assert training.style_pairing == "alternate"
    assert not training.mirror and not training.restyle


def test_motion_guidance_and_diffusion_of_sections_5_1_to_5_3():
    """'67 dimensions'; 'guidance strength of 1 (lambda_c = 1)'; '1000 denoising steps'"""
    assert PAPER.model.motion_dim == 67
    assert PAPER.guidance_scale == 1
    assert PAPER.diffusion.num_timesteps == 1000


@pytest.mark.parametrize(
    ("variant", "changed"),
    [
        ("vae-baseline", {"model.num_basis", "training.style_pairing"}),
        (
            "diffposetalk",
            {
                *("model.num_basis", "model.style_encoder", "model.style_hidden_dim"),
                *("training.style_pairing", "training.kl_weight"),
                *(f"style_pretraining.{field.name}" for field in fields(ContrastiveConfig)),
            },
        ),
        ("unconditioned", {"model.num_basis", "model.style_encoder", "training.kl_weight"}),
        ("no-cross-condition", {"training.style_pairing"}),
        *((f"num-basis-{count}", {"model.num_basis"}) for count in (1, 2, 3, 8)),
    ],
)
def test_a_variant_differs_from_the_paper_in_its_slots_only(variant, changed):
    assert set(diff_presets(PAPER, PRESETS[variant])) == changed


def test_a_variant_is_the_same_change_in_both_sizes():
    ours = PRESETS["embedded"]
    for name in EMBEDDED_PRESETS:
        if name == "embedded":
            continue
        small, large = diff_presets(ours, PRESETS[name]), diff_presets(PAPER, PRESETS[name[:-9]])
        own_to_the_size = {"training.restyle", "model.style_num_layers"}
        assert set(small) - own_to_the_size == set(large)
        for setting in ("model.num_basis", "model.style_encoder", "training.style_pairing"):
            assert small.get(setting) == large.get(setting)


def test_the_contrastive_encoder_is_that_of_diffposetalk():
    """4 layers of 128, NT-Xent at temperature 0.1 (method.md)"""
    for name in ("diffposetalk", "diffposetalk-embedded"):
        preset = PRESETS[name]
        assert (preset.model.style_num_layers, preset.model.style_hidden_dim) == (4, 128)
        assert preset.style_pretraining is not None and preset.style_pretraining.temperature == 0.1


def test_a_difference_names_both_values():
    other = replace(PAPER, training=replace(PAPER.training, batch_size=3))
    assert diff_presets(PAPER, other) == {"training.batch_size": (16, 3)}
    assert diff_presets(PAPER, PAPER) == {}
    assert list_settings(PAPER)["model.num_basis"] == 4


def test_an_unknown_preset_is_answered_with_those_there_are():
    with pytest.raises(MsmdError, match=r"msmd-paper.*embedded"):
        named_preset("msmd")


@pytest.mark.parametrize(
    "build",
    [
        lambda: ModelConfig(audio_dim=5, style_encoder="contrastive", style_hidden_dim=64),
        lambda: TrainingConfig(sample_interval=150, validation_interval=100),
        lambda: TrainingConfig(accumulation=0),
        lambda: ContrastiveConfig(temperature=0.0),
    ],
)
def test_a_configuration_that_contradicts_itself_is_refused(build):
    with pytest.raises(ConfigError, match="configuration"):
        build()
