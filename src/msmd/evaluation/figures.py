"""Mouth opening against the truth over time; who looks like whom. Needs matplotlib (extra `evaluate`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.errors import MsmdError
from msmd.core.files import whole_file
from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ


@dataclass(frozen=True)
class OpeningPanel:
    """One clip of the figure.

    Attributes:
        title: above it.
        samples: 16 kHz mono.
        truth, generated: mouth opening at 25 fps, mm.
    """

    title: str
    samples: Float32[np.ndarray, "num_samples"]
    truth: Float[np.ndarray, "frames"]
    generated: Float[np.ndarray, "frames"]


def draw_openings(panels: Sequence[OpeningPanel], path: Path) -> None:
    """Opening of the recorded and the generated mouth over the sound's waveform, one panel a clip.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    figure = new_figure(9.0, 2.3 * len(panels))
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, number + 1)
        sound = axes.twinx()
        time = np.arange(len(panel.samples)) / SAMPLE_RATE_HZ
        sound.plot(time, panel.samples, color="0.75", linewidth=0.3)
        limit = max(1e-3, float(np.abs(panel.samples).max()))
        sound.set_ylim(-limit, limit)
        sound.set_yticks([])
        # Curves lie over the waveform, although twin axes are drawn later.
        axes.set_zorder(sound.get_zorder() + 1)
        axes.patch.set_visible(False)
        for values, label, color in (
            (panel.truth, "recorded", "tab:blue"),
            (panel.generated, "generated", "tab:orange"),
        ):
            axes.plot(np.arange(len(values)) / float(MOTION_FPS), values, label=label, color=color)
        axes.set_title(panel.title, fontsize=9)
        axes.set_ylabel("opening, mm")
        axes.set_xlim(0, len(panel.truth) / float(MOTION_FPS))
        if number == 0:
            axes.legend(loc="upper right", fontsize=8)
        if number == len(panels) - 1:
            axes.set_xlabel("seconds")
    save_figure(figure, path)


def draw_style_matrix(
    names: Sequence[str], matrix: Float[np.ndarray, "references references"], path: Path
) -> None:
    """Cosine between generated faces (rows) and references (columns); the diagonal should be the reddest.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    edge = 3 + 0.35 * len(names)
    figure = new_figure(edge + 0.6, edge)
    axes = figure.add_subplot()
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("reference")
    axes.set_ylabel("generated in the style of")
    figure.colorbar(image, ax=axes, shrink=0.8, label="cosine, centred")
    save_figure(figure, path)


def draw_style_distances(
    names: Sequence[str], distances: Float[np.ndarray, "references references"], path: Path
) -> None:
    """Distance of generated mean faces (rows) to the references' (columns), mm; each row's nearest is ringed.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    edge = 3 + 0.26 * len(names)
    figure = new_figure(edge + 0.6, edge)
    axes = figure.add_subplot()
    image = axes.imshow(distances, cmap="viridis_r")
    nearest = distances.argmin(axis=1)
    axes.plot(nearest, np.arange(len(names)), "o", mfc="none", mec="black", ms=9, label="nearest")
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel("reference")
    axes.set_ylabel("generated in the style of")
    figure.colorbar(image, ax=axes, shrink=0.8, label="distance of mean faces, mm")
    save_figure(figure, path)


def draw_spoken_line(
    samples: Float32[np.ndarray, "num_samples"],
    opening: Float[np.ndarray, "frames"],
    level_db: Float[np.ndarray, "frames"],
    phones: Sequence[tuple[str, float, float]],
    closed: Collection[str],
    closed_below_mm: float,
    path: Path,
    title: str = "",
) -> None:
    """Opening of the inner lips over the sound's level, with the phones underneath.

    Args:
        samples: 16 kHz mono, for the duration.
        opening: above the neutral face's, mm.
        level_db: of each frame.
        phones: (name, start, end) in seconds.
        closed: names of phones that need closed lips: their time is shaded.
        closed_below_mm: opening under which lips count as closed, a dashed line.
        path: of the picture.
        title: above it.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    figure = new_figure(11.0, 3.4)
    axes = figure.add_subplot()
    loud = axes.twinx()
    seconds = (np.arange(len(opening)) + 0.5) / float(MOTION_FPS)
    loud.fill_between(seconds, level_db, level_db.min(), color="0.88", linewidth=0)
    loud.set_ylabel("level, dB", color="0.5")
    axes.set_zorder(loud.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.plot(seconds, opening, color="tab:orange")
    axes.axhline(0, color="0.6", linewidth=0.6)
    low, high = float(min(0.0, opening.min())), float(max(1.0, opening.max()))
    axes.set_ylim(low - 0.18 * (high - low), high * 1.05)
    axes.axhline(closed_below_mm, color="tab:blue", linewidth=0.8, linestyle="--")
    for number, (name, start, end) in enumerate(phones):
        if name in closed:
            axes.axvspan(start, end, color="tab:blue", alpha=0.25, linewidth=0)
        # Two rows in turn, so that short phones do not write over each other.
        height = low - (0.08 + 0.06 * (number % 2)) * (high - low)
        axes.text((start + end) / 2, height, name, ha="center", fontsize=6.5, color="0.2", clip_on=True)
    axes.set_xlim(0, len(samples) / SAMPLE_RATE_HZ)
    axes.set_xlabel("seconds")
    axes.set_ylabel("opening, mm")
    axes.set_title(title, fontsize=9)
    save_figure(figure, path)


def draw_against_steps(
    steps: Sequence[int], curves: Mapping[str, Sequence[float]], usual: int, path: Path
) -> None:
    """One small panel a measure over the number of sampling steps; the usual number is marked.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    columns = 3
    rows = -(-len(curves) // columns)
    figure = new_figure(3.4 * columns, 2.4 * rows)
    for number, (name, values) in enumerate(curves.items()):
        axes = figure.add_subplot(rows, columns, number + 1)
        axes.plot(steps, values, "o-", color="tab:blue", markersize=4)
        axes.axvline(usual, color="tab:orange", linewidth=1)
        axes.set_xscale("log")
        axes.set_xticks(steps, [str(step) for step in steps], fontsize=7)
        axes.minorticks_off()
        axes.set_title(name, fontsize=9)
        axes.grid(color="0.92")
        if number >= len(curves) - columns:
            axes.set_xlabel("sampling steps")
    save_figure(figure, path)


def new_figure(width_inches: float, height_inches: float):
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MsmdError(
            'figures need matplotlib, which is not installed: pip install "msmd[evaluate]".'
        ) from error
    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def save_figure(figure, path: Path, dots_per_inch: int = 110) -> None:
    """Write a figure whole or not at all, in the format of its ending; pictures of faces go well as .jpg.

    Raises:
        OutputError: `path` cannot be written.
    """
    options = {"pil_kwargs": {"quality": 90}} if path.suffix == ".jpg" else {}
    with whole_file(path) as aside:
        figure.savefig(aside, dpi=dots_per_inch, **options)
