"""FACEGOOD: long takes of one Mandarin voice with an animated mouth."""

from pathlib import Path

from msmd.data.corpora.recording import Recording
from msmd.data.packed import Split

_HELD_OUT: dict[str, Split] = {"1114_3_16": "test", "1114_3_15": "val"}


def list_facegood(folder: Path) -> list[Recording]:
    """The pairs of `blendshapes` and `audio`; a short one tests, another validates."""
    return [
        Recording(
            corpus="facegood",
            stem=path.stem,
            speaker="facegood_1114",
            emotion="unknown",
            intensity="unknown",
            split=_HELD_OUT.get(path.stem, "train"),
            motion_kind="facegood",
            motion_path=path,
            sound_path=folder / "audio" / f"{path.stem}.flac",
            licence="MIT (repository)",
            has_upper=False,
            has_head=False,
            language="zh",
        )
        for path in sorted((folder / "blendshapes").glob("*.npz"))
    ]
