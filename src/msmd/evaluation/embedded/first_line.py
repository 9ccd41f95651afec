"""What a line costs in a process of its own: loading, the first result, later ones, memory.

    python -m msmd.evaluation.embedded.first_line BUNDLE SAMPLES.npy ...

prints JSON. The first sound is spoken once, right after loading, as a user's first line is; the last
one several times.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.evaluation.speed import peak_memory_mb
from msmd.synthesis.animator import Animator
from msmd.synthesis.bundle import load_bundle

REPEATS: Final = 3


@dataclass(frozen=True)
class LineCost:
    """Seconds and memory.

    Attributes:
        load_seconds: from the bundle on disk to a model at work.
        first_seconds: the first line after that, until its motion is there, by the clock.
        first_processor_seconds: what the processor spent on it.
        first_line_seconds: how long that line is.
        realtime_factor: features and sampling of a later, longer line, seconds a second by the clock;
            median.
        processor_factor: the same in seconds of the processor.
        later_line_seconds: how long that one is.
        peak_memory_mb: of the whole process.
        threads: of torch.
    """

    load_seconds: float
    first_seconds: float
    first_processor_seconds: float
    first_line_seconds: float
    realtime_factor: float
    processor_factor: float
    later_line_seconds: float
    peak_memory_mb: float
    threads: int


def measure_line_cost(bundle_folder: Path, first: Path, later: Path) -> LineCost:
    """Run this file in a new process.

    Args:
        bundle_folder: of the model.
        first, later: 16 kHz samples, `.npy`.

    Raises:
        MsmdError: the process failed.
    """
    command = [sys.executable, "-m", __name__, str(bundle_folder), str(first), str(later)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise MsmdError(f"{bundle_folder} does not speak in a process of its own: {last}")
    return LineCost(**json.loads(done.stdout.strip().splitlines()[-1]))


def time_lines(bundle_folder: Path, sounds: Sequence[Path]) -> LineCost:
    """Load, speak, and tell, in this process."""
    import torch

    first, later = (np.load(path, allow_pickle=False) for path in sounds)
    start = time.perf_counter()
    animator = Animator(load_bundle(bundle_folder))
    loaded = time.perf_counter()
    by_clock, by_processor = _time(animator, first)
    seconds = len(later) / SAMPLE_RATE_HZ
    runs = np.array([_time(animator, later) for _ in range(REPEATS)]) / seconds
    return LineCost(
        load_seconds=loaded - start,
        first_seconds=by_clock,
        first_processor_seconds=by_processor,
        first_line_seconds=len(first) / SAMPLE_RATE_HZ,
        realtime_factor=float(np.median(runs[:, 0])),
        processor_factor=float(np.median(runs[:, 1])),
        later_line_seconds=seconds,
        peak_memory_mb=peak_memory_mb(),
        threads=torch.get_num_threads(),
    )


def _time(animator: Animator, samples: np.ndarray) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    animator.animate(samples, None)
    return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    print(json.dumps(vars(time_lines(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:4]]))))
