"""Fig. 4: mean ratings with 95 % intervals, contrasting style on top, matching below. Needs matplotlib."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.core.files import whole_file
from msmd.study.analysis import Analysis, KindAnalysis, Mean
from msmd.study.design import ANCHOR, HIGHEST, StudyKind
from msmd.study.power import ALPHA, power_of_paired_t

TITLES: Final[Mapping[StudyKind, str]] = {"style": "Style transfer", "lips": "Lip sync"}
_SCOPE_TITLES: Final = (("contrasting", "Contrasting style"), ("matching", "Matching style"))
_COLORS: Final = ("#0b6b66", "#d98a29", "#5b6fb5", "#a3566f", "#7a8f3c", "#8a6f5a", "#4b9bb0")
_ANCHOR_COLOR: Final = "#9aa1a5"
_SIMULATED: Final = "Simulated raters: this is no result of any model"


def draw_ratings(analysis: Analysis, path: Path, everyone: bool = False) -> None:
    """Write the figure.

    Args:
        analysis: of a study.
        path: of the picture.
        everyone: whether those who are excluded count.

    Raises:
        MsmdError: matplotlib is not installed, or nobody has finished.
        OutputError: `path` cannot be written.
    """
    results = analysis.everyone if everyone else analysis.kept
    if not results:
        raise MsmdError("nobody has finished the study (or everybody is excluded): there is nothing to draw.")
    figure = _new_figure(4.4 * len(results) + 0.6, 6.2)
    axes = figure.subplots(2, len(results), squeeze=False, sharey=True)
    for column, (kind, result) in enumerate(results.items()):
        for row, (scope, title) in enumerate(_SCOPE_TITLES):
            ax = axes[row][column]
            means = [one for one in result.means if one.scope == scope and one.question == "all"]
            _draw_panel(ax, means, _differing(result, scope, analysis.systems[0]))
            if row == 0:
                ax.set_title(
                    f"{TITLES[kind]} ({_people(result.count)})", fontsize=11, fontweight="bold", pad=10
                )
            if column == 0:
                ax.set_ylabel(f"{title}\nmean rating")
    notes = [f"Bars: mean over participants, 95 % t-interval. *: differs from {analysis.systems[0]} "]
    notes[0] += f"(paired t-test, Holm, p < {ALPHA:g})."
    if everyone:
        notes.append("With those whom the rules exclude.")
    figure.supxlabel(" ".join(notes), fontsize=8, color="0.35")
    if analysis.simulated:
        figure.suptitle(_SIMULATED, fontsize=11, color="#a3261d", fontweight="bold")
        for ax in axes.flat:
            ax.text(
                0.5, 0.5, "SIMULATED", transform=ax.transAxes, ha="center", va="center", fontsize=30,
                color="#a3261d", alpha=0.10, rotation=24, fontweight="bold",
            )  # fmt: skip
    _save(figure, path)


def draw_power(analysis: Analysis, path: Path) -> None:
    """Power against the number of participants, for each study and difference.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    figure = _new_figure(4.4 * max(1, len(analysis.kept)) + 0.6, 3.4)
    axes = figure.subplots(1, max(1, len(analysis.kept)), squeeze=False, sharey=True)[0]
    for ax, (kind, result) in zip(axes, analysis.kept.items(), strict=False):
        counts = np.unique(np.round(np.geomspace(3, 200, 60)).astype(int))
        for one, color in zip(result.power, _COLORS, strict=False):
            if one.deviation > 0:
                power = [power_of_paired_t(int(n), one.difference / one.deviation, one.alpha) for n in counts]
                ax.plot(counts, power, color=color, label=f"{one.difference:g}")
        ax.axvline(result.count, color="0.5", linewidth=0.8, linestyle=":")
        ax.axhline(0.8, color="0.5", linewidth=0.8, linestyle="--")
        ax.set_xscale("log")
        ax.set_xticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
        ax.minorticks_off()
        ax.set_xlabel("participants")
        ax.set_title(f"{TITLES[kind]}: difference, in points", fontsize=10)
        if any(one.deviation > 0 for one in result.power):
            ax.legend(fontsize=8, frameon=False, loc="upper left")
        _tidy(ax)
    axes[0].set_ylabel("power (paired t, Holm's strictest step)", fontsize=8)
    if analysis.simulated:
        figure.suptitle(_SIMULATED, fontsize=9, color="#a3261d")
    _save(figure, path)


def _draw_panel(ax: Any, means: list[Mean], differing: set[str]) -> None:
    colors = [
        _ANCHOR_COLOR if one.system == ANCHOR else _COLORS[index % len(_COLORS)]
        for index, one in enumerate(means)
    ]
    heights = np.array([one.mean for one in means])
    half = np.nan_to_num(np.array([one.high - one.mean for one in means]))
    ax.bar(
        range(len(means)),
        heights,
        yerr=half,
        color=colors,
        width=0.66,
        capsize=4,
        error_kw={"linewidth": 1.1},
    )
    for index, one in enumerate(means):
        star = " *" if one.system in differing else ""
        ax.text(index, heights[index] + half[index] + 0.1, f"{one.mean:.2f}{star}", ha="center", fontsize=9)
    ax.set_xticks(range(len(means)), [one.system for one in means], fontsize=9)
    ax.set_ylim(0, HIGHEST)
    ax.set_yticks(range(HIGHEST + 1))
    _tidy(ax)


def _differing(result: KindAnalysis, scope: str, first: str) -> set[str]:
    return {
        one.second
        for one in result.comparisons
        if one.scope == scope and one.first == first and one.t_p_holm < ALPHA
    }


def _people(count: int) -> str:
    return f"{count} participant{'' if count == 1 else 's'}"


def _tidy(ax: Any) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)


def _new_figure(width_inches: float, height_inches: float) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MsmdError(
            'figures need matplotlib, which is not installed: pip install "msmd[study]".'
        ) from error
    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    with whole_file(path) as aside:
        figure.savefig(aside, dpi=110)
