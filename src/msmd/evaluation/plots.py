"""Plots of a comparison: the spread of each metric over clips, and bars of the tables. Needs matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from msmd.evaluation.figures import new_figure, save_figure
from msmd.evaluation.metrics import UNITS
from msmd.evaluation.paper_tables import PAPER_METRICS, PAPER_NUMBERS, Table, variant_of
from msmd.evaluation.scores import Scores

INK: Final = "0.25"
OWN_COLOR: Final = "#c8553d"
"""Of the proposed model; the others are grey."""

OTHER_COLOR: Final = "#8da0b3"


def draw_violins(scores: Scores, models: Sequence[str], path: Path) -> None:
    """Distribution over clips of every column of the paper's tables, one violin a model.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    figure = new_figure(3.1 * len(PAPER_METRICS), 0.9 + 0.42 * len(models))
    first = None
    for place, metric in enumerate(PAPER_METRICS):
        axes = figure.add_subplot(1, len(PAPER_METRICS), place + 1, sharey=first)
        first = first or axes
        for height, model in enumerate(reversed(models)):
            values = scores.values[metric][model]
            values = values[np.isfinite(values)]
            if not len(values):
                continue
            color = OWN_COLOR if variant_of(model) == "msmd" else OTHER_COLOR
            if len(values) > 1 and np.ptp(values) > 0:
                body = axes.violinplot(
                    values, [height], orientation="horizontal", widths=0.85, showextrema=False
                )
                for part in body["bodies"]:  # type: ignore[union-attr]
                    part.set(facecolor=color, alpha=0.75, edgecolor="none")
            low, middle, high = np.percentile(values, [25, 50, 75])
            axes.plot([low, high], [height] * 2, color=INK, linewidth=2.5, solid_capstyle="butt")
            axes.plot(middle, height, "o", color="white", markeredgecolor=INK, markersize=4.5)
            axes.plot(values.mean(), height, "|", color=INK, markersize=11)
        axes.set_yticks(range(len(models)), list(reversed(models)))
        axes.tick_params(axis="y", length=0, labelleft=place == 0)
        axes.set_xlim(left=0)
        axes.set_xlabel(f"{metric} ({UNITS[metric]})")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.grid(axis="x", color="0.92")
        axes.set_axisbelow(True)
    save_figure(figure, path)


def draw_bars(scores: Scores, tables: Sequence[Table], path: Path) -> None:
    """Means with 95 % intervals, a row of panels for each table; the paper's, where known, as diamonds.

    The paper's numbers are of another mesh: they are scaled so that its MSMD stands where ours does,
    and show order and relative gaps alone.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    columns = len(PAPER_METRICS)
    figure = new_figure(3.1 * columns, sum(0.9 + 0.36 * len(table.rows) for table in tables))
    grid = figure.add_gridspec(
        len(tables), columns, height_ratios=[0.9 + 0.36 * len(table.rows) for table in tables]
    )
    means = scores.means["matching"]["all"]
    for line, table in enumerate(tables):
        for place, metric in enumerate(PAPER_METRICS):
            axes = figure.add_subplot(grid[line, place])
            own = next((row for row in table.rows if row.variant == "msmd" and metric in row.values), None)
            for height, row in enumerate(reversed(table.rows)):
                if metric not in row.values:
                    continue
                mean = means[row.system][metric]
                color = OWN_COLOR if row is own else OTHER_COLOR
                axes.barh(height, mean.mean, color=color, height=0.68)
                axes.plot([mean.low, mean.high], [height] * 2, color=INK, linewidth=1.2)
                if own is not None and row.variant in PAPER_NUMBERS:
                    share = PAPER_NUMBERS[row.variant][place] / PAPER_NUMBERS["msmd"][place]
                    axes.plot(
                        own.values[metric] * share, height, "D", color="white", markeredgecolor=INK, ms=5
                    )
            labels = [row.label for row in reversed(table.rows)]
            axes.set_yticks(range(len(labels)), labels)
            axes.tick_params(axis="y", length=0, labelleft=place == 0)
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.grid(axis="x", color="0.92")
            axes.set_axisbelow(True)
            axes.set_xlabel(f"{metric} ({UNITS[metric]})")
            if place == 0:
                axes.set_title(table.title, loc="left", fontsize=10)
    save_figure(figure, path)
