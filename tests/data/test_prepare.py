"""Preparation: sound and motion cut to each other, bad clips left out with their reason, work kept."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.data.corpora.recording import Recording
from msmd.data.observe import Observed
from msmd.data.packed import PackedDataset
from msmd.data.prepare import cut_together, prepare


def write_sound(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def count_up(frames: int) -> np.ndarray:
    values = np.zeros((frames, 67), np.float32)
    values[:, 66] = np.arange(frames)
    return values


def click_at(seconds: float, duration_seconds: float) -> np.ndarray:
    samples = np.zeros(int(duration_seconds * 16000))
    samples[int(seconds * 16000) + 320] = 0.5  # in the middle of a frame
    return samples


def recording(sound: Path, **more) -> Recording:
    return Recording(
        corpus="talking",
        stem="a",
        speaker="one",
        emotion="unknown",
        intensity="unknown",
        split="train",
        motion_kind="video",
        motion_path=sound,
        sound_path=sound,
        licence="none",
        **more,
    )


@pytest.mark.parametrize(
    ("lag_seconds", "start_seconds", "shown_at_frame"),
    [(0.0, 0.0, 25), (-0.24, 0.0, 19), (0.2, 0.0, 30), (0.0, 0.4, 15), (-0.24, 0.4, 9)],
)
def test_what_is_heard_meets_what_is_shown(tmp_path, lag_seconds, start_seconds, shown_at_frame):
    """The sound has a click at 1 s. The face shows it `lag_seconds` later, in a motion that starts late."""
    sound = write_sound(tmp_path / "a.wav", click_at(1.0, 4.0))
    observed = Observed(Motion(count_up(100)), start_seconds)
    motion, samples = cut_together(recording(sound, lag_seconds=lag_seconds), observed)
    assert len(samples) == 640 * len(motion)
    frame = int(np.abs(samples).argmax()) // 640
    assert motion[frame, 66] == shown_at_frame


def test_sound_that_ends_early_ends_the_motion_but_a_frame_is_padded(tmp_path):
    sound = write_sound(tmp_path / "a.wav", np.zeros(40 * 640 - 300))
    motion, samples = cut_together(recording(sound), Observed(Motion(count_up(40)), 0.0))
    assert (len(motion), len(samples)) == (40, 40 * 640)
    motion, samples = cut_together(recording(sound), Observed(Motion(count_up(90)), 0.0))
    assert (len(motion), len(samples)) == (41, 41 * 640)


def test_too_little_and_too_wild_are_rejected(tmp_path):
    sound = write_sound(tmp_path / "a.wav", np.zeros(16000 * 4))
    with pytest.raises(FormatError, match="only 20 frames"):
        cut_together(recording(sound), Observed(Motion(count_up(20)), 0.0))
    wild = count_up(100)
    wild[:10, 3] = 9
    with pytest.raises(FormatError, match="10% of its frames"):
        cut_together(recording(sound), Observed(Motion(wild), 0.0))
    wild[4:10, 3] = 0
    cut_together(recording(sound), Observed(Motion(wild), 0.0))


def make_facegood(folder: Path, stems: list[str]) -> None:
    for number, stem in enumerate(stems):
        weights = np.zeros((60, 116), np.float32)
        weights[:, 74] = 0.3 + 0.05 * number
        (folder / "facegood" / "blendshapes").mkdir(parents=True, exist_ok=True)
        np.savez(folder / "facegood" / "blendshapes" / f"{stem}.npz", weights=weights)
        write_sound(folder / "facegood" / "audio" / f"{stem}.flac", np.zeros(32000))


def test_one_bad_clip_costs_one_clip_and_is_told(tmp_path):
    make_facegood(tmp_path / "data", ["a", "b", "c"])
    (tmp_path / "data" / "facegood" / "blendshapes" / "b.npz").write_bytes(b"PK no more")
    clips = prepare(tmp_path / "data", tmp_path / "out")
    assert [clip.id for clip in clips] == ["facegood/a", "facegood/c"]
    (line,) = (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()
    assert json.loads(line)["id"] == "facegood/b"
    packed = PackedDataset(tmp_path / "out")
    assert packed.clips == tuple(clips)
    assert clips[0].frames == 50  # 2 s at 30 fps, now at 25
    assert not clips[0].has_upper
    assert packed.sound("facegood/a").shape == (50 * 640,)


def test_a_second_run_reads_only_what_is_new(tmp_path):
    make_facegood(tmp_path / "data", ["a"])
    prepare(tmp_path / "data", tmp_path / "out")
    (part,) = (tmp_path / "out" / "parts").rglob("a.*.safetensors")
    first_written = part.stat().st_mtime_ns
    make_facegood(tmp_path / "data", ["a", "b"])
    seen = []
    clips = prepare(tmp_path / "data", tmp_path / "out", progress=lambda *step: seen.append(step))
    assert [clip.id for clip in clips] == ["facegood/a", "facegood/b"]
    assert part.stat().st_mtime_ns == first_written
    assert seen[-1] == ("recordings", 2, 2)


def test_a_folder_without_recordings_is_told(tmp_path):
    with pytest.raises(FormatError, match="none of the corpora"):
        prepare(tmp_path, tmp_path / "out")
