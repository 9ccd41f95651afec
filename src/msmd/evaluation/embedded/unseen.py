"""Voices never trained on: closures beside a control, lips under teeth, round and spread, rest in silence."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from msmd.core.animation import StyleCode
from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ
from msmd.evaluation import figures
from msmd.evaluation.alignment import BILABIALS, middles_of
from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.silence import or_nan, rest_row, resting, tremble, tremble_row
from msmd.evaluation.embedded.stage import ACTED, Stage, VoicedLine
from msmd.evaluation.lip_sync import CLOSED_FRACTION, full_opening, level_db
from msmd.evaluation.markdown import cell_number, cell_rate, markdown_table
from msmd.evaluation.metrics import mouth_opening
from msmd.evaluation.mouth_shapes import effect_size, voice_row
from msmd.evaluation.records import Row
from msmd.evaluation.spoken_lines import SpokenLine, lines_of_recordings

NO_STYLE: Final = "no style"
"""What `msmd animate` does if no style is given: every bar of this section is judged on it."""

STYLES: Final = ("neutral", "happy", "sad", "angry")
"""Built-in styles that speak the lines with texts as well, beside no style."""

CLOSED_SHARE: Final = 0.90
CONTROL_SHARE: Final = 0.5
"""A mouth that does the same at this many open vowels hangs, and proves nothing."""

TUCKED_SHARE: Final = 0.80
EFFECT: Final = 0.8
FIGURE: Final = "embedded_voice.png"
PICTURED_SECONDS: Final = 5.0

_RECORDED: Final = "recorded"


def unseen_voices(stage: Stage) -> Section:
    """Every line without a style; those with texts in some built-in styles too."""
    rows = voice_rows(stage)
    recorded = [
        row
        for row in _recorded_rows(stage)
        if row["silent_frames"] and row["lip_jitter_in_silence"] is not None
    ]
    plain = [row for row in rows if row["style"] == NO_STYLE]
    if not plain:
        return Section([])
    _draw_line(stage)
    return Section(
        [
            _closures(plain),
            _tucked(plain),
            _widths(plain),
            rest_row(plain, recorded),
            tremble_row(plain, recorded),
        ],
        _details(rows, recorded),
    )


def _draw_line(stage: Stage) -> None:
    """A line of an unseen voice that has closures to make, without a style."""
    able = [
        one for one in stage.style_lines + stage.texts if len(middles_of(one.phones or [], BILABIALS)) > 1
    ]
    if not able:
        return
    chosen = min(able, key=lambda one: abs(len(one.samples) - PICTURED_SECONDS * SAMPLE_RATE_HZ))
    rest = float(mouth_opening(stage.mesh.neutral[None], stage.mesh.lip_pairs)[0])
    motion = stage.takes.motion(chosen.samples)
    opening = mouth_opening(stage.mesh.vertices(motion), stage.mesh.lip_pairs) - rest
    figures.draw_spoken_line(
        chosen.samples,
        opening,
        level_db(chosen.samples, len(opening)),
        [(phone.name, phone.start_seconds, phone.end_seconds) for phone in chosen.phones or []],
        BILABIALS,
        CLOSED_FRACTION * full_opening(opening),
        stage.bench.out_folder / FIGURE,
        f"{chosen.line.name}, an unseen voice; p b m shaded; closed is under the dashed line",
    )


def voice_rows(stage: Stage) -> list[Row]:
    """`mouth_shapes.voice_row` of every line and style."""
    styles: dict[str, StyleCode | None] = {NO_STYLE: None}
    known = stage.bench.animator.styles
    spoken = [(line, NO_STYLE) for line in (*stage.unseen, *stage.acted)]
    spoken += [(line, name) for name in STYLES if name in known for line in stage.texts]
    styles |= dict(known)
    rows = []
    for done, (line, name) in enumerate(spoken):
        stage.bench.progress("unseen voices", done, len(spoken))
        motion = stage.takes.motion(line.samples, styles[name])
        rows.append(_row(stage, line, motion, name))
    stage.bench.progress("unseen voices", len(spoken), len(spoken))
    return rows


def _recorded_rows(stage: Stage) -> list[Row]:
    """Real faces through the same measures of silence."""
    lines = lines_of_recordings(stage.performances)
    return [
        _row(stage, VoicedLine(line, None), line.recorded, _RECORDED)
        for line in lines
        if line.recorded is not None
    ]


def _row(stage: Stage, voiced: VoicedLine, motion: np.ndarray, style: str) -> Row:
    line: SpokenLine = voiced.line
    head = {
        "line": line.name,
        "voice": line.voice,
        "style": style,
        "aligned": voiced.phones is not None,
    }
    return head | dict(voice_row(stage.mesh, motion, line.samples, voiced.phones or []))


def pooled(rows: Sequence[Row], name: str) -> list:
    """The entries of a measure that has several for each line."""
    return [value for row in rows for value in row[name]]  # type: ignore[attr-defined]


def share(rows: Sequence[Row], name: str) -> tuple[float, int]:
    """How often a measure holds, over all entries, and how many there are."""
    values = pooled(rows, name)
    return (float(np.mean(values)) if values else float("nan")), len(values)


def _groups(rows: Sequence[Row]) -> dict[str, Sequence[Row]]:
    """Words never trained on, and held-out actors, whose words were; those that have lines."""
    acted = [row for row in rows if row["voice"] == ACTED]
    others = [row for row in rows if row["voice"] != ACTED]
    return {name: own for name, own in (("new words", others), ("held-out actors", acted)) if own}


def _sounds(
    rows: Sequence[Row], name: str, key: str, words: tuple[str, str], least: float, how: str
) -> BarRow:
    """A measure at certain sounds beside its control at open vowels; every group has to reach the bar."""
    found = {}
    for group, own in _groups(rows).items():
        (rate, count), (control, vowels) = share(own, name), share(own, f"{name}_at_vowels")
        if count:
            found[group] = {"rate": rate, "count": count, "control": control, "vowels": vowels}
    if not found:
        return unmeasured(key, *words, "no line with such a sound that could be aligned")
    shown = [
        f"{group}: {cell_rate(one['rate'], one['count'])} "
        f"(control, open vowels: {cell_rate(one['control'], one['vowels'])})"
        for group, one in found.items()
    ]
    good = all(one["rate"] >= least and one["control"] < CONTROL_SHARE for one in found.values())
    return BarRow(key, *words, "; ".join(shown), judged(good), how, found)


def _closures(rows: Sequence[Row]) -> BarRow:
    words = (
        "Unseen voices: /p b m/, inner lips closed within two frames",
        f"under 15 % of the 95th-percentile opening in >= {cell_rate(CLOSED_SHARE)}",
    )
    how = (
        f"no style; lines: {_voices(rows)} (held-out actors, whose two sentences were trained on); forced "
        "alignment"
    )
    return _sounds(rows, "closed", "closures", words, CLOSED_SHARE, how)


def _tucked(rows: Sequence[Row]) -> BarRow:
    words = ("same: /f v/, lower lip under the upper teeth", f">= {cell_rate(TUCKED_SHARE)}")
    how = "on the rig, within two frames: the lip reaches the teeth and lies 1.5 mm behind the upper lip"
    return _sounds(rows, "tucked", "tucked", words, TUCKED_SHARE, how)


def _widths(rows: Sequence[Row]) -> BarRow:
    what, bar = "same: rounded vowels narrower than spread ones", f"effect size >= {EFFECT:g}"
    found = {}
    for group, own in _groups(rows).items():
        spread, rounded = pooled(own, "spread_mm"), pooled(own, "rounded_mm")
        effect = effect_size(spread, rounded)
        if np.isfinite(effect):
            mean = {"spread_mm": float(np.mean(spread)), "rounded_mm": float(np.mean(rounded))}
            found[group] = {"effect": effect, "spread": len(spread), "rounded": len(rounded), **mean}
    if not found:
        return unmeasured("widths", what, bar, "too few such vowels in lines that could be aligned")
    shown = [
        f"{group}: d = {one['effect']:.2f} ({one['spread_mm']:.1f} against {one['rounded_mm']:.1f} mm)"
        for group, one in found.items()
    ]
    counts = " and ".join(f"{one['spread']} against {one['rounded']}" for one in found.values())
    return BarRow(
        key="widths",
        what=what,
        bar=bar,
        measured="; ".join(shown),
        verdict=judged(all(one["effect"] >= EFFECT for one in found.values())),
        how="Cohen's d of the width of the mouth in the middle of IY IH EY Y against UW UH OW AO W: "
        + counts,
        numbers=found,
    )


def _details(rows: Sequence[Row], recorded: Sequence[Row]) -> str:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in (*rows, *recorded):
        groups.setdefault((str(row["voice"]), str(row["style"])), []).append(row)
    header = (
        *("voice", "style", "lines", "closed at p b m", "at open vowels (control)", "tucked at f v"),
        *("spread wider, d", "at rest in silence", "tremble, mm/frame²", "opening, mm", "level correlation"),
    )
    lines = []
    for (voice, style), own in sorted(groups.items()):
        rate, frames = resting(own)
        lines.append(
            (
                *(voice, style, len(own)),
                *(cell_rate(*share(own, name)) for name in ("closed", "closed_at_vowels", "tucked")),
                cell_number(effect_size(pooled(own, "spread_mm"), pooled(own, "rounded_mm"))),
                f"{cell_rate(rate)} of {frames / float(MOTION_FPS):.1f} s" if frames else "-",
                cell_number(tremble(own)),
                *(cell_number(_median(own, name)) for name in ("opening_mm", "level_correlation")),
            )
        )
    return "### Unseen voices, by voice and style\n\n" + markdown_table(header, lines)


def _voices(rows: Sequence[Row]) -> str:
    voices = [str(row["voice"]) for row in rows if row["aligned"]]
    return ", ".join(f"{voices.count(voice)} of {voice}" for voice in sorted(set(voices)))


def _median(rows: Sequence[Row], name: str) -> float:
    values = np.array([or_nan(row[name]) for row in rows])
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")
