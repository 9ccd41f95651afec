"""Learning curves of several runs in one picture, from their log.csv."""

import csv
from collections.abc import Sequence
from pathlib import Path

from msmd.core.errors import FormatError, MsmdError
from msmd.core.files import whole_file
from msmd.training.run_folder import LOG

PANELS = {
    "simple": "training, simple loss (Eq. 1), mean of 5 rows",
    "validation_simple": "validation, simple loss",
    "validation_from_noise": "validation, error from noise (t = T)",
}

Curve = tuple[list[int], list[float]]


def draw_curves(runs: Sequence[Path], path: Path) -> None:
    """One panel for each column of `PANELS`, one line for each run, named as its folder.

    Raises:
        FormatError: a folder without a log, or with an empty one.
        MsmdError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MsmdError(
            f'curves need matplotlib: {error}. Install it with: pip install "msmd[evaluate]".'
        ) from error
    curves = {run.name: {name: read_curve(run, name) for name in PANELS} for run in runs}
    figure = Figure(figsize=(4.6 * len(PANELS), 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(PANELS))
    for axis, (column, title) in zip(axes, PANELS.items(), strict=True):
        for number, (name, of_run) in enumerate(curves.items()):
            steps, values = of_run[column]
            if column == "simple":
                steps, values = smooth(steps, values)
            style = "-" if number < 5 else "--"
            axis.plot(steps, values, style, color=f"C{number}", linewidth=1.4, label=name)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("step")
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    with whole_file(path) as aside:
        figure.savefig(aside, dpi=110)


def tabulate_ends(runs: Sequence[Path]) -> str:
    """A Markdown table of where each run stands at its last row.

    Raises:
        FormatError: as `read_curve`.
    """
    lines = ["| run | steps | training, simple | validation, simple | from noise |", "|---|---|---|---|---|"]
    for run in runs:
        steps, simple = smooth(*read_curve(run, "simple"))
        ends = [read_curve(run, column)[1][-1] for column in ("validation_simple", "validation_from_noise")]
        lines.append(f"| `{run.name}` | {steps[-1]} | {simple[-1]:.3f} | {ends[0]:.3f} | {ends[1]:.3f} |")
    return "\n".join(lines)


def read_curve(run: Path, column: str) -> Curve:
    """(steps, values) of one column, where it is filled in.

    Raises:
        FormatError: there is no log, or nothing in the column.
    """
    try:
        with (run / LOG).open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get(column)]
        curve = [int(row["step"]) for row in rows], [float(row[column]) for row in rows]
    except (OSError, KeyError, ValueError) as error:
        raise FormatError(
            f"{run} holds no log of a training: {error}. Give folders of `msmd train`."
        ) from error
    if not rows:
        raise FormatError(f"{run / LOG} has no value of {column} yet. Wait until its first validation.")
    return curve


def smooth(steps: Sequence[int], values: Sequence[float], width: int = 5) -> Curve:
    """Each value the mean of itself and up to `width` - 1 before it."""
    means = []
    for end in range(1, len(values) + 1):
        some = values[max(0, end - width) : end]
        means.append(sum(some) / len(some))
    return list(steps), means
