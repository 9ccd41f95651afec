"""Copies in other voices are clips like any other, and in time with their sound."""

import json

import numpy as np
import pytest

from msmd.audio.channel import Channel
from msmd.core.errors import MsmdError
from msmd.data.packed import Clip, PackedDataset
from msmd.data.packing import write_packed
from msmd.training.voiced_recordings import Revoicing, draw_revoicing, make_voiced, revoice

FRAMES = 75


def describe(name: str, split: str = "train", has_lips: bool = True) -> Clip:
    return Clip(
        id=f"made/{name}",
        corpus="made",
        speaker=name[0],
        emotion="happy",
        intensity="normal",
        frames=FRAMES,
        split=split,  # type: ignore[arg-type]
        has_lips=has_lips,
        has_upper=True,
        has_head=True,
        motion_source="video",
        licence="ours",
    )


def bump(frame: float) -> np.ndarray:
    """A mouth that opens around one frame."""
    return np.exp(-0.5 * ((np.arange(FRAMES) - frame) / 4) ** 2).astype(np.float32)


def beep(frame: float) -> np.ndarray:
    times = np.arange(FRAMES * 640) / 640
    envelope = np.exp(-0.5 * ((times - frame) / 4) ** 2)
    return (0.1 * envelope * np.random.default_rng(0).normal(size=len(times))).astype(np.float32)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("packed")
    clips = [describe("a1"), describe("a2"), describe("b1", has_lips=False), describe("c1", "val")]
    motion = {clip.id: np.repeat(bump(30.0)[:, None], 67, axis=1) for clip in clips}
    sound = {clip.id: beep(30.0) for clip in clips}
    write_packed(folder, clips, motion, sound, notes={"code": "own"})
    (folder / "splits").mkdir()
    (folder / "splits" / "other.json").write_text(json.dumps({clip.id: "train" for clip in clips}))
    return folder


def test_only_training_clips_in_time_with_their_sound_are_heard_again(dataset, tmp_path):
    made = make_voiced(dataset, tmp_path / "out", copies=2)
    packed = PackedDataset(tmp_path / "out", splits="other")
    packed.verify()
    copies = {clip.id for clip in packed.clips if "~" in clip.id}
    assert copies == {f"made/{name}~{copy}" for name in ("a1", "a2") for copy in (1, 2)}
    assert made["clips"] == 8 and made["copies"] == 4
    for clip in packed.clips:
        assert len(packed.sound(clip.id)) == 640 * clip.frames == 640 * len(packed.motion(clip.id))
    assert {packed.clip(copy).speaker for copy in copies} == {"a"}
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["code"] == "own"


def test_the_clips_themselves_stay_as_they_were(dataset, tmp_path):
    make_voiced(dataset, tmp_path / "out")
    before, after = PackedDataset(dataset), PackedDataset(tmp_path / "out")
    for clip in before.clips:
        assert after.clip(clip.id) == clip
        assert np.array_equal(before.motion(clip.id), after.motion(clip.id))
        assert np.array_equal(before.sound(clip.id), after.sound(clip.id))


@pytest.mark.parametrize("speed", [0.85, 1.0, 1.2])
def test_motion_and_sound_change_their_tempo_alike(speed: float):
    motion = np.repeat(bump(30.0)[:, None], 67, axis=1)
    warped, heard = revoice(motion, beep(30.0), Revoicing(2.5, speed, Channel()), [])
    opened = np.arange(len(warped)) @ warped[:, 0] / warped[:, 0].sum()
    power = np.square(heard.astype(np.float64))
    loud = np.arange(len(power)) @ power / power.sum() / 640
    assert opened == pytest.approx(30 / speed, abs=0.2)
    assert loud == pytest.approx(opened, abs=0.4)


def test_a_clip_is_changed_alike_whatever_else_is_there_and_each_copy_otherwise():
    assert draw_revoicing("a", 1, 0) == draw_revoicing("a", 1, 0)
    assert draw_revoicing("a", 1, 0) != draw_revoicing("a", 2, 0)
    assert draw_revoicing("a", 1, 0) != draw_revoicing("b", 1, 0)


def test_bad_wishes_are_errors_before_anything_is_written(dataset, tmp_path):
    with pytest.raises(MsmdError, match="from itself"):
        make_voiced(dataset, dataset)
    with pytest.raises(MsmdError, match="9 copies"):
        make_voiced(dataset, tmp_path / "out", copies=9)
    assert not (tmp_path / "out").exists()
