"""What HuBERT-base costs on this machine: python tools/measure_hubert.py. Random weights: no download."""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import HubertConfig, HubertModel

from msmd.audio.hubert import HubertEncoder
from msmd.training.benchmark import peak_memory_mb


def main() -> None:
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        HubertModel(HubertConfig()).save_pretrained(folder)
        size_mb = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        began = time.process_time()
        encoder = HubertEncoder.load(folder)
        loading = time.process_time() - began
    print(f"{torch.get_num_threads()} threads; {size_mb:.0f} MB on disk; {loading:.1f} s to load")
    rng = np.random.default_rng(0)
    for seconds in (4, 60):
        samples = (0.1 * rng.normal(size=16_000 * seconds)).astype(np.float32)
        began = time.process_time()
        frames = len(encoder.encode(samples))
        spent = time.process_time() - began
        memory = peak_memory_mb("cpu")
        print(
            f"{seconds} s of sound: {frames} frames, {spent:.1f} processor-seconds "
            f"({spent / seconds:.2f} of its duration), peak memory {memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
