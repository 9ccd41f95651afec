"""Held-out performances, and the means of the training ones, out of a packed dataset folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from msmd.core.errors import MsmdError
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_DIM, MOTION_FPS
from msmd.data.packed import Clip, PackedDataset, Split
from msmd.evaluation.protocol import Performance


def load_performances(
    dataset_folder: Path, split: Split = "test", splits: str | None = None
) -> list[Performance]:
    """Every clip of a split with its sound and motion.

    Args:
        dataset_folder: packed.
        split: of the clips.
        splits: name of another division of them than the packed one, such as "speaker".

    Raises:
        FormatError: not a packed folder.
        MsmdError: the split is empty.
    """
    packed = PackedDataset(dataset_folder, splits)
    performances = [
        Performance(
            clip=clip.id,
            corpus=clip.corpus,
            speaker=clip.speaker,
            emotion=clip.emotion,
            samples=packed.sound(clip.id),
            motion=packed.motion(clip.id),
            has_lips=clip.has_lips,
            has_upper_face=clip.has_upper,
            has_head=clip.has_head,
            sentence=_sentence_of(clip),
        )
        for clip in packed.select(split)
    ]
    if not performances:
        raise MsmdError(
            f"{dataset_folder} has no clips of the split {split!r}: prepare it with held-out clips."
        )
    return performances


def _sentence_of(clip: Clip) -> str:
    """As the dataset says; else RAVDESS names end in statement-repetition-actor."""
    if clip.sentence != "unknown":
        return clip.sentence
    parts = clip.id.split("-")
    return parts[-3] if clip.corpus == "ravdess" and len(parts) >= 6 else ""


def measure_train_means(
    dataset_folder: Path, splits: str | None = None
) -> Mapping[str, Float[np.ndarray, "67"]]:
    """Mean pose of the training clips: corpus -> (67,), and "" -> (67,) over all.

    Parts that were not observed do not count; a part that a corpus never shows is at rest (0).
    """
    packed = PackedDataset(dataset_folder, splits)
    sums: dict[str, np.ndarray] = {}
    for clip in packed.select("train"):
        motion = packed.motion(clip.id).astype(np.float64)
        seen = np.zeros(MOTION_DIM)
        seen[EXPRESSION], seen[HEAD_ROTATION] = clip.has_upper and clip.has_lips, clip.has_head
        for name in (clip.corpus, ""):
            total = sums.setdefault(name, np.zeros((2, MOTION_DIM)))
            total += seen * np.stack([np.full(MOTION_DIM, len(motion)), motion.sum(axis=0)])
    if not sums:
        raise MsmdError(f"{dataset_folder} has no training clips: prepare it again.")
    return {name: total[1] / np.maximum(total[0], 1) for name, total in sums.items()}


@dataclass(frozen=True)
class TrainingFaces:
    """What the training clips of a dataset say of their speakers.

    Attributes:
        speakers: everyone who speaks in them.
        minutes: of all of them.
        faces: emotion -> mean expression code of each clip whose face is seen whole, (clips, 64), of
            speakers who act more than one emotion: others would teach a judge who they are.
    """

    speakers: frozenset[str]
    minutes: float
    faces: Mapping[str, Float[np.ndarray, "_ 64"]]


def describe_training(dataset_folder: Path, splits: str | None = None, min_clips: int = 5) -> TrainingFaces:
    """Look through the training split.

    Args:
        dataset_folder: packed.
        splits: see `load_performances`.
        min_clips: emotions of fewer clips are left out of `faces`.
    """
    packed = PackedDataset(dataset_folder, splits)
    clips = packed.select("train")
    acted: dict[str, set[str]] = {}
    for clip in clips:
        acted.setdefault(clip.speaker, set()).add(clip.emotion)
    faces: dict[str, list[np.ndarray]] = {}
    for clip in clips:
        acts = len(acted[clip.speaker] - {"unknown"}) > 1 and clip.emotion != "unknown"
        if acts and clip.has_lips and clip.has_upper:
            mean = packed.motion(clip.id)[:, EXPRESSION].mean(axis=0, dtype=np.float64)
            faces.setdefault(clip.emotion, []).append(mean)
    return TrainingFaces(
        speakers=frozenset(acted),
        minutes=sum(clip.frames for clip in clips) / float(MOTION_FPS) / 60,
        faces={name: np.stack(own) for name, own in faces.items() if len(own) >= min_clips},
    )
