"""A file of curves in one form -> the same in another, and what gets lost on the way.

Between forms that hold ARKit weights the weights themselves travel. Into a motion file, or out of a form
that holds none (OpenFace, FLAME, a motion), the way leads through the expression code.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from msmd.core.animation import Motion
from msmd.core.errors import FormatError, MsmdError
from msmd.export.arkit_files import write_arkit_csv, write_arkit_json
from msmd.export.livelink import write_livelink_curves
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.blinks import resample_motion
from msmd.face.motion_file import save_motion
from msmd.face.readers.any_curves import read_any

MOTION: Final = "npz"
CURVE_WRITERS: Final[Mapping[str, Callable[[ArkitCurves, Path], None]]] = {
    "livelink": write_livelink_curves,
    "arkit-json": write_arkit_json,
    "arkit-csv": write_arkit_csv,
}
"""Forms of ARKit curves that can be written."""

FORMS: Final = (*CURVE_WRITERS, MOTION)

_FORM_OF_ENDING: Final = {".csv": "livelink", ".json": "arkit-json", ".npz": MOTION}


def convert(
    source: str | Path, out: str | Path, form: str | None = None, fps: Fraction | None = None
) -> ArkitCurves | Motion:
    """Read a file of any known form and write it in another.

    Args:
        source: see `face.readers.any_curves`.
        out: where to; `.gz` behind the ending of a text form gzips it.
        form: one of `FORMS`; None: by the ending of `out` (.csv is a Live Link Face take).
        fps: of the result; None: the file's own.

    Returns:
        What was written.

    Raises:
        FormatError: the source is of no known form, or damaged.
        MsmdError: an unknown form or ending.
        OutputError: the place cannot be written.
    """
    out = Path(out)
    form = form_of(out, form)
    read = read_any(source)
    if form == MOTION:
        motion = read.to_motion() if isinstance(read, ArkitCurves) else read
        if fps is not None:
            motion = resample_motion(motion, fps)
        save_motion(out, motion)
        return motion
    curves = read if isinstance(read, ArkitCurves) else ArkitCurves.of_motion(read)
    if fps is not None:
        curves = curves.resample(fps)
    CURVE_WRITERS[form](curves, out)
    return curves


def form_of(out: Path, form: str | None) -> str:
    """The form in which a file is to be written.

    Raises:
        MsmdError: it is unknown, or the ending tells none.
    """
    if form is not None:
        if form not in FORMS:
            raise MsmdError(f"unknown form {form!r}. There are: {', '.join(FORMS)}.")
        return form
    ending = (out.with_suffix("") if out.suffix.lower() == ".gz" else out).suffix.lower()
    if ending not in _FORM_OF_ENDING:
        raise MsmdError(
            f"the ending of {out.name} tells no form; name it with --form ({', '.join(FORMS)}), or end it in "
            f"{', '.join(_FORM_OF_ENDING)}."
        )
    return _FORM_OF_ENDING[ending]


def read_weights(path: str | Path) -> ArkitCurves:
    """The ARKit curves of a file, solved from its motion where it holds no weights."""
    read = read_any(path)
    return read if isinstance(read, ArkitCurves) else ArkitCurves.of_motion(read)


def through_code(curves: ArkitCurves) -> ArkitCurves:
    """Curves -> motion -> curves: what a style reference or a motion file keeps of them."""
    again = ArkitCurves.of_motion(curves.to_motion())
    return replace(again, start_seconds=curves.start_seconds)


def same_length(a: ArkitCurves, b: ArkitCurves) -> None:
    """Raises: FormatError: a form that was read back has another number of frames."""
    if a.num_frames != b.num_frames:
        raise FormatError(f"{a.num_frames} frames were written and {b.num_frames} read back.")
