"""Voices never trained on: do the lips close at p, b, m, open at vowels, and rest in silence?

There is no recorded face to compare with; the sound itself says what the mouth has to do.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.animation import StyleCode
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_FPS
from msmd.evaluation import dynamics, lip_sync
from msmd.evaluation.alignment import (
    BILABIALS,
    Phone,
    align_or_none,
    middles_of,
    middles_of_open_vowels,
)
from msmd.evaluation.clip_measures import count_blinks
from msmd.evaluation.metrics import mouth_opening
from msmd.evaluation.protocol import Animator, FaceMesh
from msmd.evaluation.records import Row, RowFile
from msmd.evaluation.spoken_lines import SpokenLine

RECORDED: Final = "recorded"
"""Style of the rows that measure the recorded face itself."""

_MEDIANS: Final = (
    "opening_mm",
    "level_correlation",
    "level_lag_frames",
    "lip_jitter",
    "lip_jitter_in_silence",
    "blinks_per_minute",
)


def measure_line(
    mesh: FaceMesh,
    motion: Float32[np.ndarray, "frames 67"],
    samples: Float32[np.ndarray, "num_samples"],
    phones: Sequence[Phone],
) -> dict[str, object]:
    """Every measure of a face against its sound alone.

    Returns:
        closed: for each bilabial, whether the lips close within two frames of its middle.
        closed_at_vowels: the same at open vowels that have no closed sound or pause near them: the
            control. A mouth that hangs nearly shut closes there too, and its closures prove nothing.
        resting_rate, resting_rate_whole: fraction of silent frames with a resting mouth, without and
            with the first and last 120 ms of each pause.
        opening_mm: 95th percentile above the neutral face's; level_correlation, level_lag_frames;
            jitter of the lips, and in silence; blinks_per_minute; seconds.
    """
    vertices = mesh.vertices(motion)
    rest = float(mouth_opening(mesh.neutral[None], mesh.lip_pairs)[0])
    opening = mouth_opening(vertices, mesh.lip_pairs).astype(np.float64)
    level = lip_sync.level_db(samples, len(opening))
    whole = lip_sync.find_silence(level)
    inner = lip_sync.find_silence(level, margin_frames=lip_sync.SILENCE_MARGIN_FRAMES)
    with_level = lip_sync.correlate(opening, level)
    lips = vertices[:, mesh.lips]
    vowels = middles_of_open_vowels(phones)
    return {
        "closed": lip_sync.closed_at(opening, middles_of(phones, BILABIALS), rest),
        "closed_at_vowels": lip_sync.closed_at(opening, vowels, rest),
        "silent_frames": int(inner.sum()),
        "silent_frames_whole": int(whole.sum()),
        "resting_rate": lip_sync.resting_rate(opening, inner, rest),
        "resting_rate_whole": lip_sync.resting_rate(opening, whole, rest),
        "opening_mm": lip_sync.full_opening(opening, rest),
        "level_correlation": with_level.at_zero,
        "level_lag_frames": with_level.best_lag_frames,
        "lip_jitter": dynamics.jitter(lips),
        "lip_jitter_in_silence": dynamics.jitter(lips, inner),
        "blinks_per_minute": count_blinks(mesh, motion).per_minute,
        "seconds": len(opening) / float(MOTION_FPS),
    }


def run_unseen_voices(
    animator: Animator,
    lines: Sequence[SpokenLine],
    styles: Mapping[str, StyleCode | None],
    mesh: FaceMesh,
    rows: RowFile,
    progress: Progress = no_progress,
) -> None:
    """Measure every line in every style, and its recorded face where there is one, unless `rows` has it.

    A text that cannot be aligned is noted in its rows (`aligned` false), and the rest is measured.
    """
    for done, line in enumerate(lines):
        progress("unseen voices", done, len(lines))
        todo: dict[str, StyleCode | None] = dict(styles)
        if line.recorded is not None:
            todo[RECORDED] = None
        todo = {name: code for name, code in todo.items() if f"{line.key}/{name}" not in rows}
        if not todo:
            continue
        phones = None if line.text is None else align_or_none(line.samples, line.text)
        for name, code in todo.items():
            if name == RECORDED and line.recorded is not None:
                motion = line.recorded
            else:
                motion = animator.animate(line.samples, code).motion.values
            head = {"line": line.name, "voice": line.voice, "style": name, "aligned": phones is not None}
            rows.append(f"{line.key}/{name}", head | measure_line(mesh, motion, line.samples, phones or []))
    progress("unseen voices", len(lines), len(lines))


def summarize_voices(rows: Sequence[Row]) -> list[dict[str, object]]:
    """One entry for each voice and style; closures and silent frames are pooled, the rest are medians."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row["voice"]), str(row["style"])), []).append(row)
    return [_pool(voice, style, group) for (voice, style), group in sorted(groups.items())]


def _pool(voice: str, style: str, group: Sequence[Row]) -> dict[str, object]:
    def pooled(name: str) -> tuple[float, int]:
        values = [value for row in group for value in row[name]]  # type: ignore[attr-defined]
        return (float(np.mean(values)) if values else float("nan")), len(values)

    def median(name: str) -> float:
        values = [float(row[name]) for row in group if row[name] is not None]  # type: ignore[arg-type]
        return float(np.median(values)) if values else float("nan")

    closed, num_closures = pooled("closed")
    at_vowels, num_vowels = pooled("closed_at_vowels")
    resting, silent_seconds = _pool_silence(group, "resting_rate", "silent_frames")
    resting_whole, _ = _pool_silence(group, "resting_rate_whole", "silent_frames_whole")
    return {
        "voice": voice,
        "style": style,
        "lines": len(group),
        "closure_rate": closed,
        "bilabials": num_closures,
        "closure_rate_at_vowels": at_vowels,
        "vowels": num_vowels,
        "resting_rate": resting,
        "resting_rate_whole": resting_whole,
        "silent_seconds": silent_seconds,
        **{name: median(name) for name in _MEDIANS},
    }


def _pool_silence(group: Sequence[Row], rate: str, frames: str) -> tuple[float, float]:
    """A rate over all silent frames of the lines, and how many seconds those are."""
    silent = [row for row in group if row[frames]]
    weights = np.array([row[frames] for row in silent], float)
    rates = np.array([row[rate] for row in silent], float)
    pooled = float(np.average(rates, weights=weights)) if silent else float("nan")
    return pooled, float(weights.sum() / float(MOTION_FPS))
