"""How long training waits for its data: docs/curation.md.

    python tools/curation/measure_reader.py DATASET [--steps 40] [--batch 16] [--step-ms 20 50 100]

Batches of two windows are drawn as in training, once on the spot and once ahead (`data.ahead`), beside a step
that sleeps, as a processor does that waits for a GPU.
"""

import argparse
import time
from pathlib import Path

from msmd.data.ahead import Ahead
from msmd.data.mirror import mirror_matrix
from msmd.data.packed import PackedDataset, measure_statistics
from msmd.data.pairs import TwoWindowSampler, shares_of
from msmd.data.restyle import Restyler, persistent_expressions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--features", default="embedded")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--step-ms", type=float, nargs="+", default=[20.0, 50.0, 100.0])
    options = parser.parse_args()
    packed = PackedDataset(options.dataset)
    sampler = TwoWindowSampler(
        packed,
        options.features,
        measure_statistics(packed, shares_of(packed)),
        batch_size=options.batch,
        mirror=mirror_matrix(),
        restyle=Restyler(persistent_expressions(packed)),
    )
    for step in range(5):
        sampler.batch(step)
    print("| step | a batch, processor time | waited a step, on the spot | waited a step, ahead |")
    print("|---|---|---|---|")
    for step_ms in options.step_ms:
        began, before = time.perf_counter(), time.process_time()
        for step in range(options.steps):
            sampler.batch(step)
        spot = (time.perf_counter() - began) / options.steps
        used = (time.process_time() - before) / options.steps
        ahead = Ahead(sampler.batch)
        for step in range(options.steps):
            ahead(step)
            time.sleep(step_ms / 1000)
        waited = ahead.waited_seconds / ahead.asked
        ahead.close()
        print(f"| {step_ms:g} ms | {1000 * used:.1f} ms | {1000 * spot:.1f} ms | {1000 * waited:.1f} ms |")


if __name__ == "__main__":
    main()
