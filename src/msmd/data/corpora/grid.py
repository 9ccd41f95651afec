"""GRID: short commands without emotion, in sync, with word times."""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from msmd.core.errors import FormatError
from msmd.data.corpora.recording import Recording, draw_share, find_videos
from msmd.data.packed import Split

TEST_BELOW, VAL_BELOW = 5, 10
_TICKS_A_SECOND = 25_000
_SPEAKER = re.compile(r"s\d{1,2}")


def list_grid(folder: Path) -> list[Recording]:
    """The videos under a folder and the `.align` file of each; 5 of 100 test, 5 of 100 validate.

    A folder of the form `s1` on the way names the speaker, as the download has it (`s1/bbaf2n.mpg`,
    `alignments/s1/bbaf2n.align`, and other nestings of these); without one it is speaker s1.
    """
    aligned = {(_speaker_of(path, folder), path.stem): path for path in sorted(folder.rglob("*.align"))}
    return [_describe(path, _speaker_of(path, folder), aligned) for path in find_videos(folder)]


def _speaker_of(path: Path, folder: Path) -> str | None:
    parts = (folder.name, *path.relative_to(folder).parts[:-1])
    return next((part for part in reversed(parts) if _SPEAKER.fullmatch(part)), None)


def _describe(path: Path, speaker: str | None, aligned: dict[tuple[str | None, str], Path]) -> Recording:
    align = aligned.get((speaker, path.stem)) or aligned.get((None, path.stem))
    return Recording(
        corpus="grid",
        stem=path.stem if speaker is None else f"{speaker}_{path.stem}",
        speaker=f"grid_{speaker or 's1'}",
        emotion="neutral",
        intensity="normal",
        split=grid_split(path.stem),
        motion_kind="video",
        motion_path=path,
        sound_path=path,
        licence="CC BY 4.0",
        align_path=align,
        sentence=path.stem[:6],  # the code of a command is its words
        language="en",
    )


def grid_split(stem: str) -> Split:
    """Which split a clip belongs to."""
    share = draw_share(stem)
    return "test" if share < TEST_BELOW else "val" if share < VAL_BELOW else "train"


def silent_frames(align_path: Path, times_seconds: Float[np.ndarray, "frames"]) -> Bool[np.ndarray, "frames"]:
    """Frames in which the word times say silence.

    Raises:
        FormatError: the file does not hold lines of start, end, word.
    """
    silent = np.zeros(len(times_seconds), bool)
    try:
        for line in filter(str.strip, align_path.read_text(encoding="utf-8").splitlines()):
            start, end, word = line.split()
            if word in ("sil", "sp"):
                begin_seconds, end_seconds = int(start) / _TICKS_A_SECOND, int(end) / _TICKS_A_SECOND
                silent |= (times_seconds >= begin_seconds) & (times_seconds < end_seconds)
    except (OSError, ValueError) as error:
        raise FormatError(
            f"{align_path} holds no word times (start end word, a line each): {error}."
        ) from error
    return silent
