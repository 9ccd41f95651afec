"""The packed folder: what is written is read, and statistics are those of what was observed."""

from dataclasses import replace

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.data.packed import Clip, PackedDataset, measure_statistics
from msmd.data.packing import write_features, write_packed

CLIP = Clip(
    id="grid/a",
    corpus="grid",
    speaker="grid_s1",
    emotion="neutral",
    intensity="normal",
    frames=4,
    split="train",
    has_lips=True,
    has_upper=True,
    has_head=True,
    motion_source="video",
    licence="CC BY 4.0",
)


class LoudnessEncoder:
    name = "loudness"
    dim = 2

    def encode(self, samples):
        loudness = np.abs(samples).reshape(-1, 640).mean(1)
        return np.stack([loudness, -loudness], axis=1).astype(np.float32)


def write(folder, clips, seed=0):
    chance = np.random.default_rng(seed)
    motion = {clip.id: chance.normal(size=(clip.frames, 67)).astype(np.float32) for clip in clips}
    sound = {clip.id: chance.uniform(-1, 1, clip.frames * 640).astype(np.float32) for clip in clips}
    write_packed(folder, clips, motion, sound)
    return motion, sound


def test_what_is_written_is_read(tmp_path):
    clips = [CLIP, replace(CLIP, id="grid/b", frames=7, split="test")]
    motion, sound = write(tmp_path, clips)
    packed = PackedDataset(tmp_path)
    assert packed.clips == tuple(clips)
    assert packed.select("test") == (clips[1],)
    np.testing.assert_array_equal(packed.motion("grid/b"), motion["grid/b"])
    np.testing.assert_allclose(packed.sound("grid/a"), sound["grid/a"], atol=1e-3)


def test_features_are_stored_one_a_frame_and_renewed_with_the_clips(tmp_path):
    write(tmp_path, [CLIP])
    write_features(tmp_path, LoudnessEncoder())
    features = PackedDataset(tmp_path).audio_features("grid/a", "loudness")
    np.testing.assert_allclose(
        features[:, 0], np.abs(PackedDataset(tmp_path).sound("grid/a")).reshape(4, 640).mean(1), atol=1e-3
    )
    write(tmp_path, [CLIP], seed=1)
    with pytest.raises(FormatError, match="Write the features first"):
        PackedDataset(tmp_path).audio_features("grid/a", "loudness")


def test_features_of_sound_that_was_packed_anew_go_and_those_of_the_same_sound_stay(tmp_path):
    def pack(stamp, features=()):
        rows = np.full((4, 67), len(stamp), np.float32), np.full(4 * 640, len(stamp) / 100, np.float32)
        motion, sound = ({"grid/a": values} for values in rows)
        write_packed(tmp_path, [CLIP], motion, sound, {"grid/a": stamp}, features=features)

    pack("one")
    write_features(tmp_path, LoudnessEncoder())
    pack("one")
    assert PackedDataset(tmp_path).audio_features("grid/a", "loudness").shape == (4, 2)
    pack("other")
    with pytest.raises(FormatError, match="Write the features first"):
        PackedDataset(tmp_path).audio_features("grid/a", "loudness")
    write_features(tmp_path, LoudnessEncoder())
    pack("one", features=["loudness"])
    assert (tmp_path / "audio_features.loudness-00000.safetensors").exists()


def test_lengths_that_disagree_are_our_own_bug(tmp_path):
    with pytest.raises(ValueError, match="grid/a"):
        write_packed(
            tmp_path, [CLIP], {"grid/a": np.zeros((4, 67), np.float32)}, {"grid/a": np.zeros(639, np.float32)}
        )


def test_a_folder_that_is_not_packed_is_told(tmp_path):
    with pytest.raises(FormatError, match="not a packed folder"):
        PackedDataset(tmp_path)
    (tmp_path / "clips.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(FormatError, match="line 1 does not describe a clip"):
        PackedDataset(tmp_path)


def constant(folder, clips, values):
    motion = {c.id: np.full((c.frames, 67), v, np.float32) for c, v in zip(clips, values, strict=True)}
    write_packed(folder, clips, motion, {c.id: np.zeros(c.frames * 640) for c in clips})
    return PackedDataset(folder)


def test_a_corpus_counts_by_its_weight_and_not_by_its_length(tmp_path):
    clips = [CLIP, replace(CLIP, id="talking/b", corpus="talking", frames=400)]
    packed = constant(tmp_path, clips, [0.0, 4.0])
    statistics = measure_statistics(packed, {"grid": 0.75, "talking": 0.25})
    np.testing.assert_allclose(statistics.mean, 1.0, rtol=1e-6)
    np.testing.assert_allclose(statistics.std, np.sqrt(0.75 * 1 + 0.25 * 9), rtol=1e-6)
    np.testing.assert_allclose(
        statistics.restore(statistics.standardise(packed.motion("grid/a"))), 0, atol=1e-6
    )


def test_a_face_that_was_half_observed_does_not_shrink_the_statistics(tmp_path):
    clips = [
        CLIP,
        replace(CLIP, id="facegood/b", corpus="facegood", has_upper=False, has_head=False),
        replace(CLIP, id="ravdess/c", corpus="ravdess", has_head=False),
        replace(CLIP, id="grid/d", split="test"),
    ]
    packed = constant(tmp_path, clips, [1.0, 50.0, 3.0, 70.0])
    mean = measure_statistics(packed, {"grid": 0.5, "facegood": 0.25, "ravdess": 0.5}).mean
    np.testing.assert_allclose(mean[:64], 2.0, rtol=1e-6)
    np.testing.assert_allclose(mean[64:], 1.0, rtol=1e-6)


def test_a_dimension_that_never_moves_has_deviation_one(tmp_path):
    statistics = measure_statistics(constant(tmp_path, [CLIP], [2.0]), {"grid": 1.0})
    np.testing.assert_array_equal(statistics.std, 1)
