"""Lists of trials: two forms, one meaning, and errors that name the line; trials chosen from a dataset."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.data.test_packed import CLIP

from msmd.core.errors import FormatError, MsmdError
from msmd.data.packed import PackedDataset
from msmd.data.packing import write_packed
from msmd.study.choose import choose_trials
from msmd.study.trial_list import TrialSpec, read_trial_list, write_trial_list

CSV = """scenario, reference, audio, audio_end, style
matching, face.mp4, line.wav, 4.5, calm
contrasting, angry, other.wav, ,
"""


def test_csv_and_json_say_the_same(tmp_path):
    (tmp_path / "line.wav").touch()
    (tmp_path / "list.csv").write_text(CSV)
    from_csv = read_trial_list(tmp_path / "list.csv")
    assert from_csv == [
        TrialSpec("matching", "face.mp4", str(tmp_path / "line.wav"), "calm", audio_end=4.5),
        TrialSpec("contrasting", "angry", "other.wav"),
    ]
    write_trial_list(tmp_path / "list.json", from_csv)
    assert read_trial_list(tmp_path / "list.json") == from_csv


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenario": "other"}, "matching, contrasting"),
        ({"audio_start": "soon"}, "seconds"),
        ({"audio_start": 3, "audio_end": 2}, "must come after"),
        ({"loudness": 3}, "unknown loudness"),
        ({"audio": None}, "missing audio"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path, change, message):
    good = {"scenario": "matching", "reference": "a.mp4", "audio": "a.wav"}
    bad = {key: value for key, value in (good | change).items() if value is not None}
    (tmp_path / "list.json").write_text(json.dumps([good, bad]))
    with pytest.raises(FormatError, match=f"trial 2.*{message}"):
        read_trial_list(tmp_path / "list.json")


@pytest.mark.parametrize("content", ["", "{}", "[]", "[3]"])
def test_a_file_that_is_no_list_is_refused(tmp_path, content):
    (tmp_path / "list.json").write_text(content)
    with pytest.raises(FormatError, match="list"):
        read_trial_list(tmp_path / "list.json")


def dataset(folder, num_wild=7, num_acted=12):
    wild = [
        replace(CLIP, id=f"wild/{n}", speaker=f"w{n}", emotion="unknown", frames=150, split="test")
        for n in range(num_wild)
    ]
    emotions = ("angry", "happy", "sad", "fearful", "disgust", "surprised", "neutral")
    acted = [
        replace(
            CLIP,
            id=f"acted/{n}",
            speaker="x",
            emotion=emotions[n % 7],
            intensity="strong",
            frames=80,
            split="test",
        )
        for n in range(num_acted)
    ]
    clips = [*wild, *acted, replace(wild[0], id="wild/train", split="train")]
    motion = {clip.id: np.zeros((clip.frames, 67), np.float32) for clip in clips}
    sound = {clip.id: np.zeros(clip.frames * 640, np.float32) for clip in clips}
    write_packed(folder, clips, motion, sound)
    return PackedDataset(folder)


def test_five_of_each_kind_are_chosen_as_in_section_6_3(tmp_path):
    specs = choose_trials(dataset(tmp_path), seed=1)
    assert [spec.scenario for spec in specs] == ["matching"] * 5 + ["contrasting"] * 5
    for spec in specs[:5]:  # one video in two segments: the start is the style, the rest is spoken
        assert spec.reference == spec.audio and spec.audio.startswith("clip:wild/")
        assert spec.reference_end == spec.audio_start == 3.0
    assert len({spec.audio for spec in specs[:5]}) == 5
    for spec in specs[5:]:  # an acted emotion for in-the-wild speech
        assert spec.reference.startswith("clip:acted/") and spec.audio.startswith("clip:wild/")
        assert spec.style != "neutral"
    assert len({spec.style for spec in specs[5:]}) == 5
    assert "clip:wild/train" not in {spec.audio for spec in specs}
    assert choose_trials(PackedDataset(tmp_path), seed=1) == specs
    assert choose_trials(PackedDataset(tmp_path), seed=1, max_seconds=2.0)[0].reference_end == 2
    assert choose_trials(PackedDataset(tmp_path), seed=2) != specs


def test_too_few_clips_are_counted(tmp_path):
    with pytest.raises(MsmdError, match=r"3 clips for 5 matching.*--matching"):
        choose_trials(dataset(tmp_path, num_wild=3))
