"""Pairs of windows: chained clips, padding, determinism."""

from dataclasses import replace

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.data.chains import draw_chain, group_clips, join_motion
from msmd.data.packed import PERFORMED, Clip, PackedDataset, Statistics
from msmd.data.packing import write_features, write_packed
from msmd.data.pairs import CORPUS_WEIGHTS, TwoWindowSampler, shares_of
from msmd.data.restyle import persistent_expressions

UNIT = Statistics(np.zeros(67, np.float32), np.ones(67, np.float32))


def make_clip(name, frames, corpus="grid", speaker="s1", emotion="neutral", **more) -> Clip:
    defaults = {
        "intensity": "normal",
        "split": "train",
        "has_lips": True,
        "has_upper": True,
        "has_head": True,
    }
    defaults |= {"motion_source": "video", "licence": "none"} | more
    return Clip(
        id=f"{corpus}/{name}", corpus=corpus, speaker=speaker, emotion=emotion, frames=frames, **defaults
    )


class MarkEncoder:
    """Tells which clip it heard and which frame: the sound of a clip is its number."""

    name = "mark"
    dim = 2

    def encode(self, samples):
        frames = len(samples) // 640
        return np.stack([samples[::640], np.arange(frames)], axis=1).astype(np.float32)


def pack(folder, clips) -> PackedDataset:
    motion, sound = {}, {}
    for number, clip in enumerate(clips, start=1):
        motion[clip.id] = np.full((clip.frames, 67), number, np.float32)
        sound[clip.id] = np.full(clip.frames * 640, number / 64)
    write_packed(folder, clips, motion, sound)
    write_features(folder, MarkEncoder())
    return PackedDataset(folder)


def test_a_batch_depends_on_seed_and_step_alone(tmp_path):
    packed = pack(tmp_path, [make_clip(f"c{n}", 30) for n in range(9)])
    one = TwoWindowSampler(packed, "mark", UNIT, num_frames=20, batch_size=4, seed=3)
    for step in range(5):
        one.batch(step)
    resumed = TwoWindowSampler(packed, "mark", UNIT, num_frames=20, batch_size=4, seed=3)
    np.testing.assert_array_equal(one.batch(7).motion, resumed.batch(7).motion)
    np.testing.assert_array_equal(one.batch(7).audio_features, resumed.batch(7).audio_features)
    assert not np.array_equal(one.batch(7).audio_features, one.batch(8).audio_features)
    other = TwoWindowSampler(packed, "mark", UNIT, num_frames=20, batch_size=4, seed=4)
    assert not np.array_equal(one.batch(7).audio_features, other.batch(7).audio_features)


def test_motion_and_audio_stay_together_away_from_the_joins(tmp_path):
    packed = pack(tmp_path, [make_clip(f"c{n}", 30) for n in range(9)])
    batch = TwoWindowSampler(packed, "mark", UNIT, num_frames=40, batch_size=8).batch(0)
    inside = (batch.audio_features[..., 1] > 14) & (batch.audio_features[..., 1] < 16) & batch.valid
    assert inside.any()
    number = batch.audio_features[..., 0] * 64
    np.testing.assert_allclose(batch.motion[inside][:, 0], number[inside], atol=1e-3)


def test_only_clips_of_one_speaker_and_emotion_are_chained(tmp_path):
    clips = [make_clip("a1", 15, emotion="happy"), make_clip("a2", 15, emotion="happy")]
    clips += [make_clip("b1", 15, emotion="sad"), make_clip("b2", 15, emotion="sad")]
    sampler = TwoWindowSampler(pack(tmp_path, clips), "mark", UNIT, num_frames=12, batch_size=16)
    for row in sampler.batch(0).audio_features:
        heard = set(np.unique(row[:, 0] * 64)) - {0}
        assert heard <= {1, 2} or heard <= {3, 4}
        assert len(heard) == 2


def test_a_short_recording_is_padded_and_marked(tmp_path):
    packed = pack(tmp_path, [make_clip("a", 13)])
    batch = TwoWindowSampler(packed, "mark", UNIT, num_frames=10, batch_size=3).batch(0)
    np.testing.assert_array_equal(batch.valid, np.tile(np.arange(20) < 13, (3, 1)))
    assert not batch.motion[~batch.valid].any()
    assert not batch.audio_features[~batch.valid].any()
    assert (batch.motion[batch.valid] == 1).all()


def test_a_long_recording_starts_anywhere(tmp_path):
    sampler = TwoWindowSampler(
        pack(tmp_path, [make_clip("a", 300)]), "mark", UNIT, num_frames=10, batch_size=64
    )
    starts = sampler.batch(0).audio_features[:, 0, 1]
    assert starts.min() < 60
    assert starts.max() > 240
    assert starts.max() <= 280


