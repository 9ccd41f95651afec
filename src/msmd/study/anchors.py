"""Negative anchors (section 6.3): another performance of the recordings, drawn at random.

"A random animation from the validation set (with a different style)", and in the lip-sync study "with
different audio". Here it is the recorded performance of another trial's reference.
"""

from collections.abc import Sequence

import numpy as np

from msmd.core.errors import MsmdError
from msmd.study.design import StudyKind
from msmd.study.performances import Reference
from msmd.study.trial_list import TrialSpec


def draw_anchor(
    kind: StudyKind,
    index: int,
    specs: Sequence[TrialSpec],
    references: Sequence[Reference],
    seed: int,
) -> int:
    """Which trial's reference is the anchor of trial `index`.

    Raises:
        MsmdError: no other trial has another style, or another recording.
    """
    own = specs[index]
    if kind == "style":
        others = [i for i, spec in enumerate(specs) if spec.style_word != own.style_word]
        need = "another style: add one, or tell the styles apart by the word `style`"
    else:
        # the trial's own reference says other words too; it serves where there is nothing else
        unheard = [i for i, one in enumerate(references) if one.said not in (own.audio, own.line)]
        others = [i for i in unheard if i != index] or unheard
        need = "a reference of another recording: add one"
    if not others:
        raise MsmdError(f"trial {index + 1} has no anchor, for no other trial has {need}.")
    rng = np.random.default_rng([seed, index, ("style", "lips").index(kind)])
    return int(rng.choice(others))
