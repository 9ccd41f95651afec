"""The packed folder that training reads: every clip's motion, sound and audio features at 25 fps.

dataset.json                            format, version, checksums of all files, statistics
clips.jsonl                             one `Clip` a line
motion-NNNNN.safetensors                clip id -> (frames, 67) float32
sound-NNNNN.safetensors                 clip id -> (frames * 640,) float16, 16 kHz mono
audio_features.NAME-NNNNN.safetensors   clip id -> (frames, d_audio) float16, a row of files an encoder
splits/NAME.json                        clip id -> split, other ways to divide the clips than `Clip.split`

Folders of earlier versions, one file a part and no dataset.json, are read as well.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.errors import FormatError
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_DIM
from msmd.data.shards import ShardedTensors, file_sha256, shard_paths

Split = Literal["train", "val", "test"]

FORMAT: Final = "msmd-dataset"
VERSION: Final = 2

SETTINGS_NAME: Final = "dataset.json"

PERFORMED: Final = "performed"
"""The corpus that no person spoke before a camera (`training.performed_pairs`)."""


@dataclass(frozen=True)
class Clip:
    """One recording in the packed folder.

    Attributes:
        id: unique, `corpus/stem`.
        corpus: which recordings it comes from.
        speaker: who speaks, unique over all corpora.
        emotion: acted emotion, or "unknown".
        intensity: "normal", "strong" or "unknown".
        frames: at 25 fps.
        split: what the clip may be used for.
        has_lips: the mouth was observed and is in time with the sound.
        has_upper: eyes and brows were observed.
        has_head: the head's rotation was observed.
        motion_source: how the motion was observed, e.g. "video", "openface", "facegood".
        licence: terms of the recording.
        sentence: what is said, if clips share sentences; or "unknown".
        language: a code such as "en", or "unknown".
    """

    id: str
    corpus: str
    speaker: str
    emotion: str
    intensity: str
    frames: int
    split: Split
    has_lips: bool
    has_upper: bool
    has_head: bool
    motion_source: str
    licence: str
    sentence: str = "unknown"
    language: str = "unknown"


@dataclass(frozen=True)
class Statistics:
    """Of training motion, per dimension; standardised = (motion - mean) / std."""

    mean: Float32[np.ndarray, "67"]
    std: Float32[np.ndarray, "67"]

    def standardise(self, motion: Float[np.ndarray, "*batch 67"]) -> Float32[np.ndarray, "*batch 67"]:
        return ((motion - self.mean) / self.std).astype(np.float32)

    def restore(self, standardised: Float[np.ndarray, "*batch 67"]) -> Float32[np.ndarray, "*batch 67"]:
        return (standardised * self.std + self.mean).astype(np.float32)


class PackedDataset:
    """A packed folder, opened for reading; tensors are read from memory-mapped files when asked for.

    Args:
        folder: written by `msmd curate`, or `data.packing.write_packed`.
        splits: name of a file in the folder `splits` by which clips are divided, such as "speaker";
            None: as their lines say.

    Raises:
        FormatError: not a packed folder, its parts disagree, or there are no such splits.
    """

    def __init__(self, folder: Path, splits: str | None = None) -> None:
        self.folder = Path(folder)
        self.clips: tuple[Clip, ...] = tuple(read_clips(self.folder / "clips.jsonl"))
        if splits is not None:
            self.clips = tuple(_divide(self.clips, self.folder / "splits" / f"{splits}.json"))
        self._by_id = {clip.id: clip for clip in self.clips}
        self._parts: dict[str, ShardedTensors] = {}
        motion = self._part("motion")
        if lacking := [clip.id for clip in self.clips if clip.id not in motion]:
            raise FormatError(
                f"{self.folder} lacks the motion of {len(lacking)} clips, {lacking[0]} first. "
                "Run `msmd curate` again."
            )

    def select(self, split: Split) -> tuple[Clip, ...]:
        """The clips of one split."""
        return tuple(clip for clip in self.clips if clip.split == split)

    def clip(self, clip_id: str) -> Clip:
        return self._by_id[clip_id]

    def motion(self, clip_id: str) -> Float32[np.ndarray, "frames 67"]:
        """Motion at 25 fps, not standardised."""
        return self._part("motion")[clip_id]

    def sound(self, clip_id: str) -> Float32[np.ndarray, "num_samples"]:
        """16 kHz mono, 640 samples a frame."""
        return self._part("sound")[clip_id].astype(np.float32)

    def audio_features(self, clip_id: str, encoder_name: str) -> Float32[np.ndarray, "frames dim"]:
        """What `data.packing.write_features` stored for an encoder.

        Raises:
            FormatError: nothing is stored for that encoder.
        """
        return self._part(f"audio_features.{encoder_name}")[clip_id].astype(np.float32)

    def verify(self) -> None:
        """Read every file and compare it with its checksum.

        Raises:
            FormatError: a file is missing or not what was written, or the folder has no checksums.
        """
        for name, expected in read_settings(self.folder)["files"].items():
            path = self.folder / name
            if not path.is_file() or file_sha256(path) != expected["sha256"]:
                raise FormatError(
                    f"{path} is {'damaged' if path.is_file() else 'missing'}: its checksum is not the one in "
                    f"{SETTINGS_NAME}. Copy it again, or run `msmd curate` again."
                )

    def _part(self, part: str) -> ShardedTensors:
        if part not in self._parts:
            if part.startswith("audio") and not shard_paths(self.folder, part):
                raise FormatError(f"{self.folder} has no {part}. Write the features first.")
            self._parts[part] = ShardedTensors(self.folder, part)
        return self._parts[part]


def measure_statistics(packed: PackedDataset, corpus_weights: Mapping[str, float]) -> Statistics:
    """Mean and deviation of the training split, each corpus counting by its weight in a batch.

    Clips that lack a part of the face say nothing about its spread and are left out: without an
    upper face from the expression, without an observed head from the head. A dimension that never
    moves gets deviation 1.
    """
    moments = np.zeros((3, MOTION_DIM))
    for corpus, weight in corpus_weights.items():
        clips = [clip for clip in packed.select("train") if clip.corpus == corpus]
        moments += weight * _corpus_moments(packed, clips)
    count = np.maximum(moments[0], 1e-12)
    mean = moments[1] / count
    std = np.sqrt(np.maximum(moments[2] / count - mean**2, 0))
    return Statistics(mean.astype(np.float32), np.where(std > 1e-6, std, 1).astype(np.float32))


def observed_moments(clip: Clip, motion: Float[np.ndarray, "frames 67"]) -> Float[np.ndarray, "3 67"]:
    """Frames observed, sum and sum of squares of each dimension; 0 for parts that were not observed."""
    motion = motion.astype(np.float64)
    seen = np.zeros(MOTION_DIM)
    seen[EXPRESSION], seen[HEAD_ROTATION] = clip.has_upper, clip.has_head
    return seen * np.stack([np.full(MOTION_DIM, len(motion)), motion.sum(0), np.square(motion).sum(0)])


def _corpus_moments(packed: PackedDataset, clips: list[Clip]) -> Float[np.ndarray, "3 67"]:
    """Rows: share of frames observed (0 or 1 where there are any), mean, mean square."""
    sums = np.zeros((3, MOTION_DIM))
    for clip in clips:
        sums += observed_moments(clip, packed.motion(clip.id))
    return sums / np.maximum(sums[0], 1)


def read_settings(folder: Path) -> dict[str, Any]:
    """dataset.json of a packed folder.

    Raises:
        FormatError: there is none, or it is of another version.
    """
    path = folder / SETTINGS_NAME
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise FormatError(f"{path} cannot be read: {error}. Run `msmd curate` again.") from error
    if settings.get("format") != FORMAT or settings.get("version") != VERSION:
        raise FormatError(f"{path} is not of {FORMAT}, version {VERSION}. Run `msmd curate` again.")
    return settings


def _divide(clips: Iterable[Clip], path: Path) -> Iterable[Clip]:
    try:
        splits = json.loads(path.read_text(encoding="utf-8"))
        return [replace(clip, split=splits[clip.id]) for clip in clips]
    except (OSError, json.JSONDecodeError, KeyError) as error:
        known = sorted(one.stem for one in path.parent.glob("*.json"))
        raise FormatError(
            f"{path} does not divide the clips ({error}). There are: {', '.join(known)}."
        ) from error


def read_clips(path: Path) -> Iterable[Clip]:
    """The lines of a clips.jsonl.

    Raises:
        FormatError: it is missing or damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FormatError(
            f"{path.parent} is not a packed folder: {error.strerror or error}. Run `msmd curate` first."
        ) from error
    names = {field.name for field in fields(Clip)}
    needed = {field.name for field in fields(Clip) if field.default is MISSING}
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise FormatError(f"{path}, line {number} is not JSON: {error}.") from error
        if not isinstance(entry, dict) or not needed <= set(entry) <= names:
            raise FormatError(
                f"{path}, line {number} does not describe a clip of this version. Run `msmd curate` again."
            )
        yield Clip(**entry)
