"""What curation costs: processor seconds a clip, by tracking for real; docs/curation.md.

    python tools/curation/measure_throughput.py SOURCE [--clips 24] [--workers 0 1 2]

A seeded random sample of the videos is curated from nothing. Workers 0 is this process alone, after a first
clip that loads what has to be loaded: its processor seconds hold on a busy machine too, and a core that
nobody else uses does 60 over them a minute. Other numbers of workers tell clips a minute by the clock.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from msmd.data.corpora.sources import list_source
from msmd.data.curation import examine as stages
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.executors import Cores, Here, one_thread_each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--workers", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    one_thread_each()
    videos = [one for one in list_source(options.source) if one.motion_kind == "video"]
    chosen = [videos[n].motion_path for n in np.random.default_rng(0).permutation(len(videos))]
    print(f"{os.cpu_count()} cores")
    for workers in options.workers:
        if workers == 0:
            run([min(chosen, key=lambda path: path.stat().st_size)], 0)
        run(chosen[: options.clips], workers)


def run(paths: list[Path], workers: int) -> None:
    tracking = [0.0]
    load = stages.load_tracker

    def timed(name: str) -> object:
        tracker = load(name)

        class Timed:
            name, version, code = tracker.name, tracker.version, tracker.code

            def track(self, video: Path) -> object:
                before = time.process_time()
                tracked = tracker.track(video)
                tracking[0] += time.process_time() - before
                return tracked

        return Timed()

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "sample"
        source.mkdir()
        for path in paths:
            (source / path.name).symlink_to(path.resolve())
        plan = Plan((source,), layout="folder", audio_encoders=("embedded",))
        executor = Cores(workers) if workers else Here()
        stages.load_tracker = timed if workers == 0 else load
        began, before = time.monotonic(), time.process_time()
        try:
            records = curate(plan, Path(folder) / "out", executor)
        finally:
            executor.close()
            stages.load_tracker = load
        wall, used = time.monotonic() - began, time.process_time() - before
    seconds = sum(one.seconds for one in records)
    mean = seconds / len(records)
    said = f"{workers} workers, {len(records)} clips of {mean:.1f} s: {wall:.0f} s by the clock"
    if workers:
        print(f"{said}, {60 * len(records) / wall:.1f} clips a minute", flush=True)
        return
    cost, share = used / len(records), tracking[0] / used
    print(f"{said}, {cost:.2f} processor s a clip, {used / seconds:.3f} a second of clip", flush=True)
    print(f"{share:.0%} of it tracking; {60 / cost:.1f} clips a minute and core", flush=True)


if __name__ == "__main__":
    main()
