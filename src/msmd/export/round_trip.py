"""Read -> write -> read: how far each curve is from what it was, form by form."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from msmd.core.units import ARKIT_NAMES
from msmd.export.convert import CURVE_WRITERS, MOTION, read_weights, same_length, through_code
from msmd.face.arkit_curves import ArkitCurves

HEAD_NAMES: Final = ("headPitch", "headYaw", "headRoll")
CURVES: Final = (*ARKIT_NAMES, *HEAD_NAMES)

_STILL: Final = 0.01
"""Standard deviation under which a curve is left out of the table."""

_ENDINGS: Final = {"livelink": ".csv", "arkit-json": ".json", "arkit-csv": ".csv"}


@dataclass(frozen=True)
class RoundTrip:
    """What became of a take on its way through a form and back.

    Attributes:
        rms: (55,) root mean square error of each of `CURVES`: weights, then radians.
        worst: (55,) greatest error of each.
        correlation: (55,) of each with what it was; NaN for a curve that does not move.
        time_seconds: greatest difference of a frame's time.
    """

    rms: Float64[np.ndarray, "55"]
    worst: Float64[np.ndarray, "55"]
    correlation: Float64[np.ndarray, "55"]
    time_seconds: float


def measure_round_trips(source: str | Path) -> tuple[ArkitCurves, Mapping[str, RoundTrip]]:
    """Every form that can be written, for one file.

    Returns:
        The curves as they were read, and the error by form. The form "npz" is the expression code, as a
        style reference sees it: ARKit curves -> motion -> ARKit curves.

    Raises:
        FormatError: the source is of no known form, or damaged.
    """
    curves = read_weights(source)
    trips = {}
    with tempfile.TemporaryDirectory() as folder:
        for form, write in CURVE_WRITERS.items():
            path = Path(folder) / f"{form}{_ENDINGS[form]}"
            write(curves, path)
            trips[form] = compare(curves, read_weights(path))
    trips[MOTION] = compare(curves, through_code(curves))
    return curves, trips


def compare(before: ArkitCurves, after: ArkitCurves) -> RoundTrip:
    """Errors of every curve.

    Raises:
        FormatError: the number of frames differs.
    """
    same_length(before, after)
    a, b = _together(before), _together(after)
    frames = np.arange(len(a))
    times = [one.start_seconds + frames / float(one.fps) for one in (before, after)]
    return RoundTrip(
        rms=np.sqrt(np.square(b - a).mean(axis=0)),
        worst=np.abs(b - a).max(axis=0),
        correlation=np.array([_correlation(x, y) for x, y in zip(a.T, b.T, strict=True)]),
        time_seconds=float(np.abs(times[0] - times[1]).max()),
    )


def describe(curves: ArkitCurves, trips: Mapping[str, RoundTrip]) -> str:
    """A Markdown table: a row per curve that moves, those that move most first; then a line for the rest."""
    together = _together(curves)
    deviation = together.std(axis=0)
    moves = deviation >= _STILL
    forms = [form for form in trips if form != MOTION]
    head = ["curve", "mean", "deviation", *(f"{form}: worst" for form in forms), "code: rms", "code: r"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for index in sorted(np.flatnonzero(moves), key=lambda index: -deviation[index]):
        cells = [CURVES[index], f"{together[:, index].mean():.3f}", f"{deviation[index]:.3f}"]
        cells += [f"{trips[form].worst[index]:.1e}" for form in forms]
        correlation = trips[MOTION].correlation[index]
        told = f"{correlation:.2f}" if np.isfinite(correlation) else "not held"
        cells += [f"{trips[MOTION].rms[index]:.3f}", told]
        lines.append("| " + " | ".join(cells) + " |")
    worst = max(float(trips[form].worst.max()) for form in forms)
    late = max(trips[form].time_seconds for form in forms)
    lines += [
        "",
        f"{curves.num_frames} frames at {float(curves.fps):.3f} a second. {int((~moves).sum())} curves that "
        f"hardly move are left out. Written and read back, no curve is off by more than {worst:.1e} and no "
        f'frame by more than {late * 1000:.2f} ms. "code" is the way through a motion file.',
    ]
    return "\n".join(lines)


def _together(curves: ArkitCurves) -> Float64[np.ndarray, "frames 55"]:
    return np.concatenate([curves.weights, curves.head_rotation], axis=1).astype(np.float64)


def _correlation(a: Float[np.ndarray, "frames"], b: Float[np.ndarray, "frames"]) -> float:
    if min(a.std(), b.std()) < 1e-6:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
