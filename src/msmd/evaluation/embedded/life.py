"""Is it alive, and no more restless than people? Blinks, the head's spectrum, jitter."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from msmd.core.units import ARKIT_NAMES, HEAD_ROTATION, MOTION_FPS
from msmd.evaluation import dynamics
from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.stage import ACTED, ACTED_CLIPS, GRID, Stage
from msmd.evaluation.embedded.unseen import NO_STYLE
from msmd.evaluation.markdown import cell_number, markdown_table
from msmd.evaluation.protocol import FaceMesh

BLINKS_PER_MINUTE: Final = (8.0, 30.0)
BLINK_SECONDS: Final = (0.1, 0.4)
"""From half closed to open again; people's last 0.1 to 0.4 s, and those of our recordings 0.12 to 0.18 s."""

HEAD_DB: Final = 6.0
"""Half or twice the amplitude of recorded heads, in any band under `HEAD_HZ`; above it no more than that."""

HEAD_HZ: Final = 8.25

_LIDS: Final = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]


def life(stage: Stage) -> Section:
    """Blinks on all unseen lines, heads and jitter against the recordings of the same held-out clips."""
    truths: dict[str, list[np.ndarray]] = {}
    own: dict[str, list[np.ndarray]] = {}
    heads: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    clips = [*stage.clips(GRID), *stage.clips(ACTED, ACTED_CLIPS)]
    clips = [clip for clip in clips if clip.target.has_lips and clip.target.has_upper_face]
    for done, clip in enumerate(clips):
        stage.bench.progress("life", done, len(clips))
        target = clip.target
        motion = stage.takes.motion(target.samples, stage.encode(clip.reference))
        truths.setdefault(target.corpus, []).append(target.motion)
        own.setdefault(target.corpus, []).append(motion)
        if target.has_head:
            heads[0].append(target.motion[:, HEAD_ROTATION])
            heads[1].append(motion[:, HEAD_ROTATION])
    stage.bench.progress("life", len(clips), len(clips))
    blinks, table = _blinks(stage, truths)
    return Section([blinks, _heads(*heads), _jitter(stage, truths, own)], table)


def count_pooled(mesh: FaceMesh, motions: Sequence[np.ndarray]) -> dynamics.Blinks:
    """Blinks of several lines, one after the other."""
    lids = [mesh.arkit(motion)[:, _LIDS].mean(axis=1) for motion in motions]
    return dynamics.count_blinks(np.concatenate(lids))


def _blinks(stage: Stage, truths: dict[str, list[np.ndarray]]) -> tuple[BarRow, str]:
    what = "Life: blinks"
    low, high = BLINKS_PER_MINUTE
    bar = f"{low:g} to {high:g} a minute, of {BLINK_SECONDS[0]:g} to {BLINK_SECONDS[1]:g} s"
    styles = {NO_STYLE: [stage.takes.motion(line.samples) for line in (*stage.unseen, *stage.acted)]}
    known = stage.bench.animator.styles
    for number, (name, code) in enumerate(known.items()):
        stage.bench.progress("blinks", number, len(known))
        styles[name] = [stage.takes.motion(line.samples, code) for line in stage.texts or stage.unseen[:4]]
    stage.bench.progress("blinks", len(known), len(known))
    if not styles[NO_STYLE]:
        return unmeasured("blinks", what, bar, "no unseen lines"), ""
    found = {name: count_pooled(stage.mesh, motions) for name, motions in styles.items()}
    recorded = {
        f"recorded, {corpus}": count_pooled(stage.mesh, motions) for corpus, motions in truths.items()
    }
    plain = found[NO_STYLE]
    good = [name for name, one in found.items() if natural_blinks(one)]
    minutes = sum(len(motion) for motion in styles[NO_STYLE]) / float(MOTION_FPS) / 60
    row = BarRow(
        key="blinks",
        what=what,
        bar=bar,
        measured=f"{plain.per_minute:.0f} a minute of {plain.median_seconds:.2f} s; natural in {len(good)} "
        f"of {len(found)} styles",
        verdict=judged(NO_STYLE in good),
        how=f"judged without a style, on {minutes:.1f} minutes of unseen lines; built-in styles on the lines "
        "with texts",
        numbers={name: [one.per_minute, one.median_seconds] for name, one in {**found, **recorded}.items()},
    )
    table = markdown_table(
        ("style", "blinks a minute", "seconds, median"),
        [
            (name, cell_number(one.per_minute), cell_number(one.median_seconds))
            for name, one in {**found, **recorded}.items()
        ],
    )
    return row, f"### Blinks\n\n{table}"


def natural_blinks(blinks: dynamics.Blinks) -> bool:
    """As often and as long as people blink."""
    often = BLINKS_PER_MINUTE[0] <= blinks.per_minute <= BLINKS_PER_MINUTE[1]
    return often and BLINK_SECONDS[0] <= blinks.median_seconds <= BLINK_SECONDS[1]


def _heads(recorded: Sequence[np.ndarray], generated: Sequence[np.ndarray]) -> BarRow:
    what = "same: head motion, spectrum of its speed"
    bar = f"within {HEAD_DB:g} dB of recorded heads in each band under {HEAD_HZ:g} Hz, no more above"
    if not recorded:
        return unmeasured("head", what, bar, "no held-out clip with a head")
    levels = dynamics.pooled_band_levels_db(recorded, generated)
    bands = list(zip(dynamics.SPECTRUM_BANDS_HZ, levels.tolist(), strict=True))
    return BarRow(
        key="head",
        what=what,
        bar=bar,
        measured="; ".join(f"{low:g} to {high:g} Hz: {level:+.1f} dB" for (low, high), level in bands),
        verdict=judged(natural_head(bands)),
        how=f"power over {len(recorded)} held-out clips in the style of another clip of the speaker; "
        "`--no-head` keeps it still",
        numbers={f"{low:g}-{high:g} Hz": level for (low, high), level in bands},
    )


def natural_head(bands: Sequence[tuple[tuple[float, float], float]]) -> bool:
    """Levels against recorded heads: neither too still nor too restless, and above `HEAD_HZ` not restless."""
    return all((level if high > HEAD_HZ else abs(level)) <= HEAD_DB for (_, high), level in bands)


def _jitter(stage: Stage, truths: dict[str, list[np.ndarray]], own: dict[str, list[np.ndarray]]) -> BarRow:
    what, bar = "same: jitter of the face", "not above the recordings' own, each corpus"
    if not truths:
        return unmeasured("jitter", what, bar, "no held-out clips")

    def median(motions: Sequence[np.ndarray]) -> float:
        return float(np.nanmedian([dynamics.jitter(stage.mesh.vertices(motion)) for motion in motions]))

    pairs = {corpus: (median(own[corpus]), median(truths[corpus])) for corpus in truths}
    return BarRow(
        key="jitter",
        what=what,
        bar=bar,
        measured="; ".join(
            f"{corpus} {mine:.2f} against {theirs:.2f}" for corpus, (mine, theirs) in pairs.items()
        ),
        verdict=judged(all(mine <= theirs for mine, theirs in pairs.values())),
        how="root mean square second difference, mm/frame², median over "
        + ", ".join(f"{len(motions)} clips of {corpus}" for corpus, motions in truths.items()),
        numbers={corpus: list(pair) for corpus, pair in pairs.items()},
    )
