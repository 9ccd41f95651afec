"""The front door of the readers: which form a file has is read off its beginning, not its name."""

import zipfile
from pathlib import Path

import numpy as np

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.face.motion_file import load_motion
from msmd.face.readers.facegood import read_facegood
from msmd.face.readers.livelink import is_livelink, read_livelink
from msmd.face.readers.openface import is_openface, read_openface
from msmd.face.readers.table import read_table


def read_curves(path: str | Path) -> Motion:
    """Motion of a file of curves, at the file's own frame rate.

    Known are: takes of Live Link Face and tracks of OpenFace 2 (.csv, gzipped or not), motion and
    takes of this program and weights of FACEGOOD (.npz).

    Raises:
        FormatError: none of these, or damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FormatError(f"there is no file {path}. Check the name and the folder.")
    if zipfile.is_zipfile(path):
        return read_facegood(path) if _is_facegood(path) else load_motion(path)
    table = read_table(path)
    if is_livelink(table):
        return read_livelink(path)
    if is_openface(table):
        return read_openface(path)
    known = ", ".join(table.names[:6])
    raise FormatError(
        f"{path} is no file of curves that this program knows (its columns: {known}, ...). Give a Live Link "
        "Face or OpenFace CSV file, or an .npz file of msmd."
    )


def _is_facegood(path: Path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return "weights" in archive.files and "format" not in archive.files
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return False
