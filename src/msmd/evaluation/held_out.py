"""Held-out clips: how near is what is generated to what was recorded, and nearer than what?

One model beside its simplest rivals. Several models side by side, with significance, are the business
of `msmd.evaluation.comparison`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Motion, StyleCode
from msmd.core.progress import Progress, no_progress
from msmd.evaluation.clip_measures import measure
from msmd.evaluation.figures import OpeningPanel
from msmd.evaluation.metrics import mouth_opening
from msmd.evaluation.pairing import StyledClip
from msmd.evaluation.protocol import Animator, FaceMesh, Performance, as_loop, as_still
from msmd.evaluation.records import Row, RowFile

System = Callable[[StyledClip], Float32[np.ndarray, "frames 67"]]
"""Anything that says how the face moves in a clip; it must not look at the clip's own motion."""

MODEL: Final = "model"
TRUTH: Final = "truth"
"""Rows of the recording measured against itself: the floor, and the truth's own lag, jitter and blinks."""


def make_systems(animator: Animator, train_means: Mapping[str, Float[np.ndarray, "67"]]) -> dict[str, System]:
    """The model and what it has to beat.

    `still` is the neutral face, `mean_motion` the mean pose of the training clips of the same corpus,
    `unstyled` the model without a reference. `reference_mean` holds the mean pose of the reference: it
    knows the style and ignores the sound. `reference_motion` plays the reference's own motion: lively,
    in style, and out of step.

    Args:
        animator: the synthesis path.
        train_means: corpus -> (67,) mean pose of its training clips; "" for all corpora.
    """
    codes: dict[str, StyleCode] = {}

    def style(reference: Performance) -> StyleCode:
        if reference.clip not in codes:
            codes[reference.clip] = animator.encode_style(Motion(reference.motion))
        return codes[reference.clip]

    def mean_pose(clip: StyledClip) -> np.ndarray:
        return np.asarray(train_means.get(clip.target.corpus, train_means[""]), np.float32)

    return {
        MODEL: lambda clip: animator.animate(clip.target.samples, style(clip.reference)).motion.values,
        "unstyled": lambda clip: animator.animate(clip.target.samples, None).motion.values,
        "still": lambda clip: np.zeros_like(clip.target.motion),
        "mean_motion": lambda clip: as_still(mean_pose(clip), len(clip.target.motion)),
        "reference_mean": lambda clip: as_still(clip.reference.motion.mean(axis=0), len(clip.target.motion)),
        "reference_motion": lambda clip: as_loop(clip.reference.motion, len(clip.target.motion)),
        TRUTH: lambda clip: clip.target.motion,
    }


def run_held_out(
    systems: Mapping[str, System],
    clips: Sequence[StyledClip],
    mesh: FaceMesh,
    rows: RowFile,
    progress: Progress = no_progress,
) -> None:
    """Measure every system on every clip that `rows` lacks."""
    for done, clip in enumerate(clips):
        progress("held-out clips", done, len(clips))
        target = clip.target
        for name, system in systems.items():
            key = f"{target.clip}/{name}"
            if key in rows:
                continue
            head = {
                "clip": target.clip,
                "reference": clip.reference.clip,
                "system": name,
                "corpus": target.corpus,
                "speaker": target.speaker,
                "emotion": target.emotion,
            }
            rows.append(key, head | measure(mesh, target, system(clip)))
    progress("held-out clips", len(clips), len(clips))


def choose_panels(
    rows: Sequence[Row],
    clips: Sequence[StyledClip],
    model: System,
    mesh: FaceMesh,
) -> list[OpeningPanel]:
    """A good, a median and a bad clip by correlation of opening: the 90th, 50th and 10th percentile."""
    known = {
        str(row["clip"]): float(str(row["opening_correlation"]))
        for row in rows
        if row["system"] == MODEL and row.get("opening_correlation") is not None
    }
    ordered = sorted(known, key=lambda clip: known[clip], reverse=True)
    by_name = {clip.target.clip: clip for clip in clips}
    panels = []
    for word, share in (("good", 0.1), ("median", 0.5), ("bad", 0.9)):
        if not ordered:
            break
        name = ordered[int(share * (len(ordered) - 1))]
        target = by_name[name].target
        openings = [
            mouth_opening(mesh.vertices(motion), mesh.lip_pairs)
            for motion in (target.motion, model(by_name[name]))
        ]
        title = f"{word}: {name}, correlation {known[name]:.2f}"
        panels.append(OpeningPanel(title, target.samples, *openings))
    return panels
