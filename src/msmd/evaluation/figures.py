"""Mouth opening against the truth over time; who looks like whom. Needs matplotlib (extra `evaluate`)."""

from collections.abc import Sequence
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
