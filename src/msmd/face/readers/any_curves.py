"""The front door of the readers: which form a file has is read off its beginning, not its name."""

import zipfile
from pathlib import Path

import numpy as np

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.motion_file import load_motion
from msmd.face.readers.arkit_json import read_arkit_json
from msmd.face.readers.arkit_table import is_arkit_table, read_arkit_table
from msmd.face.readers.facegood import read_facegood_curves
from msmd.face.readers.flame import is_flame, read_flame
from msmd.face.readers.livelink import is_livelink, read_livelink
from msmd.face.readers.openface import is_openface, read_openface
from msmd.face.readers.table import read_table, read_text

KNOWN_FORMS = (
    "Live Link Face CSV (a column Timecode and the 52 ARKit shapes); ARKit CSV (30 or more of the shapes by "
    "name); OpenFace CSV (X_0, Y_0, Z_0, ... or AU01_r ...); ARKit JSON as in BEAT (names, frames); .npz of "
    "this program, of FACEGOOD (weights, frames x 116) or of FLAME (expression, jaw_pose)"
)
"""What is looked for, for people."""


def read_curves(path: str | Path) -> Motion:
    """Motion of a file of curves of any known form, at the file's own frame rate.

    Raises:
        FormatError: none of `KNOWN_FORMS`, or damaged.
    """
    read = read_any(path)
    return read.to_motion() if isinstance(read, ArkitCurves) else read


def read_any(path: str | Path) -> ArkitCurves | Motion:
    """What a file holds: ARKit's curves as they are where it has those, motion otherwise.

    Plain or gzipped; the name of the file says nothing.

    Raises:
        FormatError: none of `KNOWN_FORMS`, or damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FormatError(f"there is no file {path}. Check the name and the folder.")
    if zipfile.is_zipfile(path):
        return _read_archive(path)
    text = read_text(path).strip()
    if text[:1] in ("{", "["):
        return read_arkit_json(path)
    if "\n" not in text:
        raise FormatError(f"{path} holds {text[:40]!r} and no rows of curves. Looked for: {KNOWN_FORMS}.")
    table = read_table(path)
    if is_livelink(table):
        return read_livelink(path)
    if is_openface(table):
        return read_openface(path)
    if is_arkit_table(table):
        return read_arkit_table(path)
    raise FormatError(
        f"{path} is no file of curves that this program knows (its columns: {', '.join(table.names[:6])}, "
        f"...). Looked for: {KNOWN_FORMS}."
    )


def looks_like_curves(path: str | Path) -> bool:
    """Whether a file is text, gzip or an .npz archive by its first bytes, and so no video and no sound."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(1024)
    except OSError:
        return False
    if head[:2] in (b"PK", b"\x1f\x8b"):
        return True
    text = head.decode("utf-8", errors="replace")[:-1]  # the last character may be cut in two
    return bool(head) and "\0" not in text and "\ufffd" not in text


def _read_archive(path: Path) -> ArkitCurves | Motion:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = list(archive.files)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return load_motion(path)  # which tells what is wrong
    if "format" in names:
        return load_motion(path)
    if "weights" in names:
        return read_facegood_curves(path)
    if is_flame(names):
        return read_flame(path)
    raise FormatError(
        f"{path} is no .npz file that this program knows (its arrays: {', '.join(names[:6]) or 'none'}). "
        f"Looked for: {KNOWN_FORMS}."
    )
