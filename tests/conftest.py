"""The whole package runs under the shape checker: a wrong axis is a failing test."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook("msmd", "beartype.beartype")

DATA = Path(os.environ.get("MSMD_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real recordings, where they are to be had; MSMD_DATA names another place."""
    if not DATA.is_dir():
        pytest.skip(f"no recordings at {DATA}; set MSMD_DATA")
    return DATA


@pytest.fixture(scope="session")
def tiny_encoder() -> "EmbeddedEncoder":
    """An audio encoder of random weights that hears in milliseconds."""
    import torch

    from msmd.audio.embedded import EmbeddedEncoder
    from msmd.audio.phone_network import PhoneNetwork, PhoneNetworkConfig
    from msmd.audio.speech_model import SpeechModel, SpeechModelConfig

    torch.manual_seed(0)
    speech_model = SpeechModel(SpeechModelConfig(width=16, num_layers=1, num_heads=2, reach_frames=4))
    return EmbeddedEncoder(
        speech_model, PhoneNetwork(PhoneNetworkConfig(states_dim=16, width=8, num_blocks=1, bottleneck_dim=4))
    )


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: "EmbeddedEncoder") -> Path:
    """A bundle folder of random weights that animates in milliseconds, with two built-in styles."""
    import numpy as np
    import torch

    from msmd.core.animation import StyleCode
    from msmd.core.config import DiffusionConfig, ModelConfig
    from msmd.model.assemble import build_model
    from msmd.synthesis.bundle import Bundle, save_bundle

    torch.manual_seed(0)
    config = ModelConfig(
        audio_dim=tiny_encoder.dim,
        hidden_dim=32,
        num_layers=1,
        num_heads=2,
        feed_forward_factor=1,
        style_dim=8,
        style_hidden_dim=16,
        style_num_layers=1,
        style_num_heads=2,
    )
    rng = np.random.default_rng(0)
    styles = {name: StyleCode(rng.normal(size=8).astype(np.float32), name) for name in ("happy", "sad")}
    bundle = Bundle(
        model=build_model(config).eval(),
        audio_encoder=tiny_encoder,
        model_config=config,
        diffusion_config=DiffusionConfig(),
        mean=np.full(67, 0.05, np.float32),
        std=np.full(67, 0.2, np.float32),
        styles=styles,
        licence="for tests",
        info={"name": "tiny"},
    )
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    save_bundle(folder, bundle, "# Model card: tiny\n")
    return folder
