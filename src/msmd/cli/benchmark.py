"""`msmd benchmark` and `msmd curves`: what training costs, and how it went."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from msmd.core.presets import named_preset
from msmd.training.benchmark import measure_step
from msmd.training.curves import draw_curves, tabulate_ends
from msmd.training.train import has_fast_bfloat16
from msmd.training.workers import gather_workers


def benchmark_command(
    preset: Annotated[str, typer.Option(help="Name of a preset; `msmd presets` lists them.")] = "embedded",
    steps: Annotated[int, typer.Option(min=1, help="Steps that are timed.")] = 5,
    batch: Annotated[int | None, typer.Option(min=1, help="Pairs in a batch, not the preset's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads.")] = None,
    device: Annotated[str, typer.Option(help="cpu, or a torch device such as cuda.")] = "cpu",
) -> None:
    """Time real training steps of a preset on random data, and tell where the time goes.

    Example:

        msmd benchmark --preset msmd-paper --steps 2 --threads 2
    """
    if threads is not None:
        torch.set_num_threads(threads)
    chosen = named_preset(preset)
    device = gather_workers(device).device
    training = replace(
        chosen.training,
        batch_size=batch or chosen.training.batch_size,
        bfloat16=chosen.training.bfloat16 and has_fast_bfloat16(device),
    )
    cost = measure_step(replace(chosen, training=training), steps, device)
    typer.echo(f"{preset}: {cost.parameters:,} parameters, batches of {training.batch_size} pairs")
    typer.echo(f"on {cost.machine}, {'bfloat16' if training.bfloat16 else 'float32'} products")
    typer.echo(f"{cost.seconds:.2f} s a step ({1 / cost.seconds:.2f} steps a second)")
    typer.echo(f"{cost.processor_seconds:.2f} processor-seconds a step, peak memory {cost.memory_mb:.0f} MB")
    for name, share in cost.shares.items():
        typer.echo(f"{share:6.1%}  {name}")


def curves_command(
    runs: Annotated[list[Path], typer.Argument(help="Run folders of `msmd train`.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Picture to write (.png).")] = Path("curves.png"),
) -> None:
    """Draw the learning curves of several runs in one picture, and print where each of them ended."""
    draw_curves(runs, out)
    typer.echo(tabulate_ends(runs))
