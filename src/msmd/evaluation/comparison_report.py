"""A comparison of models as text and as JSON: what was measured, the paper's tables, everything else."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.metrics import UNITS
from msmd.evaluation.paper_tables import (
    LAYOUTS,
    Table,
    lay_out,
    order_markdown,
    significance_markdown,
    table_latex,
    table_markdown,
)
from msmd.evaluation.scores import DYNAMICS, ERRORS, SCOPES, STYLE, SYNC, Scores
from msmd.evaluation.statistics import SIGNIFICANT_P

FORMAT: Final = "msmd-comparison"
VERSION: Final = 1

_FEW_ERRORS: Final = ("mve", "lve_max", "lve_rms", "fdd_abs", "mod")
_LESS_IS_BETTER: Final = "Means over clips; less is better."


@dataclass(frozen=True)
class Subject:
    """What is known of a model that was compared.

    Attributes:
        name: of the bundle.
        steps: of its training, or None if the bundle does not say.
        batch_size: of its training.
        minutes: of its training.
        parameters: of its networks.
        licence: of its weights.
        fingerprint: of its bundle.json.
    """

    name: str
    steps: int | None
    batch_size: int | None
    minutes: float | None
    parameters: int | None
    licence: str
    fingerprint: str


@dataclass(frozen=True)
class Setting:
    """What a comparison was made on, and how.

    Attributes:
        dataset: fingerprint of its list of clips.
        split: of the clips.
        splits: name of the division, or "as packed".
        train_minutes: of the training split.
        clips: corpus -> number of targets.
        speakers: of the targets.
        seconds: of the targets.
        own_windows: targets whose reference is an adjacent window of the same recording.
        sampling: how every take was sampled, in words.
    """

    dataset: str
    split: str
    splits: str
    train_minutes: float
    clips: Mapping[str, int]
    speakers: int
    seconds: float
    own_windows: int
    sampling: str


def make_tables(scores: Scores, models: Sequence[str]) -> list[Table]:
    """Those of `LAYOUTS` for which there are two models or more."""
    return [table for layout in LAYOUTS if (table := lay_out(layout, scores, models)) is not None]


def comparison_markdown(
    scores: Scores, tables: Sequence[Table], subjects: Sequence[Subject], setting: Setting
) -> str:
    """The whole report."""
    parts = [_describe(scores, subjects, setting)]
    for table in tables:
        parts += [table_markdown(table), order_markdown(table)]
    if tables:
        parts.append(
            f"Means over clips, lower is better. Bold: better than *all* others of its table with p < "
            f"{SIGNIFICANT_P} by the paired t-test and by Wilcoxon's test, each with Holm's correction over "
            "all pairs of the table. The paper's numbers are of another mesh and other data: their order "
            "and relative gaps can be compared, not their size.\n"
        )
    if significance := [(table.title, significance_markdown(table)) for table in tables]:
        parts.append("### Significance\n")
        parts += [f"{title}:\n\n{text}" for title, text in significance if text]
        parts.append("p after Holm's correction. Negative differences and effects favour the model named.\n")
    matching = scores.means["matching"]
    parts.append(f"### All errors\n\n{_LESS_IS_BETTER} In brackets 95 % bootstrap intervals of the mean.\n")
    parts.append(_means_table(scores, matching["all"], ERRORS, intervals=True))
    for scope in SCOPES[1:]:
        if any(matching[scope].values()):
            count = max((mean.count for own in matching[scope].values() for mean in own.values()), default=0)
            parts.append(f"{scope.capitalize()} ({count} clips):\n")
            parts.append(_means_table(scores, matching[scope], _FEW_ERRORS))
    parts.append("### Lips and sound\n")
    parts.append(_means_table(scores, matching["all"], SYNC))
    parts.append("### Dynamics\n")
    parts.append(_means_table(scores, matching["all"], DYNAMICS))
    parts.append("### Style\n")
    for condition in scores.styles:
        if scores.takes[condition]:
            parts.append(f"{condition.capitalize()} references, {scores.takes[condition]} takes:\n")
            parts.append(_style_table(scores, condition))
    if scores.takes["contrasting"]:
        parts.append("Lips under contrasting references:\n")
        parts.append(_means_table(scores, scores.means["contrasting"]["all"], SYNC))
    return "\n".join(parts)


def comparison_latex(tables: Sequence[Table]) -> str:
    """All tables; needs the package booktabs."""
    return "\n\n".join(table_latex(table) for table in tables) + "\n"


def comparison_json(
    scores: Scores, tables: Sequence[Table], subjects: Sequence[Subject], setting: Setting
) -> dict[str, object]:
    """A summary small enough to keep beside a paper; no clip is in it by name."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "setting": asdict(setting),
        "subjects": [asdict(subject) for subject in subjects],
        "takes": dict(scores.takes),
        "tables": [
            {
                "title": table.title,
                "rows": [asdict(row) | {"bold": sorted(row.bold)} for row in table.rows],
                "tests": {name: [asdict(test) for test in tests] for name, tests in table.tests.items()},
            }
            for table in tables
        ],
        "means": {
            condition: {
                scope: {
                    system: {metric: asdict(mean) for metric, mean in own.items()}
                    for system, own in systems.items()
                }
                for scope, systems in scopes.items()
                if any(systems.values())
            }
            for condition, scopes in scores.means.items()
            if scores.takes[condition]
        },
        "styles": {
            condition: {system: asdict(one) for system, one in own.items()}
            for condition, own in scores.styles.items()
            if scores.takes[condition]
        },
    }


