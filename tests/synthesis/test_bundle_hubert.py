"""A bundle whose audio features come from a HuBERT animates like any other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from msmd.audio.hubert import HubertEncoder
from msmd.cli.main import app
from msmd.core.errors import BundleError, MsmdError
from msmd.model.assemble import build_model
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import ENCODER_FOLDER, Bundle, load_bundle, save_bundle

LINE = Path(__file__).parents[2] / "examples" / "line.ogg"
FAST = SamplingOptions(steps=2)


@pytest.fixture(scope="module")
def speech_model(tmp_path_factory) -> Path:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.HubertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=24,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
    )
    folder = tmp_path_factory.mktemp("models") / "tiny-hubert"
    transformers.HubertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bundle(tiny_bundle, speech_model) -> Bundle:
    tiny = load_bundle(tiny_bundle)
    config = replace(tiny.model_config, audio_dim=16)
    torch.manual_seed(1)
    model = build_model(config).eval()
    return replace(tiny, audio_encoder=HubertEncoder.load(speech_model), model_config=config, model=model)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MSMD_CACHE", str(tmp_path / "cache"))


def speech() -> np.ndarray:
    return (0.1 * np.random.default_rng(1).normal(size=16_000 * 2)).astype(np.float32)


def test_a_named_encoder_is_loaded_from_where_it_lies_and_not_copied(bundle, tmp_path):
    save_bundle(tmp_path / "out", bundle, "card")
    assert not (tmp_path / "out" / ENCODER_FOLDER).exists()
    assert not (tmp_path / "out" / "audio_encoder.safetensors").exists()
    loaded = load_bundle(tmp_path / "out")
    assert loaded.audio_encoder.name == "tiny-hubert"
    samples = speech()
    np.testing.assert_array_equal(loaded.audio_encoder.encode(samples), bundle.audio_encoder.encode(samples))
    assert Animator(loaded).animate(samples, loaded.styles["happy"], options=FAST).motion.num_frames == 50


def test_the_command_line_animates_with_it(bundle, tmp_path):
    save_bundle(tmp_path / "out", bundle, "card")
    arguments = ["animate", str(LINE), "--bundle", str(tmp_path / "out"), "--style", "happy"]
    arguments += ["--steps", "2", "--formats", "npz,json", "-o", str(tmp_path / "take")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert list((tmp_path / "take").rglob("*.npz"))
    assert list((tmp_path / "cache").rglob("*.safetensors"))


def test_a_copied_encoder_travels_with_the_bundle(bundle, speech_model, tmp_path):
    save_bundle(tmp_path / "out", bundle, "card", copies_encoder=True)
    hidden = speech_model.rename(speech_model.with_name("gone"))
    try:
        loaded = load_bundle(tmp_path / "out")
    finally:
        hidden.rename(speech_model)
    np.testing.assert_array_equal(
        loaded.audio_encoder.encode(speech()), bundle.audio_encoder.encode(speech())
    )


def test_an_encoder_that_is_gone_or_has_other_weights_is_noticed(bundle, speech_model, tmp_path):
    save_bundle(tmp_path / "out", bundle, "card")
    hidden = speech_model.rename(speech_model.with_name("gone"))
    try:
        with pytest.raises(MsmdError, match="no speech model"):
            load_bundle(tmp_path / "out")
        other = HubertEncoder.load(hidden)
        with torch.no_grad():
            list(other._model.parameters())[-1].add_(0.1)
        other.save(speech_model)
        with pytest.raises(BundleError, match="other weights"):
            load_bundle(tmp_path / "out")
    finally:
        for path in speech_model.glob("*"):
            path.unlink()
        speech_model.rmdir()
        hidden.rename(speech_model)
