"""Train a tiny preset: fit_tiny.py FOLDER NUM_STEPS NUM_DEVICES. A program, so that it can be killed."""

import importlib.util
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from msmd.training.loop import fit
from msmd.training.workers import gather_workers


def load_conftest():
    spec = importlib.util.spec_from_file_location("tiny", Path(__file__).parents[1] / "conftest.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    folder, num_steps, num_devices = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    tiny = load_conftest()
    training = replace(tiny.TINY.training, num_steps=num_steps, checkpoint_minutes=0.0)
    workers = gather_workers("cpu", num_devices)

    def draw_slowly(number: int):
        time.sleep(0.05)
        return tiny.make_pairs(number)

    validation = [tiny.make_pairs(10_000)]
    fit(replace(tiny.TINY, training=training), draw_slowly, validation, folder, workers=workers)


if __name__ == "__main__":
    main()
