"""`msmd study build`: systems and a list of trials in, a study folder out.

A build that was stopped goes on where it was: motion that was tracked or generated and videos that were drawn
are found again by what they were made of.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

import msmd.api
from msmd.api import Performer
from msmd.core.animation import Motion
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.data.packed import PackedDataset
from msmd.face.motion_file import load_motion, save_motion
from msmd.study.anchors import draw_anchor
from msmd.study.answers import DATABASE_NAME
from msmd.study.design import (
    ANCHOR,
    KINDS,
    MATCH,
    STUDY_NAME,
    Item,
    Study,
    StudyKind,
    Trial,
    Video,
    save_study,
)
from msmd.study.media import MediaFolder, fit_length
from msmd.study.performances import Reference, Speech, Stage
from msmd.study.systems import System, check_systems
from msmd.study.trial_list import TrialSpec, write_trial_list

CACHE_NAME: Final = ".build"
TRIALS_NAME: Final = "trials.json"

DEFAULT_TITLE: Final = "Talking faces"


@dataclass(frozen=True)
class BuildOptions:
    """Options of a build.

    Attributes:
        title, contact: see `Study`.
        seed: of generation, anchors and orders.
        size_px: edge of the drawn faces.
        max_seconds: longer references and lines are cut.
        data: packed dataset, for trials that name its clips.
    """

    title: str = DEFAULT_TITLE
    contact: str = ""
    seed: int = 0
    size_px: int = 384
    max_seconds: float = 6.0
    data: Path | None = None


def build_study(
    folder: Path,
    systems: Sequence[System],
    specs: Sequence[TrialSpec],
    options: BuildOptions | None = None,
    progress: Progress = no_progress,
) -> tuple[Study, list[str]]:
    """Make or finish a study folder; gives the study, and what the experimenter should know.

    Args:
        folder: of the study; may hold an unfinished build.
        systems: under test.
        specs: the trials.
        options: see `BuildOptions`.
        progress: told of stages.

    Raises:
        MsmdError: systems or trials cannot be used, or participants have already answered.
    """
    options = options or BuildOptions()
    check_systems(list(systems))
    if (folder / DATABASE_NAME).exists():
        raise MsmdError(
            f"participants have already answered the study in {folder}; it cannot be changed any more. "
            "Choose another folder with -o."
        )
    msmd.api.check_folder(folder)
    (folder / STUDY_NAME).unlink(missing_ok=True)  # a half-changed study must not be served
    builder = _Builder(folder, list(systems), list(specs), options, progress)
    study = builder.build()
    write_trial_list(folder / TRIALS_NAME, specs)
    save_study(folder, study)
    return study, builder.warnings


class _Builder:
    def __init__(
        self,
        folder: Path,
        systems: list[System],
        specs: list[TrialSpec],
        options: BuildOptions,
        progress: Progress,
    ) -> None:
        self._systems, self._specs, self._options, self._progress = systems, specs, options, progress
        self._media = MediaFolder(folder, options.size_px)
        self._cache = folder / CACHE_NAME
        self.warnings: list[str] = []

    def build(self) -> Study:
        performers = [msmd.api.load(system.bundle) for system in self._systems]
        packed = None if self._options.data is None else PackedDataset(self._options.data)
        stage = Stage(performers[0], self._specs, self._options.max_seconds, self._cache, packed)
        speeches = [stage.speech(spec) for spec in self._specs]
        references = []
        for number, spec in enumerate(self._specs):
            self._progress("references", number, len(self._specs))
            references.append(stage.reference(spec, self._progress))
        self._progress("references", len(self._specs), len(self._specs))
        self._warn(references)
        anchors: dict[StudyKind, list[int]] = {
            kind: [
                draw_anchor(kind, index, self._specs, references, self._options.seed)
                for index in range(len(self._specs))
            ]
            for kind in KINDS
        }
        motions = self._generate_all(performers, speeches, references)
        trials = [
            self._trial(index, speeches[index], references, motions[index], anchors)
            for index in range(len(self._specs))
        ]
        study = Study(
            title=self._options.title,
            contact=self._options.contact,
            seed=self._options.seed,
            systems={system.name: system.describe() for system in self._systems},
            trials=tuple(trials),
            practice={
                kind: self._practice(kind, references, anchors[kind], speeches, motions) for kind in KINDS
            },
        )
        self._media.remove_others(study.videos())
        return study

    def _warn(self, references: list[Reference]) -> None:
        for reference in references:
            self.warnings += [f"{reference.source}: {note}" for note in reference.warnings]
        for scenario in ("matching", "contrasting"):
            if not any(spec.scenario == scenario for spec in self._specs):
                self.warnings.append(f"there is no {scenario} trial; the paper has five of each kind.")

    def _generate_all(
        self, performers: list[Performer], speeches: list[Speech], references: list[Reference]
    ) -> list[dict[str, Motion]]:
        """For each trial: system -> motion."""
        total, done = len(speeches) * len(performers), 0
        motions: list[dict[str, Motion]] = []
        for index, (speech, reference) in enumerate(zip(speeches, references, strict=True)):
            motions.append({})
            for system, performer in zip(self._systems, performers, strict=True):
                self._progress("animations", done, total)
                seed = self._options.seed * 1000 + index
                motions[-1][system.name] = self._generate(system, performer, speech, reference, seed)
                done += 1
        self._progress("animations", total, total)
        return motions

    def _generate(
        self, system: System, performer: Performer, speech: Speech, reference: Reference, seed: int
    ) -> Motion:
        made_of = hashlib.sha256(json.dumps(system.describe(), sort_keys=True).encode())
        made_of.update(f"{seed} {msmd.__version__}".encode())
        made_of.update(speech.sound.samples.tobytes())
        made_of.update(reference.motion.values.tobytes())
        kept = self._cache / f"generated-{made_of.hexdigest()[:24]}.npz"
        if not kept.is_file():
            style = performer.encode_style(reference.motion) if system.styled else None
            animation = performer.animator.animate(speech.sound.samples, style, seed, system.options)
            save_motion(kept, animation.motion)
        return load_motion(kept)

    def _trial(
        self,
        index: int,
        speech: Speech,
        references: list[Reference],
        motions: dict[str, Motion],
        anchors: dict[StudyKind, list[int]],
    ) -> Trial:
        spec, reference = self._specs[index], references[index]
        self._progress("videos", index, len(self._specs))
        items: dict[StudyKind, tuple[Item, ...]] = {}
        length = min(motion.num_frames for motion in motions.values())
        for kind in KINDS:
            sound = speech.playback if kind == "lips" else None
            made = [
                Item(name, self._media.draw(fit_length(motion, length), sound))
                for name, motion in motions.items()
            ]
            other = references[anchors[kind][index]]
            anchor = self._media.draw(fit_length(other.motion, length), sound)
            items[kind] = (*made, Item(ANCHOR, anchor, other.source))
        self._progress("videos", index + 1, len(self._specs))
        title = f"{Path(spec.reference).name}, {Path(spec.audio).name}"
        return Trial(f"t{index + 1:02d}", spec.scenario, title, self._show(reference), items)

    def _show(self, reference: Reference) -> Video:
        if reference.film is None:
            return self._media.draw(reference.motion)
        return self._media.film(*reference.film)

    def _practice(
        self,
        kind: StudyKind,
        references: list[Reference],
        anchors: list[int],
        speeches: list[Speech],
        motions: list[dict[str, Motion]],
    ) -> Trial:
        """A performance that fits beside one that does not, so that the ends of the scale are known.

        What fits is the reference itself on the rig; in the lip-sync study with its own sound. Where no
        reference has one, it is a line by a system drawn at random.
        """
        rng = np.random.default_rng([self._options.seed, 7, KINDS.index(kind)])
        order = [int(index) for index in rng.permutation(len(references))]
        voiced = [index for index in order if references[index].sound is not None]
        chosen = voiced[0] if kind == "lips" and voiced else order[0]
        motion, sound = references[chosen].motion, references[chosen].sound
        source = references[chosen].source
        if kind == "style":
            sound = None
        elif sound is None:
            source = str(rng.choice(list(motions[chosen])))
            motion, sound = motions[chosen][source], speeches[chosen].playback
        other = references[anchors[chosen]]
        items = (
            Item(MATCH, self._media.draw(motion, sound), source),
            Item(ANCHOR, self._media.draw(fit_length(other.motion, motion.num_frames), sound), other.source),
        )
        scenario = self._specs[chosen].scenario
        return Trial("practice", scenario, "practice", self._show(references[chosen]), {kind: items})
