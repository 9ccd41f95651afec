"""Memory and time against the length of the line: python tools/measure_long_line.py LINE MINUTES...

The line is said over and over. Each length runs in a process of its own, with the model in the package.
"""

import subprocess
import sys
import time

import numpy as np

from msmd.audio.load import load_sound
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.synthesis.animator import Animator
from msmd.synthesis.bundle import load_bundle
from msmd.training.benchmark import peak_memory_mb


def measure(line: str, minutes: float) -> None:
    samples = load_sound(line, SAMPLE_RATE_HZ).samples
    samples = np.resize(samples, round(60 * minutes * SAMPLE_RATE_HZ))
    animator = Animator(load_bundle())
    before, began = peak_memory_mb("cpu"), time.process_time()
    animator.animate(samples, animator.styles["happy"])
    spent, after = time.process_time() - began, peak_memory_mb("cpu")
    print(
        f"{minutes:g} min: {spent:.1f} processor-seconds ({spent / 60 / minutes:.3f} of its duration), "
        f"peak {after:.0f} MB, {after - before:.0f} MB more than after loading"
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], float(sys.argv[2]))
    else:
        for length in sys.argv[2:]:
            subprocess.run([sys.executable, __file__, sys.argv[1], length], check=True)
