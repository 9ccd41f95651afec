"""Text into a file, whole or not at all, gzipped where the name asks for it."""

import gzip
from pathlib import Path

from msmd.core.files import whole_file


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 with plain line ends; a name that ends in .gz is gzipped, the same bytes every time.

    Raises:
        OutputError: the place cannot be written.
    """
    data = text.encode("utf-8")
    if Path(path).suffix.lower() == ".gz":
        data = gzip.compress(data, mtime=0)
    with whole_file(Path(path)) as aside:
        aside.write_bytes(data)
