"""`report.html`: one page, complete in itself, of what a run kept and what fell out where and why."""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

import numpy as np

from msmd.core.files import whole_file
from msmd.data.curation.charts import draw_bars, draw_histogram
from msmd.data.curation.limits import Limits
from msmd.data.curation.manifest import STAGES, Record, read_manifest
from msmd.data.curation.outcome import CODES
from msmd.data.curation.thumbnails import draw_thumbnail, pick
from msmd.data.packed import SETTINGS_NAME

REPORT_NAME: Final = "report.html"

THUMBNAILS: Final = 6
"""For each reason."""

_KEPT_THUMBNAILS: Final = 12


def write_report(folder: Path, sources: Sequence[Path]) -> Path:
    """Write the page of a curated folder.

    Args:
        folder: with a manifest.
        sources: folders that the clips came from, for the thumbnails.

    Returns:
        Where the page is.

    Raises:
        FormatError: there is no manifest.
        OutputError: the folder cannot be written.
    """
    folder = Path(folder)
    records = read_manifest(folder)
    limits = _limits_of(folder)
    template = files("msmd.data.curation").joinpath("assets/report.html").read_text(encoding="utf-8")
    page = Template(template).substitute(
        title=escape(folder.resolve().name),
        sources="Sources: "
        + ", ".join(f"<code>{escape(Path(one).resolve().name)}</code>" for one in sources),
        facts=_facts(records),
        funnel=_funnel(records),
        reasons=_reasons(records),
        corpora=_corpora(records),
        charts=_charts(records, limits),
        emotions=_emotions(records),
        splits=_splits(records),
        thumbnails=_thumbnails(records, sources),
    )
    path = folder / REPORT_NAME
    with whole_file(path) as aside:
        aside.write_text(page, encoding="utf-8")
    return path


def hours(records: Iterable[Record]) -> float:
    """Of clips, together."""
    return sum(one.seconds for one in records) / 3600


def kept(records: Iterable[Record]) -> list[Record]:
    return [one for one in records if one.verdict == "kept"]


def dropped(records: Iterable[Record]) -> list[Record]:
    return [one for one in records if one.verdict == "dropped"]


def _limits_of(folder: Path) -> Limits:
    try:
        return Limits(**json.loads((folder / SETTINGS_NAME).read_text(encoding="utf-8"))["limits"])
    except (OSError, ValueError, KeyError, TypeError):
        return Limits()


def _facts(records: Sequence[Record]) -> str:
    good = kept(records)
    total = hours(records)
    facts = [
        (_hours(hours(good)), f"kept of {_hours(total)}"),
        (f"{hours(good) / max(total, 1e-9):.0%}", "of the hours"),
        (f"{len(good):,}", f"clips of {len(records):,}"),
        (f"{len({one.speaker for one in good}):,}", "speakers"),
        (f"{3600 * hours(good) / max(len(good), 1):.1f} s", "a clip on average"),
        (f"{len({one.emotion for one in good} - {'unknown', 'changing'})}", "emotions named"),
    ]
    return "".join(f'<div class="card fact"><b>{big}</b><span>{small}</span></div>' for big, small in facts)


def _funnel(records: Sequence[Record]) -> str:
    left, rows = list(records), []
    total = hours(records) or 1.0
    rows.append(_funnel_row("all", hours(left), 0.0, total, f"{len(left):,} clips"))
    for stage in STAGES:
        out = [one for one in left if one.stage == stage]
        before = hours(left)
        left = [one for one in left if one.stage != stage]
        said = f"{len(left):,} clips, {_hours(hours(left))}"
        if out:
            said += f" (&minus;{len(out):,})"
        rows.append(_funnel_row(stage, hours(left), before - hours(left), total, said))
    return f'<div class="bars funnel">{"".join(rows)}</div>'


def _funnel_row(name: str, low: float, high: float, total: float, said: str) -> str:
    return (
        f'<div class="row"><span class="name">{name}</span><span class="track">'
        f'<i class="kept" style="width:{100 * low / total:.2f}%"></i>'
        f'<i class="dropped" style="width:{100 * high / total:.2f}%"></i></span>'
        f'<span class="value">{said}</span></div>'
    )


