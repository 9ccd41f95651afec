"""Any folder of videos, with a table of who speaks how where there is one."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msmd.core.errors import FormatError
from msmd.data.corpora.recording import Recording, find_videos, name_clips

TABLE_NAMES: Final = ("clips.csv", "metadata.csv")
"""Looked for in the folder where no other table is named."""

COLUMNS: Final = (
    "file", "speaker", "emotion", "intensity", "language", "sentence", "licence", "tags", "sound",
    "lag_seconds",
)  # fmt: skip
"""That a table may have, in any order; only `file` must be there. Empty cells mean unknown. `tags` are
separated by semicolons; `sound` names a file for videos without sound of their own; `lag_seconds` is by how
much the face comes after the sound. File names are relative to the folder."""


def list_folder(folder: Path, table: Path | None = None) -> list[Recording]:
    """Every video below a folder; without a table each is a speaker of its own.

    Raises:
        FormatError: the table cannot be read, or names a file that is not there.
    """
    corpus = re.sub(r"[^\w.-]+", "_", folder.resolve().name.lower()) or "folder"
    videos = list(find_videos(folder))
    rows = _read_table(folder, table)
    for name in rows:
        if not (folder / name).is_file():
            raise FormatError(
                f"the table names {name}, which is not in {folder}. Correct the name or the folder."
            )
    names = name_clips(videos, folder)
    return [_describe(path, names[path], corpus, folder, rows) for path in videos]


def _describe(
    path: Path, name: str, corpus: str, folder: Path, rows: Mapping[str, Mapping[str, str]]
) -> Recording:
    row = rows.get(path.relative_to(folder).as_posix(), {})

    def cell(column: str, otherwise: str = "unknown") -> str:
        return (row.get(column) or "").strip() or otherwise

    tags = [tag.strip() for tag in (row.get("tags") or "").split(";") if tag.strip()]
    try:
        lag_seconds = float(cell("lag_seconds", "0"))
    except ValueError as error:
        raise FormatError(
            f"the table gives {path.name} a lag that is no number of seconds: {error}."
        ) from error
    return Recording(
        corpus=corpus,
        stem=name,
        speaker=f"{corpus}_{cell('speaker', name)}",
        emotion=cell("emotion").lower(),
        intensity=cell("intensity").lower(),
        split=None,
        motion_kind="video",
        motion_path=path,
        sound_path=folder / cell("sound") if row.get("sound") else path,
        licence=cell("licence"),
        lag_seconds=lag_seconds,
        sentence=cell("sentence"),
        language=cell("language"),
        tags=tuple(tags) if tags else None,
    )


def _read_table(folder: Path, table: Path | None) -> dict[str, dict[str, str]]:
    path = table or next((folder / name for name in TABLE_NAMES if (folder / name).is_file()), None)
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = [name.strip().lower() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"the table {path} cannot be read: {error}.") from error
    unknown = sorted(set(columns) - set(COLUMNS))
    if "file" not in columns or unknown:
        wrong = f"unknown columns {', '.join(unknown)}" if "file" in columns else "no column `file`"
        raise FormatError(f"{path} has {wrong}. Columns are: {', '.join(COLUMNS)}.")
    return {Path(row["file"].strip()).as_posix(): row for row in rows if row["file"]}
