"""`msmd convert`: curves of one program in, curves of another out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.core.errors import MsmdError
from msmd.core.rates import parse_fps
from msmd.export.convert import FORMS, convert
from msmd.export.round_trip import describe, measure_round_trips


def convert_command(
    source: Annotated[
        Path,
        typer.Argument(
            help="Live Link Face, ARKit or OpenFace CSV, ARKit JSON, or .npz of msmd, FACEGOOD or FLAME."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File to write: .csv (Live Link Face), .json, .npz.")
    ] = None,
    form: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(FORMS)}; by the ending of OUT if left out.")
    ] = None,
    fps: Annotated[
        str | None, typer.Option(help="Frames per second: 25, 29.97, 60 ...; the file's own if left out.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Print how far each curve is off after read, write, read.")
    ] = False,
) -> None:
    """Bring facial curves from one form into another.

    ARKit weights travel as they are; motion files hold the expression code, which keeps most of them
    (`--report` says how much).

    Examples:

        msmd convert beat.json -o take.csv --fps 29.97

        msmd convert openface.csv -o motion.npz

        msmd convert take.csv --report
    """
    if out is None and not report:
        raise MsmdError("nothing to do: name a file to write with -o, or ask for --report.")
    rate = None if fps is None else parse_fps(fps)
    if out is not None:
        written = convert(source, out, form, rate)
        typer.echo(f"{out}: {written.num_frames} frames at {float(written.fps):.6g} a second")
    if report:
        typer.echo(describe(*measure_round_trips(source)))
