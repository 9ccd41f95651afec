"""How strong a style comes out, whether the dial makes it stronger, and whether the lips still close then."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.stage import HeldOutStyle, Stage, VoicedLine
from msmd.evaluation.embedded.unseen import pooled, share
from msmd.evaluation.embedded.unseen_styles import mean_face
from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.unseen_voices import measure_line

DIAL: Final = (0.0, 0.5, 1.0, 2.0, 3.0)
"""Values of `guidance_style`."""

JUDGED_AT: Final = 1.0
CLOSURE_AT: Final = 2.0
STRENGTH: Final = 0.70
KEPT_CLOSURES: Final = 0.90
"""Share of the closures at guidance 0 that must be left at `CLOSURE_AT`; the issue says "survives"."""

DIAL_LINES: Final = 2
CLOSURE_STYLES: Final = ("happy", "sad", "angry")

_WHAT: Final = "Style strength: persistent expression against the reference's"
_BAR: Final = f"at guidance {JUDGED_AT:g} >= {cell_rate(STRENGTH)}; grows with the dial"
_CLOSE_WHAT: Final = f"same: closure at /p b m/ at guidance {CLOSURE_AT:g}"
_CLOSE_BAR: Final = f">= {cell_rate(KEPT_CLOSURES)} of the closures at guidance 0"


def style_dial(stage: Stage) -> Section:
    """One reference of each held-out style at every value of the dial; closures in built-in styles."""
    first: dict[str, HeldOutStyle] = {}
    for one in stage.held_out_styles:
        first.setdefault(one.name, one)
    references, lines = list(first.values()), stage.style_lines[:DIAL_LINES]
    if not references or not lines:
        strength = unmeasured(
            "style strength", _WHAT, _BAR, "no held-out actor with a whole face, or no line"
        )
        table = ""
    else:
        strength, table = _strength(stage, references, lines)
    return Section([strength, _closures(stage)], table)


def projection(
    unstyled: Float[np.ndarray, "*shape"],
    styled: Float[np.ndarray, "*shape"],
    reference: Float[np.ndarray, "*shape"],
) -> float:
    """How far a mean face moves towards its reference: 0 stays where no style leaves it, 1 arrives."""
    way = reference - unstyled
    return float(((styled - unstyled) * way).sum() / max(float(np.square(way).sum()), 1e-12))


def _strength(
    stage: Stage, references: Sequence[HeldOutStyle], lines: Sequence[VoicedLine]
) -> tuple[BarRow, str]:
    strengths: dict[float, list[float]] = {value: [] for value in DIAL}
    count = 0
    for reference in references:
        target = mean_face(stage, reference.recording.motion)
        for line in lines:
            unstyled = mean_face(stage, stage.takes.motion(line.samples))
            for value in DIAL:
                stage.bench.progress("style dial", count, len(references) * len(lines) * len(DIAL))
                count += 1
                motion = stage.takes.motion(line.samples, reference.code, guidance_style=value)
                strengths[value].append(projection(unstyled, mean_face(stage, motion), target))
    stage.bench.progress("style dial", count, count)
    medians = {value: float(np.median(found)) for value, found in strengths.items()}
    usual = stage.bench.sampling.guidance_style
    row = BarRow(
        key="style strength",
        what=_WHAT,
        bar=_BAR,
        measured=f"{cell_rate(medians[JUDGED_AT])}; dial {_row_of(medians)}",
        verdict=judged(medians[JUDGED_AT] >= STRENGTH and grows(medians)),
        how=f"median over {len(references)} held-out styles and {len(lines)} lines of the way from the face "
        f"without style to the reference's mean face, on the landmarks; the default is {usual:g}",
        numbers={f"{value:g}": median for value, median in medians.items()},
    )
    by_style = [
        (
            reference.name,
            *(
                cell_number(
                    float(np.median(strengths[value][len(lines) * number : len(lines) * (number + 1)]))
                )
                for value in DIAL
            ),
        )
        for number, reference in enumerate(references)
    ]
    table = markdown_table(("style", *(f"guidance {value:g}" for value in DIAL)), by_style)
    return row, f"### Style dial: way to the reference\n\n{table}"


def grows(medians: Mapping[float, float]) -> bool:
    """Whether each turn of the dial makes the style stronger."""
    ordered = [medians[value] for value in sorted(medians)]
    return all(later > earlier for earlier, later in pairwise(ordered))


def _row_of(medians: Mapping[float, float]) -> str:
    return ", ".join(f"{value:g}: {median:.2f}" for value, median in medians.items())


def _closures(stage: Stage) -> BarRow:
    styles = [name for name in CLOSURE_STYLES if name in stage.bench.animator.styles]
    if not styles or not stage.texts:
        return unmeasured(
            "dial closures", _CLOSE_WHAT, _CLOSE_BAR, "no built-in style, or no line with phones"
        )
    rows: dict[float, list] = {0.0: [], CLOSURE_AT: []}
    for done, name in enumerate(styles):
        stage.bench.progress("closures under the dial", done, len(styles))
        for value, found in rows.items():
            for line in stage.texts:
                motion = stage.takes.motion(
                    line.samples, stage.bench.animator.styles[name], guidance_style=value
                )
                found.append(measure_line(stage.mesh, motion, line.samples, line.phones or []))
    stage.bench.progress("closures under the dial", len(styles), len(styles))
    rates = {value: share(found, "closed")[0] for value, found in rows.items()}
    control = share(rows[CLOSURE_AT], "closed_at_vowels")[0]
    count = len(pooled(rows[CLOSURE_AT], "closed"))
    if not count:
        return unmeasured("dial closures", _CLOSE_WHAT, _CLOSE_BAR, "no such sound in the lines")
    return BarRow(
        key="dial closures",
        what=_CLOSE_WHAT,
        bar=_CLOSE_BAR,
        measured=f"{cell_rate(rates[CLOSURE_AT], count)}, {cell_rate(rates[0.0])} at 0 "
        f"(control, open vowels: {cell_rate(control)})",
        verdict=judged(rates[CLOSURE_AT] >= KEPT_CLOSURES * rates[0.0]),
        how=f"{len(stage.texts)} unseen lines in the styles {', '.join(styles)}",
        numbers={"at_two": rates[CLOSURE_AT], "at_none": rates[0.0], "control": control},
    )
