"""Who does the work: this process, the cores of this machine, or a cluster through Ray. The results agree.

Each takes a function and tasks and gives back (number of the task, result), in the order in which they are
done. A task whose process dies or runs out of time costs itself and nothing else.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from msmd.core.errors import MsmdError
from msmd.data.curation.outcome import Fault

Task = TypeVar("Task")
Result = TypeVar("Result")

LIMIT_SECONDS: Final = 3600.0
"""No clip takes that long: MediaPipe follows an hour of video in it."""

_AHEAD: Final = 4
"""Tasks handed out per worker; the rest wait here, so that a run of 70,000 fills no queue."""

_MAX_BREAKS: Final = 3
"""Pools in a row that break down before a task is done."""

_TASKS_A_PROCESS: Final = 500
"""Then a worker is replaced: what libraries leak is given back."""


@dataclass(frozen=True)
class Lost:
    """A task that gave no result: its process died, or it took too long."""

    fault: Fault


@runtime_checkable
class Executor(Protocol):
    """Runs tasks.

    Attributes:
        workers: how many at once.
    """

    @property
    def workers(self) -> int: ...

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result | Lost]]: ...

    def close(self) -> None: ...


class Here:
    """One task after the other in this process: for a debugger, and for a handful of clips."""

    workers = 1

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result | Lost]]:
        for number, task in enumerate(tasks):
            yield number, function(task)

    def close(self) -> None:
        pass


class Cores:
    """Processes of this machine.

    Args:
        workers: how many.
        limit_seconds: for a task.

    Raises:
        MsmdError: pebble is not installed.
    """

    def __init__(self, workers: int, limit_seconds: float = LIMIT_SECONDS) -> None:
        try:
            from pebble import ProcessPool
        except ImportError as error:
            raise MsmdError(
                'several processes need pebble: pip install "msmd[curate]". Or give --workers 0.'
            ) from error
        self.workers, self._limit, self._make = workers, limit_seconds, ProcessPool
        self._pool = self._open()

    def _open(self) -> Any:
        # "spawn": a forked copy of a process with threads (torch, MediaPipe) may hang.
        return self._make(
            max_workers=self.workers,
            max_tasks=_TASKS_A_PROCESS,
            initializer=one_thread_each,
            context=multiprocessing.get_context("spawn"),
        )

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result | Lost]]:
        waiting = iter(enumerate(tasks))
        running: dict[Future[Any], tuple[int, Task]] = {}
        again: list[tuple[int, Task]] = []
        breaks = 0
        while True:
            wanted = _AHEAD * self.workers - len(running)
            for number, task in [*again, *_take(waiting, wanted - len(again))]:
                running[self._schedule(function, task)] = (number, task)
            again = []
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number, task = running.pop(future)
                try:
                    yield number, self._result(future)
                    breaks = 0
                except (BrokenProcessPool, CancelledError):
                    again.append((number, task))
            if again:  # a process died with no task in hand: whose fault it was nobody knows
                again += running.values()
                running.clear()
                breaks += 1
                if breaks > _MAX_BREAKS:
                    raise MsmdError(
                        "the worker processes die when they start. Try --workers 0, which shows why."
                    )
                self.close()
                self._pool = self._open()

    def _schedule(self, function: Callable[[Task], Any], task: Task) -> Future[Any]:
        try:
            return self._pool.schedule(function, args=(task,), timeout=self._limit)
        except RuntimeError as error:  # the pool has broken down meanwhile
            broken: Future[Any] = Future()
            broken.set_exception(BrokenProcessPool(str(error)))
            return broken

    def _result(self, future: Future[Any]) -> Any:
        from pebble import ProcessExpired

        try:
            return future.result()
        except ProcessExpired as error:
            return Lost(Fault("crashed", f"its process died (exit code {error.exitcode})"))
        except TimeoutError:
            return Lost(Fault("stuck", f"it was not done after {self._limit:.0f} s"))

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()


class RayCluster:
    """Machines of a Ray cluster, or this machine's cores through Ray.

    All of them must see the source, the output folder and the package at the same places.

    Args:
        address: of the cluster ("auto" for the one this machine belongs to), or "local" to start one here.
        workers: for "local", how many cores.

    Raises:
        MsmdError: Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, address: str, workers: int) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError as error:
            raise MsmdError('Ray is not installed. Install it with: pip install "msmd[ray]"') from error
        self._ray: Any = ray
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            if address == "local":
                ray.init(num_cpus=workers, include_dashboard=False, **quiet)
            else:
                ray.init(address=address, **quiet)
        except Exception as error:  # of many kinds, none of them its own
            raise MsmdError(
                f"no Ray cluster answers at {address!r}: {error}. Start one, or give --ray local."
            ) from error
        self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result | Lost]]:
        remote = self._ray.remote(max_retries=2)(_in_one_thread)
        waiting = iter(enumerate(tasks))
        running: dict[Any, int] = {}
        while True:
            for number, task in _take(waiting, _AHEAD * self.workers - len(running)):
                running[remote.remote(function, task)] = number
            if not running:
                return
            done, _ = self._ray.wait(list(running), num_returns=1)
            for reference in done:
                yield running.pop(reference), self._result(reference)

    def _result(self, reference: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except errors.RayTaskError:
            raise  # the function's own error
        except errors.RayError as error:
            return Lost(Fault("crashed", f"its process died again and again ({type(error).__name__})"))

    def close(self) -> None:
        self._ray.shutdown()


def open_executor(workers: int | None = None, ray: str | None = None) -> Executor:
    """Who shall do the work.

    Args:
        workers: processes; None: one for each core; 0: none but this one.
        ray: address of a cluster, or "local".
    """
    count = os.cpu_count() or 1 if workers is None else workers
    if ray is not None:
        return RayCluster(ray, max(1, count))
    return Cores(count) if count else Here()


def one_thread_each() -> None:
    """Clips run side by side, so each keeps to one thread."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    with suppress(ImportError):
        import torch

        torch.set_num_threads(1)
    with suppress(ImportError):
        import cv2

        cv2.setNumThreads(1)


def _in_one_thread(function: Callable[[Any], Any], task: Any) -> Any:
    one_thread_each()
    return function(task)


def _take(waiting: Iterator[Any], count: int) -> Iterable[Any]:
    for _ in range(count):
        try:
            yield next(waiting)
        except StopIteration:
            return
