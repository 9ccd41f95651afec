"""`msmd capture`: a video in, a motion file out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import print_warning, progress_bar
from msmd.core.units import MOTION_FPS
from msmd.data.examine import examine, fix_offset, with_warning
from msmd.data.tracking import capture
from msmd.face.blinks import resample_motion
from msmd.face.motion_file import save_motion
from msmd.face.readers.any_curves import looks_like_curves, read_curves


def capture_command(
    video: Annotated[
        Path, typer.Argument(help="A video of one face; or curves of any form that `msmd convert` reads.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Motion file to write, .npz.")],
    neutral: Annotated[
        str,
        typer.Option(
            help="When the face is at rest, such as 3.2s; or another recording of the same person at rest, "
            "or a folder of such; auto estimates it, quiet takes the clip's quiet frames."
        ),
    ] = "auto",
    fix: Annotated[
        bool,
        typer.Option(
            "--fix-offset", help="Move the face in time to where its sound is, if the offset is sure."
        ),
    ] = False,
) -> None:
    """Follow a face through a video and write its motion at 25 frames per second.

    Says how good the recording is and whether face and sound are in time. The raw landmarks are kept
    in the file, so that the motion can be computed anew.

    Example:

        msmd capture clip.mp4 -o clip.npz --neutral 3.2s --fix-offset
    """
    if looks_like_curves(video):
        motion = resample_motion(read_curves(video), MOTION_FPS)
        save_motion(out, motion)
        if fix or neutral != "auto":
            print_warning("--neutral and --fix-offset are for videos; curves know their face at rest.")
        _tell(out, motion.origin.get("warnings", ""), motion.duration_seconds, motion.origin.get("neutral"))
        return
    with progress_bar() as progress:
        motion, raw = capture(video, neutral=neutral, progress=progress)
    found = examine(video, raw)
    motion = with_warning(motion, found)
    if fix and found.sync is not None and found.sync.is_sure:
        motion = fix_offset(motion, found.sync)
    save_motion(out, motion, raw=raw)
    _tell(out, motion.origin.get("warnings", ""), motion.duration_seconds, motion.origin.get("neutral"))
    for line in found.describe():
        typer.echo(line)
    if fix:
        typer.echo(f"offset fixed: {motion.origin.get('offset_fixed_frames', 'no, it is not sure')}")


def _tell(out: Path, warnings: str, seconds: float, neutral: str | None) -> None:
    for warning in filter(None, warnings.split("\n")):
        print_warning(warning)
    typer.echo(f"{out}: {seconds:.2f} s; neutral face from {neutral or '?'}")
