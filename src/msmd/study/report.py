"""The results of a study as Markdown, JSON, CSV and pictures."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

from msmd.core.files import whole_file
from msmd.study.analysis import SCOPES, Analysis, KindAnalysis, Mean, analyse
from msmd.study.answers import Rating
from msmd.study.design import QUESTIONS, Study, StudyKind
from msmd.study.exclusion import RULES, Judged
from msmd.study.figure import TITLES, draw_power, draw_ratings
from msmd.study.power import ALPHA

REPORT_NAME, JSON_NAME = "analysis.md", "analysis.json"
FIGURE_NAME, EVERYONE_NAME, POWER_NAME = "figure4.png", "figure4_everyone.png", "power.png"
_SMALLEST_P: Final = 1e-4


def write_analysis(folder: Path, study: Study, ratings: Sequence[Rating]) -> Analysis:
    """Write everything into a folder.

    Raises:
        MsmdError: nobody has finished, or a library is missing.
        OutputError: the folder cannot be written.
    """
    analysis = analyse(study, ratings)
    draw_ratings(analysis, folder / EVERYONE_NAME, everyone=True)
    if analysis.kept:
        draw_ratings(analysis, folder / FIGURE_NAME)
        draw_power(analysis, folder / POWER_NAME)
    content = {"systems": dict(study.systems)} | analysis.to_json()
    with whole_file(folder / JSON_NAME) as aside:
        aside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    with whole_file(folder / REPORT_NAME) as aside:
        aside.write_text(to_markdown(study, analysis), encoding="utf-8")
    return analysis


def export_ratings(path: Path, ratings: Sequence[Rating]) -> None:
    """Every rating as one line of a CSV.

    Raises:
        OutputError: the place cannot be written.
    """
    names = [field.name for field in fields(Rating)]
    with whole_file(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, names)
        table.writeheader()
        for rating in ratings:
            row = asdict(rating)
            row["page_seconds"] = round(rating.page_seconds, 2)
            row["simulated"] = int(rating.simulated)
            table.writerow(row)


def to_markdown(study: Study, analysis: Analysis) -> str:
    """The report."""
    parts = [f"# {study.title}: results\n"]
    if analysis.simulated:
        parts.append("**The raters are simulated. These numbers say nothing about any model.**\n")
    parts += [_systems(study), _participants(analysis)]
    if analysis.kept:
        parts.append(f"![Mean ratings]({FIGURE_NAME})\n")
    for kind, result in analysis.kept.items():
        parts.append(_kind(kind, result, analysis.everyone[kind], analysis.systems))
    if not analysis.kept:
        parts.append("Everybody is excluded; the means below are of all who finished.\n")
        parts += [_means(one, analysis.systems) for one in analysis.everyone.values()]
    parts.append(_method())
    return "\n".join(parts)


def _systems(study: Study) -> str:
    lines = ["| system | bundle | options |", "|---|---|---|"]
    for name, made in study.systems.items():
        options = ", ".join(f"{key} {made[key]}" for key in made if key not in ("bundle", "bundle_sha256"))
        lines.append(f"| {name} | {made['bundle']} ({str(made['bundle_sha256'])[:12]}) | {options} |")
    return "\n".join(lines) + "\n"


def _participants(analysis: Analysis) -> str:
    lines = [
        "## Participants\n",
        "| study | rated anything | finished | kept | median minutes (trials) |",
        "|---|---|---|---|---|",
    ]
    for kind, title in TITLES.items():
        began = [one for one in analysis.judged if one.kind == kind]
        if began:
            finished = sum("unfinished" not in one.reasons for one in began)
            kept = analysis.kept.get(kind)
            minutes = f"{kept.median_minutes:.1f}" if kept else ""
            lines.append(f"| {title} | {len(began)} | {finished} | {kept.count if kept else 0} | {minutes} |")
    lines += ["", "Left out of the main analysis, by rules that were fixed before the study:\n"]
    lines += [f"* *{rule}*: {text}: {_who(analysis.judged, rule)}" for rule, text in RULES.items()]
    return "\n".join(lines) + "\n"


def _who(judged: Sequence[Judged], rule: str) -> str:
    numbers = [str(one.participant) for one in judged if rule in one.reasons]
    return f"{len(numbers)} (number {', '.join(numbers)})" if numbers else "nobody"


def _kind(kind: StudyKind, kept: KindAnalysis, everyone: KindAnalysis, systems: Sequence[str]) -> str:
    parts = [f"## {TITLES[kind]}\n", f"{kept.count} participants. Mean [95 % interval], 0 to 5:\n"]
    parts.append(_means(kept, systems))
    for question, text in QUESTIONS[kind].items():
        if len(QUESTIONS[kind]) > 1:
            parts += [f"{text}:\n", _means(kept, systems, question)]
    if everyone.count > kept.count:
        parts += [
            f"With those who are excluded ({everyone.count} participants):\n",
            _means(everyone, systems),
        ]
    parts += ["### Paired tests\n", _tests(kept), _changed(kept, everyone), "### Power\n", _power(kept)]
    return "\n".join(parts)


def _means(result: KindAnalysis, systems: Sequence[str], question: str = "all") -> str:
    found: Mapping[tuple[str, str], Mean] = {
        (one.system, one.scope): one for one in result.means if one.question == question
    }
    scopes = [scope for scope in SCOPES if (systems[0], scope) in found]
    lines = [f"| | {' | '.join(scopes)} |", "|---" * (len(scopes) + 1) + "|"]
    for system in systems:
        cells = [found[system, scope] for scope in scopes]
        row = " | ".join(f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]" for one in cells)
        lines.append(f"| {system} | {row} |")
    return "\n".join(lines) + "\n"


def _tests(result: KindAnalysis) -> str:
    lines = [
        "| trials | pair | difference [95 %] | d_z | t | p | p Holm | Wilcoxon p | p Holm |",
        "|---" * 9 + "|",
    ]
    for one in result.comparisons:
        mark = " **" if one.t_p_holm < ALPHA else " "
        end = "**" if one.t_p_holm < ALPHA else ""
        lines.append(
            f"| {one.scope} | {one.first} - {one.second} |{mark}{one.difference:+.2f}{end} "
            f"[{one.low:+.2f}, {one.high:+.2f}] | {one.effect:.2f} | {one.t:.2f} | {_p(one.t_p)} | "
            f"{_p(one.t_p_holm)} | {_p(one.wilcoxon_p)} | {_p(one.wilcoxon_p_holm)} |"
        )
    return (
        "\n".join(lines) + f"\n\nBold: p < {ALPHA:g} after Holm's correction over all rows of this table.\n"
    )


def _changed(kept: KindAnalysis, everyone: KindAnalysis) -> str:
    """Which verdicts hang on the exclusion."""
    if everyone.count == kept.count:
        return ""
    flips = [
        f"{one.first} - {one.second} ({one.scope})"
        for one, other in zip(kept.comparisons, everyone.comparisons, strict=True)
        if (one.t_p_holm < ALPHA) != (other.t_p_holm < ALPHA)
    ]
    what = ", ".join(flips) if flips else "none of them"
    return f"Verdicts that change when those who are excluded are counted: {what}.\n"


def _power(result: KindAnalysis) -> str:
    lines = ["| true difference | participants for 80 % | for 90 % |", "|---|---|---|"]
    for one in result.power:
        lines.append(f"| {one.difference:g} | {_needed(one.for_80)} | {_needed(one.for_90)} |")
    first = result.power[0]
    return (
        "\n".join(lines)
        + f"\n\nPaired t-test at {first.alpha:.4f} ({ALPHA:g} over {len(result.comparisons)} comparisons: "
        "Holm's strictest step); differences within participants deviate by "
        f"{first.deviation:.2f}, the largest of all pairs of systems under test. {result.count} "
        f"participants find a difference of {result.smallest_difference:.2f} with 80 % power.\n"
    )


def _method() -> str:
    return (
        "## Method\n\nA participant's ratings of a system are averaged over trials and questions; intervals "
        "are t-intervals over participants; tests pair systems within participants.\n"
    )


def _needed(count: int | None) -> str:
    return "more than 10000" if count is None else str(count)


def _p(value: float) -> str:
    return f"< {_SMALLEST_P:g}" if value < _SMALLEST_P else f"{value:.4f}"
