"""`msmd evaluate --suite embedded`: the table of docs/embedded.md; `--suite steps`: quality against steps."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from msmd.evaluation.bench import Bench
from msmd.evaluation.embedded.bars import Section, bars_markdown
from msmd.evaluation.embedded.changed_voices import changed_voices
from msmd.evaluation.embedded.cost import cost
from msmd.evaluation.embedded.known_speaker import known_speaker
from msmd.evaluation.embedded.life import life
from msmd.evaluation.embedded.stage import Stage
from msmd.evaluation.embedded.steps import against_steps
from msmd.evaluation.embedded.style_dial import style_dial
from msmd.evaluation.embedded.unseen import unseen_voices
from msmd.evaluation.embedded.unseen_styles import unseen_styles
from msmd.evaluation.records import write_json

SECTIONS: Final[tuple[Callable[[Stage], Section], ...]] = (
    known_speaker,
    unseen_voices,
    changed_voices,
    unseen_styles,
    style_dial,
    life,
    cost,
)
"""In the order of the table."""

RESULTS: Final = "embedded.json"


def embedded_suite(bench: Bench) -> str:
    """Every row of the table, with its figures; takes are kept, so that a stopped run goes on.

    Raises:
        MsmdError: no recordings in the folders; matplotlib or pocketsphinx is not installed.
    """
    stage = Stage(bench)
    # What cannot be read is told before minutes of work.
    bench.progress("lines", len(stage.unseen), len(stage.unseen))
    found = [section(stage) for section in SECTIONS]
    rows = [row for section in found for row in section.rows]
    details = "\n".join(section.details for section in found if section.details)
    write_json(
        bench.out_folder / RESULTS,
        {"sampling": asdict(bench.sampling), "rows": [asdict(row) for row in rows], "details": details},
    )
    return f"## The bar\n\n{bars_markdown(rows)}\n{details}"


def steps_suite(bench: Bench) -> str:
    """Quality, liveliness and cost against the number of sampling steps."""
    return against_steps(Stage(bench))
