"""Styles of actors who were not trained on: taken over, told apart, and led by the reference alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.evaluation import figures
from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.cross_table import CrossTable, compare_crosswise
from msmd.evaluation.embedded.stage import HeldOutStyle, Stage
from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.metrics import mouth_opening
from msmd.evaluation.style import StyleMatch, match_styles

NEARER_SHARE: Final = 0.90
FIGURE: Final = "embedded_styles.png"

_WHAT: Final = "Style, unseen actors: nearer to its own reference than to another's"
_BAR: Final = f">= {cell_rate(NEARER_SHARE)} of pairs"
_CROSS_WHAT: Final = "Same style, other audio; same audio, other style"
_CROSS_BAR: Final = (
    "lips alike for the same audio, upper face for the same style (each > 0.5, and more than crosswise)"
)
_LEADS: Final = 0.5
_CEILING: Final = "another recording of the same style"


def unseen_styles(stage: Stage) -> Section:
    """A few lines in the style of every held-out reference: pairs, and the cross table."""
    references, lines = stage.held_out_styles, stage.style_lines
    if len({one.name for one in references}) < 2 or len(lines) < 2:
        reason = (
            f"{len(references)} references of held-out actors, {len(lines)} lines: two of each are needed"
        )
        rows = [
            unmeasured("unseen styles", _WHAT, _BAR, reason),
            unmeasured("cross table", _CROSS_WHAT, _CROSS_BAR, reason),
        ]
        return Section(rows)
    faces = np.zeros((len(lines), len(references), len(stage.mesh.neutral), 3))
    openings: list[list[np.ndarray]] = []
    for row, line in enumerate(lines):
        openings.append([])
        for place, reference in enumerate(references):
            stage.bench.progress(
                "unseen styles", row * len(references) + place, faces.shape[0] * faces.shape[1]
            )
            moved = stage.mesh.displacements(stage.takes.motion(line.samples, reference.code))
            faces[row, place] = moved.mean(axis=0)
            openings[-1].append(mouth_opening(stage.mesh.neutral + moved, stage.mesh.lip_pairs))
    stage.bench.progress("unseen styles", 1, 1)
    unstyled = np.stack([mean_face(stage, stage.takes.motion(line.samples)) for line in lines])
    pairs, details = _nearer(stage, faces, unstyled, references)
    upper = faces[:, :, stage.mesh.upper_face].reshape(len(lines), len(references), -1)
    cross = _crosswise(compare_crosswise(openings, upper), len(lines), len(references))
    return Section([pairs, cross], details + _cross_table(cross))


def mean_face(stage: Stage, motion: np.ndarray) -> Float[np.ndarray, "vertices 3"]:
    """Persistent expression: displacement from the neutral, mean over time, mm."""
    return stage.mesh.displacements(motion).mean(axis=0).astype(np.float64)


def _nearer(
    stage: Stage, faces: np.ndarray, unstyled: np.ndarray, references: Sequence[HeldOutStyle]
) -> tuple[BarRow, str]:
    targets = np.stack([mean_face(stage, one.recording.motion) for one in references]).reshape(
        len(references), -1
    )
    names = [one.name for one in references]
    lines = faces.shape[0]
    own = np.tile(np.arange(len(references)), lines)
    generated = faces.reshape(lines * len(references), -1)
    ignoring = np.repeat(unstyled.reshape(lines, 1, -1), len(references), axis=1).reshape(len(own), -1)
    systems = {
        "model": (generated, own),
        "no style": (ignoring, own),
        _CEILING: _other_clips(stage, references),
    }
    by = {
        "actor or emotion": names,
        "emotion": [one.recording.emotion for one in references],
        "actor": [one.recording.speaker for one in references],
    }
    rates = {
        system: {
            kind: match_styles(face, whose, targets, styles).pairwise_rate for kind, styles in by.items()
        }
        for system, (face, whose) in systems.items()
    }
    match = match_styles(generated, own, targets, names)
    distances = np.linalg.norm(
        faces.mean(axis=0)[:, None] - targets.reshape(1, len(references), -1, 3), axis=-1
    ).mean(axis=-1)
    figures.draw_style_distances(names, distances, stage.bench.out_folder / FIGURE)
    how = (
        f"{len(references)} clips of {len(set(by['actor']))} held-out actors, {len(set(names))} styles, "
        f"{lines} lines of unseen voices; mean face on the landmarks"
    )
    return _pairs(rates, match, len(references), how)


def _pairs(
    rates: Mapping[str, Mapping[str, float]], match: StyleMatch, count: int, how: str
) -> tuple[BarRow, str]:
    """The row and the details of how often each system's faces are nearer to their own reference."""
    rate, plain, ceiling = (rates[name]["actor or emotion"] for name in ("model", "no style", _CEILING))
    row = BarRow(
        key="unseen styles",
        what=_WHAT,
        bar=_BAR,
        measured=f"{cell_rate(rate)} (no style: {cell_rate(plain)}; {_CEILING}: {cell_rate(ceiling)})",
        verdict=judged(rate >= NEARER_SHARE),
        how=how,
        numbers={"rates": rates, "retrieval": match.retrieval_rate, "chance": match.chance},
    )
    kinds = list(rates["model"])
    table = markdown_table(
        ("face", *(f"against another {kind}" for kind in kinds)),
        [(system, *(cell_rate(own[kind]) for kind in kinds)) for system, own in rates.items()],
    )
    return row, (
        "### Styles of unseen actors\n\nShare of pairs in which the mean face is nearer to its own reference:"
        f"\n\n{table}\nThe model's own reference is the nearest of all {count} in "
        f"{cell_rate(match.retrieval_rate)} (chance {cell_rate(match.chance)}).\n\n"
    )


