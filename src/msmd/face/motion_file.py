"""Motion in a file: one .npz without pickle, readable with numpy alone."""

import json
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.core.units import MOTION_DIM
from msmd.face.expression_encoder import load_expression_encoder
from msmd.face.raw_landmarks import RawLandmarks

FORMAT: Final = "msmd-motion"
VERSION: Final = 1


def save_motion(path: str | Path, motion: Motion, raw: RawLandmarks | None = None) -> None:
    """Write motion, and the landmarks it was made of if there are any.

    Keys: `format`, `version`, `motion` (frames, 67) float32, `fps_numerator`, `fps_denominator`, `origin`
    (JSON); with landmarks also `landmarks` (frames, 478, 3) float32, `landmark_times_seconds`, `width`,
    `height`; with what the pictures show also `looks` (frames, look_dim) float32 and `looks_of`, which names
    the encoder that can read them.

    Raises:
        OutputError: the place cannot be written.
    """
    entries: dict[str, Any] = motion_entries(motion)
    if raw is not None:
        entries |= {
            "landmarks": raw.landmarks,
            "landmark_times_seconds": raw.times_seconds,
            "width": np.int64(raw.width),
            "height": np.int64(raw.height),
        }
        if raw.looks is not None:
            entries |= {
                "looks": raw.looks.astype(np.float32),
                "looks_of": np.array(load_expression_encoder().fingerprint),
            }
    with whole_file(Path(path)) as aside, aside.open("wb") as file:
        np.savez_compressed(file, **entries)


def motion_entries(motion: Motion) -> dict[str, Any]:
    """The keys that every motion file has."""
    return {
        "format": np.array(FORMAT),
        "version": np.int64(VERSION),
        "motion": motion.values,
        "fps_numerator": np.int64(motion.fps.numerator),
        "fps_denominator": np.int64(motion.fps.denominator),
        "origin": np.array(json.dumps(dict(motion.origin))),
    }


def load_motion(path: str | Path) -> Motion:
    """Read a file of `msmd capture`, or the .npz of `msmd animate`.

    Raises:
        FormatError: there is no such file, it is no motion file, of a later version, or damaged.
    """
    entries = _read(Path(path))
    values = entries["motion"]
    if values.ndim != 2 or values.shape[1] != MOTION_DIM or not len(values):
        raise FormatError(f"{path} holds motion of shape {values.shape}; frames of {MOTION_DIM} are needed.")
    if not np.isfinite(values).all():
        raise FormatError(f"{path} holds motion that is not all numbers (NaN or infinity). Capture it again.")
    try:
        fps = Fraction(int(entries["fps_numerator"]), int(entries["fps_denominator"]))
        origin = {str(key): str(value) for key, value in json.loads(str(entries["origin"])).items()}
    except (ValueError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise FormatError(f"{path} is damaged: its frame rate or origin makes no sense.") from error
    if fps <= 0:
        raise FormatError(f"{path} is damaged: it says {fps} frames per second.")
    return Motion(values.astype(np.float32), fps, origin)


def load_raw_landmarks(path: str | Path) -> RawLandmarks:
    """The landmarks that a file of `msmd capture` keeps, and what the pictures showed.

    What an encoder of another version saw in the pictures is left out: this one cannot read it.

    Raises:
        FormatError: it is no motion file, or keeps none.
    """
    entries = _read(Path(path))
    missing = {"landmarks", "landmark_times_seconds", "width", "height"} - entries.keys()
    if missing:
        raise FormatError(f"{path} keeps no landmarks of a tracker; only files of `msmd capture` do.")
    landmarks, times = entries["landmarks"], entries["landmark_times_seconds"]
    if landmarks.shape != (len(times), 478, 3) or not (np.diff(times) > 0).all():
        raise FormatError(f"{path} is damaged: its landmarks and their times do not match.")
    looks = None
    if "looks" in entries and str(entries["looks_of"]) == load_expression_encoder().fingerprint:
        looks = entries["looks"].astype(np.float32)
    return RawLandmarks(
        landmarks.astype(np.float32),
        times.astype(np.float64),
        int(entries["width"]),
        int(entries["height"]),
        looks=looks,
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise FormatError(f"there is no file {path}. Check the name and the folder.")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            entries = {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(f"{path} cannot be read as a motion file. Make it with `msmd capture`.") from error
    needed = {"format", "version", "motion", "fps_numerator", "fps_denominator", "origin"}
    if not needed <= entries.keys() or str(entries["format"]) != FORMAT:
        raise FormatError(f"{path} is not a motion file of this program. Make it with `msmd capture`.")
    if int(entries["version"]) != VERSION:
        raise FormatError(
            f"{path} is a motion file of version {int(entries['version'])}; this program reads {VERSION}."
        )
    return entries
