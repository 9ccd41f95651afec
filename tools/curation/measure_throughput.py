"""Clips a minute and processor seconds a clip, tracking for real: docs/curation.md.

    python tools/curation/measure_throughput.py SOURCE [--clips 24] [--workers 1 2]

A seeded random sample of the videos is curated from nothing. On a busy machine the processor seconds are what
to trust: clips a minute and core that nobody else uses are 60 over them.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from msmd.data.corpora.sources import list_source
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.executors import Cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    videos = [one for one in list_source(options.source) if one.motion_kind == "video"]
    chosen = [videos[n] for n in np.random.default_rng(0).permutation(len(videos))[: options.clips]]
    print(f"{os.cpu_count()} cores")
    print("| workers | clips | seconds | wall s | clips a minute | CPU s a clip | CPU s a second |")
    print("|---|---|---|---|---|---|---|")
    for workers in options.workers:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "sample"
            source.mkdir()
            for one in chosen:
                (source / f"{one.corpus}_{one.motion_path.name}").symlink_to(one.motion_path.resolve())
            began, before = time.monotonic(), processor_seconds()
            executor = Cores(workers)
            try:
                records = curate(
                    Plan((source,), layout="folder", audio_encoders=("embedded",)),
                    Path(folder) / "out",
                    executor,
                )
            finally:
                executor.close()
            wall, used = time.monotonic() - began, processor_seconds() - before
        seconds = sum(one.seconds for one in records)
        print(
            f"| {workers} | {len(records)} | {seconds:.0f} | {wall:.0f} | {60 * len(records) / wall:.1f} "
            f"| {used / len(records):.2f} | {used / seconds:.2f} |",
            flush=True,
        )


def processor_seconds() -> float:
    """Of this process and those that it waited for."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


if __name__ == "__main__":
    main()
