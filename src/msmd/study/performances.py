"""From the lines of a trial list to what is shown, heard and encoded: references and speech."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from msmd.api import PLAYBACK_RATE_HZ, Performer
from msmd.audio.load import load_sound
from msmd.core.animation import Motion, Sound
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ
from msmd.data.packed import PackedDataset
from msmd.data.shards import file_sha256
from msmd.face.blinks import resample_motion
from msmd.face.motion_file import load_motion, save_motion
from msmd.study.trial_list import CLIP_PREFIX, TrialSpec

MIN_SECONDS: Final = 1.0
"""A shorter style reference cannot be encoded, and a shorter line not judged."""

_CUT_SEARCH_SECONDS: Final = 1.0
_VIDEOS: Final = {".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".mts", ".3gp"}


@dataclass(frozen=True)
class Speech:
    """A line to animate.

    Attributes:
        sound: 16 kHz mono, for the audio encoder.
        playback: the same line as participants hear it.
    """

    sound: Sound
    playback: Sound


@dataclass(frozen=True)
class Reference:
    """A performance that shows a style.

    Attributes:
        motion: what is encoded.
        film: the video to be shown and its part in seconds; None: the motion is drawn on the rig.
        sound: what was said, if known.
        source: what the experimenter calls it.
        said: the recording, or the line, that is spoken: nobody's anchor where it is spoken anyway.
        warnings: what the experimenter should know.
    """

    motion: Motion
    film: tuple[Path, float, float] | None
    sound: Sound | None
    source: str
    said: str
    warnings: tuple[str, ...] = ()


class Stage:
    """Loads what a trial list names.

    Args:
        performer: the first system; reads reference files, and performs built-in styles.
        specs: the whole list.
        max_seconds: longer references and lines are cut.
        cache: folder of motion tracked before.
        packed: for names that begin with `clip:`.
    """

    def __init__(
        self,
        performer: Performer,
        specs: Sequence[TrialSpec],
        max_seconds: float,
        cache: Path,
        packed: PackedDataset | None = None,
    ) -> None:
        self._performer, self._specs, self._max_seconds = performer, specs, max_seconds
        self._cache, self._packed = cache, packed

    def speech(self, spec: TrialSpec) -> Speech:
        """The line of a trial, cut at a quiet moment if it is too long.

        Raises:
            MsmdError: it cannot be read or is shorter than a second.
        """
        sound, playback = self._sounds(spec.audio)
        start = spec.audio_start
        end = min(spec.audio_end or sound.duration_seconds, sound.duration_seconds)
        if spec.audio_end is None and end - start > self._max_seconds:
            end = start + quiet_end(cut(sound, start, end), self._max_seconds)
        _require_length(end - start, f"the line {spec.audio}")
        return Speech(cut(sound, start, end), cut(playback, start, end))

    def reference(self, spec: TrialSpec, progress: Progress = no_progress) -> Reference:
        """The reference of a trial, cut if it is too long.

        Raises:
            MsmdError: it cannot be read or is shorter than a second.
        """
        if spec.reference in self._performer.styles:
            return self._performed(spec)
        if spec.reference.startswith(CLIP_PREFIX):
            motion, film_path = resample_motion(self._clip(spec.reference), MOTION_FPS), None
        else:
            path = Path(spec.reference)
            motion = resample_motion(self._read(path, spec.neutral, progress), MOTION_FPS)
            film_path = path if path.suffix.lower() in _VIDEOS else None
        start = spec.reference_start
        end = min(spec.reference_end or motion.duration_seconds, motion.duration_seconds)
        if spec.reference_end is None:
            end = min(end, start + self._max_seconds)
        _require_length(end - start, f"the reference {spec.reference}")
        first, last = (round(seconds * float(MOTION_FPS)) for seconds in (start, end))
        part = Motion(np.ascontiguousarray(motion.values[first:last]), MOTION_FPS, motion.origin)
        notes = tuple(filter(None, motion.origin.get("warnings", "").split("\n")))
        film = None if film_path is None else (film_path, first / 25, last / 25)
        sound = self._sound_of(spec, first / 25, last / 25)
        return Reference(part, film, sound, Path(spec.reference).name, spec.reference, notes)

    def _performed(self, spec: TrialSpec) -> Reference:
        """A built-in style speaks the line of another trial."""
        others = [one for one in self._specs if one.line != spec.line]
        if not others:
            raise MsmdError(
                f"the style {spec.reference!r} needs the line of another trial to be shown with, and there "
                "is none. Add a trial with another line, or give a video as reference."
            )
        other = others[self._specs.index(spec) % len(others)]
        speech = self.speech(other)
        animator = self._performer.animator
        animation = animator.animate(speech.sound.samples, self._performer.styles[spec.reference], seed=1)
        return Reference(animation.motion, None, speech.playback, spec.reference, other.line)

    def _read(self, path: Path, neutral: str, progress: Progress) -> Motion:
        if path.suffix.lower() not in _VIDEOS or not path.is_file():
            return self._performer.read_reference(path, neutral, progress)
        key = hashlib.sha256(f"{file_sha256(path)} {neutral}".encode()).hexdigest()[:24]
        kept = self._cache / f"tracked-{key}.npz"
        if not kept.is_file():
            save_motion(kept, self._performer.read_reference(path, neutral, progress))
        return load_motion(kept)

    def _sound_of(self, spec: TrialSpec, start: float, end: float) -> Sound | None:
        source = spec.reference_audio or spec.reference
        has_own = source.startswith(CLIP_PREFIX) or Path(source).suffix.lower() in _VIDEOS
        if not spec.reference_audio and not has_own:
            return None
        try:
            _, playback = self._sounds(source)
        except MsmdError:
            if spec.reference_audio:
                raise
            return None  # a video without sound is a good style reference
        return cut(playback, start, end) if playback.duration_seconds >= end - 0.2 else None

    def _sounds(self, source: str) -> tuple[Sound, Sound]:
        """16 kHz, and as good as it can be had."""
        if source.startswith(CLIP_PREFIX):
            sound = Sound(self._dataset().sound(self._clip_id(source)), SAMPLE_RATE_HZ)
            return sound, sound
        path = Path(source)
        return load_sound(path), load_sound(path, PLAYBACK_RATE_HZ)

    def _clip(self, source: str) -> Motion:
        return Motion(self._dataset().motion(self._clip_id(source)), MOTION_FPS, {"source": source})

    def _clip_id(self, source: str) -> str:
        clip_id = source.removeprefix(CLIP_PREFIX)
        if clip_id not in {clip.id for clip in self._dataset().clips}:
            raise MsmdError(f"the packed dataset has no clip {clip_id!r}.")
        return clip_id

    def _dataset(self) -> PackedDataset:
        if self._packed is None:
            raise MsmdError("the trials name clips of a packed dataset: say which with --data.")
        return self._packed


def cut(sound: Sound, start_seconds: float, end_seconds: float) -> Sound:
    """A part of a sound."""
    first, last = (round(seconds * sound.sample_rate_hz) for seconds in (start_seconds, end_seconds))
    return Sound(np.ascontiguousarray(sound.samples[first:last]), sound.sample_rate_hz)


def quiet_end(sound: Sound, max_seconds: float) -> float:
    """Where to cut a sound, in its last second before `max_seconds`: in the middle of the quietest 80 ms."""
    step = round(0.02 * sound.sample_rate_hz)
    samples = sound.samples[: round(max_seconds * sound.sample_rate_hz)].astype(np.float64)
    power = np.square(samples[: len(samples) // step * step]).reshape(-1, step).sum(1)
    smooth = np.convolve(power, np.ones(4), "same")
    first = max(0, len(smooth) - round(_CUT_SEARCH_SECONDS / 0.02))
    return float((first + int(smooth[first:].argmin())) * 0.02)


def _require_length(seconds: float, what: str) -> None:
    if seconds < MIN_SECONDS:
        raise MsmdError(
            f"{what} has {max(seconds, 0):.2f} s in the part that was asked for; "
            f"at least {MIN_SECONDS:g} s are needed."
        )
