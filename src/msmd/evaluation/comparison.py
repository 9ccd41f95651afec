"""Several models on the same held-out clips, in matching and contrasting styles, with several seeds.

Each model has a folder with its takes (the sampled motion) and one row of measures a take, so that a
stopped run goes on where it was and a new model joins those that were measured before.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Motion, StyleCode
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import EXPRESSION
from msmd.evaluation.alignment import Phone
from msmd.evaluation.clip_measures import measure, measure_against_sound
from msmd.evaluation.dynamics import diversity
from msmd.evaluation.pairing import StyledClip
from msmd.evaluation.protocol import Animator, FaceMesh, as_loop, as_still
from msmd.evaluation.records import Row, RowFile
from msmd.evaluation.style import persistent_distance

Contestant = Callable[[StyledClip, int], Float32[np.ndarray, "frames 67"]]
"""How a clip is spoken under a seed. Models never look at the target's own motion; some controls do."""

LATE_FRAMES: Final = 5
"""By how much the control `late` comes after the sound: 200 ms."""


@dataclass(frozen=True)
class Take:
    """One thing to generate.

    Attributes:
        clip: what is spoken and in whose manner.
        seed: of the noise.
    """

    clip: StyledClip
    seed: int

    @property
    def key(self) -> str:
        return f"{self.clip.target.clip}/{self.clip.condition}/{self.seed}"


def plan_takes(clips: Sequence[StyledClip], num_seeds: int) -> list[Take]:
    """Every clip with the first seed, then every clip with the second, and so on."""
    return [Take(clip, seed) for seed in range(num_seeds) for clip in clips]


def model_contestant(animator: Animator, takes_style: bool = True) -> Contestant:
    """A model as it is used: the reference becomes a style code, the sound an animation.

    Args:
        animator: the synthesis path.
        takes_style: false for a model that has no style encoder; references are not shown to it.
    """
    codes: dict[str, StyleCode] = {}

    def perform(clip: StyledClip, seed: int) -> np.ndarray:
        if not takes_style:
            return animator.animate(clip.target.samples, None, seed).motion.values
        name = clip.reference.clip
        if name not in codes:
            codes[name] = animator.encode_style(Motion(clip.reference.motion))
        return animator.animate(clip.target.samples, codes[name], seed).motion.values

    return perform


def make_controls(
    clips: Sequence[StyledClip], train_means: Mapping[str, Float[np.ndarray, "67"]]
) -> dict[str, Contestant]:
    """What every measure must put in its place.

    `truth` is the recording, `late` the recording five frames late, `still` the neutral face,
    `mean_pose` the mean pose of the training clips of the corpus, `reference_mean` that of the
    reference, `other_clip` the recorded motion of another target of the corpus: a real face, out of
    step with this sound and in no style that was asked for.

    Args:
        clips: of the comparison.
        train_means: corpus -> (67,) mean pose of its training clips; "" for all corpora.
    """
    targets = {clip.target.clip: clip.target for clip in clips}

    def other(clip: StyledClip) -> np.ndarray:
        own = clip.target
        others = [one for one in targets.values() if one.corpus == own.corpus and one.clip != own.clip]
        others = [one for one in others if one.clip != clip.reference.clip] or others or [clip.reference]
        motion = others[zlib.crc32(own.clip.encode()) % len(others)].motion
        return as_loop(motion, len(own.motion))

    def late(clip: StyledClip) -> np.ndarray:
        motion = clip.target.motion
        return np.concatenate([np.repeat(motion[:1], LATE_FRAMES, axis=0), motion[:-LATE_FRAMES]])

    def mean_pose(clip: StyledClip) -> np.ndarray:
        pose = np.asarray(train_means.get(clip.target.corpus, train_means[""]), np.float32)
        return as_still(pose, len(clip.target.motion))

    return {
        "truth": lambda clip, _: clip.target.motion,
        "late": lambda clip, _: late(clip),
        "still": lambda clip, _: np.zeros_like(clip.target.motion),
        "mean_pose": lambda clip, _: mean_pose(clip),
        "reference_mean": lambda clip, _: as_still(
            clip.reference.motion.mean(axis=0), len(clip.target.motion)
        ),
        "other_clip": lambda clip, _: other(clip),
    }


