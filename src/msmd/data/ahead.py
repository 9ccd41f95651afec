"""Batches made ahead of their use: training waits for data only if data are slower than steps."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, TypeVar

Made = TypeVar("Made")

AHEAD: Final = 4
"""Batches kept ready: enough to even out slow reads, few enough to hold in memory."""


class Ahead(Generic[Made]):
    """A function of a number, called in the background for the numbers that will be asked for next.

    What it gives does not change by it: the function must be a pure one of its number, as
    `data.pairs.TwoWindowSampler.batch` is. The next number is taken to be as far from this one as this one
    is from the last; any other is made on the spot.

    Args:
        make: the function.
        ahead: how many results are kept ready.

    Attributes:
        waited_seconds: for results that were not ready when asked for.
        asked: how many were asked for.
    """

    def __init__(self, make: Callable[[int], Made], ahead: int = AHEAD) -> None:
        self._make, self._ahead = make, ahead
        self._ready: dict[int, Future[Made]] = {}
        self._last: int | None = None
        # One thread: they would only wait for each other, and the training step wants the other cores.
        self._thread = ThreadPoolExecutor(1, "ahead")
        self.waited_seconds, self.asked = 0.0, 0

    def __call__(self, number: int) -> Made:
        """The result for a number.

        Raises:
            Whatever the function raises for it.
        """
        began = time.perf_counter()
        future = self._ready.pop(number, None)
        result = self._make(number) if future is None else future.result()
        self.waited_seconds += time.perf_counter() - began
        self.asked += 1
        step = number - self._last if self._last is not None and number > self._last else 1
        self._last = number
        wanted = [number + step * count for count in range(1, self._ahead + 1)]
        for stale in self._ready.keys() - set(wanted):
            self._ready.pop(stale).cancel()
        for one in wanted:
            if one not in self._ready:
                self._ready[one] = self._thread.submit(self._make, one)
        return result

    def close(self) -> None:
        """Make no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
