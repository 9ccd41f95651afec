"""Bundles and a packed dataset in, the paper's tables out: the suite `tables` of `msmd evaluate`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.progress import Progress, no_progress
from msmd.core.units import EXPRESSION, MOTION_DIM, MOTION_FPS
from msmd.data.packed import Split
from msmd.evaluation import plots
from msmd.evaluation.alignment import Phone
from msmd.evaluation.comparison import Take, make_controls, model_contestant, plan_takes, run_contestant
from msmd.evaluation.comparison_report import (
    Setting,
    Subject,
    comparison_json,
    comparison_latex,
    comparison_markdown,
    make_tables,
)
from msmd.evaluation.known_phones import align_once
from msmd.evaluation.pairing import StyledClip, pair_with_contrasts, pair_with_references, spread_out
from msmd.evaluation.protocol import FaceMesh, Performance
from msmd.evaluation.recordings import describe_training, load_performances, measure_train_means
from msmd.evaluation.records import Row, RowFile, fingerprint, open_folder, write_json, write_text
from msmd.evaluation.scores import score
from msmd.evaluation.spoken_lines import text_of
from msmd.evaluation.style import EmotionJudge
from msmd.synthesis.animator import DEFAULT_STEPS, Animator, SamplingOptions
from msmd.synthesis.bundle import Bundle, load_bundle

PAPER_SAMPLING: Final = SamplingOptions(
    guidance_audio=1.0,
    guidance_style=1.0,
    steps=8,
    finish_blinks=False,
    hold_lips=False,
    steady_lips=False,
)
"""lambda_c of section 5.2 for both conditions; few steps of another sampler than the paper's 1000 of DDPM. Of
ours nothing is on top but the smoothing that all training motion went through, and the join of windows."""

CONTROLS: Final = "controls"
"""Folder of the rows of what is no model."""


@dataclass(frozen=True)
class Comparison:
    """What is compared, and how.

    Attributes:
        bundles: name -> folder.
        dataset_folder: packed, with clips of `split`.
        out_folder: for rows, takes, tables, plots.
        options: how every take is sampled.
        limit: at most so many targets, spread over corpora, speakers and emotions; None: all.
        num_seeds: of every target in either condition.
        split, splits: see `recordings.load_performances`.
    """

    bundles: Mapping[str, Path]
    dataset_folder: Path
    out_folder: Path
    options: SamplingOptions = PAPER_SAMPLING
    limit: int | None = None
    num_seeds: int = 2
    split: Split = "test"
    splits: str | None = None


def compare(comparison: Comparison, mesh: FaceMesh, progress: Progress = no_progress) -> str:
    """Generate, measure and report; what earlier runs have left is kept.

    Writes `comparison.md`, `.tex` and `.json`, `clips.json` with every take, `violins.png` and
    `bars.png`, and for each bundle the folder `NAME/takes ...` with rows and motion.

    Raises:
        MsmdError: rows of other models, data or options in the folder; no clips to pair.
        BundleError, FormatError, OutputError: bundle, dataset, output.
    """
    performances = load_performances(comparison.dataset_folder, comparison.split, comparison.splits)
    matching = spread_out(pair_with_references(performances), comparison.limit)
    clips = [*matching, *pair_with_contrasts(performances, matching)]
    phones = _align_all(matching, RowFile(comparison.out_folder / "phones.jsonl"), progress)
    takes = plan_takes(clips, comparison.num_seeds)
    rows: dict[str, list[Row]] = {}
    subjects = []
    for name, folder in comparison.bundles.items():
        bundle = load_bundle(folder)
        animator = Animator(bundle, defaults=comparison.options)
        own = comparison.out_folder / name / _folder_name(comparison.options)
        open_folder(own, _identity(comparison, fingerprint(folder / "bundle.json")))
        contestant = model_contestant(animator, bundle.model_config.style_encoder != "none")
        rows[name] = _planned(run_contestant(contestant, takes, mesh, own, phones, name, progress), takes)
        subjects.append(_describe_bundle(name, folder, bundle))
    means = measure_train_means(comparison.dataset_folder, comparison.splits)
    once = plan_takes(clips, 1)
    for name, control in make_controls(clips, means).items():
        own = comparison.out_folder / CONTROLS / name
        open_folder(own, _identity(replace(comparison, options=SamplingOptions()), name))
        rows[name] = _planned(run_contestant(control, once, mesh, own, phones, name, progress), once)
    return _report(comparison, mesh, performances, matching, rows, subjects)


def _report(
    comparison: Comparison,
    mesh: FaceMesh,
    performances: Sequence[Performance],
    matching: Sequence[StyledClip],
    rows: Mapping[str, Sequence[Row]],
    subjects: Sequence[Subject],
) -> str:
    training = describe_training(comparison.dataset_folder, comparison.splits)
    by_name = {one.clip: one for clip in matching for one in (clip.target, clip.reference)}
    by_name |= {one.clip: one for one in performances}
    references = {
        name: one.motion[:, EXPRESSION].mean(axis=0, dtype=np.float64) for name, one in by_name.items()
    }
    models = [subject.name for subject in subjects]
    scores = score(
        rows,
        models,
        training.speakers,
        references,
        EmotionJudge(training.faces) if len(training.faces) > 1 else None,
        lambda codes: _as_landmarks(codes, mesh),
    )
    tables = make_tables(scores, models)
    targets = [clip.target for clip in matching]
    corpora = [target.corpus for target in targets]
    setting = Setting(
        dataset=fingerprint(comparison.dataset_folder / "clips.jsonl"),
        split=comparison.split,
        splits=comparison.splits or "as packed",
        train_minutes=training.minutes,
        clips={corpus: corpora.count(corpus) for corpus in sorted(set(corpora))},
        speakers=len({target.speaker for target in targets}),
        seconds=sum(len(target.motion) for target in targets) / float(MOTION_FPS),
        own_windows=sum("@" in target.clip for target in targets),
        sampling=_describe_sampling(comparison.options, comparison.num_seeds),
    )
    out = comparison.out_folder
    text = comparison_markdown(scores, tables, subjects, setting)
    write_text(out / "comparison.md", text)
    write_text(out / "comparison.tex", comparison_latex(tables))
    write_json(out / "comparison.json", comparison_json(scores, tables, subjects, setting))
    kept = {system: [_less(row, "mean_code") for row in own] for system, own in rows.items()}
    write_json(out / "clips.json", kept)
    plots.draw_violins(scores, models, out / "violins.png")
    if tables:
        plots.draw_bars(scores, tables, out / "bars.png")
    return text


def _align_all(
    clips: Sequence[StyledClip], cache: RowFile, progress: Progress
) -> Mapping[str, Sequence[Phone]]:
    """Phones of every target whose words are known and fit its sound."""
    found: dict[str, Sequence[Phone]] = {}
    for done, target in enumerate(clip.target for clip in clips):
        progress("alignment", done, len(clips))
        if target.has_lips and (text := text_of(target)) is not None:
            found[target.clip] = align_once(target.clip, target.samples, text, cache) or []
    progress("alignment", len(clips), len(clips))
    return found


def _planned(rows: RowFile, takes: Sequence[Take]) -> list[Row]:
    """The rows of these takes and of their diversity, not those of longer or shorter plans."""
    keys = {take.key for take in takes}
    seeds = len({take.seed for take in takes})
    keys |= {f"{key.rsplit('/', 1)[0]}/diversity of {seeds}" for key in keys}
    return [row for row in rows.rows if row["key"] in keys]


def _as_landmarks(codes: np.ndarray, mesh: FaceMesh) -> np.ndarray:
    """Mean codes as the landmarks they stand for, (clips, 3 * vertices) mm: decoding is linear."""
    motion = np.zeros((len(codes), MOTION_DIM), np.float32)
    motion[:, EXPRESSION] = codes
    return mesh.displacements(motion).astype(np.float64).reshape(len(codes), -1)


def _identity(comparison: Comparison, model: str) -> Mapping[str, object]:
    return {
        "model": model,
        "dataset": fingerprint(comparison.dataset_folder / "clips.jsonl"),
        "split": comparison.split,
        "splits": comparison.splits or "as packed",
        "sampling": str(comparison.options),
    }


def _folder_name(options: SamplingOptions) -> str:
    steps = DEFAULT_STEPS.get(options.sampler) if options.steps is None else options.steps
    guidance = f"audio {options.guidance_audio:g} style {options.guidance_style:g}"
    return f"takes {options.sampler} {steps} {guidance}{'' if options.smooth else ' raw'}"


def _describe_sampling(options: SamplingOptions, num_seeds: int) -> str:
    steps = DEFAULT_STEPS.get(options.sampler) if options.steps is None else options.steps
    return (
        f"{steps} steps of {options.sampler}, guidance {options.guidance_audio:g} for audio and "
        f"{options.guidance_style:g} for style, {'smoothed' if options.smooth else 'not smoothed'}, "
        f"{num_seeds} seed{'' if num_seeds == 1 else 's'}"
    )


def _describe_bundle(name: str, folder: Path, bundle: Bundle) -> Subject:
    def number(*keys: str) -> float | None:
        found = next((bundle.info[key] for key in keys if key in bundle.info), None)
        return float(found) if isinstance(found, int | float) else None

    steps, batch_size = number("training_steps", "steps"), number("batch_size")
    return Subject(
        name=name,
        steps=None if steps is None else int(steps),
        batch_size=None if batch_size is None else int(batch_size),
        minutes=number("training_minutes"),
        parameters=sum(weights.numel() for weights in bundle.model.parameters()),
        licence=bundle.licence,
        fingerprint=fingerprint(folder / "bundle.json"),
    )


def _less(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}