def run_contestant(
    contestant: Contestant,
    takes: Sequence[Take],
    mesh: FaceMesh,
    folder: Path,
    phones: Mapping[str, Sequence[Phone]],
    stage: str = "takes",
    progress: Progress = no_progress,
) -> RowFile:
    """Generate and measure every take that the folder lacks.

    Args:
        contestant: see `Contestant`.
        takes: see `plan_takes`.
        mesh: metrics are taken on.
        folder: of this contestant; holds `rows.jsonl`, and the motion in `takes`.
        phones: clip -> its phones, for closures of the lips.
        stage: what progress calls it.
        progress: told of takes.

    Returns:
        One row a take, and one a clip and condition with the diversity over its seeds.
    """
    rows = RowFile(folder / "rows.jsonl")
    for done, take in enumerate(takes):
        progress(stage, done, len(takes))
        if take.key in rows:
            continue
        path = take_path(folder, take)
        if path.is_file():
            motion = np.load(path, allow_pickle=False)
        else:
            motion = contestant(take.clip, take.seed)
            with whole_file(path) as aside:
                np.save(aside, motion.astype(np.float32))
        rows.append(take.key, measure_take(mesh, take, motion, phones.get(take.clip.target.clip, ())))
    progress(stage, len(takes), len(takes))
    _measure_diversity(takes, mesh, folder, rows)
    return rows


def take_path(folder: Path, take: Take) -> Path:
    """Where the motion of a take is kept: a (frames, 67) .npy file."""
    return folder / "takes" / f"{take.key.replace('/', '__')}.npy"


def measure_take(
    mesh: FaceMesh, take: Take, motion: Float32[np.ndarray, "frames 67"], phones: Sequence[Phone] = ()
) -> Row:
    """A row of a take: where it belongs, every measure, and the mean code for judging styles.

    In the contrasting condition the recorded face is in another style than was asked for, so nothing is
    compared with it but the timing of the opening.
    """
    clip = take.clip
    target, reference = clip.target, clip.reference
    measures = measure(mesh, target, motion, phones)
    if clip.condition == "contrasting":
        kept = measure_against_sound(mesh, target.samples, motion[: len(target.motion)], phones).keys()
        kept = {*kept, "opening_correlation", "opening_best_correlation", "opening_lag_frames", "jitter"}
        measures = {name: value for name, value in measures.items() if name in kept | {"blinks_per_minute"}}
    generated, shown = mesh.vertices(motion), mesh.vertices(reference.motion)
    if reference.has_lips and reference.has_upper_face:
        measures["style_distance"] = persistent_distance(generated, shown)
    if reference.has_upper_face:
        measures["style_distance_upper"] = persistent_distance(generated, shown, mesh.upper_face)
    return {
        "clip": target.clip,
        "condition": clip.condition,
        "seed": take.seed,
        "corpus": target.corpus,
        "speaker": target.speaker,
        "emotion": target.emotion,
        "reference": reference.clip,
        "reference_speaker": reference.speaker,
        "reference_emotion": reference.emotion,
        "frames": len(target.motion),
        **measures,
        "mean_code": [round(float(value), 4) for value in motion[:, EXPRESSION].mean(axis=0)],
    }


def _measure_diversity(takes: Sequence[Take], mesh: FaceMesh, folder: Path, rows: RowFile) -> None:
    groups: dict[str, list[Take]] = {}
    for take in takes:
        groups.setdefault(f"{take.clip.target.clip}/{take.clip.condition}", []).append(take)
    for name, group in groups.items():
        key = f"{name}/diversity of {len(group)}"
        if len(group) < 2 or key in rows:
            continue
        motions = [np.load(take_path(folder, take), allow_pickle=False) for take in group]
        spread = diversity([mesh.vertices(motion) for motion in motions])
        target = group[0].clip.target
        head = {"clip": target.clip, "condition": group[0].clip.condition, "corpus": target.corpus}
        rows.append(key, head | {"speaker": target.speaker, "diversity": spread})