def _reasons(records: Sequence[Record]) -> str:
    by_code: dict[str, list[Record]] = defaultdict(list)
    for one in records:
        for code in dict.fromkeys(one.codes):
            by_code[code].append(one)
    rows = [
        (
            f"<code>{code}</code>",
            escape(meaning),
            f"{len(by_code[code]):,}",
            _hours(hours(by_code[code])),
            f"{len(by_code[code]) / max(len(records), 1):.1%}",
            escape(by_code[code][0].reasons[by_code[code][0].codes.index(code)].text),
        )
        for code, meaning in CODES.items()
        if code in by_code
    ]
    if not rows:
        return "Nothing was dropped."
    return _table(("reason", "meaning", "#clips", "#hours", "#of all", "for example"), rows)


def _corpora(records: Sequence[Record]) -> str:
    rows = []
    for (corpus, kind), some in _grouped(records, lambda one: (one.corpus, one.kind)).items():
        good = kept(some)
        licences = ", ".join(sorted({one.licence for one in some}))
        rows.append(
            (
                escape(corpus),
                escape(kind),
                f"{len(good):,} of {len(some):,}",
                f"{hours(good):.2f} of {hours(some):.2f}",
                f"{len({one.speaker for one in good}):,}",
                escape(licences if len(licences) < 90 else f"{len(licences.split(', '))} different terms"),
            )
        )
    return _table(("corpus", "observed by", "#clips kept", "#hours kept", "#speakers", "terms"), rows)


def _charts(records: Sequence[Record], limits: Limits) -> str:
    turned, spoken, lag = limits.max_turned_share, limits.min_speech_share, limits.max_lag_frames
    high, loud, r = limits.min_face_pixels, limits.min_level_db, limits.min_correlation
    charts = (
        ("duration, s", _seconds, _spread(records, _seconds, 20), ()),
        ("farthest turn of the face, degrees", _number("max_pose_degrees"), range(0, 95, 5), (45.0,)),
        ("pictures with the face turned away, share", _number("turned_share"), _steps(1.0, 20), (turned,)),
        ("mean opening of the lips, mm", _number("opening_mean_mm"), _steps(12.0, 24), ()),
        ("speech heard, share of the clip", _number("speech_share"), _steps(1.0, 20), (spoken,)),
        ("lag of the mouth after the sound, frames", _number("sync_lag_frames"), _around(15), (-lag, lag)),
        ("agreement of mouth and sound, r", _number("sync_correlation"), _steps(1.0, 20), (r,)),
        ("height of the face, pixels", _number("face_height_pixels"), _steps(600.0, 20), (high,)),
        ("loudest moment, dB", _number("level_db"), range(-80, 5, 5), (loud,)),
    )
    parts = []
    for label, value, bins, lines in charts:
        good, bad = (
            [number for one in some if (number := value(one)) is not None]
            for some in (kept(records), dropped(records))
        )
        if good or bad:
            ticks = [-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0] if "lag" in label else ()
            drawn = draw_histogram(good, bad, label, [float(edge) for edge in bins], lines, ticks)
            parts.append(f'<div class="card">{drawn}</div>')
    return "".join(parts)


def _emotions(records: Sequence[Record]) -> str:
    sums = [Counter[str](), Counter[str]()]
    for one in records:
        sums[one.verdict == "dropped"][one.emotion] += one.seconds / 3600  # type: ignore[assignment]
    return draw_bars(sums[0], sums[1], "h")


def _splits(records: Sequence[Record]) -> str:
    rows = [
        (split, f"{len(some):,}", _hours(hours(some)), f"{len({one.speaker for one in some}):,}")
        for split, some in _grouped(kept(records), lambda one: one.split).items()
    ]
    return _table(("split", "#clips", "#hours", "#speakers"), rows)


