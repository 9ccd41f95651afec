"""`msmd evaluate`: a bundle and recordings in, tables out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import progress_bar
from msmd.evaluation.run import evaluate
from msmd.evaluation.suites import SUITES


def evaluate_command(
    data: Annotated[Path, typer.Option(help="Folder of recordings.")],
    dataset: Annotated[Path, typer.Option(help="Folder that `msmd prepare` wrote.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for tables, rows and figures.")],
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle folder; the one in the package if left out.")
    ] = None,
    suites: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(SUITES)}.")] = ",".join(SUITES),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips in each suite.")] = None,
) -> None:
    """Measure a bundle on recordings it was not trained on; writes OUT/results.md.

    Stopped at any time, the same command goes on.
    """
    names = [name.strip() for name in suites.split(",") if name.strip()]
    with progress_bar() as progress:
        path = evaluate(bundle, data, dataset, out, names, limit, progress)
    typer.echo(path.read_text(encoding="utf-8"))
