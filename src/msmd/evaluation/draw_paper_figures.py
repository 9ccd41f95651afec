"""Bundles and a packed dataset in, Figures 5, 6 and 7 out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msmd.core.animation import Motion
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.data.packed import Split
from msmd.evaluation.paper_figures import (
    Performed,
    choose_line,
    choose_references,
    draw_alphas,
    draw_bases,
    draw_grid,
    order_models,
)
from msmd.evaluation.paper_tables import variant_of
from msmd.evaluation.protocol import Performance, load_face_mesh
from msmd.evaluation.recordings import load_performances
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle

FIGURES: Final = ("5", "6", "7")
GRID_VARIANTS: Final = frozenset({"diffposetalk", "vae-baseline", "msmd"})
"""Whom Fig. 5 of the paper shows; other variants of its tables are left out of it."""


@dataclass(frozen=True)
class FigureOptions:
    """What the figures show.

    Attributes:
        figures: some of `FIGURES`.
        audio: clip whose sound is spoken; None: chosen.
        styles: clips that give the styles; none: chosen.
        split: of the dataset that clips are taken from.
        sampling: of every line.
        seed: of every line.
        size_px: edge of a drawn picture before it is cut to the face.
    """

    figures: Sequence[str] = FIGURES
    audio: str | None = None
    styles: Sequence[str] = ()
    split: Split = "test"
    sampling: SamplingOptions = SamplingOptions()  # noqa: RUF009 (frozen)
    seed: int = 0
    size_px: int = 320


def draw_paper_figures(
    bundles: Mapping[str, Path],
    dataset_folder: Path,
    out_folder: Path,
    options: FigureOptions = FigureOptions(),
    progress: Progress = no_progress,
) -> list[Path]:
    """Write `figure_5.jpg`, `figure_6.jpg` and `figure_7.png`, those that are asked for.

    Fig. 5 takes the baselines and MSMD among the bundles (and any that is no variant of the paper),
    Fig. 6 all that have a style basis, Fig. 7 the model with the most bases up to 4.

    Raises:
        MsmdError: an unknown figure or clip; no bundle that a figure can show.
        BundleError, FormatError, OutputError: bundle, dataset, output.
    """
    if unknown := [name for name in options.figures if name not in FIGURES]:
        raise MsmdError(f"no figure {', '.join(unknown)}. There are: {', '.join(FIGURES)}.")
    performances = load_performances(dataset_folder, options.split)
    mesh = load_face_mesh()
    line = choose_line(performances, options.audio)
    references = choose_references(performances, mesh, line.speaker, options.styles)
    takes: dict[str, list[Performed]] = {}
    ordered = order_models(list(bundles))
    for done, (name, label) in enumerate(ordered):
        progress("lines", done, len(ordered))
        takes[name] = _perform(bundles[name], label, line, references, options)
    progress("lines", len(ordered), len(ordered))
    paths = []
    with_basis = [name for name, _ in ordered if len(takes[name][0].animation.basis)]
    if "5" in options.figures:
        shown = [name for name, _ in ordered if _is_in_grid(name)] or [name for name, _ in ordered]
        blocks = [
            (reference, [takes[name][number] for name in shown])
            for number, reference in enumerate(references)
        ]
        paths.append(out_folder / "figure_5.jpg")
        draw_grid(line, blocks, paths[-1], options.size_px)
    if "6" in options.figures:
        paths.append(out_folder / "figure_6.jpg")
        shown = [name for name in with_basis if len(takes[name][0].animation.basis) <= 4]
        shown = [name for name in shown if "num-basis" in name or variant_of(name) == "msmd"] or with_basis
        if not shown:
            raise MsmdError("no bundle has a style basis: Fig. 6 needs one.")
        draw_bases(references[0], [takes[name][0] for name in shown], mesh, paths[-1], options.size_px)
    if "7" in options.figures:
        paths.append(out_folder / "figure_7.png")
        if not with_basis:
            raise MsmdError("no bundle has a style basis: Fig. 7 needs one.")
        name = max(
            with_basis, key=lambda name: (variant_of(name) == "msmd", -abs(_num_basis(takes[name]) - 4))
        )
        panels = [
            Performed(f"style of {reference.emotion}", take.animation)
            for reference, take in zip(references, takes[name], strict=True)
        ]
        draw_alphas(line, panels, paths[-1])
    return paths


def _num_basis(takes: Sequence[Performed]) -> int:
    return len(takes[0].animation.basis)


def _is_in_grid(name: str) -> bool:
    variant = variant_of(name)
    known = variant in {"unconditioned", "no-cross-condition"} or variant.startswith("num-basis")
    return variant in GRID_VARIANTS or not known


def _perform(
    folder: Path,
    label: str,
    line: Performance,
    references: Sequence[Performance],
    options: FigureOptions,
) -> list[Performed]:
    bundle = load_bundle(folder)
    animator = Animator(bundle, defaults=options.sampling)
    takes_style = bundle.model_config.style_encoder != "none"
    codes = [animator.encode_style(Motion(one.motion)) if takes_style else None for one in references]
    return [Performed(label, animator.animate(line.samples, code, options.seed)) for code in codes]
