"""Talking faces of many speakers, with a manifest that says how well mouth and sound agree."""

import json
import re
from pathlib import Path

from msmd.core.errors import FormatError
from msmd.data.corpora.recording import Recording, draw_share
from msmd.data.packed import Split

TEST_BELOW, VAL_BELOW = 10, 15

MAX_LAG_SECONDS = 0.4
"""Beyond it the manifest's own measure is doubtful."""

_NOT_IN_TIME = ("trial_pink", "dolos_D", "dolos_H")
"""Speakers whose shifted clips show no agreement at the shift (pooled correlation of lip opening and
loudness at most 0.1 within a frame of lag 0; those of the others peak there at 0.14 to 0.6)."""

MIN_LIP_FPS = 20.0
"""Slower videos miss closures of the lips."""

_MEAD = re.compile(r"_level_(\d)_([a-z]+)_")
_MEAD_EMOTIONS = {"disgusted": "disgust", "angry": "angry", "happy": "happy", "surprised": "surprised"}


def list_talking(folder: Path) -> list[Recording]:
    """Clips of the manifest; about one speaker in ten tests, one in twenty validates.

    Raises:
        FormatError: the manifest is damaged.
    """
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        return []
    recordings = []
    for number, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            recordings.append(_describe(folder, json.loads(line)))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise FormatError(f"{manifest}, line {number} does not describe a clip: {error!r}.") from error
    return recordings


def talking_split(speaker: str) -> Split:
    """Which split a speaker belongs to."""
    share = draw_share(speaker)
    return "test" if share < TEST_BELOW else "val" if share < VAL_BELOW else "train"


def _describe(folder: Path, entry: dict) -> Recording:
    path = folder / entry["file"]
    lag_seconds = (entry["offset_ms"] or 0) / 1000
    in_time = entry["sync"] in ("good", "curated") or (
        entry["sync"] == "offset"
        and abs(lag_seconds) <= MAX_LAG_SECONDS
        and entry["speaker"] not in _NOT_IN_TIME
    )
    mead = _MEAD.search(entry["file"])
    return Recording(
        corpus="talking",
        stem=path.stem,
        speaker=entry["speaker"],
        emotion=_MEAD_EMOTIONS.get(mead[2], "unknown") if mead else "unknown",
        intensity=("normal" if mead[1] == "1" else "strong") if mead else "unknown",
        split=talking_split(entry["speaker"]),
        motion_kind="video",
        motion_path=path,
        sound_path=path,
        licence=entry["licence"] or "unknown",
        lag_seconds=lag_seconds if in_time else 0.0,
        has_lips=in_time and entry["fps"] >= MIN_LIP_FPS,
    )
