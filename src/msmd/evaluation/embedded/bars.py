"""One row of the table: what was asked, what was measured, and whether it is enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from msmd.evaluation.markdown import markdown_table

Verdict = Literal["reached", "falls short", "not measured"]

_SHOWN: Final[Mapping[str, str]] = {
    "reached": "reached",
    "falls short": "**falls short**",
    "not measured": "not measured",
}


@dataclass(frozen=True)
class BarRow:
    """A bar and what came of it.

    Attributes:
        key: short name, the same in every run, by which two runs are laid side by side.
        what: is judged.
        bar: that has to be reached, in words.
        measured: the number in words, with what stands beside it (control, count).
        verdict: whether it is reached.
        how: it was measured: on how much, under which settings.
        numbers: the measured numbers themselves.
    """

    key: str
    what: str
    bar: str
    measured: str
    verdict: Verdict
    how: str
    numbers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """What one part of the suite found.

    Attributes:
        rows: of the table.
        details: Markdown that stands below the table; "" for none.
    """

    rows: Sequence[BarRow]
    details: str = ""


def judged(reached: bool) -> Verdict:
    """A verdict on something that was measured."""
    return "reached" if reached else "falls short"


def unmeasured(key: str, what: str, bar: str, reason: str) -> BarRow:
    """A row that stays empty, and why."""
    return BarRow(key, what, bar, "-", "not measured", reason)


def bars_markdown(rows: Sequence[BarRow], before: Mapping[str, str] | None = None) -> str:
    """The table, with how many bars are reached.

    Args:
        rows: in order.
        before: key -> what an earlier model measured, in words; None leaves that column out.
    """
    header = ["what", "bar", *(["before"] if before is not None else []), "measured", "verdict", "how"]
    lines = []
    for row in rows:
        earlier = [] if before is None else [before.get(row.key, "-")]
        lines.append((row.what, row.bar, *earlier, row.measured, _SHOWN[row.verdict], row.how))
    count = sum(row.verdict == "reached" for row in rows)
    return f"{markdown_table(header, lines)}\n{count} of {len(rows)} bars reached.\n"
