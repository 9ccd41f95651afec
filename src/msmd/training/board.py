"""Curves and sample pictures in TensorBoard (extra "train"), beside log.csv."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import av

from msmd.core.errors import MsmdError
from msmd.training.step import LOSS_NAMES

FOLDER: Final = "tensorboard"


class Board:
    """Event files in the run folder; `tensorboard --logdir RUN` shows them.

    A resumed run hides what an interrupted one wrote after its last checkpoint.

    Raises:
        MsmdError: TensorBoard is not installed.
    """

    def __init__(self, run: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MsmdError(
                f"writing for TensorBoard needs the package tensorboard: {error}. "
                'Install it with: pip install "msmd[train]", or leave out --tensorboard.'
            ) from error
        self._open = SummaryWriter
        self._folder = run / FOLDER
        self._writer: Any = None

    def add_row(self, row: Mapping[str, float | int]) -> None:
        """One row of log.csv: losses, validation, the rest."""
        writer = self._writer_from(int(row["step"]))
        for name, value in row.items():
            if name != "step":
                writer.add_scalar(_tag(name), value, row["step"])
        writer.flush()

    def add_sheet(self, step: int, path: Path) -> None:
        """A sample sheet that was written as a PNG."""
        with av.open(str(path)) as file:
            picture = next(file.decode(video=0)).to_ndarray(format="rgb24")
        writer = self._writer_from(step)
        writer.add_image("samples", picture, step, dataformats="HWC")
        writer.flush()

    def _writer_from(self, step: int) -> Any:
        if self._writer is None:
            self._writer = self._open(str(self._folder), purge_step=step)
        return self._writer


def _tag(name: str) -> str:
    if name.startswith("validation_"):
        return f"validation/{name.removeprefix('validation_')}"
    if name in LOSS_NAMES:
        return f"training/{name}"
    return f"pace/{name}"
