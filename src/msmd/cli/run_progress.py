"""Progress of a long run: bars with rate and time left; where there is no terminal, a line now and then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

_LINE_EVERY_SECONDS: Final = 30.0


@contextmanager
def run_progress(workers: int) -> Iterator["Reporter"]:
    """A callback of `core.progress` for as long as the block runs.

    Args:
        workers: who share the work, for the rate of each.
    """
    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        yield Reporter(bars, console, workers)


class Reporter:
    """Tells how far each stage is, how fast it goes and how long it will take."""

    def __init__(self, bars: Progress, console: Console, workers: int) -> None:
        self._bars, self._console, self._workers = bars, console, workers
        self._stages: dict[str, tuple[float, int]] = {}
        self._tasks = {}
        self._told = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage not in self._stages:
            self._stages[stage] = (now, done)
            self._tasks[stage] = self._bars.add_task(stage, total=total, pace="")
        began, before = self._stages[stage]
        pace = describe_pace(done - before, now - began, total - done, self._workers)
        self._bars.update(self._tasks[stage], completed=done, total=total, pace=pace)
        if not self._console.is_terminal and (done == total or now - self._told > _LINE_EVERY_SECONDS):
            self._told = now
            self._console.print(f"{stage}: {done} of {total}{', ' if pace else ''}{pace}", markup=False)


def describe_pace(done: int, seconds: float, left: int, workers: int) -> str:
    """Such as "12.5 a minute (6.2 a worker), 1:20:00 left"; nothing before there is anything to say.

    Args:
        done: in `seconds`.
        left: to do.
        workers: who share the work.
    """
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds * 60
    remaining = round(left / done * seconds)
    clock = f"{remaining // 3600}:{remaining // 60 % 60:02}:{remaining % 60:02}"
    return f"{rate:.1f} a minute ({rate / workers:.1f} a worker), {clock} left"
