"""The measured parts of docs/embedded.md, written between marks so that what people wrote stays.

<!-- measured: bar -->
... replaced ...
<!-- end: bar -->
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msmd.core.errors import FormatError, MsmdError
from msmd.evaluation.embedded import known_speaker, steps, unseen, unseen_styles
from msmd.evaluation.embedded.bars import BarRow, bars_markdown
from msmd.evaluation.embedded.suite import RESULTS
from msmd.evaluation.records import write_text

PICTURES: Final = (known_speaker.FIGURE, steps.FIGURE, unseen_styles.FIGURE, unseen.FIGURE)
"""That the suites `embedded` and `steps` draw, and the page shows."""


def write_page(page: Path, results_folder: Path, before: Path | None = None) -> None:
    """Put the newest numbers and pictures into the page.

    Args:
        page: with the marks `bar`, `details` and `steps`; pictures are copied beside it.
        results_folder: of one bundle, as `msmd evaluate --suite embedded,steps` left it.
        before: `embedded.json` of an earlier model, for a column of its own.

    Raises:
        MsmdError: results or marks are missing.
        FormatError: results cannot be read.
        OutputError: the page cannot be written.
    """
    results = read_results(results_folder / RESULTS)
    rows = [BarRow(**row) for row in results["rows"]]  # type: ignore[attr-defined]
    earlier = None
    if before is not None:
        earlier = {row["key"]: row["measured"] for row in read_results(before)["rows"]}  # type: ignore[attr-defined]
    text = _read(page)
    for name, new in (
        ("bar", bars_markdown(rows, earlier)),
        ("details", str(results["details"])),
        ("steps", _read(results_folder / "steps.md").split("\n\n", 1)[-1]),
    ):
        text = replace_marked(text, name, new)
    pictures = {name: _read_bytes(results_folder / name) for name in PICTURES}
    for name, data in pictures.items():
        (page.parent / name).write_bytes(data)
    write_text(page, text)


def read_results(path: Path) -> Mapping[str, object]:
    """The JSON of the suite.

    Raises:
        FormatError: it is no such JSON.
        MsmdError: it is not there.
    """
    try:
        found = json.loads(_read(path))
    except ValueError as error:
        raise FormatError(f"{path} is no JSON: {error}. Run the suite again.") from error
    if not isinstance(found, dict) or not {"rows", "details"} <= found.keys():
        raise FormatError(f"{path} holds no results of the suite 'embedded': run it again.")
    return found


def replace_marked(text: str, name: str, new: str) -> str:
    """The text with another part between `<!-- measured: name -->` and `<!-- end: name -->`.

    Raises:
        MsmdError: it has no such marks, or several.
    """
    first, last = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    if text.count(first) != 1 or text.count(last) != 1 or text.index(last) < text.index(first):
        raise MsmdError(
            f"the page needs {first} and, after it, {last}, once each: put them where the part goes."
        )
    pattern = re.compile(f"({re.escape(first)}).*({re.escape(last)})", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}\n{new.strip()}\n{found[2]}", text)


def _read(path: Path) -> str:
    return _read_bytes(path).decode("utf-8")


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MsmdError(f"cannot read {path}: {error.strerror or error}. Run the suites first.") from error
