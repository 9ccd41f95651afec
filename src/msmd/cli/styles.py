"""`msmd styles`: what a bundle has built in."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.synthesis.bundle import load_bundle


def styles_command(
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of another model; the one in the package if left out.")
    ] = None,
) -> None:
    """List the built-in styles, one a line."""
    for name in load_bundle(bundle).styles:
        typer.echo(name)
