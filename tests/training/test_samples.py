from dataclasses import replace

import numpy as np
import pytest
import torch

from msmd.core.config import DiffusionConfig
from msmd.data.packed import Clip, PackedDataset, Statistics
from msmd.data.packing import write_features, write_packed
from msmd.diffusion.schedule import cosine_schedule
from msmd.model.assemble import build_model
from msmd.training.samples import SampleSheets, choose_clips


def make_clip(name: str, emotion: str = "happy", frames: int = 80, **changes) -> Clip:
    clip = Clip(
        id=name,
        corpus=name.split("/")[0],
        speaker="s",
        emotion=emotion,
        intensity="normal",
        frames=frames,
        split="val",
        has_lips=True,
        has_upper=True,
        has_head=True,
        motion_source="video",
        licence="made up",
    )
    return replace(clip, **changes)


class ZeroEncoder:
    name, dim = "zero", 5

    def encode(self, samples):
        return np.zeros((len(samples) // 640, 5), np.float32)


@pytest.fixture
def sheets(tmp_path):
    clips = [make_clip("grid/a"), make_clip("ravdess/b", frames=60)]
    rng = np.random.default_rng(0)
    motion = {clip.id: rng.normal(0, 0.3, (clip.frames, 67)).astype(np.float32) for clip in clips}
    sound = {clip.id: np.zeros(clip.frames * 640, np.float32) for clip in clips}
    write_packed(tmp_path / "packed", clips, motion, sound)
    write_features(tmp_path / "packed", ZeroEncoder())
    packed = PackedDataset(tmp_path / "packed")
    statistics = Statistics(np.zeros(67, np.float32), np.ones(67, np.float32))
    schedule = cosine_schedule(DiffusionConfig(num_timesteps=50))
    return SampleSheets(packed, "zero", statistics, schedule, packed.select("val"))


def test_a_sheet_shows_the_recording_and_the_model_for_each_clip(sheets, tiny_preset, tmp_path):
    model = build_model(tiny_preset().model).eval()
    sheets.draw(model, tmp_path / "sheet.png")
    width, height = np.frombuffer((tmp_path / "sheet.png").read_bytes()[16:24], ">u4")
    assert width == 8 * 160 and height > 4 * 160


def test_the_second_half_of_a_clip_is_animated_and_chance_elsewhere_is_left_alone(sheets, tiny_preset):
    model = build_model(tiny_preset().model).eval()
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    assert sheets.animate(model, sheets.clips[0]).shape == (40, 67)
    assert torch.rand(1) == expected


def test_clips_to_show_are_whole_faces_of_different_corpora_first():
    clips = [
        make_clip("grid/long", frames=90),
        make_clip("grid/longer", frames=95),
        make_clip("ravdess/sad", "sad"),
        make_clip("ravdess/happy"),
        make_clip("talking/mouth", has_upper=False),
        make_clip("talking/short", frames=30),
    ]
    chosen = [clip.id for clip in choose_clips(clips)]
    assert chosen == ["grid/longer", "ravdess/happy", "ravdess/sad"]
