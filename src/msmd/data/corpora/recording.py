"""What a corpus says of one of its recordings."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from msmd.data.packed import Split

MotionKind = Literal["video", "openface", "openface_au", "facegood"]
"""How the motion was observed: video to be tracked, OpenFace landmarks or action units, FACEGOOD weights."""

VIDEO_SUFFIXES: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m4v", ".flv", ".wmv")

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture's width and height."""


@dataclass(frozen=True)
class Recording:
    """One clip of a corpus, before anything is read.

    Attributes:
        corpus: its name.
        stem: unique in the corpus.
        speaker: unique over all corpora.
        emotion: acted emotion, or "unknown".
        intensity: "normal", "strong" or "unknown".
        split: what it may be used for, if the corpus says; None leaves it to the run.
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
        sentence: what is said, if clips share sentences; or "unknown".
        language: a code such as "en", or "unknown".
        tags: words of an annotation (actions, appearance), for `data.curation.tags`; None: there is none.
        span_seconds: the part of the files that is the clip; None: all.
        box: the part of the picture that is the clip; None: all.
    """

    corpus: str
    stem: str
    speaker: str
    emotion: str
    intensity: str
    split: Split | None
    motion_kind: MotionKind
    motion_path: Path
    sound_path: Path
    licence: str
    lag_seconds: float = 0.0
    has_lips: bool = True
    has_upper: bool = True
    has_head: bool = True
    align_path: Path | None = None
    sentence: str = "unknown"
    language: str = "unknown"
    tags: tuple[str, ...] | None = None
    span_seconds: tuple[float, float] | None = None
    box: Box | None = None

    @property
    def id(self) -> str:
        return f"{self.corpus}/{self.stem}"


def draw_share(name: str) -> int:
    """0 to 99, the same on every machine: by it clips and speakers fall into splits."""
    return zlib.crc32(name.encode()) % 100


def find_videos(folder: Path) -> Iterator[Path]:
    """Video files at any depth, in the order of their names; hidden ones are none."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in VIDEO_SUFFIXES and not hidden and path.is_file():
            yield path


def name_clips(paths: list[Path], folder: Path) -> dict[Path, str]:
    """A unique name for each file: its stem; where two agree, their path within the folder."""
    stems = [path.stem for path in paths]
    counts = {stem: stems.count(stem) for stem in set(stems)} if len(set(stems)) < len(stems) else {}
    return {
        path: path.stem
        if counts.get(path.stem, 1) == 1
        else re.sub(r"[^\w.-]+", "_", str(path.relative_to(folder).with_suffix("")))
        for path in paths
    }
