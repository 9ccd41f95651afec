"""New sentences of a speaker who was trained on: correlation with the recorded mouth, and error in mm."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from msmd.evaluation import figures
from msmd.evaluation.clip_measures import measure
from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.stage import GRID, Stage
from msmd.evaluation.held_out import choose_panels
from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.pairing import StyledClip
from msmd.evaluation.protocol import as_still
from msmd.evaluation.recordings import measure_train_means
from msmd.evaluation.records import Row

CORRELATION: Final = 0.70
LAG_SHARE: Final = 0.90
LVE_SHARE: Final = 0.6
FIGURE: Final = "embedded_openings.png"

_COLUMNS: Final = (
    "opening_correlation",
    "lve_rms",
    "mod",
    "opening_std_ratio",
    "velocity_spectrum_db",
    "fdd_abs",
)


def known_speaker(stage: Stage) -> Section:
    """Held-out GRID clips, each in the style of another clip of the speaker, and without a style."""
    clips = stage.clips(GRID)
    rows = held_out_rows(stage, clips)
    panels = choose_panels(
        rows,
        clips,
        lambda clip: stage.takes.motion(clip.target.samples, stage.encode(clip.reference)),
        stage.mesh,
    )
    if panels:
        figures.draw_openings(panels, stage.bench.out_folder / FIGURE)
    own = {
        name: [row for row in rows if row["system"] == name]
        for name in ("model", "no style", "still", "mean pose")
    }
    return Section([_correlation(own["model"]), _error(own)], _details(own))


def held_out_rows(stage: Stage, clips: Sequence[StyledClip]) -> list[Row]:
    """`clip_measures.measure` of the model with and without a style, the still face and the mean pose."""
    means = measure_train_means(stage.bench.dataset_folder, stage.bench.splits)
    rows: list[Row] = []
    for done, clip in enumerate(clips):
        stage.bench.progress("known speaker", done, len(clips))
        target = clip.target
        frames = len(target.motion)
        mean = np.asarray(means.get(target.corpus, means[""]), np.float32)
        motions = {
            "model": stage.takes.motion(target.samples, stage.encode(clip.reference)),
            "no style": stage.takes.motion(target.samples),
            "still": np.zeros_like(target.motion),
            "mean pose": as_still(mean, frames),
        }
        rows += [
            {"clip": target.clip, "system": name} | measure(stage.mesh, target, motion)
            for name, motion in motions.items()
        ]
    stage.bench.progress("known speaker", len(clips), len(clips))
    return rows


def _correlation(rows: Sequence[Row]) -> BarRow:
    what = "GRID held-out: correlation of inner-lip opening with the recorded one"
    bar = f"median >= {CORRELATION:g}; best lag within one frame on >= {cell_rate(LAG_SHARE)}"
    correlation = column(rows, "opening_correlation")
    if not len(correlation):
        return unmeasured("grid correlation", what, bar, "no held-out GRID clips in the dataset")
    median = float(np.median(correlation))
    near = float(np.mean(np.abs(column(rows, "opening_lag_frames")) <= 1))
    return BarRow(
        key="grid correlation",
        what=what,
        bar=bar,
        measured=f"{median:.2f}; {cell_rate(near)}",
        verdict=judged(median >= CORRELATION and near >= LAG_SHARE),
        how=f"{len(rows)} clips; style: another clip of the speaker; lags from -8 to +8 frames",
        numbers={"median": median, "within_a_frame": near, "clips": len(rows)},
    )


def _error(own: dict[str, list[Row]]) -> BarRow:
    what, bar = "GRID held-out: `lve_rms`", f"<= {LVE_SHARE:g} of the still face's"
    errors = {name: column(rows, "lve_rms") for name, rows in own.items()}
    if not len(errors["model"]):
        return unmeasured("grid lve_rms", what, bar, "no held-out GRID clips in the dataset")
    medians = {name: float(np.median(values)) for name, values in errors.items()}
    share = medians["model"] / medians["still"]
    return BarRow(
        key="grid lve_rms",
        what=what,
        bar=bar,
        measured=f"{share:.2f}: {medians['model']:.2f} of {medians['still']:.2f} mm",
        verdict=judged(share <= LVE_SHARE),
        how=f"medians over the same clips; the mean pose of the training clips: "
        f"{medians['mean pose']:.2f} mm",
        numbers={"share": share, **medians},
    )


def _details(own: dict[str, list[Row]]) -> str:
    lines = [
        (name, *(_median(rows, column_name) for column_name in _COLUMNS))
        for name, rows in own.items()
        if rows
    ]
    return "### GRID held-out, medians\n\n" + markdown_table(("system", *_COLUMNS), lines) if lines else ""


def _median(rows: Sequence[Row], name: str) -> str:
    values = column(rows, name)
    return cell_number(float(np.median(values)) if len(values) else None)


def column(rows: Sequence[Row], name: str) -> np.ndarray:
    """The finite values of a measure."""
    values = np.array([np.nan if row.get(name) is None else row.get(name) for row in rows], float)
    return values[np.isfinite(values)]
