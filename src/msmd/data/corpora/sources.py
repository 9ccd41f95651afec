"""Which corpus a folder holds, and its clips."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from msmd.core.errors import FormatError
from msmd.data.corpora.celebv import is_celebv_hq, is_celebv_text, list_celebv_hq, list_celebv_text
from msmd.data.corpora.facegood import list_facegood
from msmd.data.corpora.folder import list_folder
from msmd.data.corpora.grid import list_grid
from msmd.data.corpora.ravdess import is_ravdess, list_ravdess
from msmd.data.corpora.recording import Recording
from msmd.data.corpora.talking import list_talking

_MIXED: Final[dict[str, Callable[[Path], list[Recording]]]] = {
    "grid": list_grid,
    "ravdess": list_ravdess,
    "talking": list_talking,
    "facegood": list_facegood,
}
"""Folders of a mixed source; it has two of them at least."""


@dataclass(frozen=True)
class Layout:
    """A way in which a source keeps its clips.

    Attributes:
        name: for the command line.
        text: what it is, for people.
        fits: whether a folder looks like it.
        list: the clips of a folder.
    """

    name: str
    text: str
    fits: Callable[[Path], bool]
    list: Callable[[Path], list[Recording]]


def is_mixed(folder: Path) -> bool:
    """Whether a folder holds several corpora, each under its name; others in it are not taken."""
    return sum((folder / name).is_dir() for name in _MIXED) >= 2


def _list_mixed(folder: Path) -> list[Recording]:
    return [one for name, listing in _MIXED.items() for one in listing(folder / name)]


LAYOUTS: Final = (
    Layout("mixed", f"a folder that holds two or more of {', '.join(_MIXED)}", is_mixed, _list_mixed),
    Layout(
        "ravdess", "a RAVDESS download", is_ravdess, lambda folder: list_ravdess(folder, own_splits=False)
    ),
    Layout("celebvhq", "a CelebV-HQ download", is_celebv_hq, list_celebv_hq),
    Layout("celebvtext", "a CelebV-Text download", is_celebv_text, list_celebv_text),
    Layout("grid", "GRID: videos and .align files", lambda folder: any(folder.rglob("*.align")), list_grid),
    Layout("folder", "any folder of videos, with a table or without", lambda folder: True, list_folder),
)
"""In the order in which they are tried."""


def list_source(source: Path, layout: str = "auto", table: Path | None = None) -> list[Recording]:
    """The clips of a source, in the order of their ids.

    Args:
        source: a folder.
        layout: name of one of `LAYOUTS`; "auto" takes the first that fits.
        table: for a folder of videos, see `corpora.folder`.

    Raises:
        FormatError: no such folder or layout, nothing in it, or two clips of one name.
    """
    source = Path(source)
    if not source.is_dir():
        raise FormatError(f"there is no folder {source}. Name a folder of recordings.")
    known = {one.name: one for one in LAYOUTS}
    if layout == "auto":
        chosen = known["folder"] if table else next(one for one in LAYOUTS if one.fits(source))
    elif layout in known:
        chosen = known[layout]
    else:
        raise FormatError(f"no layout {layout!r}. There are: auto, {', '.join(known)}.")
    recordings = list_folder(source, table) if chosen.name == "folder" else chosen.list(source)
    if not recordings:
        raise FormatError(
            f"{source}, read as {chosen.text}, holds no clips. Name the folder above them, or another layout "
            f"({', '.join(known)})."
        )
    recordings.sort(key=lambda one: one.id)
    for one, other in pairwise(recordings):
        if one.id == other.id:
            raise FormatError(f"{one.motion_path} and {other.motion_path} are both the clip {one.id}.")
    return recordings
