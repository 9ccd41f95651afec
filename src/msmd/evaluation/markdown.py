"""Numbers, rates and tables as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

_SMALLEST_SHOWN: Final = 5e-4


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with `|` in cells escaped."""
    lines = [header, ["---"] * len(header), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def cell_number(value: object) -> str:
    """Three figures; "-" for what is missing."""
    number = float("nan") if value is None else float(value)  # type: ignore[arg-type]
    if not np.isfinite(number):
        return "-"
    return f"{number:.3g}" if abs(number) >= _SMALLEST_SHOWN else "0"


def cell_rate(value: object, count: object = None) -> str:
    """A share in per cent, with what it is a share of; "-" for what is missing."""
    number = float("nan") if value is None else float(value)  # type: ignore[arg-type]
    if not np.isfinite(number):
        return "-"
    return f"{100 * number:.0f} %" + (f" of {count}" if count is not None else "")