def test_corpora_come_by_their_weights_and_flags_come_along(tmp_path):
    clips = [
        make_clip("a", 500),
        make_clip("b", 50, corpus="facegood", has_upper=False, has_head=False),
        make_clip("c", 50, corpus="talking", has_lips=False),
        make_clip("d", 50, corpus="talking", split="test"),
    ]
    sampler = TwoWindowSampler(
        pack(tmp_path, clips),
        "mark",
        UNIT,
        num_frames=10,
        batch_size=2000,
        corpus_weights={"grid": 1.0, "facegood": 2.0, "talking": 1.0, "absent": 4.0},
    )
    batch = sampler.batch(0)
    assert abs((~batch.has_upper).mean() - 0.5) < 0.05
    assert abs((~batch.has_lips).mean() - 0.25) < 0.05
    np.testing.assert_array_equal(batch.has_upper, batch.has_head)
    assert not (batch.audio_features[..., 0] * 64 == 4).any()


def test_half_of_the_pairs_are_mirrored_whole(tmp_path):
    packed = pack(tmp_path, [make_clip("a", 100)])
    sampler = TwoWindowSampler(
        packed, "mark", UNIT, num_frames=10, batch_size=400, mirror=-np.eye(67, dtype=np.float32)
    )
    motion = sampler.batch(0).motion
    assert (motion == motion[:, :1, :1]).all()
    assert 0.4 < (motion[:, 0, 0] < 0).mean() < 0.6


def test_motion_is_standardised(tmp_path):
    statistics = Statistics(np.full(67, 0.5, np.float32), np.full(67, 0.25, np.float32))
    batch = TwoWindowSampler(pack(tmp_path, [make_clip("a", 30)]), "mark", statistics, 10, 2).batch(0)
    assert (batch.motion == 2).all()


def test_a_split_without_clips_is_told(tmp_path):
    packed = pack(tmp_path, [make_clip("a", 30)])
    with pytest.raises(FormatError, match="no val clips"):
        TwoWindowSampler(packed, "mark", UNIT, split="val")


def test_a_chain_covers_what_is_asked_and_repeats_no_clip():
    (group,) = group_clips([make_clip(f"c{n}", 20 + n) for n in range(6)])
    chance = np.random.default_rng(0)
    starts = set()
    for _ in range(200):
        chain, start = draw_chain(group, 60, chance)
        starts.add(start)
        assert len({clip.id for clip in chain}) == len(chain)
        assert sum(clip.frames for clip in chain) - start >= 60
        assert start < chain[0].frames
    assert len(starts) > 15


def test_groups_part_what_was_observed_differently():
    clip = make_clip("a", 10)
    assert len(group_clips([clip, replace(clip, id="grid/b", has_head=False)])) == 2
    assert len(group_clips([clip, replace(clip, id="grid/b", intensity="strong")])) == 1


def test_a_join_has_no_jump_and_fades_away():
    before, after = np.zeros((40, 67), np.float32), np.ones((40, 67), np.float32)
    joined = join_motion([before, after])
    np.testing.assert_allclose(joined[39], joined[40], atol=1e-6)
    np.testing.assert_allclose(joined[39], 0.5, atol=1e-6)
    np.testing.assert_array_equal(joined[:35, :64], 0)
    np.testing.assert_array_equal(joined[45:, :64], 1)
    np.testing.assert_array_equal(joined[:25, 64:], 0)
    assert 0 < joined[33, 65] < 0.5
    assert np.abs(np.diff(joined, axis=0)).max() < 0.2


def test_corpora_that_nobody_weighed_count_by_their_length(tmp_path):
    clips = [make_clip("a", 60, corpus="celebvtext"), make_clip("b", 20, corpus="grid")]
    packed = pack(tmp_path / "wild", clips)
    assert shares_of(packed) == {"celebvtext": 0.75, "grid": 0.25}
    sampler = TwoWindowSampler(packed, "mark", UNIT, num_frames=10, batch_size=64)
    heard = sampler.batch(0).audio_features[:, 0, 0] * 64
    assert 30 < (np.round(heard) == 1).sum() < 62


def test_a_corpus_that_nobody_weighed_leaves_the_others_their_weights(tmp_path):
    clips = [make_clip("a", 60), make_clip("b", 20, corpus="talking"), make_clip("c", 20, corpus="video")]
    shares = shares_of(pack(tmp_path / "packed", clips))
    assert shares["video"] == pytest.approx(0.2)
    assert shares["grid"] / shares["talking"] == pytest.approx(
        CORPUS_WEIGHTS["grid"] / CORPUS_WEIGHTS["talking"]
    )
    assert sum(shares.values()) == pytest.approx(1)


def test_no_expression_is_borrowed_from_performed_or_neutral_clips(tmp_path):
    clips = [
        make_clip("a", 10, emotion="happy"),
        make_clip("b", 10, emotion="neutral"),
        make_clip("c", 10, corpus=PERFORMED, emotion="happy"),
    ]
    assert persistent_expressions(pack(tmp_path / "packed", clips)).shape == (1, 64)
