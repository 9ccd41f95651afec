"""`msmd capture`: a video in, a motion file out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import print_warning, progress_bar
from msmd.data.tracking import capture
from msmd.face.motion_file import save_motion


def capture_command(
    video: Annotated[Path, typer.Argument(help="A video of one face.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Motion file to write, .npz.")],
    neutral: Annotated[
        str,
        typer.Option(
            help="When the face is at rest, such as 3.2s; or another recording of the same person at rest; "
            "auto guesses."
        ),
    ] = "auto",
) -> None:
    """Follow a face through a video and write its motion at 25 frames per second.

    The raw landmarks are kept in the file, so that the motion can be computed anew.

    Example:

        msmd capture clip.mp4 -o clip.npz --neutral 3.2s
    """
    with progress_bar() as progress:
        motion, raw = capture(video, neutral=neutral, progress=progress)
    save_motion(out, motion, raw=raw)
    for warning in filter(None, motion.origin.get("warnings", "").split("\n")):
        print_warning(warning)
    typer.echo(
        f"{out}: {motion.duration_seconds:.2f} s; neutral face from {motion.origin.get('neutral', '?')}"
    )
