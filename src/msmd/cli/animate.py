"""`msmd animate`: lines of speech in, takes out."""

from pathlib import Path
from typing import Annotated

import typer

import msmd
from msmd.api import DEFAULTS, FORMATS, USUAL_FORMATS, Performer, Take, check_folder, check_formats
from msmd.cli.terminal import print_error, print_warning, progress_bar
from msmd.core.animation import StyleCode
from msmd.core.errors import MsmdError
from msmd.core.rates import parse_fps
from msmd.face.face_words import read_face


def animate_command(
    audio: Annotated[
        list[Path], typer.Argument(help="Speech: any sound or video file. Several make a batch.")
    ],
    style: Annotated[
        str | None,
        typer.Option(
            help="A video, a motion file (.npz), curves (`msmd convert` lists the forms), or the name of a "
            "built-in style (`msmd styles`). Leave it out to speak without a style."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("take"),
    formats: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(FORMATS)}.")] = ",".join(
        USUAL_FORMATS
    ),
    guidance_audio: Annotated[
        float, typer.Option(min=0, max=10, help="How firmly the lips follow the sound (Eq. 6); 0 is off.")
    ] = DEFAULTS.guidance_audio,
    guidance_style: Annotated[
        float,
        typer.Option(min=0, max=10, help="Beyond 0 the style is exaggerated: 0.5 is stronger, 2 is much."),
    ] = DEFAULTS.guidance_style,
    sampler: Annotated[
        str, typer.Option(help="dpmpp (few steps), ddim, or ddpm (the paper's, 1000 steps).")
    ] = "dpmpp",
    steps: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Sampling steps; the sampler's own number if left out."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same motion.")] = 0,
    fps: Annotated[str, typer.Option(help="Frames per second: 25, 29.97, 30000/1001, 60 ...")] = "25",
    smooth: Annotated[
        bool, typer.Option("--smooth/--no-smooth", help="Whether noise from frame to frame is filtered out.")
    ] = DEFAULTS.smooth,
    finish_blinks: Annotated[
        bool, typer.Option("--finish-blinks/--no-finish-blinks", help="Whether a blink begun is a whole one.")
    ] = DEFAULTS.finish_blinks,
    steady_lips: Annotated[
        bool,
        typer.Option(
            "--steady-lips/--no-steady-lips", help="Whether the seed leaves the lips' opening alone."
        ),
    ] = DEFAULTS.steady_lips,
    head: Annotated[bool, typer.Option("--head/--no-head", help="Whether the head moves.")] = True,
    neutral: Annotated[
        str,
        typer.Option(
            help="For a style video: when the face is at rest, such as 3.2s; or another recording of the "
            "same person at rest; auto guesses."
        ),
    ] = "auto",
    size: Annotated[int, typer.Option(min=64, max=2160, help="Edge of the video in pixels.")] = 512,
    face: Annotated[
        str,
        typer.Option(
            help="Whose face in the video and the glb: default, seed:7 (a random person), or words such as "
            "age=60,gender=female,ancestry=asian, which a seed=7 among them completes."
        ),
    ] = "default",
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of another model; the one in the package if left out.")
    ] = None,
) -> None:
    """Animate a face from speech, in the manner of an example.

    One line of speech writes OUT/OUT.glb, .livelink.csv, .npz, .mp4 and .json (named after the
    folder); several lines write one such set each, named after the sound.

    Examples:

        msmd animate line.wav --style happy -o take/

        msmd animate line.wav --style reference.mp4 --guidance-style 0.5 --fps 29.97 -o take/

        msmd animate line.wav --face age=60,gender=female,ancestry=african -o take/

        msmd animate lines/*.wav --style angry --formats livelink,json -o takes/
    """
    rate, wanted = parse_fps(fps), check_formats(formats.split(","))
    read_face(face)
    check_folder(out)
    _require_own_names(audio)
    with progress_bar() as progress:
        performer = msmd.load(bundle)
        code = None if style is None else performer.encode_style(style, neutral, progress)

    def make(line: Path, name: str | None, given: StyleCode | None) -> None:
        with progress_bar() as progress:
            take = performer.animate(
                line,
                given,
                guidance_audio=guidance_audio,
                guidance_style=guidance_style,
                sampler=sampler,
                steps=steps,
                smooth=smooth,
                finish_blinks=finish_blinks,
                steady_lips=steady_lips,
                seed=seed,
                fps=rate,
                head=head,
                progress=progress,
            )
            paths = take.export(out, wanted, name=name, size_px=size, face=face, progress=progress)
        _tell(take, paths, performer)

    if len(audio) == 1:
        make(audio[0], None, code)
        return
    failed = []
    for line in audio:
        try:
            make(line, line.stem, code)
        except MsmdError as error:
            failed.append(line)
            print_error(f"{line}: {error}")
    if failed:
        raise MsmdError(f"{len(failed)} of {len(audio)} lines could not be animated (named above).")


def _require_own_names(lines: list[Path]) -> None:
    named: dict[str, Path] = {}
    for line in lines:
        other = named.setdefault(line.stem.casefold(), line)
        if other is not line:
            raise MsmdError(
                f"{other} and {line} would both be written as {line.stem}.*, after the name of the sound. "
                "Rename one, or animate them into folders of their own."
            )


def _tell(take: Take, paths: dict[str, Path], performer: Performer) -> None:
    for warning in take.warnings:
        print_warning(warning)
    motion = take.animation.motion
    generation = take.seconds.get("features", 0.0) + take.seconds.get("sampling", 0.0)
    factor = generation / max(motion.duration_seconds, 1e-9)
    typer.echo(
        f"{motion.duration_seconds:.2f} s of animation; features and sampling took {generation:.2f} s "
        f"({factor:.2f} of real time)"
    )
    for path in paths.values():
        typer.echo(f"  {path}")
