"""Writes the packed folder that `data.packed` reads."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from msmd.audio.encoder import AudioEncoder
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_DIM, SAMPLES_PER_FRAME
from msmd.data.packed import (
    FORMAT,
    SETTINGS_NAME,
    VERSION,
    Clip,
    PackedDataset,
    observed_moments,
    read_clips,
    read_settings,
)
from msmd.data.shards import Shard, shard_paths, write_shards


def write_packed(
    folder: Path,
    clips: Iterable[Clip],
    motion: Mapping[str, Float32[np.ndarray, "_ 67"]],
    sound: Mapping[str, Float[np.ndarray, "_"]],
    stamps: Mapping[str, str] | None = None,
    notes: Mapping[str, Any] | None = None,
    features: Collection[str] = (),
) -> None:
    """Write the folder; features of other sound are removed.

    Until it is done the folder has no clips.jsonl, so that nobody reads half of it.

    Args:
        folder: is made if absent.
        clips: what `clips.jsonl` will list.
        motion: clip id -> motion at 25 fps; each is asked for twice at most, so it may read a file.
        sound: clip id -> 640 samples of 16 kHz sound for each frame of motion; likewise.
        stamps: clip id -> text that changes when its motion or sound do: files of an earlier run that hold
            the same clips with the same stamps are kept, features too. None: all are written.
        notes: further entries of dataset.json, JSON-ready.
        features: names of encoders whose features are left, for the caller will bring them up to date.

    Raises:
        OutputError: the folder cannot be written.
        ValueError: a clip's frames, motion and sound are not of one length.
    """
    clips = list(clips)
    folder = Path(folder)
    (folder / "clips.jsonl").unlink(missing_ok=True)
    frames = {clip.id: clip.frames for clip in clips}

    def read_motion(clip_id: str) -> np.ndarray:
        return _of_length(motion[clip_id], frames[clip_id], f"{clip_id}: motion")

    def read_sound(clip_id: str) -> np.ndarray:
        wanted = frames[clip_id] * SAMPLES_PER_FRAME
        return _of_length(sound[clip_id], wanted, f"{clip_id}: sound").astype(np.float16)

    sizes = {name: count * SAMPLES_PER_FRAME * 2 for name, count in frames.items()}
    shards = write_shards(folder, "motion", list(frames), read_motion, sizes, stamps)
    shards += write_shards(folder, "sound", list(frames), read_sound, sizes, stamps)
    if stamps is None or not _same_sound(folder, shards):
        own = {path for name in features for path in shard_paths(folder, f"audio_features.{name}")}
        for stale in set(folder.glob("audio_features.*.safetensors")) - own:
            stale.unlink()
    settings = {"format": FORMAT, "version": VERSION, "clips": len(clips), "frames": sum(frames.values())}
    settings |= {"statistics": _overall(clips, motion), **(notes or {}), "files": _list_files(shards)}
    _write_json(folder / SETTINGS_NAME, settings)
    with whole_file(folder / "clips.jsonl") as path:
        path.write_text("".join(json.dumps(asdict(clip)) + "\n" for clip in clips), encoding="utf-8")


def write_features(folder: Path, encoder: AudioEncoder, progress: Progress = no_progress) -> None:
    """Store an encoder's features of all clips beside them, as float16.

    Each clip is encoded whole, so that every frame knows what comes before and after it.

    Raises:
        FormatError: not a packed folder.
        OutputError: the folder cannot be written.
    """
    packed = PackedDataset(folder)

    def encode(clip_id: str) -> np.ndarray:
        encoded = encoder.encode(packed.sound(clip_id))
        if encoded.shape != (packed.clip(clip_id).frames, encoder.dim):
            raise ValueError(f"{encoder.name} gave {encoded.shape} for {clip_id}, dim {encoder.dim}")
        return encoded

    write_feature_part(folder, encoder.name, encode, encoder.dim, progress=progress)


def write_feature_part(
    folder: Path,
    encoder_name: str,
    read: Callable[[str], Float[np.ndarray, "frames dim"]],
    dim: int,
    stamps: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
) -> None:
    """Store audio features, from wherever they come, for all clips of a packed folder.

    Args:
        folder: a packed folder.
        encoder_name: under which training asks for them.
        read: clip id -> features, one row a frame.
        dim: numbers in a row.
        stamps: see `write_packed`.
        progress: told the clips done.
    """
    folder = Path(folder)
    frames = {clip.id: clip.frames for clip in read_clips(folder / "clips.jsonl")}
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        progress("audio features", done, len(frames))

    shards = write_shards(
        folder,
        f"audio_features.{encoder_name}",
        list(frames),
        lambda clip_id: _of_length(read(clip_id), frames[clip_id], f"{clip_id}: features").astype(np.float16),
        {name: 2 * dim * count for name, count in frames.items()},
        stamps,
        count,
    )
    if (folder / SETTINGS_NAME).is_file():
        settings = read_settings(folder)
        others = {
            n: f for n, f in settings["files"].items() if not n.startswith(f"audio_features.{encoder_name}-")
        }
        _write_json(folder / SETTINGS_NAME, settings | {"files": others | _list_files(shards)})


def _overall(clips: Sequence[Clip], motion: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Mean and deviation of all fully observed training clips, each frame counting the same."""
    sums = np.zeros((3, MOTION_DIM))
    for clip in clips:
        if clip.split == "train":
            sums += observed_moments(clip, motion[clip.id])
    count = np.maximum(sums[0], 1)
    mean = sums[1] / count
    std = np.sqrt(np.maximum(sums[2] / count - mean**2, 0))
    return {"of": "train", "frames": int(sums[0].max()), "mean": _rounded(mean), "std": _rounded(std)}


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 6) for value in values]


def _of_length(values: np.ndarray, wanted: int, name: str) -> np.ndarray:
    if len(values) != wanted:
        raise ValueError(f"{name} is {len(values)} long, {wanted} is wanted")
    return values


def _same_sound(folder: Path, shards: Iterable[Shard]) -> bool:
    """Whether dataset.json of the preparation before tells of the same sound."""
    try:
        files = json.loads((folder / SETTINGS_NAME).read_text(encoding="utf-8"))["files"]
        before = {name: file["sha256"] for name, file in files.items() if name.startswith("sound")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return before == {shard.name: shard.sha256 for shard in shards if shard.name.startswith("sound")}


def _list_files(shards: Iterable[Shard]) -> dict[str, dict[str, object]]:
    return {
        shard.name: {"clips": shard.clips, "bytes": shard.bytes, "sha256": shard.sha256} for shard in shards
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    with whole_file(path) as aside:
        aside.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