def _thumbnails(records: Sequence[Record], sources: Sequence[Path]) -> str:
    parts = []
    by_code: dict[str, list[Record]] = {code: [] for code in CODES}
    for one in dropped(records):
        for code in one.codes:
            by_code.setdefault(code, []).append(one)
    groups = [(f"<code>{code}</code>", CODES[code], by_code[code], code, THUMBNAILS) for code in CODES]
    groups.append(("kept", "what is left", kept(records), "", _KEPT_THUMBNAILS))
    for name, meaning, members, code, count in groups:
        figures = "".join(_figures(members, sources, code, count))
        if figures:
            clips = "1 clip" if len(members) == 1 else f"{len(members):,} clips"
            said = f"{meaning}; {clips}, {_hours(hours(members))}"
            parts.append(
                f'<section class="card why"><header><h3>{name}</h3><span>{escape(said)}</span></header>'
                f'<div class="thumbs">{figures}</div></section>'
            )
    return "".join(parts)


def _figures(members: Sequence[Record], sources: Sequence[Path], code: str, count: int) -> Iterable[str]:
    with_pictures = {one.id: one for one in members if one.kind == "video"}
    for clip_id in pick(sorted(with_pictures), count):
        one = with_pictures[clip_id]
        path = next(
            (Path(source) / one.source for source in sources if (Path(source) / one.source).is_file()), None
        )
        jpeg = draw_thumbnail(path, one.span_seconds) if path else None
        if jpeg is None and not code:
            continue
        picture = "" if jpeg is None else _image(jpeg, one.id)
        said = next((reason.text for reason in one.reasons if reason.code == code), "")
        detail = said or _in_short(one)
        yield f"<figure>{picture}<figcaption><b>{escape(one.id)}</b>{escape(detail)}</figcaption></figure>"


def _image(jpeg: bytes, name: str) -> str:
    data = base64.b64encode(jpeg).decode()
    return f'<img alt="{escape(name)}" loading="lazy" src="data:image/jpeg;base64,{data}">'


def _in_short(one: Record) -> str:
    parts = [f"{one.seconds:.1f} s"]
    if one.emotion != "unknown":
        parts.append(one.emotion)
    if "sync_lag_frames" in one.numbers:
        parts.append(f"lag {float(one.numbers['sync_lag_frames']):+.0f} frames")
    if "max_pose_degrees" in one.numbers:
        parts.append(f"turned {float(one.numbers['max_pose_degrees']):.0f}° at most")
    return ", ".join(parts)


def _number(name: str) -> Callable[[Record], float | None]:
    return lambda one: float(one.numbers[name]) if name in one.numbers else None


def _seconds(one: Record) -> float | None:
    return one.seconds or None


def _steps(top: float, count: int) -> list[float]:
    return [round(top * index / count, 6) for index in range(count + 1)]


def _around(most: int) -> list[float]:
    return [number - 0.5 for number in range(-most, most + 2)]


def _spread(records: Sequence[Record], value: Callable[[Record], float | None], count: int) -> list[float]:
    """Bins up to what 98 % of the clips stay under."""
    known = [number for one in records if (number := value(one)) is not None]
    top = float(np.quantile(known, 0.98)) if known else 1.0
    size = max(1.0, np.ceil(top * 1.1 / count))
    return [size * index for index in range(count + 1)]


def _grouped(records: Iterable[Record], key: Callable[[Record], object]) -> Mapping:
    groups: dict[object, list[Record]] = defaultdict(list)
    for one in records:
        groups[key(one)].append(one)
    return dict(sorted(groups.items(), key=lambda item: str(item[0])))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns whose head begins with # are numbers."""
    right = [head.startswith("#") for head in heads]
    top = "".join(
        f'<th class="{"n" if n else ""}">{head.lstrip("#")}</th>'
        for head, n in zip(heads, right, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{"n" if n else ""}">{cell}</td>' for cell, n in zip(row, right, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _hours(value: float) -> str:
    return f"{value:.1f} h" if value >= 10 else f"{value * 60:.1f} min" if value < 1 else f"{value:.2f} h"
