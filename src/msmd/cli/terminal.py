"""What the commands share of the terminal: errors, and one progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from msmd.core.progress import Progress

_errors = Console(stderr=True, highlight=False)


def print_error(message: str) -> None:
    """One line on standard error."""
    _errors.print("error: ", style="bold red", end="")
    _errors.print(message, markup=False, soft_wrap=True)


def print_warning(message: str) -> None:
    """One line on standard error."""
    _errors.print("warning: ", style="yellow", end="")
    _errors.print(message, markup=False, soft_wrap=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A callback that draws one bar per stage on standard error, and nothing where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=_errors, disable=not _errors.is_terminal) as bar:
        tasks = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield tell
