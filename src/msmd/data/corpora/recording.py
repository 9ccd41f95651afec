"""What a corpus says of one of its recordings."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msmd.data.packed import Split

MotionKind = Literal["video", "openface", "openface_au", "facegood"]
"""How the motion was observed: video to be tracked, OpenFace landmarks or action units, FACEGOOD weights."""


@dataclass(frozen=True)
class Recording:
    """One clip of a corpus, before anything is read.

    Attributes:
        corpus: its name.
        stem: unique in the corpus.
        speaker: unique over all corpora.
        emotion: acted emotion, or "unknown".
        intensity: "normal", "strong" or "unknown".
        split: what it may be used for.
        motion_kind: see `MotionKind`.
        motion_path: the video or the curves.
        sound_path: the sound; the video itself if it has its own.
        licence: terms.
        lag_seconds: by how much the face comes after the sound; negative: the mouth leads. Taken out
            when sound and motion are cut to each other.
        has_lips: mouth and sound belong together once the lag is out, and the mouth is seen often enough.
        has_upper: eyes and brows are observed.
        has_head: the head's rotation is observed.
        align_path: word times, for GRID.
    """

    corpus: str
    stem: str
    speaker: str
    emotion: str
    intensity: str
    split: Split
    motion_kind: MotionKind
    motion_path: Path
    sound_path: Path
    licence: str
    lag_seconds: float = 0.0
    has_lips: bool = True
    has_upper: bool = True
    has_head: bool = True
    align_path: Path | None = None

    @property
    def id(self) -> str:
        return f"{self.corpus}/{self.stem}"


def draw_share(name: str) -> int:
    """0 to 99, the same on every machine: by it clips and speakers fall into splits."""
    return zlib.crc32(name.encode()) % 100
