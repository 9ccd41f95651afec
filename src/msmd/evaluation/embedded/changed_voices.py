"""The same words in another voice, in noise, on the telephone, slower and faster: the same mouth?"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from msmd.evaluation.embedded.bars import BarRow, Section, judged, unmeasured
from msmd.evaluation.embedded.stage import Stage
from msmd.evaluation.embedded.voice_changes import CHANGES, agreement, change_voice
from msmd.evaluation.markdown import cell_number, markdown_table
from msmd.evaluation.metrics import mouth_opening

CORRELATION: Final = 0.8
OTHER_SEED: Final = "clean, another seed"
"""What chance alone changes: the ceiling of the others."""

_WHAT: Final = "Voice changes: correlation of opening with the clean result"
_BAR: Final = f"median >= {CORRELATION:g} for every change"


def changed_voices(stage: Stage) -> Section:
    """The unseen lines with texts, without a style, under each change."""
    lines = stage.texts or stage.unseen
    others = [one.samples for one in stage.acted]
    if not lines or not others:
        return Section([unmeasured("voice changes", _WHAT, _BAR, "no unseen lines, or no others for babble")])
    found: dict[str, list[float]] = {name: [] for name in (OTHER_SEED, *(one.name for one in CHANGES))}
    for done, one in enumerate(lines):
        stage.bench.progress("voice changes", done, len(lines))
        clean = _opening(stage, one.samples)
        found[OTHER_SEED].append(agreement(clean, _opening(stage, one.samples, seed=1)))
        for change in CHANGES:
            changed = change_voice(one.samples, change, others[:: max(1, len(others) // 6)][:6], seed=done)
            found[change.name].append(agreement(clean, _opening(stage, changed), change.speed))
    stage.bench.progress("voice changes", len(lines), len(lines))
    return _report(found, len(lines))


def _opening(stage: Stage, samples: np.ndarray, seed: int = 0) -> np.ndarray:
    motion = stage.takes.motion(samples, seed=seed)
    return mouth_opening(stage.mesh.vertices(motion), stage.mesh.lip_pairs).astype(np.float64)


def _report(found: Mapping[str, Sequence[float]], count: int) -> Section:
    medians = {name: float(np.median(values)) for name, values in found.items()}
    changes = {name: value for name, value in medians.items() if name != OTHER_SEED}
    worst = min(changes, key=lambda name: changes[name])
    passed = sum(value >= CORRELATION for value in changes.values())
    row = BarRow(
        key="voice changes",
        what=_WHAT,
        bar=_BAR,
        measured=f"{passed} of {len(changes)} changes; worst {changes[worst]:.2f} ({worst})",
        verdict=judged(passed == len(changes)),
        how=f"{count} unseen lines, no style; tempo warped back; another seed on the clean sound gives "
        f"{medians[OTHER_SEED]:.2f}",
        numbers=medians,
    )
    table = markdown_table(
        ("change", "median", "worst line"),
        [(name, cell_number(medians[name]), cell_number(min(values))) for name, values in found.items()],
    )
    return Section([row], f"### Voice changes, {count} lines\n\n{table}")
