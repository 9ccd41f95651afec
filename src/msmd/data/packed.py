"""The packed folder that training reads: every clip's motion, sound and audio features at 25 fps.

clips.jsonl                       one `Clip` a line
motion.safetensors                clip id -> (frames, 67) float32
sound.safetensors                 clip id -> (frames * 640,) float16, 16 kHz mono
audio_features.NAME.safetensors   clip id -> (frames, d_audio) float16, one file an audio encoder
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from msmd.audio.encoder import AudioEncoder
from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_DIM, SAMPLES_PER_FRAME

Split = Literal["train", "val", "test"]


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
        folder: written by `write_packed`.

    Raises:
        FormatError: not a packed folder, or its parts disagree.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.clips: tuple[Clip, ...] = tuple(_read_clips(self.folder / "clips.jsonl"))
        self._by_id = {clip.id: clip for clip in self.clips}
        self._open: dict[str, safe_open] = {}
        if lacking := [clip.id for clip in self.clips if clip.id not in self._keys("motion")]:
            raise FormatError(
                f"{self.folder} lacks the motion of {len(lacking)} clips, {lacking[0]} first. "
                "Prepare it again."
            )

    def select(self, split: Split) -> tuple[Clip, ...]:
        """The clips of one split."""
        return tuple(clip for clip in self.clips if clip.split == split)

    def clip(self, clip_id: str) -> Clip:
        return self._by_id[clip_id]

    def motion(self, clip_id: str) -> Float32[np.ndarray, "frames 67"]:
        """Motion at 25 fps, not standardised."""
        return self._read("motion", clip_id)

    def sound(self, clip_id: str) -> Float32[np.ndarray, "num_samples"]:
        """16 kHz mono, 640 samples a frame."""
        return self._read("sound", clip_id).astype(np.float32)

    def audio_features(self, clip_id: str, encoder_name: str) -> Float32[np.ndarray, "frames dim"]:
        """What `write_features` stored for an encoder.

        Raises:
            FormatError: nothing is stored for that encoder.
        """
        return self._read(f"audio_features.{encoder_name}", clip_id).astype(np.float32)

    def _keys(self, part: str) -> set[str]:
        return set(self._file(part).keys())

    def _read(self, part: str, clip_id: str) -> np.ndarray:
        try:
            return self._file(part).get_tensor(clip_id)
        except SafetensorError as error:
            raise FormatError(f"{self.folder}/{part}.safetensors has no clip {clip_id}: {error}.") from error

    def _file(self, part: str) -> safe_open:
        if part not in self._open:
            path = self.folder / f"{part}.safetensors"
            try:
                self._open[part] = safe_open(path, framework="numpy")
            except (OSError, SafetensorError) as error:
                need = (
                    "Write the features first." if part.startswith("audio") else "Prepare the folder again."
                )
                raise FormatError(f"cannot read {path}: {error}. {need}") from error
        return self._open[part]


def write_packed(
    folder: Path,
    clips: Iterable[Clip],
    motion: Mapping[str, Float32[np.ndarray, "_ 67"]],
    sound: Mapping[str, Float[np.ndarray, "_"]],
) -> None:
    """Write the folder; features of an earlier preparation are removed, for they no longer belong.

    Args:
        folder: is made if absent.
        clips: what `clips.jsonl` will list.
        motion: clip id -> motion at 25 fps.
        sound: clip id -> 640 samples of 16 kHz sound for each frame of motion.

    Raises:
        OutputError: the folder cannot be written.
        ValueError: a clip's frames, motion and sound are not of one length.
    """
    clips = list(clips)
    for clip in clips:
        lengths = (len(motion[clip.id]), len(sound[clip.id]))
        if lengths != (clip.frames, clip.frames * SAMPLES_PER_FRAME):
            raise ValueError(f"{clip.id}: {clip.frames} frames, but motion and sound are {lengths} long")
    folder = Path(folder)
    with whole_file(folder / "motion.safetensors") as path:
        save_file({clip.id: np.ascontiguousarray(motion[clip.id]) for clip in clips}, path)
    with whole_file(folder / "sound.safetensors") as path:
        save_file({clip.id: sound[clip.id].astype(np.float16) for clip in clips}, path)
    with whole_file(folder / "clips.jsonl") as path:
        path.write_text("".join(json.dumps(asdict(clip)) + "\n" for clip in clips), encoding="utf-8")
    for stale in folder.glob("audio_features.*.safetensors"):
        stale.unlink()


def write_features(folder: Path, encoder: AudioEncoder, progress: Progress = no_progress) -> Path:
    """Store an encoder's features of all clips beside them, as float16; returns the file.

    Each clip is encoded whole, so that every frame knows what comes before and after it.

    Raises:
        FormatError: not a packed folder.
        OutputError: the folder cannot be written.
    """
    packed = PackedDataset(folder)
    features = {}
    for number, clip in enumerate(packed.clips):
        encoded = encoder.encode(packed.sound(clip.id))
        if encoded.shape != (clip.frames, encoder.dim):
            raise ValueError(
                f"{encoder.name} gave {encoded.shape} for {clip.frames} frames of dim {encoder.dim}"
            )
        features[clip.id] = encoded.astype(np.float16)
        progress("audio features", number + 1, len(packed.clips))
    target = packed.folder / f"audio_features.{encoder.name}.safetensors"
    with whole_file(target) as path:
        save_file(features, path)
    return target


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


def _corpus_moments(packed: PackedDataset, clips: list[Clip]) -> Float[np.ndarray, "3 67"]:
    """Rows: share of frames observed (0 or 1 where there are any), mean, mean square."""
    sums = np.zeros((3, MOTION_DIM))
    for clip in clips:
        motion = packed.motion(clip.id).astype(np.float64)
        seen = np.zeros(MOTION_DIM)
        seen[EXPRESSION], seen[HEAD_ROTATION] = clip.has_upper, clip.has_head
        sums += seen * np.stack([np.full(MOTION_DIM, len(motion)), motion.sum(0), np.square(motion).sum(0)])
    return sums / np.maximum(sums[0], 1)


def _read_clips(path: Path) -> Iterable[Clip]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FormatError(
            f"{path.parent} is not a packed folder: {error.strerror or error}. Run the preparation first."
        ) from error
    names = {field.name for field in fields(Clip)}
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise FormatError(f"{path}, line {number} is not JSON: {error}.") from error
        if not isinstance(entry, dict) or set(entry) != names:
            raise FormatError(
                f"{path}, line {number} does not describe a clip of this version. Prepare again."
            )
        yield Clip(**entry)