def _describe(scores: Scores, subjects: Sequence[Subject], setting: Setting) -> str:
    clips = ", ".join(f"{count} of {corpus}" for corpus, count in sorted(setting.clips.items()))
    lines = [
        f"{sum(setting.clips.values())} clips ({clips}; {setting.seconds / 60:.1f} minutes, "
        f"{setting.speakers} speakers) of the split `{setting.split}` ({setting.splits}), "
        f"of a dataset with {setting.train_minutes:.0f} minutes to train on. The reference is an adjacent "
        f"window of the same recording for {setting.own_windows} of them, for the others, too short for "
        "two windows, another clip of the same speaker and emotion. "
        f"Sampling: {setting.sampling}. "
        + " and ".join(f"{count} {condition} takes" for condition, count in scores.takes.items() if count)
        + " of each model.\n"
    ]
    rows = [
        (
            subject.name,
            "-" if subject.steps is None else subject.steps,
            "-" if subject.batch_size is None else subject.batch_size,
            "-" if subject.minutes is None else f"{subject.minutes:.0f}",
            "-" if subject.parameters is None else f"{subject.parameters / 1e6:.2f}",
        )
        for subject in subjects
    ]
    lines.append(
        markdown_table(("model", "steps", "batch", "minutes of training", "million parameters"), rows)
    )
    return "\n".join(lines)


def _means_table(
    scores: Scores,
    means: Mapping[str, Mapping[str, object]],
    metrics: Sequence[str],
    intervals: bool = False,
) -> str:
    shown = [metric for metric in metrics if any(metric in own for own in means.values())]
    header = ("system", *(f"{name} ({UNITS[name]})" if name in UNITS else name for name in shown))
    rows = []
    for system in scores.systems:
        if not means[system]:
            continue
        cells = [system]
        for metric in shown:
            mean = means[system].get(metric)
            text = cell_number(getattr(mean, "mean", None))
            if intervals and mean is not None:
                text += f" [{cell_number(mean.low)}, {cell_number(mean.high)}]"  # type: ignore[attr-defined]
            cells.append(text)
        rows.append(cells)
    return markdown_table(header, rows)


def _style_table(scores: Scores, condition: str) -> str:
    means = scores.means[condition]["all"]
    rows = []
    for system in scores.systems:
        one = scores.styles[condition][system]
        if not one.match.count:
            continue
        rows.append(
            (
                system,
                *(cell_number(getattr(means[system].get(metric), "mean", None)) for metric in STYLE),
                cell_rate(one.match.pairwise_rate),
                cell_rate(one.match.retrieval_rate),
                cell_rate(one.match.chance),
                cell_rate(one.emotion_agreement, one.emotion_takes),
            )
        )
    header = (
        "system",
        *(f"{metric} (mm)" for metric in STYLE),
        "nearer to its own than to another style",
        "retrieval",
        "by chance",
        "emotion of the reference",
    )
    return markdown_table(header, rows)
