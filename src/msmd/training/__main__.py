"""`python -m msmd.training --dataset FOLDER --preset embedded --out FOLDER`: train in the foreground."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from msmd.core.errors import MsmdError
from msmd.training.train import train


def print_row(row: Mapping[str, float | int]) -> None:
    """One line for one row of the log."""
    names = ("total", "simple", "kl", "gradient_norm", "validation_total", "validation_from_noise")
    numbers = "  ".join(f"{name} {row[name]:.4f}" for name in names if name in row)
    print(f"step {row['step']:>6}  {row['seconds'] / 60:6.1f} min  {numbers}", flush=True)


def main(
    dataset: Annotated[Path, typer.Option(help="Packed dataset.")],
    out: Annotated[Path, typer.Option(help="Run folder; a run found there goes on.")],
    preset: Annotated[str, typer.Option(help="Name of a preset.")] = "embedded",
    minutes: Annotated[float | None, typer.Option(help="End after so many minutes of training.")] = None,
    steps: Annotated[int | None, typer.Option(help="End after so many steps.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, or a torch device.")] = "auto",
) -> None:
    """Train a preset on a packed dataset."""
    try:
        train(
            dataset,
            preset,
            out,
            minutes=minutes,
            num_steps=steps,
            threads=threads,
            device=device,
            on_log=print_row,
        )
    except MsmdError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
