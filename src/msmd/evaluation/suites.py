"""Each suite from recordings to table: what is measured on which clips, and what is written about it."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.animation import Motion, StyleCode
from msmd.core.errors import CaptureError, MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.data.tracking import capture
from msmd.evaluation import figures, tables
from msmd.evaluation.bench import Bench
from msmd.evaluation.embedded.suite import embedded_suite, steps_suite
from msmd.evaluation.held_out import MODEL, choose_panels, make_systems, run_held_out
from msmd.evaluation.pairing import pair_with_references, spread_out
from msmd.evaluation.protocol import Performance
from msmd.evaluation.recordings import load_performances, measure_train_means
from msmd.evaluation.records import RowFile, write_json
from msmd.evaluation.speed import Work, describe_machine, measure_speed, peak_memory_mb, time_stage
from msmd.evaluation.spoken_lines import SpokenLine, lines_of_recordings, load_unseen_lines
from msmd.evaluation.style_shift import (
    StyleReference,
    analyse_style_shift,
    mean_references,
    run_style_shift,
)
from msmd.evaluation.unseen_voices import run_unseen_voices, summarize_voices
from msmd.render.video import write_video

VOICE_STYLES: Final = ("neutral", "happy", "sad", "angry")
"""Built-in styles in which voices never trained on speak, beside no style at all."""

SHIFT_EMOTIONS: Final = ("happy", "sad", "angry")
SHIFT_LINES: Final = 4
RECORDED_LINES: Final = 40
"""Of each corpus."""


def held_out_suite(bench: Bench) -> str:
    """The vertex metrics, synchrony and dynamics of section 6.1 on held-out clips, with figures."""
    clips = spread_out(
        pair_with_references(load_performances(bench.dataset_folder, bench.split, bench.splits)), bench.limit
    )
    systems = make_systems(bench.animator, measure_train_means(bench.dataset_folder, bench.splits))
    rows = RowFile(bench.out_folder / "held_out.jsonl")
    run_held_out(systems, clips, bench.mesh, rows, bench.progress)
    chosen = {clip.target.clip for clip in clips}
    used = [row for row in rows.rows if row["clip"] in chosen]
    corpora = sorted({str(row["corpus"]) for row in used})
    by_corpus = {corpus: [row for row in used if row["corpus"] == corpus] for corpus in corpora}
    comparisons = {corpus: tables.compare_systems(own) for corpus, own in by_corpus.items()}
    write_json(bench.out_folder / "held_out.json", comparisons)
    for corpus, own in by_corpus.items():
        panels = choose_panels(own, clips, systems[MODEL], bench.mesh)
        if panels:
            figures.draw_openings(panels, bench.out_folder / f"openings_{corpus}.png")
    return "## Held-out clips\n\n" + tables.held_out_markdown(used)


def unseen_voices_suite(bench: Bench) -> str:
    """Closure, rest and life on voices never trained on; recorded faces of known words as a yardstick."""
    lines = _take_in_turn(load_unseen_lines(bench.data_folder), bench.limit)
    recorded = lines_of_recordings(load_performances(bench.dataset_folder, bench.split, bench.splits))
    few = RECORDED_LINES if bench.limit is None else min(bench.limit, RECORDED_LINES)
    for corpus in sorted({line.voice for line in recorded}):
        lines += _take_in_turn([line for line in recorded if line.voice == corpus], few)
    styles: dict[str, StyleCode | None] = {"no style": None}
    styles |= {name: bench.animator.styles[name] for name in VOICE_STYLES if name in bench.animator.styles}
    rows = RowFile(bench.out_folder / "unseen_voices.jsonl")
    run_unseen_voices(bench.animator, lines, styles, bench.mesh, rows, bench.progress)
    names = {line.name for line in lines}
    entries = summarize_voices([row for row in rows.rows if row["line"] in names])
    write_json(bench.out_folder / "unseen_voices.json", entries)
    return "## Voices never trained on\n\n" + tables.voices_markdown(entries)


def style_shift_suite(bench: Bench) -> str:
    """Persistent expression in the style of held-out actors and of the built-in styles, same lines."""
    performances = load_performances(bench.dataset_folder, bench.split, bench.splits)
    lines = sorted(load_unseen_lines(bench.data_folder), key=lambda line: len(line.samples))[:SHIFT_LINES]
    parts = ["## Styles\n"]
    for title, references in (
        ("held-out actors", _references_of_actors(performances, bench)),
        ("built-in styles", mean_references(_faces_by_emotion(performances), bench.animator.styles)),
    ):
        if len(references) < 2:
            parts.append(f"### {title}\n\nFewer than two references: not measured.\n")
            continue
        name = title.replace(" ", "_").replace("-", "_")
        rows = RowFile(bench.out_folder / f"style_{name}.jsonl")
        run_style_shift(bench.animator, lines, references, bench.mesh, rows, bench.progress)
        shifts = analyse_style_shift(rows.rows, references, bench.mesh)
        write_json(
            bench.out_folder / f"style_{name}.json",
            {space: asdict(shift) | {"matrix": shift.matrix.tolist()} for space, shift in shifts.items()},
        )
        shown = shifts["landmarks"]
        figures.draw_style_matrix(shown.names, shown.matrix, bench.out_folder / f"style_{name}.png")
        parts.append(f"### {title}, {len(lines)} lines\n\n{tables.style_markdown(shifts)}")
    return "\n".join(parts)


def speed_suite(bench: Bench) -> str:
    """Seconds per second of capture, features, sampling and render, all in one process."""
    line = max(load_unseen_lines(bench.data_folder), key=lambda one: len(one.samples))
    seconds = len(line.samples) / SAMPLE_RATE_HZ
    style = next(iter(bench.animator.styles.values()), None)
    animation = bench.animator.animate(line.samples, style)

    def generate() -> Mapping[str, float]:
        return bench.animator.animate_timed(line.samples, style)[1]

    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "take.mp4"
        works = [
            Work(seconds, generate),
            Work(seconds, time_stage("render", lambda: write_video(animation, video))),
        ]
        note = ""
        try:
            works.append(_capture_work(bench.data_folder))
        except MsmdError as error:
            note = f"Capture was not measured: {error}\n"
        speeds = measure_speed(works, progress=bench.progress)
    machine, memory = describe_machine(), peak_memory_mb()
    write_json(
        bench.out_folder / "speed.json",
        {"machine": machine, "peak_memory_mb": memory, "stages": [asdict(speed) for speed in speeds]},
    )
    return "## Speed\n\n" + tables.speed_markdown(speeds, machine, memory) + note


SUITES: Final[Mapping[str, Callable[[Bench], str]]] = {
    "held_out": held_out_suite,
    "unseen_voices": unseen_voices_suite,
    "style_shift": style_shift_suite,
    "speed": speed_suite,
    "embedded": embedded_suite,
    "steps": steps_suite,
}
"""Every suite of one bundle by name; each returns Markdown."""

NEEDS_RECORDINGS: Final = frozenset({"unseen_voices", "style_shift", "speed", "embedded", "steps"})
"""Suites that read recordings as they came, beside the packed dataset."""


def _capture_work(data_folder: Path) -> Work:
    videos = sorted((data_folder / "ravdess" / "video").glob("*.mp4"))
    if not videos:
        raise CaptureError(f"{data_folder} has no ravdess/video/*.mp4.")
    motion, _ = capture(videos[0])
    return Work(motion.duration_seconds, time_stage("capture", lambda: capture(videos[0])))


def _references_of_actors(performances: Sequence[Performance], bench: Bench) -> list[StyleReference]:
    """One clip of each held-out speaker and emotion of `SHIFT_EMOTIONS`: the first by name."""
    first: dict[tuple[str, str], Performance] = {}
    for one in sorted(performances, key=lambda performance: performance.clip):
        if one.emotion in SHIFT_EMOTIONS and one.has_upper_face and one.has_lips:
            first.setdefault((one.speaker, one.emotion), one)
    return [
        StyleReference(
            name=f"{speaker} {emotion}",
            emotion=emotion,
            code=bench.animator.encode_style(Motion(one.motion)),
            pose=one.motion.mean(axis=0),
        )
        for (speaker, emotion), one in sorted(first.items())
    ]


def _faces_by_emotion(performances: Sequence[Performance]) -> dict[str, list[np.ndarray]]:
    faces: dict[str, list[np.ndarray]] = {}
    for one in performances:
        if one.has_upper_face and one.has_lips:
            faces.setdefault(one.emotion, []).append(one.motion)
    return faces


def _take_in_turn(lines: Sequence[SpokenLine], limit: int | None) -> list[SpokenLine]:
    """At most `limit` lines, spread evenly over the list, those with a text first."""
    if limit is None or len(lines) <= limit:
        return list(lines)
    ordered = sorted(lines, key=lambda line: line.text is None)
    known = sum(line.text is not None for line in lines)
    pool = ordered[:known] if known >= limit else ordered
    return [pool[int(index)] for index in np.linspace(0, len(pool) - 1, limit).round()]
