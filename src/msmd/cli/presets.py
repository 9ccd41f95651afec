"""`msmd presets`: what there is to train, and how any two of them differ."""

from typing import Annotated

import typer

from msmd.core.presets import PRESETS, diff_presets, list_settings, named_preset

COLUMNS = ("preset", "layers x width", "K", "style encoder", "reference", "audio")


def presets_command(
    show: Annotated[str | None, typer.Option(help="Print every setting of this preset.")] = None,
    diff: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Print how two presets differ.")
    ] = None,
) -> None:
    """List the presets: the paper's model, its baselines and ablations (sections 5.2, 5.3), two sizes.

    Example:

        msmd presets --diff msmd-paper vae-baseline
    """
    if diff is not None:
        one, other = diff
        differing = diff_presets(named_preset(one), named_preset(other))
        rows = [(name, *(str(value) for value in values)) for name, values in differing.items()]
        _print_table(("setting", one, other), rows)
    elif show is not None:
        settings = list_settings(named_preset(show))
        _print_table(("setting", show), [(name, str(value)) for name, value in settings.items()])
    else:
        _print_table(COLUMNS, [_summarise(name) for name in PRESETS])


def _summarise(name: str) -> tuple[str, ...]:
    preset = PRESETS[name]
    model = preset.model
    size = f"{model.num_layers} x {model.hidden_dim}"
    pairing = "-" if model.style_encoder == "none" else preset.training.style_pairing
    return name, size, str(model.num_basis), model.style_encoder, pairing, preset.audio_encoder


def _print_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