def _other_clips(stage: Stage, references: Sequence[HeldOutStyle]) -> tuple[np.ndarray, np.ndarray]:
    """Mean faces of recordings that are no references, each with the number of the first one of its style."""
    used = {one.recording.clip for one in references}
    first: dict[str, int] = {}
    for number, one in enumerate(references):
        first.setdefault(one.name, number)
    others = [
        one
        for one in stage.performances
        if one.clip not in used
        and f"{one.speaker} {one.emotion}" in first
        and one.has_lips
        and one.has_upper_face
    ]
    faces = [mean_face(stage, one.motion).ravel() for one in others]
    own = [first[f"{one.speaker} {one.emotion}"] for one in others]
    return np.array(faces).reshape(len(faces), stage.mesh.neutral.size), np.array(own, int)


def _crosswise(table: CrossTable, lines: int, styles: int) -> BarRow:
    lips = table.lips_same_sound > max(_LEADS, table.lips_same_style)
    upper = table.upper_same_style > max(_LEADS, table.upper_same_sound)
    return BarRow(
        key="cross table",
        what=_CROSS_WHAT,
        bar=_CROSS_BAR,
        measured=f"lips {table.lips_same_sound:.2f} (same style: {table.lips_same_style:.2f}); upper face "
        f"{table.upper_same_style:.2f} (same audio: {table.upper_same_sound:.2f})",
        verdict=judged(bool(lips and upper)),
        how=f"{lines} lines in each of {styles} styles, all pairs; opening over time, mean upper face less "
        "the mean of all",
        numbers=asdict(table),
    )


def _cross_table(row: BarRow) -> str:
    found = {name: cell_number(value) for name, value in row.numbers.items()}
    table = markdown_table(
        ("alike by", "same audio, other style", "same style, other audio"),
        [
            ("lips: opening over time, correlation", found["lips_same_sound"], found["lips_same_style"]),
            ("upper face: what it holds, cosine", found["upper_same_sound"], found["upper_same_style"]),
        ],
    )
    return f"### Cross table\n\n{table}\n"
