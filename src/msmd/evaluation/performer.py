"""The procedural performer as a baseline, driven by forced alignment of known texts.

    python -m msmd.evaluation.performer --data <recordings> --dataset <packed> --out <folder>

It is told the words, which a model is not: what it reaches says what the words alone are worth, and how far
its motion can be trusted to teach.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.command import run_command
from msmd.core.files import whole_file
from msmd.evaluation.alignment import Phone, align_or_none
from msmd.evaluation.clip_measures import measure
from msmd.evaluation.held_out import MODEL, TRUTH, System, make_systems
from msmd.evaluation.mouth_shapes import effect_size, voice_row
from msmd.evaluation.pairing import StyledClip, pair_with_references
from msmd.evaluation.protocol import FaceMesh, load_face_mesh
from msmd.evaluation.recordings import load_performances, measure_train_means
from msmd.evaluation.records import Row, write_json
from msmd.evaluation.spoken_lines import lines_of_recordings, load_unseen_lines
from msmd.evaluation.statistics import summarize
from msmd.evaluation.unseen_voices import summarize_voices
from msmd.synthesis.animator import Animator
from msmd.synthesis.bundle import load_bundle
from msmd.synthesis.performer.perform import perform
from msmd.synthesis.performer.phones import TimedPhone
from msmd.synthesis.performer.style import STYLES, PerformerStyle

PERFORMER: Final = "performer"

_VOICE_STYLES: Final = ("neutral", "happy", "sad", "angry", "surprised")
_VOICE_COLUMNS: Final = (
    *("voice", "system", "lines", "closed at p b m", "at open vowels (control)"),
    *("tucked at f v", "at open vowels (control)", "spread wider than rounded, d"),
    *("at rest in silence", "with its edges", "opening, mm", "level correlation", "lip jitter", "blinks/min"),
)
_HELD_OUT_COLUMNS: Final = (
    *("opening_correlation", "opening_best_correlation", "opening_lag_frames", "opening_std_ratio"),
    *("lve_rms", "rmse", "level_correlation", "velocity_ratio", "jitter_ratio"),
)

Speaker = Callable[[np.ndarray, Sequence[Phone]], np.ndarray]
"""Samples and phones -> motion (frames, 67)."""


def speak(style: PerformerStyle, seed: int = 0) -> Speaker:
    """The performer in one style."""

    def speaker(samples: np.ndarray, phones: Sequence[Phone]) -> np.ndarray:
        return perform(samples, timed(phones), style, seed).values

    return speaker


def timed(phones: Sequence[Phone]) -> list[TimedPhone]:
    """An alignment as the performer takes it."""
    return [TimedPhone(phone.name, phone.start_seconds, phone.end_seconds) for phone in phones]


def held_out_rows(
    clips: Sequence[StyledClip],
    phones: Mapping[str, Sequence[Phone]],
    systems: Mapping[str, System],
    mesh: FaceMesh,
) -> list[Row]:
    """`clip_measures.measure` of the performer and of other systems on the clips that have phones."""
    neutral = speak(STYLES["neutral"])
    rows: list[Row] = []
    for clip in clips:
        target = clip.target
        if target.clip not in phones:
            continue
        motions = {PERFORMER: neutral(target.samples, phones[target.clip])}
        motions |= {name: system(clip) for name, system in systems.items()}
        for name, motion in motions.items():
            rows.append(
                {"clip": target.clip, "system": name} | measure(mesh, target, motion, phones[target.clip])
            )
    return rows


def evaluate_performer(data: Path, dataset: Path, out: Path) -> str:
    """Measure, write `performer.json`, and return the tables as Markdown."""
    mesh, animator = load_face_mesh(), Animator(load_bundle(None))
    performances = load_performances(dataset)
    clips = [clip for clip in pair_with_references(performances) if clip.target.corpus == "grid"]
    texts = {line.name: line.text for line in lines_of_recordings([clip.target for clip in clips])}
    phones: dict[str, list[Phone]] = {}
    for clip in clips:
        text = texts.get(clip.target.clip)
        if text and (aligned := align_or_none(clip.target.samples, text)) is not None:
            phones[clip.target.clip] = aligned
    wanted = (MODEL, "still", "mean_motion", TRUTH)
    systems = make_systems(animator, measure_train_means(dataset))
    rows = held_out_rows(clips, phones, {name: systems[name] for name in wanted}, mesh)
    voices = _voice_rows(data, animator, mesh)
    write_json(out / "performer.json", {"held_out": rows, "voices": voices})
    return held_out_table(rows) + "\n" + voices_table(voices)


def _voice_rows(data: Path, animator: Animator, mesh: FaceMesh) -> list[Row]:
    speakers: dict[str, Speaker] = {f"{PERFORMER} {name}": speak(STYLES[name]) for name in _VOICE_STYLES}
    speakers["model, no style"] = lambda samples, _: animator.animate(samples, None).motion.values
    rows = []
    for line in load_unseen_lines(data):
        if line.text is None or (phones := align_or_none(line.samples, line.text)) is None:
            continue
        for name, speaker in speakers.items():
            head = {"line": line.name, "voice": line.voice, "style": name}
            rows.append({**head, **voice_row(mesh, speaker(line.samples, phones), line.samples, phones)})
    return rows


def held_out_table(rows: Sequence[Row]) -> str:
    """Medians over clips, a row for each system."""
    names = list(dict.fromkeys(str(row["system"]) for row in rows))
    lines = [
        "| system | clips | " + " | ".join(_HELD_OUT_COLUMNS) + " | lag within a frame |",
        "| --- " * (len(_HELD_OUT_COLUMNS) + 3) + "|",
    ]
    for name in names:
        own = [row for row in rows if row["system"] == name]
        cells = []
        for column in _HELD_OUT_COLUMNS:
            values = np.array([float(row.get(column, np.nan)) for row in own], float)  # type: ignore[arg-type]
            cells.append(_number(summarize(values).median))
        lags = np.array([float(row["opening_lag_frames"]) for row in own], float)  # type: ignore[arg-type]
        known = lags[np.isfinite(lags)]
        near = f"{np.mean(np.abs(known) <= 1):.0%}" if len(known) else "-"
        lines.append(f"| {name} | {len(own)} | " + " | ".join(cells) + f" | {near} |")
    return "\n".join(lines) + "\n"


def voices_table(rows: Sequence[Row]) -> str:
    """One row for each voice and system; closures, tucks and widths are pooled over its lines."""
    lines = ["| " + " | ".join(_VOICE_COLUMNS) + " |", "| --- " * len(_VOICE_COLUMNS) + "|"]
    for entry in summarize_voices(rows):
        own = [r for r in rows if r["voice"] == entry["voice"] and r["style"] == entry["style"]]

        def pooled(name: str, own: Sequence[Row] = own) -> list:
            return [value for row in own for value in row[name]]  # type: ignore[attr-defined]

        def share(name: str) -> str:
            values = pooled(name)
            return f"{np.mean(values):.0%} of {len(values)}" if values else "-"

        cells = [entry["voice"], entry["style"], entry["lines"]]
        cells += [share(name) for name in ("closed", "closed_at_vowels", "tucked", "tucked_at_vowels")]
        cells.append(_number(effect_size(pooled("spread_mm"), pooled("rounded_mm"))))
        rates = [float(str(entry[name])) for name in ("resting_rate", "silent_seconds", "resting_rate_whole")]
        cells += [f"{rates[0]:.0%} of {rates[1]:.3g} s", f"{rates[2]:.0%}"]
        medians = ("opening_mm", "level_correlation", "lip_jitter", "blinks_per_minute")
        cells += [_number(float(str(entry[name]))) for name in medians]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m msmd.evaluation.performer", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--dataset", type=Path, required=True, help="packed by `msmd curate`")
    parser.add_argument("--out", type=Path, required=True, help="folder for performer.json and performer.md")
    options = parser.parse_args()
    text = evaluate_performer(options.data, options.dataset, options.out)
    with whole_file(options.out / "performer.md") as aside:
        aside.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    run_command(main)
