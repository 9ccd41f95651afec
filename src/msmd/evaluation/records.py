"""Rows of results on disk, one JSON object a line, so that a stopped evaluation goes on where it was."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from msmd.core.errors import MsmdError, OutputError
from msmd.core.files import whole_file

Row = Mapping[str, object]


def open_folder(folder: Path, identity: Mapping[str, object]) -> None:
    """Begin an evaluation in a folder, or go on with the one that is there.

    Args:
        folder: made if need be.
        identity: what the rows depend on (model, data, options); kept as `evaluation.json`.

    Raises:
        MsmdError: the folder holds rows of something else.
        OutputError: it cannot be written.
    """
    path = folder / "evaluation.json"
    text = json.dumps(identity, indent=1, sort_keys=True) + "\n"
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise MsmdError(
                f"{folder} holds the evaluation of another model, other data or other options. "
                "Choose another folder, or delete it."
            )
        return
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


class RowFile:
    """Rows of one suite; a row that was cut short when the program was stopped is done again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = {str(row["key"]): row for row in _read_rows(path)}

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order in which they came."""
        return list(self._rows.values())

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def append(self, key: str, row: Row) -> None:
        """Keep a row and write it at once. NaN is written as null.

        Raises:
            OutputError: the file cannot be written.
        """
        row = {"key": key, **{name: _jsonable(value) for name, value in row.items()}}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(
                    ("" if _ends_a_line(self._path) else "\n") + json.dumps(row, allow_nan=False) + "\n"
                )
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}.") from error
        self._rows[key] = row


def fingerprint(path: Path) -> str:
    """The beginning of a file's SHA-256.

    Raises:
        MsmdError: it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise MsmdError(f"cannot read {path}: {error.strerror or error}. Give a prepared folder.") from error


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all."""
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write a result as JSON; NaN becomes null."""
    with whole_file(path) as aside:
        text = json.dumps(_jsonable(value), indent=1, allow_nan=False, ensure_ascii=False)
        aside.write_text(text + "\n", encoding="utf-8")


def _ends_a_line(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _read_rows(path: Path) -> Iterable[Row]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and "key" in row:
            yield row


def _jsonable(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _jsonable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    if isinstance(value, str | int) or value is None:
        return value
    number = float(value)  # type: ignore[arg-type]  # what is left are numbers of numpy
    return number if math.isfinite(number) else None
