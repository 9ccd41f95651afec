"""The animation as numbers: motion, its parts by Eq. 4, settings. Any numpy reads it, without pickle."""

import io
import json
import zipfile
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.animation import Animation
from msmd.core.files import whole_file
from msmd.face.motion_file import motion_entries

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""The time that every entry bears, so that the same animation gives the same bytes."""


def write_motion_npz(animation: Animation, path: str | Path) -> None:
    """Write a motion file (`face.motion_file.load_motion` reads it) with what made the motion.

    Keys beyond those of a motion file: `primary_motion` (frames, 67), `alpha` (frames, K), `basis` (K, 67),
    `seed`, `settings` (JSON).

    Raises:
        OutputError: the place cannot be written.
    """
    entries = motion_entries(animation.motion) | {
        "primary_motion": animation.primary_motion,
        "alpha": animation.alpha,
        "basis": animation.basis,
        "seed": np.int64(animation.seed),
        "settings": np.array(json.dumps(dict(animation.settings), sort_keys=True, default=str)),
    }
    with whole_file(Path(path)) as aside, zipfile.ZipFile(aside, "w") as archive:
        for name, value in entries.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asanyarray(value), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, buffer.getvalue())
