"""`msmd prepare`: recordings in, a packed dataset with audio features out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.audio.embedded import EmbeddedEncoder
from msmd.cli.terminal import progress_bar
from msmd.data.packing import write_features
from msmd.data.prepare import prepare


def prepare_command(
    data: Annotated[Path, typer.Argument(help="Folder of recordings: grid, ravdess, talking, facegood.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the packed dataset.")],
    audio_encoder: Annotated[
        Path | None, typer.Option(help="Folder of an audio encoder, whose features are stored too.")
    ] = None,
    raw_cache: Annotated[
        Path | None, typer.Option(help="Folder of landmarks tracked earlier, as CORPUS/CLIP.npz.")
    ] = None,
) -> None:
    """Track, align, encode and pack recordings for training.

    Stopped at any time, the same command goes on. Clips that cannot be used are listed with
    their reasons in OUT/rejected.jsonl.
    """
    with progress_bar() as progress:
        prepare(data, out, raw_cache=raw_cache, progress=progress)
        if audio_encoder is not None:
            write_features(out, EmbeddedEncoder.load(audio_encoder), progress)
    typer.echo(str(out))
