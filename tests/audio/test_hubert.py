"""HuBERT, wav2vec2 and WavLM by one door, on tiny models with random weights that the test saves."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from msmd.audio.feature_cache import CachedEncoder, default_folder
from msmd.audio.hubert import HubertEncoder, short_name
from msmd.audio.open_encoder import open_encoder
from msmd.core.errors import AudioError, MsmdError

TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
"""The convolutions' kernels and strides are those of the real models: they set the time."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("speech_models")


@pytest.fixture(scope="module", params=["Hubert", "Wav2Vec2", "WavLM"])
def saved(request, folder) -> Path:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = getattr(transformers, f"{request.param}Config")(**TINY)
    getattr(transformers, f"{request.param}Model")(config).save_pretrained(folder / request.param)
    return folder / request.param


@pytest.fixture(scope="module")
def encoder(saved) -> HubertEncoder:
    return HubertEncoder.load(saved)


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return (0.1 * np.random.default_rng(0).normal(size=4 * 16_000)).astype(np.float32)


def test_four_seconds_give_two_hundred_features_and_a_hundred_frames(encoder, sound):
    hidden = encoder._model(torch.from_numpy(np.pad(sound, (40, 40)))[None]).last_hidden_state
    assert hidden.shape == (1, 200, 16)
    assert encoder.encode(sound).shape == (100, 16)


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (640, 1), (641, 2), (16_000, 25), (16_001, 26)])
def test_there_is_a_frame_for_every_40_ms_begun(encoder, sound, samples, frames):
    features = encoder.encode(sound[:samples])
    assert features.shape == (frames, encoder.dim) and features.dtype == np.float32


def test_pairs_of_features_are_averaged(encoder, sound):
    normal = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
    with torch.no_grad():
        hidden = encoder._model(torch.from_numpy(np.pad(normal, (40, 40)))[None]).last_hidden_state[0].numpy()
    np.testing.assert_allclose(encoder.encode(sound), (hidden[::2] + hidden[1::2]) / 2, atol=1e-4)


def test_loudness_and_offset_of_the_recording_do_not_matter(encoder, sound):
    np.testing.assert_allclose(encoder.encode(3 * sound + 0.2), encoder.encode(sound), atol=2e-3)


def test_the_whole_recording_is_heard_in_every_frame(encoder, sound):
    changed = sound.copy()
    changed[-16_000:] = 0
    assert not np.allclose(encoder.encode(changed)[:10], encoder.encode(sound)[:10], atol=1e-6)


def test_a_long_recording_goes_in_pieces_that_hardly_differ_from_the_whole(encoder, sound, monkeypatch):
    whole = encoder.encode(sound)
    monkeypatch.setattr("msmd.audio.hubert.CHUNK_SECONDS", 2)
    monkeypatch.setattr("msmd.audio.hubert.CONTEXT_SECONDS", 1)
    pieces = encoder.encode(sound)
    assert pieces.shape == whole.shape
    assert np.corrcoef(pieces.ravel(), whole.ravel())[0, 1] > 0.99


def test_no_sound_is_an_error(encoder):
    with pytest.raises(AudioError, match="0 samples"):
        encoder.encode(np.zeros(0, np.float32))


def test_saved_and_loaded_it_is_the_same(encoder, sound, tmp_path):
    encoder.save(tmp_path / "copy")
    copy = open_encoder(tmp_path / "copy")
    np.testing.assert_array_equal(copy.encode(sound), encoder.encode(sound))
    assert copy.fingerprint == encoder.fingerprint  # type: ignore[attr-defined]


def test_a_model_that_wants_raw_sound_gets_it(saved, sound):
    (saved / "preprocessor_config.json").write_text(json.dumps({"do_normalize": False, "feature_size": 1}))
    raw = HubertEncoder.load(saved)
    raw.save(saved.parent / "raw copy")
    copy = HubertEncoder.load(saved.parent / "raw copy")
    np.testing.assert_array_equal(copy.encode(3 * sound), raw.encode(3 * sound))
    assert copy.fingerprint == raw.fingerprint
    (saved / "preprocessor_config.json").unlink()
    assert HubertEncoder.load(saved).fingerprint != raw.fingerprint
    louder = raw.encode(3 * sound)
    with torch.no_grad():
        hidden = raw._model(torch.from_numpy(np.pad(3 * sound, (40, 40)))[None]).last_hidden_state[0]
    np.testing.assert_allclose(louder, hidden.unflatten(0, (-1, 2)).mean(1).numpy(), atol=1e-5)


def test_features_are_computed_once_for_the_same_sound_and_weights(encoder, sound, tmp_path, monkeypatch):
    first = CachedEncoder(encoder, tmp_path).encode(sound)
    with monkeypatch.context() as patch:
        patch.setattr(HubertEncoder, "encode", lambda self, samples: pytest.fail("computed again"))
        again = CachedEncoder(encoder, tmp_path).encode(sound.copy())
    np.testing.assert_array_equal(first, again)
    assert len(list(tmp_path.glob("*/*.safetensors"))) == 1
    CachedEncoder(encoder, tmp_path).encode(sound[:-1])
    assert len(list(tmp_path.glob("*/*.safetensors"))) == 2


def test_other_weights_are_another_entry_and_a_damaged_one_is_computed_again(saved, sound, tmp_path):
    one, other = HubertEncoder.load(saved), HubertEncoder.load(saved)
    with torch.no_grad():
        list(other._model.parameters())[-1].add_(0.1)
    first = CachedEncoder(one, tmp_path).encode(sound)
    assert not np.array_equal(CachedEncoder(other, tmp_path).encode(sound), first)
    for path in tmp_path.glob("*/*.safetensors"):
        path.write_bytes(b"nothing")
    np.testing.assert_array_equal(CachedEncoder(one, tmp_path).encode(sound), first)


def test_a_cache_that_cannot_be_written_is_done_without(encoder, sound, tmp_path):
    (tmp_path / "file").write_text("")
    cached = CachedEncoder(encoder, tmp_path / "file")
    assert cached.encode(sound).shape == (100, encoder.dim)


def test_the_cache_lies_where_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("MSMD_CACHE", str(tmp_path))
    assert default_folder() == tmp_path / "features"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("hubert-base", "hubert-base"),
        ("facebook/hubert-base-ls960", "hubert-base"),
        ("/models/hubert-base-ls960", "hubert-base"),
        ("microsoft/wavlm-large", "wavlm-large"),
    ],
)
def test_a_model_and_its_copies_store_features_under_one_name(source, name):
    assert short_name(source) == name


def test_a_folder_without_a_model_says_what_to_give(tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(MsmdError, match=r"config\.json"):
        open_encoder(tmp_path)


def test_another_kind_of_model_is_refused(tmp_path):
    transformers = pytest.importorskip("transformers")
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(MsmdError, match="bert model"):
        open_encoder(tmp_path)


def test_convolutions_at_another_rate_are_refused(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.HubertConfig(**TINY | {"conv_stride": (5, 2, 2, 2, 2, 2, 1)})
    transformers.HubertModel(config).save_pretrained(tmp_path)
    with pytest.raises(MsmdError, match="100 features a second"):
        open_encoder(tmp_path)


def test_without_transformers_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MsmdError, match=r"msmd\[hubert\]"):
        open_encoder("hubert-base")


def test_the_embedded_encoder_comes_by_the_same_door():
    assert open_encoder("embedded").name == "embedded"
