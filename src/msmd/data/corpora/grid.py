"""GRID, one speaker: short commands without emotion, in sync, with word times."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from msmd.data.corpora.recording import Recording, draw_share
from msmd.data.packed import Split

TEST_BELOW, VAL_BELOW = 5, 10
_TICKS_A_SECOND = 25_000


def list_grid(data_folder: Path) -> list[Recording]:
    """Clips of `grid/video`; 5 of 100 test, 5 of 100 validate, drawn by their names."""
    folder = data_folder / "grid"
    return [
        Recording(
            corpus="grid",
            stem=path.stem,
            speaker="grid_s1",
            emotion="neutral",
            intensity="normal",
            split=grid_split(path.stem),
            motion_kind="video",
            motion_path=path,
            sound_path=path,
            licence="CC BY 4.0",
            align_path=folder / "align" / f"{path.stem}.align",
        )
        for path in sorted((folder / "video").glob("*.mp4"))
    ]


def grid_split(stem: str) -> Split:
    """Which split a clip belongs to."""
    share = draw_share(stem)
    return "test" if share < TEST_BELOW else "val" if share < VAL_BELOW else "train"


def silent_frames(align_path: Path, times_seconds: Float[np.ndarray, "frames"]) -> Bool[np.ndarray, "frames"]:
    """Frames in which the word times say silence."""
    silent = np.zeros(len(times_seconds), bool)
    for line in align_path.read_text(encoding="utf-8").splitlines():
        start, end, word = line.split()
        if word in ("sil", "sp"):
            begin_seconds, end_seconds = int(start) / _TICKS_A_SECOND, int(end) / _TICKS_A_SECOND
            silent |= (times_seconds >= begin_seconds) & (times_seconds < end_seconds)
    return silent
