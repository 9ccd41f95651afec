"""A CSV file of numbers, plain or gzipped, by column name."""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from msmd.core.errors import FormatError


@dataclass(frozen=True)
class Table:
    """The rows of a file as text, columns found by name whatever the case and the blanks around it.

    Attributes:
        path: where it was read.
        names: as they stand in the header, stripped.
        rows: all of one length, that of `names`; not empty.
    """

    path: Path
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def missing(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that the file lacks."""
        have = {name.lower() for name in self.names}
        return [name for name in names if name.lower() not in have]

    def text(self, name: str) -> list[str]:
        """One column as it is written."""
        column = [have.lower() for have in self.names].index(name.lower())
        return [row[column] for row in self.rows]

    def numbers(self, names: Sequence[str]) -> Float64[np.ndarray, "rows names"]:
        """Columns as finite numbers.

        Raises:
            FormatError: columns are missing, or a cell is no finite number.
        """
        if missing := self.missing(names):
            raise FormatError(
                f"{self.path} lacks {len(missing)} of {len(names)} columns: {', '.join(missing)}. "
                "Export it again with all columns."
            )
        place = {name.lower(): column for column, name in enumerate(self.names)}
        columns = [place[name.lower()] for name in names]
        out = np.empty((len(self.rows), len(names)))
        for number, row in enumerate(self.rows):
            try:
                out[number] = [float(row[column]) for column in columns]
            except ValueError as error:
                raise FormatError(
                    f"{self.path}, data row {number + 1}: {error}. Numbers are needed."
                ) from None
        if not np.isfinite(out).all():
            row, column = np.argwhere(~np.isfinite(out))[0]
            raise FormatError(
                f"{self.path}, data row {row + 1}: {names[column]} is not a finite number. "
                "Mend or drop that row."
            )
        return out


def read_text(path: Path) -> str:
    """The text of a file, unzipped if it is gzipped (told by its first bytes, not by its name).

    Raises:
        FormatError: no such file, a broken gzip file, or not text.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"cannot read {path}: {error.strerror or error}.") from error
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError(f"{path} is a damaged gzip file: {error}.") from error
    except UnicodeDecodeError:
        raise FormatError(
            f"{path} is neither text nor an .npz archive. Give a video, a CSV or JSON file of "
            "curves, or a motion file (.npz)."
        ) from None


def read_table(path: Path) -> Table:
    """Read a CSV file; the separator is the one of , ; and tab that cuts the header into most pieces.

    Raises:
        FormatError: not readable, empty, or rows of unequal length.
    """
    path = Path(path)
    text = read_text(path)
    header = text.split("\n", 1)[0]
    separator = max(",;\t", key=header.count)
    try:
        lines = [
            tuple(cell.strip() for cell in row)
            for row in csv.reader(io.StringIO(text), delimiter=separator)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise FormatError(f"{path} is no CSV file: {error}.") from None
    if len(lines) < 2:
        raise FormatError(f"{path} holds no rows of data. A header and at least one row are needed.")
    names, *rows = lines
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise FormatError(
                f"{path}, data row {number + 1} has {len(row)} cells, the header has {len(names)}: "
                "the file is cut short or damaged."
            )
    return Table(path, names, tuple(rows))
