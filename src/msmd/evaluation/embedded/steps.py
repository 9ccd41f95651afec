"""How many sampling steps are enough? Error, liveliness, closures and cost against their number."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.evaluation import figures
from msmd.evaluation.clip_measures import measure
from msmd.evaluation.embedded.known_speaker import column
from msmd.evaluation.embedded.stage import GRID, Stage
from msmd.evaluation.embedded.unseen import share
from msmd.evaluation.markdown import cell_number, markdown_table
from msmd.evaluation.records import write_json
from msmd.evaluation.unseen_voices import measure_line
from msmd.synthesis.animator import DEFAULT_STEPS

STEPS: Final = (2, 3, 4, 5, 6, 8, 10, 20, 50)
CLIPS: Final = 12
"""Held-out GRID clips, beside the unseen lines with texts."""

FIGURE: Final = "embedded_steps.png"

_MEDIANS: Final = {
    "lve_rms, mm (GRID)": "lve_rms",
    "correlation of opening (GRID)": "opening_correlation",
    "deviation of motion / recorded (GRID)": "std_ratio",
}
_CLOSURE: Final = "closed at p b m (unseen voices)"
_CONTROL: Final = "closed at open vowels (control)"
_FACTOR: Final = "processor, seconds a second"


def against_steps(stage: Stage) -> str:
    """Sample the same clips and lines with each number of steps; write `steps.json` and the figure."""
    clips, lines = stage.clips(GRID, CLIPS), stage.texts
    if not clips or not lines:
        raise MsmdError("the steps need held-out GRID clips and unseen lines with texts that can be aligned.")
    curves: dict[str, list[float]] = {name: [] for name in (*_MEDIANS, _CLOSURE, _CONTROL, _FACTOR)}
    codes = [stage.encode(clip.reference) for clip in clips]
    for done, steps in enumerate(STEPS):
        stage.bench.progress("steps", done, len(STEPS))
        rows = [
            measure(stage.mesh, clip.target, stage.takes.motion(clip.target.samples, code, steps=steps))
            for clip, code in zip(clips, codes, strict=True)
        ]
        for name, key in _MEDIANS.items():
            curves[name].append(float(np.median(column(rows, key))))
        spoken = [
            measure_line(
                stage.mesh, stage.takes.motion(one.samples, steps=steps), one.samples, one.phones or []
            )
            for one in lines
        ]
        curves[_CLOSURE].append(share(spoken, "closed")[0])
        curves[_CONTROL].append(share(spoken, "closed_at_vowels")[0])
        curves[_FACTOR].append(_realtime_factor(stage, lines[0].samples, steps))
    stage.bench.progress("steps", len(STEPS), len(STEPS))
    usual = stage.bench.sampling.steps or DEFAULT_STEPS[stage.bench.sampling.sampler]
    write_json(stage.bench.out_folder / "steps.json", {"steps": list(STEPS), "usual": usual, **curves})
    figures.draw_against_steps(STEPS, curves, usual, stage.bench.out_folder / FIGURE)
    return _report(curves, len(clips), len(lines), usual)


def _realtime_factor(stage: Stage, samples: np.ndarray, steps: int) -> float:
    """Never from kept takes: one run, in seconds of the processor."""
    start = time.process_time()
    stage.bench.animator.animate_timed(samples, None, 0, replace(stage.bench.sampling, steps=steps))
    return (time.process_time() - start) / (len(samples) / SAMPLE_RATE_HZ)


def _report(curves: dict[str, list[float]], clips: int, lines: int, usual: int) -> str:
    rows: Sequence[Sequence[object]] = [
        (
            f"{steps}{' (default)' if steps == usual else ''}",
            *(cell_number(values[n]) for values in curves.values()),
        )
        for n, steps in enumerate(STEPS)
    ]
    table = markdown_table(("steps", *curves), rows)
    return (
        f"## Quality against sampling steps\n\n{clips} GRID clips, medians; {lines} unseen lines.\n\n{table}"
    )
