"""`msmd evaluate`: a bundle and recordings in, tables out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import progress_bar
from msmd.evaluation.run import evaluate
from msmd.evaluation.suites import SUITES
from msmd.synthesis.animator import SamplingOptions

DEFAULTS = SamplingOptions()


def evaluate_command(
    data: Annotated[Path, typer.Option(help="Folder of recordings.")],
    dataset: Annotated[Path, typer.Option(help="Folder that `msmd prepare` wrote.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for tables, rows and figures.")],
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle folder; the one in the package if left out.")
    ] = None,
    suites: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(SUITES)}.")] = ",".join(SUITES),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips in each suite.")] = None,
    guidance_audio: Annotated[
        float, typer.Option(min=0, max=10, help="As of `msmd animate`.")
    ] = DEFAULTS.guidance_audio,
    guidance_style: Annotated[
        float, typer.Option(min=0, max=10, help="As of `msmd animate`.")
    ] = DEFAULTS.guidance_style,
    sampler: Annotated[str, typer.Option(help="As of `msmd animate`.")] = DEFAULTS.sampler,
    steps: Annotated[int | None, typer.Option(min=1, help="As of `msmd animate`.")] = DEFAULTS.steps,
    smooth: Annotated[
        bool, typer.Option("--smooth/--no-smooth", help="As of `msmd animate`.")
    ] = DEFAULTS.smooth,
) -> None:
    """Measure a bundle on recordings it was not trained on; writes OUT/results.md.

    Stopped at any time, the same command goes on.
    """
    names = [name.strip() for name in suites.split(",") if name.strip()]
    options = SamplingOptions(guidance_audio, guidance_style, sampler, steps, smooth)
    with progress_bar() as progress:
        path = evaluate(bundle, data, dataset, out, names, limit, options, progress)
    typer.echo(path.read_text(encoding="utf-8"))
