"""Seconds of work for each second of speech, by stage, on the machine at hand."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from msmd.core.progress import Progress, no_progress


@dataclass(frozen=True)
class Work:
    """Something to time.

    Attributes:
        media_seconds: seconds of speech or video that it handles.
        run: does it and returns the seconds that each of its stages took.
    """

    media_seconds: float
    run: Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class StageSpeed:
    """What one stage costs.

    Attributes:
        stage: its name.
        seconds_per_second: median over runs, the first not counted when there are several.
        runs: of every run, the first included, in order.
        media_seconds: handled in one run.
    """

    stage: str
    seconds_per_second: float
    runs: tuple[float, ...]
    media_seconds: float


def time_stage(name: str, work: Callable[[], object]) -> Callable[[], Mapping[str, float]]:
    """Turn a function into work of one stage."""

    def run() -> Mapping[str, float]:
        start = time.perf_counter()
        work()
        return {name: time.perf_counter() - start}

    return run


def measure_speed(works: list[Work], repeats: int = 4, progress: Progress = no_progress) -> list[StageSpeed]:
    """Run all works in turn, several times, so that a busy moment does not fall on one of them alone.

    The first round pays for compilation and caches; it is kept in `runs` and left out of the median.
    """
    runs: dict[str, list[float]] = {}
    media: dict[str, float] = {}
    for number in range(repeats):
        for index, work in enumerate(works):
            progress("speed", number * len(works) + index, repeats * len(works))
            for stage, seconds in work.run().items():
                runs.setdefault(stage, []).append(seconds / work.media_seconds)
                media[stage] = work.media_seconds
    progress("speed", repeats * len(works), repeats * len(works))
    return [
        StageSpeed(stage, float(np.median(values[1:] or values)), tuple(values), media[stage])
        for stage, values in runs.items()
    ]


def describe_machine() -> dict[str, object]:
    """What the numbers depend on: processor, cores, threads, and how busy it was."""
    import torch

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "processor": _processor_name(),
        "cores": os.cpu_count() or 0,
        "torch_threads": torch.get_num_threads(),
        "load_average": load,
    }


def peak_memory_mb() -> float:
    """Most memory that this process has held so far, MB; NaN where the system does not say.

    Linux passes the peak of getrusage on to a program that is started; its own is in /proc.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        peaks = [
            line
            for line in status.read_text(encoding="ascii", errors="replace").splitlines()
            if "VmHWM" in line
        ]
        if peaks:
            return float(peaks[0].split()[1]) / 1024
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if platform.system() == "Darwin" else peak / 1024


def _processor_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123  (a device file)
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
