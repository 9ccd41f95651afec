"""take.json: what went in, what came out, how long it took, what to beware of."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from msmd.core.animation import Animation
from msmd.core.files import whole_file


def write_report(
    animation: Animation,
    path: str | Path,
    outputs: Mapping[str, Path],
    seconds: Mapping[str, float],
    warnings: Sequence[str],
) -> None:
    """Write the report of a take.

    Args:
        animation: its settings are kept word for word.
        path: of the .json.
        outputs: format -> file; named relative to the report where they lie beside it.
        seconds: stage -> seconds of computing.
        warnings: for a person to read.

    Raises:
        OutputError: the place cannot be written.
    """
    motion, path = animation.motion, Path(path)
    spent = float(sum(seconds.values()))
    generating = float(sum(value for stage, value in seconds.items() if not stage.startswith("write_")))
    report = {
        "format": "msmd-take",
        "version": 1,
        "frames": motion.num_frames,
        "fps": str(motion.fps),
        "duration_seconds": motion.duration_seconds,
        "sound": animation.sound
        and {
            "duration_seconds": animation.sound.duration_seconds,
            "sample_rate_hz": animation.sound.sample_rate_hz,
        },
        "seed": animation.seed,
        "settings": dict(animation.settings),
        "origin": dict(motion.origin),
        "outputs": {key: _name_beside(output, path) for key, output in outputs.items()},
        "seconds": {stage: round(value, 4) for stage, value in seconds.items()},
        "real_time_factor": {
            "generation": _factor(motion.duration_seconds, generating),
            "everything": _factor(motion.duration_seconds, spent),
        },
        "warnings": list(warnings),
    }
    text = json.dumps(report, indent=2, ensure_ascii=False, default=_plain) + "\n"
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def _factor(duration_seconds: float, spent_seconds: float) -> float | None:
    """Seconds of computing for each second of animation; none where no time was measured."""
    return round(spent_seconds / duration_seconds, 3) if spent_seconds > 0 else None


def _name_beside(output: Path, report: Path) -> str:
    output = Path(output)
    return output.name if output.parent == report.parent else str(output)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Fraction | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in a report")
