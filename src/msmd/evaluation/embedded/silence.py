"""Silence of 0.3 s and more: does the mouth rest, and without a tremble?"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from msmd.core.units import MOTION_FPS
from msmd.evaluation.embedded.bars import BarRow, judged, unmeasured
from msmd.evaluation.markdown import cell_rate
from msmd.evaluation.records import Row

RESTING_SHARE: Final = 0.95


def resting(
    rows: Sequence[Row], name: str = "resting_rate", frames: str = "silent_frames"
) -> tuple[float, int]:
    """Share of silent frames at rest, over all lines, and how many frames those are."""
    silent = [row for row in rows if row[frames]]
    counts = np.array([row[frames] for row in silent], float)
    if not len(counts):
        return float("nan"), 0
    rates = np.array([row[name] for row in silent], float)
    return float(np.average(rates, weights=counts)), int(counts.sum())


def tremble(rows: Sequence[Row]) -> float:
    """Root mean square second difference of the lips in silence, over all lines, mm per frame²."""
    known = [
        (float(str(row["lip_jitter_in_silence"])), float(str(row["silent_frames"])))
        for row in rows
        if row["silent_frames"] and np.isfinite(or_nan(row["lip_jitter_in_silence"]))
    ]
    if not known:
        return float("nan")
    values, weights = np.array(known).T
    return float(np.sqrt(np.average(np.square(values), weights=weights)))


def rest_row(rows: Sequence[Row], recorded: Sequence[Row]) -> BarRow:
    """Rows of `unseen_voices.measure_line` of generated lines, and of recorded faces."""
    what, bar = (
        "Silence of 0.3 s and more: mouth at rest",
        (f"opening under 10 % of the 95th percentile in >= {cell_rate(RESTING_SHARE)} of its frames"),
    )
    rate, frames = resting(rows)
    if not frames:
        return unmeasured("rest", what, bar, "no line has such a silence")
    whole, _ = resting(rows, "resting_rate_whole", "silent_frames_whole")
    return BarRow(
        key="rest",
        what=what,
        bar=bar,
        measured=f"{cell_rate(rate)} of {frames / float(MOTION_FPS):.0f} s",
        verdict=judged(rate >= RESTING_SHARE),
        how=f"same lines and {sum(not row['aligned'] for row in rows)} without texts; less 120 ms at either "
        f"end of a pause (with them {cell_rate(whole)}); recorded faces: {cell_rate(resting(recorded)[0])}",
        numbers={"rate": rate, "frames": frames, "rate_with_edges": whole},
    )


def tremble_row(rows: Sequence[Row], recorded: Sequence[Row]) -> BarRow:
    """The same rows as for `rest_row`."""
    what, bar = "same: no tremble", "lips no more restless than recorded ones in silence"
    own, theirs = tremble(rows), tremble(recorded)
    if not (np.isfinite(own) and np.isfinite(theirs)):
        return unmeasured("tremble", what, bar, "no silence in the lines, or in the recordings")
    return BarRow(
        key="tremble",
        what=what,
        bar=bar,
        measured=f"{own:.3f} against {theirs:.3f} mm/frame²",
        verdict=judged(own <= theirs),
        how=f"root mean square second difference of the lips in the same frames; recorded: "
        f"{len(recorded)} held-out clips with silence",
        numbers={"own": own, "recorded": theirs},
    )


def or_nan(value: object) -> float:
    """A number of a row; what is missing is NaN."""
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]
