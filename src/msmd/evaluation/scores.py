"""From rows to scores: means over clips and style matches. Tables, plots and JSON are made of these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.evaluation.metrics import UNITS
from msmd.evaluation.pairing import CONDITIONS, UNACTED, Condition
from msmd.evaluation.records import Row
from msmd.evaluation.statistics import bootstrap_interval
from msmd.evaluation.style import EmotionJudge, StyleMatch, match_styles

ERRORS: Final = tuple(name for name in UNITS if name != "fdd_signed")
"""Vertex metrics of which less is better."""

SYNC: Final = (
    "opening_correlation",
    "opening_best_correlation",
    "opening_lag_frames",
    "level_correlation",
    "level_best_correlation",
    "level_lag_frames",
    "closure_rate",
    "closure_rate_at_vowels",
    "resting_rate",
)
DYNAMICS: Final = (
    "fdd_signed",
    "std_ratio",
    "opening_std_ratio",
    "lip_std_ratio",
    "upper_std_ratio",
    "head_std_ratio",
    "velocity_ratio",
    "velocity_spectrum_db",
    "acceleration_spectrum_db",
    "jitter",
    "jitter_ratio",
    "blinks_per_minute",
    "diversity",
)
STYLE: Final = ("style_distance", "style_distance_upper")
ALL_METRICS: Final = (*ERRORS, *SYNC, *DYNAMICS, *STYLE)

SCOPES: Final = ("all", "seen speakers", "unseen speakers")
"""Of which clips a mean is taken; each corpus by its name is a scope as well."""


@dataclass(frozen=True)
class Mean:
    """A metric over clips; of a clip it is the mean over seeds.

    Attributes:
        mean: over clips.
        low, high: 95 % bootstrap interval of the mean; of the scope "all" alone, else NaN.
        count: clips.
    """

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class StyleScore:
    """How well styles were taken over, in one condition.

    Attributes:
        match: retrieval of references among all references of the condition.
        emotion_agreement: share of takes in which the judge names the emotion of the reference; those
            in `pairing.UNACTED` do not count, for a face without any style would pass.
        emotion_takes: takes that were judged.
    """

    match: StyleMatch
    emotion_agreement: float
    emotion_takes: int


@dataclass(frozen=True)
class Scores:
    """Everything that was found out about some systems on the same takes.

    Attributes:
        systems: their names, in order.
        takes: condition -> how many takes all systems have.
        means: condition -> scope -> system -> metric -> mean.
        styles: condition -> system -> style score.
        values: metric -> system -> a value a clip (matching; mean over seeds), in the order of `clips`.
        clips: names.
    """

    systems: tuple[str, ...]
    takes: Mapping[str, int]
    means: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Mean]]]]
    styles: Mapping[str, Mapping[str, StyleScore]]
    values: Mapping[str, Mapping[str, Float[np.ndarray, "clips"]]]
    clips: tuple[str, ...] = field(default=())


def score(
    rows: Mapping[str, Sequence[Row]],
    models: Sequence[str],
    seen_speakers: frozenset[str],
    references: Mapping[str, Float[np.ndarray, "dim"]],
    judge: EmotionJudge | None,
    as_face: Callable[[np.ndarray], np.ndarray],
) -> Scores:
    """Scores of several systems, on the takes that all of them have.

    Args:
        rows: system -> rows of `comparison.run_contestant`.
        models: systems whose takes count; the rest are controls, which have one take for all seeds.
        seen_speakers: who speaks in the training clips.
        references: clip -> mean code of a reference.
        judge: names emotions by mean codes; None: nobody acts.
        as_face: mean codes (clips, 64) -> points of a space in which references are retrieved.
    """
    by_key = {system: {str(row["key"]): row for row in own} for system, own in rows.items()}
    # A control has no seeds: its one take stands for all of them.
    shared = [set(by_key[name]) for name in models] or [set(own) for own in by_key.values()]
    keys = sorted(key for key in set.intersection(*shared) if "diversity" not in key)
    takes = {
        system: [row for key in keys if (row := own.get(key) or own.get(_first_seed(key))) is not None]
        for system, own in by_key.items()
    }
    spreads = {
        system: [row for key, row in own.items() if "diversity" in key] for system, own in by_key.items()
    }
    means: dict[str, dict[str, dict[str, dict[str, Mean]]]] = {}
    for condition in CONDITIONS:
        own = {
            system: [row for row in [*takes[system], *spreads[system]] if row["condition"] == condition]
            for system in rows
        }
        means[condition] = {
            scope: {
                system: _means(
                    [row for row in own[system] if _within(row, scope, seen_speakers)], scope == SCOPES[0]
                )
                for system in rows
            }
            for scope in (*SCOPES, *sorted({str(row["corpus"]) for one in own.values() for row in one}))
        }
    matching = {name: [row for row in takes[name] if row["condition"] == "matching"] for name in rows}
    clips = tuple(sorted({str(row["clip"]) for own in matching.values() for row in own}))
    values = {
        metric: {name: _by_clip(own, metric, clips) for name, own in matching.items()} for metric in ERRORS
    }
    return Scores(
        systems=tuple(rows),
        takes={one: sum(f"/{one}/" in key for key in keys) for one in CONDITIONS},
        means=means,
        styles={
            one: {name: _score_style(takes[name], one, references, judge, as_face) for name in rows}
            for one in CONDITIONS
        },
        values=values,
        clips=clips,
    )


def _first_seed(key: str) -> str:
    return key.rsplit("/", 1)[0] + "/0"


def _within(row: Row, scope: str, seen_speakers: frozenset[str]) -> bool:
    if scope == "all":
        return True
    if scope in SCOPES:
        return (row["speaker"] in seen_speakers) == (scope == "seen speakers")
    return row["corpus"] == scope


def _means(rows: Sequence[Row], intervals: bool) -> dict[str, Mean]:
    clips = sorted({str(row["clip"]) for row in rows})
    found = {}
    for metric in ALL_METRICS:
        values = _by_clip(rows, metric, clips)
        values = values[np.isfinite(values)]
        if len(values):
            low, high = bootstrap_interval(values) if intervals else (float("nan"), float("nan"))
            found[metric] = Mean(float(values.mean()), low, high, len(values))
    return found


def _by_clip(rows: Sequence[Row], metric: str, clips: Sequence[str]) -> Float[np.ndarray, "clips"]:
    """Mean over the takes of each clip that have a value; NaN where none has."""
    found: dict[str, list[float]] = {}
    for row in rows:
        value = row.get(metric)
        if value is not None and np.isfinite(float(str(value))):
            found.setdefault(str(row["clip"]), []).append(float(str(value)))
    return np.array([np.mean(found[clip]) if clip in found else np.nan for clip in clips], float)


def _score_style(
    rows: Sequence[Row],
    condition: Condition,
    references: Mapping[str, np.ndarray],
    judge: EmotionJudge | None,
    as_face: Callable[[np.ndarray], np.ndarray],
) -> StyleScore:
    own = [row for row in rows if row["condition"] == condition and "style_distance" in row]
    names = sorted({str(row["reference"]) for row in own})
    style_of = {
        str(row["reference"]): f"{row['reference_speaker']} {row['reference_emotion']}" for row in own
    }
    codes = np.array([row["mean_code"] for row in own], float)
    match = StyleMatch(float("nan"), float("nan"), float("nan"), 0)
    if len(names) > 1:
        match = match_styles(
            as_face(codes),
            np.array([names.index(str(row["reference"])) for row in own]),
            as_face(np.array([references[name] for name in names])),
            [style_of[name] for name in names],
        )
    emotions = frozenset() if judge is None else frozenset(judge.emotions) - UNACTED
    judged = [row for row in own if row["reference_emotion"] in emotions]
    if judge is None or not judged:
        return StyleScore(match, float("nan"), 0)
    named = judge.name_emotions(np.array([row["mean_code"] for row in judged], float))
    hits = [name == row["reference_emotion"] for name, row in zip(named, judged, strict=True)]
    return StyleScore(match, float(np.mean(hits)), len(hits))
