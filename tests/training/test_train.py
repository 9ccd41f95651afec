"""The whole way from a packed folder to trained weights, on made-up recordings."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from msmd.core import presets
from msmd.core.errors import FormatError, MsmdError
from msmd.core.presets import PRESETS
from msmd.data.packed import Clip
from msmd.data.packing import write_features, write_packed
from msmd.model.assemble import build_model
from msmd.synthesis.bundle import Bundle, save_bundle
from msmd.training.pace import Sitting
from msmd.training.run_folder import load_trained_model
from msmd.training.train import train


@dataclass
class LoudnessEncoder:
    name: str = "loudness"
    dim: int = 5

    def encode(self, samples):
        return np.repeat(np.abs(samples).reshape(-1, 640).mean(1)[:, None], 5, axis=1).astype(np.float32)


@pytest.fixture
def dataset(tmp_path):
    rng = np.random.default_rng(0)
    clips, motion, sound = [], {}, {}
    for number in range(6):
        name = f"grid/clip{number}"
        motion[name] = rng.normal(size=(80, 67)).astype(np.float32).cumsum(0) / 5
        sound[name] = rng.normal(size=80 * 640).astype(np.float32)
        clips.append(
            Clip(
                id=name,
                corpus="grid",
                speaker="s1",
                emotion="neutral",
                intensity="normal",
                frames=80,
                split="val" if number > 3 else "train",
                has_lips=True,
                has_upper=number != 1,
                has_head=number != 2,
                motion_source="video",
                licence="made up",
            )
        )
    write_packed(tmp_path / "packed", clips, motion, sound)
    write_features(tmp_path / "packed", LoudnessEncoder())
    return tmp_path / "packed"


@pytest.fixture
def tiny(monkeypatch, tiny_preset):
    preset = replace(tiny_preset(num_steps=4, landmark_weight_exponent=1.0), audio_encoder="loudness")
    monkeypatch.setattr(presets, "PRESETS", {"tiny": preset})
    return preset


def test_a_packed_folder_becomes_a_model_that_can_be_loaded(dataset, tiny, tmp_path):
    rows = []
    train(dataset, "tiny", tmp_path / "run", device="cpu", on_log=rows.append)
    assert rows[-1]["validation_from_noise"] > 0
    trained = load_trained_model(tmp_path / "run")
    assert trained.preset.model == tiny.model
    assert not trained.model.training
    assert trained.std.shape == (67,)
    assert trained.run["shares"] == {"grid": 1.0}
    assert set(trained.run["data_sha256"]) >= {"clips.jsonl", "motion-00000.safetensors"}
    mean, _ = trained.model.encode_style(torch.zeros(1, 40, 67))
    assert bool(mean.isfinite().all())


def test_a_run_may_begin_with_the_weights_and_statistics_of_a_bundle(dataset, tiny, tmp_path, tiny_encoder):
    torch.manual_seed(3)
    model = build_model(tiny.model).eval()
    mean, std = np.full(67, 0.5, np.float32), np.full(67, 2.0, np.float32)
    bundle = Bundle(
        model, tiny_encoder, tiny.model, tiny.diffusion, mean, std, {}, "for tests", {"name": "tiny"}
    )
    save_bundle(tmp_path / "bundle", bundle, "# Model card\n")
    slow = {"learning_rate": 1e-9}
    train(dataset, "tiny", tmp_path / "run", device="cpu", start=tmp_path / "bundle", overrides=slow)
    trained = load_trained_model(tmp_path / "run")
    assert np.array_equal(trained.std, std)
    for name, weight in trained.model.state_dict().items():
        torch.testing.assert_close(weight, model.state_dict()[name], atol=2e-3, rtol=0)  # half precision


def test_the_run_of_another_preset_or_of_other_data_is_left_as_it_is(dataset, tiny, tmp_path, monkeypatch):
    run = tmp_path / "run"
    train(dataset, "tiny", run, device="cpu", sitting=Sitting(until_step=2))
    kept = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    monkeypatch.setattr(presets, "PRESETS", {"other": tiny})
    with pytest.raises(FormatError, match="preset 'tiny'"):
        train(dataset, "other", run, device="cpu")
    changed = replace(tiny, model=replace(tiny.model, num_basis=1))
    monkeypatch.setattr(presets, "PRESETS", {"tiny": changed})
    with pytest.raises(FormatError, match="preset has changed"):
        train(dataset, "tiny", run, device="cpu")
    monkeypatch.setattr(presets, "PRESETS", {"tiny": tiny})
    clips = dataset / "clips.jsonl"
    before = clips.read_text()
    clips.write_text(before.replace('"neutral"', '"happy"'))
    with pytest.raises(FormatError, match=r"clips\.jsonl differs"):
        train(dataset, "tiny", run, device="cpu")
    assert kept == {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    clips.write_text(before)
    train(dataset, "tiny", run, device="cpu", num_steps=5)
    assert load_trained_model(run).preset.training.num_steps == 5


def test_expression_may_be_standardised_to_another_deviation_and_the_head_is_not(dataset, tiny, tmp_path):
    for name, deviation in (("plain", 1.0), ("wide", 0.5)):
        train(dataset, "tiny", tmp_path / name, device="cpu", overrides={"expression_deviation": deviation})
    plain, wide = (load_trained_model(tmp_path / name).std for name in ("plain", "wide"))
    np.testing.assert_allclose(wide[:64], 2 * plain[:64], rtol=1e-6)
    np.testing.assert_array_equal(wide[64:], plain[64:])


def test_a_run_begun_with_a_bundle_goes_on_with_its_statistics(dataset, tiny, tmp_path, tiny_encoder):
    mean, std = np.full(67, 7, np.float32), np.ones(67, np.float32)
    model = build_model(tiny.model).eval()
    bundle = Bundle(model, tiny_encoder, tiny.model, tiny.diffusion, mean, std, {}, "made up", {})
    save_bundle(tmp_path / "bundle", bundle, "card")
    run = tmp_path / "run"
    train(dataset, "tiny", run, device="cpu", sitting=Sitting(until_step=2), start=tmp_path / "bundle")
    train(dataset, "tiny", run, device="cpu")
    np.testing.assert_array_equal(load_trained_model(run).mean, mean)


def test_a_device_that_is_not_there_is_told(dataset, tiny, tmp_path):
    with pytest.raises(MsmdError, match="cannot be used here"):
        train(dataset, "tiny", tmp_path / "run", device="abacus")


def test_a_bundle_of_another_shape_is_no_beginning(dataset, tiny, tmp_path, tiny_bundle):
    with pytest.raises(FormatError, match="style_dim is 8 there and 4 here"):
        train(dataset, "tiny", tmp_path / "run", device="cpu", start=tiny_bundle)


def test_an_unknown_preset_is_named_with_those_that_there_are(dataset, tmp_path):
    with pytest.raises(MsmdError, match="embedded"):
        train(dataset, "embeded", tmp_path)


def test_features_that_were_not_prepared_are_asked_for(dataset, tmp_path):
    assert PRESETS["msmd-paper"].audio_encoder != "loudness"
    with pytest.raises(FormatError, match="hubert"):
        train(dataset, "msmd-paper", tmp_path)


def test_a_folder_without_a_run_is_no_model(tmp_path):
    with pytest.raises(FormatError, match="no finished training"):
        load_trained_model(tmp_path)
