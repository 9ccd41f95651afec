"""What the model costs: time, memory, megabytes."""

import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.first_line import REPEATS, LineCost, measure_line_cost
from msmd.evaluation.embedded.stage import Stage
from msmd.evaluation.speed import describe_machine

REALTIME_FACTOR: Final = 0.1
FIRST_SECONDS: Final = 2.0
FIRST_LINE_SECONDS: Final = 4.0
PEAK_MB: Final = 1000.0
SIZE_MB: Final = 25.0

_BARS: Final = {
    "realtime": ("Speed: real-time factor of features and sampling", f"<= {REALTIME_FACTOR:g}"),
    "first": (
        f"same: first result of a {FIRST_LINE_SECONDS:g} s line after loading",
        f"under {FIRST_SECONDS:g} s",
    ),
    "memory": ("same: peak memory", "under 1 GB"),
    "size": ("Size of the bundle", f"<= {SIZE_MB:g} MB"),
}


def cost(stage: Stage) -> Section:
    """Speak in a process of its own, never from kept takes, and weigh the folder."""
    folder = stage.bench.bundle_folder
    if folder is None or not stage.unseen:
        reason = "no bundle folder, or no unseen line"
        return Section([unmeasured(key, *words, reason) for key, words in _BARS.items()])
    line = max(stage.unseen, key=lambda one: len(one.samples)).samples
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place) / name for name in ("first.npy", "later.npy")]
        for path, samples in zip(
            paths, (line[: int(FIRST_LINE_SECONDS * SAMPLE_RATE_HZ)], line), strict=True
        ):
            np.save(path, samples, allow_pickle=False)
        stage.bench.progress("cost", 0, 1)
        try:
            spent = _spent(measure_line_cost(folder, *paths))
        except MsmdError as error:
            spent = [unmeasured(key, *words, str(error)) for key, words in _BARS.items() if key != "size"]
        stage.bench.progress("cost", 1, 1)
    return Section([*spent, _size(folder)])


def _spent(found: LineCost) -> list[BarRow]:
    machine = describe_machine()
    where = (
        f"{machine['cores']} cores of {machine['processor']}, {found.threads} thread(s), "
        f"load {machine['load_average']:.1f}"
    )
    factor = min(found.realtime_factor, found.processor_factor)
    first = min(found.first_seconds, found.first_processor_seconds)
    measured = {
        "realtime": (
            f"{found.processor_factor:.3f}; by the clock {found.realtime_factor:.3f}",
            factor <= REALTIME_FACTOR,
        ),
        "first": (
            f"{found.first_processor_seconds:.2f} s; by the clock {found.first_seconds:.2f} s",
            first < FIRST_SECONDS,
        ),
        "memory": (f"{found.peak_memory_mb:.0f} MB", found.peak_memory_mb < PEAK_MB),
    }
    how = {
        "realtime": f"median of {REPEATS} runs of a line of {found.later_line_seconds:.0f} s in a process "
        f"of its own, {where}. Seconds of the processor count threads in full, the clock other programs: "
        "the lesser is judged",
        "first": f"a line of {found.first_line_seconds:.1f} s, from samples to motion; loading took "
        f"{found.load_seconds:.2f} s before it",
        "memory": "of that process, without writing a video",
    }
    return [
        BarRow(key, *_BARS[key], words, judged(good), how[key], vars(found))
        for key, (words, good) in measured.items()
    ]


def _size(folder: Path) -> BarRow:
    megabytes = folder_megabytes(folder)
    return BarRow(
        "size",
        *_BARS["size"],
        f"{megabytes:.1f} MB",
        judged(megabytes <= SIZE_MB),
        "all files of the folder, 1 MB = 1e6 bytes",
        {"megabytes": megabytes},
    )


def folder_megabytes(folder: Path) -> float:
    """All files under a folder, in 1e6 bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
