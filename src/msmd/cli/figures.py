"""`msmd figures`: Figures 5, 6 and 7 of the paper from bundles."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import progress_bar
from msmd.evaluation.compare import PAPER_SAMPLING
from msmd.evaluation.draw_paper_figures import FIGURES, FigureOptions, draw_paper_figures
from msmd.evaluation.run import name_bundles


def figures_command(
    data: Annotated[Path, typer.Option(help="Packed dataset with held-out clips.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the pictures.")],
    bundles: Annotated[
        list[str] | None,
        typer.Argument(metavar="BUNDLE", help="FOLDER or NAME=FOLDER; none: the one in the package."),
    ] = None,
    figure: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(FIGURES)}.")] = ",".join(FIGURES),
    audio: Annotated[
        str | None, typer.Option(help="Held-out clip that is spoken; chosen if left out.")
    ] = None,
    style: Annotated[
        list[str] | None, typer.Option(help="Held-out clip that gives a style; give several.")
    ] = None,
    guidance_audio: Annotated[
        float, typer.Option(min=0, max=10, help="Lambda of Eq. 6.")
    ] = PAPER_SAMPLING.guidance_audio,
    guidance_style: Annotated[
        float, typer.Option(min=0, max=10, help="Lambda of Eq. 6.")
    ] = PAPER_SAMPLING.guidance_style,
    steps: Annotated[int | None, typer.Option(min=1, help="Sampling steps.")] = None,
    seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
) -> None:
    """Draw what the paper draws: models side by side, style bases, alpha over time.

    Figure 5: a line in the styles of several references, by each baseline and MSMD. Figure 6: the style
    basis of models of several K. Figure 7: alpha over time with the waveform. All on the rig.

    Example:

        msmd figures bundles/* --data work/dataset -o work/figures
    """
    options = FigureOptions(
        figures=[name.strip() for name in figure.split(",") if name.strip()],
        audio=audio,
        styles=style or (),
        sampling=replace(
            PAPER_SAMPLING,
            guidance_audio=guidance_audio,
            guidance_style=guidance_style,
            steps=PAPER_SAMPLING.steps if steps is None else steps,
        ),
        seed=seed,
    )
    with progress_bar() as progress:
        paths = draw_paper_figures(name_bundles(bundles or []), data, out, options, progress)
    for path in paths:
        typer.echo(str(path))
