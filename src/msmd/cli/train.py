"""`msmd train` and `msmd bundle`: from a packed dataset to a model that others can load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from msmd.training.make_bundle import make_bundle
from msmd.training.pace import Sitting
from msmd.training.train import train


def print_row(row: Mapping[str, float | int]) -> None:
    """One line for one row of the log."""
    names = ("total", "simple", "kl", "gradient_norm", "validation_total", "validation_from_noise")
    numbers = "  ".join(f"{name} {row[name]:.4f}" for name in names if name in row)
    typer.echo(f"step {row['step']:>6}  {row['seconds'] / 60:6.1f} min  {numbers}")


def train_command(
    dataset: Annotated[Path, typer.Option(help="Packed dataset.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Run folder; a run found there goes on.")],
    preset: Annotated[str, typer.Option(help="Name of a preset; `msmd presets` lists them.")] = "embedded",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps of the run, instead of the preset's.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Pairs in a batch, instead of the preset's.")
    ] = None,
    until: Annotated[
        int | None, typer.Option(min=1, help="Stop after this step; called again, it goes on.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="End after so many minutes of training.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, or a torch device such as cuda.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many of them train together.")] = 1,
    start: Annotated[Path | None, typer.Option(help="Bundle whose weights to begin with.")] = None,
    tensorboard: Annotated[bool, typer.Option(help="Write curves and pictures for TensorBoard too.")] = False,
    compile: Annotated[bool, typer.Option(help="Compile the networks: a minute, then faster.")] = False,
) -> None:
    """Train a preset. Stopped at any time, the same command goes on from the last checkpoint.

    Example:

        msmd train --dataset work/dataset --preset embedded --minutes 120 -o runs/embedded

    Fine-tuning: `--start BUNDLE --steps 500` begins with the weights of a bundle of the same preset.
    """
    train(
        dataset,
        preset,
        out,
        num_steps=steps,
        sitting=Sitting(until, minutes, compile),
        threads=threads,
        device=device,
        num_devices=devices,
        tensorboard=tensorboard,
        start=start,
        overrides={} if batch is None else {"batch_size": batch},
        on_log=print_row,
    )


def bundle_command(
    run: Annotated[Path, typer.Argument(help="Run folder of `msmd train`.")],
    audio_encoder: Annotated[
        str, typer.Option(help="Whose features the run read: a folder, embedded, hubert-base, or a hub name.")
    ],
    dataset: Annotated[Path, typer.Option(help="Packed dataset of the run; it gives the styles.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Bundle folder to write.")],
    results: Annotated[Path | None, typer.Option(help="Markdown with held-out numbers for the card.")] = None,
    copy_encoder: Annotated[bool, typer.Option(help="Copy a HuBERT into the bundle (360 MB).")] = False,
) -> None:
    """Make a bundle of a run: one folder that `msmd animate --bundle` and `msmd.load` take."""
    make_bundle(run, audio_encoder, dataset, out, results, copy_encoder)
    typer.echo(str(out))
