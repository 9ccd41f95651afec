"""What a study is built from: a short list of trials, in a JSON or CSV file.

    [{"scenario": "contrasting", "reference": "angry.mp4", "neutral": "0.5s", "style": "angry",
      "audio": "weather.wav", "audio_end": 5.0}, ...]

A CSV has the same names in its first line. Paths are relative to the file. `reference` is a video, a motion
file, curves (Live Link Face, OpenFace, ARKit), or the name of a built-in style of the first system, which
then performs another line of the list. With a packed dataset, `clip:CORPUS/STEM` names one of its clips, as
`reference` and as `audio`.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.study.design import SCENARIOS, Scenario

CLIP_PREFIX: Final = "clip:"


@dataclass(frozen=True)
class TrialSpec:
    """One line of the list. Times are seconds of the file; an end of None is its end.

    Attributes:
        scenario: whether the reference fits the speech.
        reference: performance that shows the style.
        audio: speech to animate.
        style: a word for the style of the reference; trials of the same word are no anchors for each other.
        reference_start, reference_end: the part of the reference that is shown and encoded.
        audio_start, audio_end: the part of the sound that is spoken.
        neutral: for reference videos, see `msmd animate --neutral`.
        reference_audio: sound of the reference, if its own file has none; only the practice trial of the
            lip-sync study lets it be heard.
    """

    scenario: Scenario
    reference: str
    audio: str
    style: str = ""
    reference_start: float = 0.0
    reference_end: float | None = None
    audio_start: float = 0.0
    audio_end: float | None = None
    neutral: str = "auto"
    reference_audio: str = ""

    @property
    def style_word(self) -> str:
        """What kind of style it is: its word, or the reference itself."""
        return self.style or self.reference

    @property
    def line(self) -> str:
        """Which line is spoken."""
        return f"{self.audio}@{self.audio_start:g}"


_NUMBERS: Final = ("reference_start", "reference_end", "audio_start", "audio_end")


def read_trial_list(path: Path) -> list[TrialSpec]:
    """Read a .json or .csv list; paths become absolute where such a file lies beside the list.

    Raises:
        FormatError: it cannot be read, or a line makes no sense.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"the list of trials {path} cannot be read: {error}.") from error
    lines = _rows_of_csv(text) if path.suffix.lower() == ".csv" else _rows_of_json(text, path)
    if not lines:
        raise FormatError(f"the list of trials {path} is empty; at least two trials are needed.")
    return [_spec(line, f"{path}, trial {number}", path.parent) for number, line in enumerate(lines, 1)]


def write_trial_list(path: Path, specs: Sequence[TrialSpec]) -> None:
    """Write a .json list that `read_trial_list` reads.

    Raises:
        OutputError: the place cannot be written.
    """
    with whole_file(path) as aside:
        aside.write_text(json.dumps([asdict(spec) for spec in specs], indent=1) + "\n", encoding="utf-8")


def _rows_of_csv(text: str) -> list[dict[str, Any]]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    return [{key: value for key, value in row.items() if value not in (None, "")} for row in rows]


def _rows_of_json(text: str, path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise FormatError(f"the list of trials {path} is not JSON: {error}. Give .json or .csv.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FormatError(f"the list of trials {path} must be a JSON list of objects, one for each trial.")
    return rows


def _spec(line: Mapping[str, Any], where: str, folder: Path) -> TrialSpec:
    names = [field.name for field in fields(TrialSpec)]
    unknown, missing = set(line) - set(names), {"scenario", "reference", "audio"} - set(line)
    if unknown or missing:
        what = ", ".join(sorted(map(str, unknown or missing)))
        raise FormatError(
            f"{where}: {'unknown' if unknown else 'missing'} {what}. "
            f"There are: {', '.join(names)}; the first three are needed."
        )
    values: dict[str, Any] = {
        key: _number(value, f"{where}: {key}") if key in _NUMBERS else str(value).strip()
        for key, value in line.items()
        if value is not None
    }
    if values["scenario"] not in SCENARIOS:
        raise FormatError(
            f"{where}: scenario {values['scenario']!r}; it must be one of {', '.join(SCENARIOS)}."
        )
    for key in ("reference", "audio", "reference_audio"):
        if values.get(key) and (folder / values[key]).exists():
            values[key] = str((folder / values[key]).resolve())
    spec = TrialSpec(**values)
    for start, end, what in (
        (spec.reference_start, spec.reference_end, "reference"),
        (spec.audio_start, spec.audio_end, "audio"),
    ):
        if end is not None and end <= start:
            raise FormatError(f"{where}: {what}_end {end:g} must come after {what}_start {start:g}.")
    return spec


def _number(value: object, where: str) -> float:
    try:
        number = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise FormatError(f"{where} is {value!r}; seconds from 0 on are needed.")
    return number
