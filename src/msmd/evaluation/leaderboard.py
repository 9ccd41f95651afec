"""A board of models that were judged alike, and the page made of it (docs/leaderboard.md).

The board is a small JSON file: one entry a model, dataset and way of sampling, taken from the
`comparison.json` of `msmd evaluate`. Only entries on the same clips are ranked against each other.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from msmd.core.errors import FormatError
from msmd.evaluation.comparison_report import FORMAT, VERSION
from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.metrics import UNITS
from msmd.evaluation.paper_tables import PAPER_METRICS

BOARD_FORMAT: Final = "msmd-leaderboard"
BOARD_VERSION: Final = 1

RANKED: Final = tuple(PAPER_METRICS)
"""The rank of a model is the mean of its ranks by these."""

SHOWN: Final = (
    *RANKED,
    "lve_rms",
    "opening_correlation",
    "closure_rate",
    "std_ratio",
    "jitter_ratio",
)

Entry = Mapping[str, object]
Board = list[Entry]


def read_board(path: Path) -> Board:
    """The entries of a board; none if there is no such file yet.

    Raises:
        FormatError: it is no board of this version.
    """
    if not path.is_file():
        return []
    found = _read(path, BOARD_FORMAT, BOARD_VERSION)
    return list(found["entries"])  # type: ignore[arg-type]


def entries_of(path: Path) -> Board:
    """Entries for every model and control of a `comparison.json`.

    Raises:
        FormatError: it is none, or of another version.
    """
    found = _read(path, FORMAT, VERSION)
    try:
        return _entries(found)
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path} lacks {error}. Run `msmd evaluate` again.") from error


def merge(board: Sequence[Entry], new: Sequence[Entry]) -> Board:
    """Both, where a new entry takes the place of one of the same model on the same clips, sampled alike."""
    kept = {_key(entry): entry for entry in [*board, *new]}
    return [kept[key] for key in sorted(kept)]


def board_json(board: Sequence[Entry]) -> dict[str, object]:
    """What is kept on disk."""
    return {"format": BOARD_FORMAT, "version": BOARD_VERSION, "entries": list(board)}


def board_markdown(board: Sequence[Entry]) -> str:
    """The page: a table for every set of clips, best first."""
    parts = [_HEAD]
    groups: dict[str, list[Entry]] = {}
    for entry in board:
        groups.setdefault(str(entry["clips"]), []).append(entry)
    for clips, own in sorted(groups.items()):
        models = [entry for entry in own if not entry["control"]]
        controls = [entry for entry in own if entry["control"]]
        parts += [f"## {clips}\n", _table(_rank(models), controls)]
    return "\n".join(parts)


_HEAD: Final = """# Leaderboard

Models judged by `msmd evaluate` on the same held-out clips. Made by `msmd leaderboard` from
`leaderboard.json`; do not edit it by hand. To join, run

```sh
msmd evaluate YOUR_BUNDLE --data DATASET --seeds 1 --limit 120 -o work/evaluation
msmd leaderboard work/evaluation/comparison.json --board docs/leaderboard.json -o docs/leaderboard.md
```

Only models judged on the same clips stand in one table. The rank is the mean of the ranks by `mve`,
`lve_max`, `fdd_abs` and `mod`, of which less is better; it says nothing of significance, which is in
`docs/results.md`. Names of measures are those of `docs/metrics.md`. The last columns are of contrasting
references: the distance to them, how often the generated face is nearest to its own among all, and how often
a simple judge names the reference's emotion. Rows in italics are no models: they show what the measures make
of the recording itself and of degenerate faces.
"""


def _rank(models: Sequence[Entry]) -> list[tuple[float, Entry]]:
    numbers = np.array([[_number(entry, metric) for metric in RANKED] for entry in models], float)
    numbers = np.nan_to_num(numbers, nan=np.inf)  # a model without a number is not the best
    ranks = [[1 + np.sum(column < value) for value in column] for column in numbers.T]
    means = np.mean(ranks, axis=0) if len(models) else np.array([])
    order = sorted(range(len(models)), key=lambda index: (means[index], str(models[index]["model"])))
    return [(float(means[index]), models[index]) for index in order]


def _table(ranked: Sequence[tuple[float, Entry]], controls: Sequence[Entry]) -> str:
    header = ["rank", "model", "steps", "million parameters", "sampling"]
    header += [f"{name} ({UNITS[name]})" if name in UNITS else name for name in SHOWN]
    header += ["style_distance (mm)", "retrieval", "emotion", "licence of the weights"]
    lines = [
        [
            f"{rank:.3g}",
            entry["model"],
            "-" if entry["steps"] is None else entry["steps"],
            cell_number(entry["million_parameters"]),
            entry["sampling"],
            *_numbers(entry),
            str(entry["licence"]).split("(")[0].split(":")[0].strip(),
        ]
        for rank, entry in ranked
    ]
    lines += [["", f"*{entry['model']}*", "", "", "", *_numbers(entry), ""] for entry in controls]
    return markdown_table(header, lines)


def _numbers(entry: Entry) -> list[str]:
    cells = [cell_number(_number(entry, metric)) for metric in SHOWN]
    rates = [cell_rate(entry["retrieval"]), cell_rate(entry["emotion"])]
    return [*cells, cell_number(entry["style_distance"]), *rates]


def _number(entry: Entry, metric: str) -> float:
    value = entry["means"].get(metric)  # type: ignore[attr-defined]
    return float("nan") if value is None else float(value)


def _entries(found: Mapping) -> Board:
    setting = found["setting"]
    clips = ", ".join(f"{count} of {corpus}" for corpus, count in setting["clips"].items())
    place = f"Dataset {setting['dataset']}, split {setting['split']} {setting['splits']}: {clips}"
    subjects = {subject["name"]: subject for subject in found["subjects"]}
    means, styles = found["means"]["matching"]["all"], found["styles"]
    condition = "contrasting" if "contrasting" in styles else "matching"
    entries = []
    for system, own in means.items():
        subject = subjects.get(system)
        style = styles[condition][system]
        distance = found["means"][condition]["all"][system].get("style_distance", {"mean": None})["mean"]
        entries.append(
            {
                "model": system,
                "control": subject is None,
                "clips": place,
                "sampling": "" if subject is None else setting["sampling"],
                "fingerprint": "" if subject is None else subject["fingerprint"],
                "steps": None if subject is None else subject["steps"],
                "million_parameters": None if subject is None else round(subject["parameters"] / 1e6, 2),
                "licence": "" if subject is None else subject["licence"],
                "means": {name: _short(own[name]["mean"]) for name in SHOWN if name in own},
                "style_distance": _short(distance),
                "retrieval": _short(style["match"]["retrieval_rate"]),
                "emotion": _short(style["emotion_agreement"]),
            }
        )
    return entries


def _short(value: object) -> float | None:
    return None if value is None else float(f"{float(str(value)):.4g}")


def _key(entry: Entry) -> tuple[str, ...]:
    return tuple(str(entry[name]) for name in ("clips", "model", "sampling"))


def _read(path: Path, expected: str, version: int) -> Mapping[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FormatError(f"{path} cannot be read: {error}. Give a file of `msmd evaluate`.") from error
    if not isinstance(found, dict) or (found.get("format"), found.get("version")) != (expected, version):
        raise FormatError(f"{path} is no {expected} of version {version}.")
    return found
