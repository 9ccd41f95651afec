"""Results as Markdown and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np

from msmd.evaluation.held_out import MODEL, TRUTH
from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.metrics import UNITS
from msmd.evaluation.records import Row
from msmd.evaluation.speed import StageSpeed
from msmd.evaluation.statistics import SIGNIFICANT_P, Summary, summarize, wilcoxon_p
from msmd.evaluation.style_shift import StyleShift

ERRORS: Final = tuple(UNITS)
SYNC: Final = ("opening_correlation", "opening_best_correlation", "opening_lag_frames", "level_correlation")
DYNAMICS: Final = (
    "std_ratio",
    "opening_std_ratio",
    "upper_std_ratio",
    "head_std_ratio",
    "velocity_ratio",
    "jitter_ratio",
    "blinks_per_minute",
)
_SYSTEMS: Final = (
    MODEL,
    "unstyled",
    "still",
    "mean_motion",
    "reference_mean",
    "reference_motion",
    TRUTH,
)

_VOICE_NUMBERS: Final = (
    "opening_mm",
    "level_correlation",
    "level_lag_frames",
    "lip_jitter",
    "lip_jitter_in_silence",
    "blinks_per_minute",
)

Comparison = Mapping[str, Mapping[str, Mapping[str, object]]]
"""system -> metric -> summary with "p" against the model."""


def compare_systems(rows: Sequence[Row]) -> Comparison:
    """Summaries over clips of every metric, with the paired p of each system against the model."""
    by_system: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_system.setdefault(str(row["system"]), {})[str(row["clip"])] = row
    clips = sorted({str(row["clip"]) for row in rows})
    result: dict[str, dict[str, Mapping[str, object]]] = {}
    for system in sorted(by_system, key=_system_order):
        result[system] = {}
        for metric in (*ERRORS, *SYNC, *DYNAMICS):
            own = _column(by_system[system], clips, metric)
            of_model = _column(by_system.get(MODEL, {}), clips, metric)
            if not np.isfinite(own).any():
                continue
            p = wilcoxon_p(of_model, own)
            result[system][metric] = asdict(summarize(own)) | {"p": p}
    return result


def held_out_markdown(rows: Sequence[Row]) -> str:
    """Three tables (errors, synchrony, dynamics) for each corpus."""
    parts = []
    for corpus in sorted({str(row["corpus"]) for row in rows}):
        own = [row for row in rows if row["corpus"] == corpus]
        comparison = compare_systems(own)
        count = len({row["clip"] for row in own})
        speakers = len({row["speaker"] for row in own})
        parts.append(f"### {corpus}: {_count(count, 'clip')}, {_count(speakers, 'speaker')}\n")
        for metrics in (ERRORS, SYNC, DYNAMICS):
            parts.append(_comparison_table(comparison, metrics))
        parts.append(f"{_lag_sentence(own)}\n")
    parts.append(
        "Medians over clips, with 95 % bootstrap intervals of the median. ° marks a system that the paired "
        f"Wilcoxon test does not tell from the model (p >= {SIGNIFICANT_P}). Errors: lower is better.\n"
    )
    return "\n".join(parts)


def voices_markdown(entries: Sequence[Mapping[str, object]]) -> str:
    """Closure, rest and life of voices never trained on."""
    header = (
        "voice",
        "style",
        "lines",
        "closed at p b m",
        "closed at open vowels (control)",
        "at rest in silence",
        "with its edges",
        "opening, mm",
        "level correlation",
        "lag, frames",
        "lip jitter, mm/frame²",
        "in silence",
        "blinks/min",
    )
    rows = []
    for entry in entries:
        rows.append(
            (
                entry["voice"],
                entry["style"],
                entry["lines"],
                cell_rate(entry["closure_rate"], entry["bilabials"]),
                cell_rate(entry["closure_rate_at_vowels"], entry["vowels"]),
                f"{cell_rate(entry['resting_rate'])} of {cell_number(entry['silent_seconds'])} s",
                cell_rate(entry["resting_rate_whole"]),
                *(cell_number(entry[name]) for name in _VOICE_NUMBERS),
            )
        )
    return markdown_table(header, rows)


def style_markdown(shifts: Mapping[str, StyleShift]) -> str:
    """Rates by space, then for the landmarks each reference and the matrix."""
    rates = markdown_table(
        (
            "space",
            "projection",
            "cosine",
            "nearer than to another emotion",
            "centred",
            "retrieval",
            "centred",
        ),
        [
            (
                space,
                cell_number(float(np.median(shift.projection))),
                cell_number(float(np.median(shift.cosine))),
                cell_rate(shift.pairwise_rate),
                cell_rate(shift.centred_pairwise_rate),
                cell_rate(shift.retrieval_rate),
                cell_rate(shift.centred_retrieval_rate),
            )
            for space, shift in shifts.items()
        ],
    )
    shift = shifts["landmarks"]
    single = markdown_table(
        ("reference", "projection", "cosine"),
        [
            (name, cell_number(projection), cell_number(cosine))
            for name, projection, cosine in zip(shift.names, shift.projection, shift.cosine, strict=True)
        ],
    )
    matrix = markdown_table(
        ("generated in the style of / looks like", *shift.names),
        [
            (name, *(cell_number(float(value)) for value in row))
            for name, row in zip(shift.names, shift.matrix, strict=True)
        ],
    )
    chance = f"Retrieval by chance: {cell_rate(1 / max(1, len(shift.names)))}.\n"
    return "\n".join((rates, chance, "Landmarks, by reference:\n", single, "Centred cosines:\n", matrix))


def speed_markdown(speeds: Sequence[StageSpeed], machine: Mapping[str, object], memory_mb: float) -> str:
    """Seconds per second by stage, and on what."""
    table = markdown_table(
        ("stage", "seconds per second", "first run", "seconds of speech or video"),
        [
            (
                speed.stage,
                f"{speed.seconds_per_second:.3f}",
                f"{speed.runs[0]:.3f}",
                f"{speed.media_seconds:.1f}",
            )
            for speed in speeds
        ],
    )
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items())
    return f"{table}\n{facts}; peak memory {memory_mb:.0f} MB.\n"


def _comparison_table(comparison: Comparison, metrics: Sequence[str]) -> str:
    present = [metric for metric in metrics if any(metric in values for values in comparison.values())]
    header = ("system", *(f"{name} ({UNITS[name]})" if name in UNITS else name for name in present))
    rows = [
        (system, *(_cell(values.get(metric), system) for metric in present))
        for system, values in comparison.items()
    ]
    return markdown_table(header, rows)


def _cell(entry: Mapping[str, object] | None, system: str) -> str:
    if entry is None:
        return "-"
    summary = Summary(**{name: value for name, value in entry.items() if name != "p"})  # type: ignore[arg-type]
    same = system not in (MODEL, TRUTH) and float(str(entry["p"])) >= SIGNIFICANT_P
    interval = f"[{cell_number(summary.low)}, {cell_number(summary.high)}]"
    return f"{cell_number(summary.median)} {interval}{'°' if same else ''}"


def _lag_sentence(rows: Sequence[Row]) -> str:
    lags = [row.get("opening_lag_frames") for row in rows if row["system"] == MODEL]
    known = np.array([lag for lag in lags if lag is not None], float)
    if not len(known):
        return "No lips to time."
    near = cell_rate(np.mean(np.abs(known) <= 1), _count(len(known), "clip"))
    return f"Best lag of the model's mouth against the truth is within one frame in {near}."


def _column(rows: Mapping[str, Row], clips: Sequence[str], metric: str) -> np.ndarray:
    values = [rows.get(clip, {}).get(metric) for clip in clips]
    return np.array([np.nan if value is None else value for value in values], float)


def _system_order(name: str) -> int:
    return _SYSTEMS.index(name) if name in _SYSTEMS else len(_SYSTEMS)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
