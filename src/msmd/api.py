"""The whole of msmd in Python: load a model, encode a style, animate a line, export a take."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from msmd.audio.load import load_sound
from msmd.core.animation import Animation, Motion, StyleCode, resample_frames
from msmd.core.errors import MsmdError, OutputError
from msmd.core.progress import Progress, no_progress
from msmd.core.units import HEAD_ROTATION, MOTION_FPS
from msmd.data.examine import Examined, with_warning
from msmd.data.quality import judge
from msmd.data.tracking import capture
from msmd.export.convert import CURVE_WRITERS
from msmd.export.gltf import write_gltf
from msmd.export.motion_npz import write_motion_npz
from msmd.export.report import write_report
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.blinks import resample_motion
from msmd.face.face_words import DEFAULT as DEFAULT_FACE
from msmd.face.face_words import face_of
from msmd.face.readers.any_curves import looks_like_curves, read_curves
from msmd.face.rig import Rig
from msmd.render.video import write_video
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle

FORMATS: Mapping[str, str] = {
    "glb": ".glb",
    "livelink": ".livelink.csv",
    "arkit-json": ".arkit.json",
    "arkit-csv": ".arkit.csv",
    "npz": ".npz",
    "mp4": ".mp4",
    "json": ".json",
}
"""Every format a take can be written in, with the ending of its file."""

USUAL_FORMATS = ("glb", "livelink", "npz", "mp4", "json")
"""Those that are written if nothing else is asked for."""

DEFAULTS = SamplingOptions()
"""What `animate` does if nothing else is asked for."""

PLAYBACK_RATE_HZ = 48_000
"""Sample rate of the sound that goes into a video."""


@dataclass
class Take:
    """A generated animation with what is known about how it was made.

    Attributes:
        animation: codes, primary motion, alpha, basis, seed, settings, sound.
        seconds: seconds that each stage took.
        warnings: what a careful person would want to know.
    """

    animation: Animation
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def export(
        self,
        folder: str | Path,
        formats: Iterable[str] = USUAL_FORMATS,
        name: str | None = None,
        size_px: int = 512,
        face: str | Rig = DEFAULT_FACE,
        progress: Progress = no_progress,
    ) -> dict[str, Path]:
        """Write the take as `folder/name.*`, each file whole or not at all.

        Args:
            folder: made if need be.
            formats: keys of `FORMATS`.
            name: of the files; the folder's name if None.
            size_px: edge of the square video.
            face: who is seen in the video and the glb: "default", "seed:7", "age=60,gender=female"
                (`msmd.face.face_words.read_face`), or a rig of your own.
            progress: told of rendered frames.

        Returns:
            format -> file.

        Raises:
            MsmdError: an unknown format, or a face that is not understood.
            OutputError: the folder cannot be written.
        """
        folder = Path(folder)
        wanted = check_formats(formats)
        rig = face_of(face) if isinstance(face, str) else face
        name = name or folder.resolve().name or "take"
        paths = {key: folder / f"{name}{FORMATS[key]}" for key in wanted}
        for key, path in paths.items():
            start = time.perf_counter()
            if key == "glb":
                write_gltf(self.animation, path, rig)
            elif key in CURVE_WRITERS:
                CURVE_WRITERS[key](ArkitCurves.of_motion(self.animation.motion), path)
            elif key == "npz":
                write_motion_npz(self.animation, path)
            elif key == "mp4":
                write_video(self.animation, path, size_px=size_px, progress=progress, rig=rig)
            if key != "json":
                self.seconds[f"write_{key}"] = time.perf_counter() - start
        if "json" in paths:
            settings = dict(self.animation.settings) | {"face": face if isinstance(face, str) else "own rig"}
            told = replace(self.animation, settings=settings)
            write_report(told, paths["json"], paths, self.seconds, self.warnings)
        return paths


class Performer:
    """A loaded model. Make one with `load` and use it for as many lines as you like."""

    def __init__(self, animator: Animator) -> None:
        self._animator = animator

    @property
    def styles(self) -> Mapping[str, StyleCode]:
        """The built-in styles by name."""
        return self._animator.styles

    @property
    def animator(self) -> Animator:
        """The synthesis path under this object, for evaluation and research."""
        return self._animator

    def encode_style(
        self,
        reference: str | Path | Motion | StyleCode,
        neutral: str = "auto",
        progress: Progress = no_progress,
    ) -> StyleCode:
        """The style of a reference performance of any length from one second.

        Args:
            reference: name of a built-in style; a video; a motion file from `msmd capture` or a
                take; curves of any form that `face.readers.any_curves` knows; or a `Motion`.
            neutral: for videos, what the face looks like at rest: "auto" (estimated), a time such as
                "3.2s", "quiet" (the clip's quiet frames), or another recording of the same person.
            progress: told of tracked frames.

        Raises:
            MsmdError: the reference is none of these, or cannot be read.
        """
        if isinstance(reference, StyleCode):
            return reference
        if isinstance(reference, Motion):
            return self._animator.encode_style(reference)
        name = str(reference)
        if name in self.styles:
            return self.styles[name]
        path = Path(reference)
        motion = self.read_reference(path, neutral, progress)
        return replace(self._animator.encode_style(motion), name=path.name)

    def read_reference(self, path: Path, neutral: str = "auto", progress: Progress = no_progress) -> Motion:
        """The motion in a style file of any kind, as `encode_style` sees it.

        Raises:
            MsmdError: there is no such file, or it is of no known kind or damaged.
        """
        if not path.is_file():
            raise MsmdError(
                f"style {str(path)!r} is neither a file nor a built-in style. "
                f"Built in: {', '.join(self.styles) or 'none'}."
            )
        if not looks_like_curves(path):
            motion, raw = capture(path, neutral=neutral, progress=progress)
            return with_warning(motion, Examined(judge(raw), sync=None))
        return resample_motion(read_curves(path), MOTION_FPS)

    def animate(
        self,
        audio: str | Path,
        style: str | Path | Motion | StyleCode | None = None,
        *,
        guidance_audio: float = DEFAULTS.guidance_audio,
        guidance_style: float = DEFAULTS.guidance_style,
        sampler: str = DEFAULTS.sampler,
        steps: int | None = DEFAULTS.steps,
        smooth: bool = DEFAULTS.smooth,
        finish_blinks: bool = DEFAULTS.finish_blinks,
        steady_lips: bool = DEFAULTS.steady_lips,
        seed: int = 0,
        fps: Fraction = MOTION_FPS,
        head: bool = True,
        neutral: str = "auto",
        progress: Progress = no_progress,
    ) -> Take:
        """Speak a line in the manner of a style.

        Args:
            audio: any sound or video file with a sound track, 0.2 s to 1 hour.
            style: see `encode_style`; None speaks without a style.
            guidance_audio: lambda of Eq. 6 for audio; 0 turns guidance off.
            guidance_style: lambda of Eq. 6 for style; 0 turns guidance off, 2 exaggerates.
            sampler: "dpmpp" (few steps), "ddim", or "ddpm" (the paper's).
            steps: sampling steps; the sampler's own number if None (ddpm: 1000).
            smooth: whether noise from frame to frame is filtered out; see `smooth_motion`.
            finish_blinks: whether blinks that the model begins are finished; see `synthesis.blinks`.
            steady_lips: whether the sound alone decides how far the lips open; if not, the seed too.
            seed: of the noise; the same seed gives the same motion.
            fps: frames per second of the result; generation itself runs at 25.
            head: whether the head moves.
            neutral: see `encode_style`.
            progress: told of stages.

        Raises:
            MsmdError: the sound or the reference cannot be used.
        """
        seconds: dict[str, float] = {}
        start = time.perf_counter()
        sound = load_sound(Path(audio))
        playback = load_sound(Path(audio), sample_rate_hz=PLAYBACK_RATE_HZ)
        seconds["load_audio"] = time.perf_counter() - start
        start = time.perf_counter()
        code = None if style is None else self.encode_style(style, neutral, progress)
        seconds["style"] = time.perf_counter() - start
        options = SamplingOptions(
            guidance_audio=guidance_audio,
            guidance_style=guidance_style,
            sampler=sampler,
            steps=steps,
            smooth=smooth,
            finish_blinks=finish_blinks,
            steady_lips=steady_lips,
        )
        animation, spent, warnings = self._animator.animate_timed(
            sound.samples, code, seed=seed, options=options, progress=progress
        )
        seconds |= spent
        if not head:
            animation = hold_head(animation)
        settings = dict(animation.settings) | {"audio": str(audio), "head": head, "fps": str(fps)}
        settings["style"] = None if code is None else code.name
        animation = replace(resample(animation, fps), settings=settings, sound=playback)
        return Take(animation, seconds, [*(code.notes if code else ()), *warnings])


def hold_head(animation: Animation) -> Animation:
    """The same animation with the head at rest."""
    return replace(
        animation,
        motion=replace(animation.motion, values=_without_head(animation.motion.values)),
        primary_motion=_without_head(animation.primary_motion),
        basis=_without_head(animation.basis),
    )


def _without_head(values: Float32[np.ndarray, "rows 67"]) -> Float32[np.ndarray, "rows 67"]:
    values = values.copy()
    values[:, HEAD_ROTATION] = 0
    return values


def resample(animation: Animation, fps: Fraction) -> Animation:
    """The same animation at another frame rate; Eq. 4 still holds between its parts."""
    given = animation.motion.fps
    return replace(
        animation,
        motion=animation.motion.resample(fps),
        primary_motion=resample_frames(animation.primary_motion, given, fps),
        alpha=resample_frames(animation.alpha, given, fps),
    )


def check_formats(formats: Iterable[str]) -> list[str]:
    """The formats in the order of `FORMATS`.

    Raises:
        MsmdError: one of them is unknown.
    """
    wanted = {name.strip().lower() for name in formats}
    unknown = wanted - set(FORMATS)
    if unknown or not wanted:
        what = ", ".join(sorted(unknown)) or "nothing"
        raise MsmdError(f"unknown format {what}. There are: {', '.join(FORMATS)}.")
    return [name for name in FORMATS if name in wanted]


def check_folder(folder: Path) -> None:
    """Fail now, not after minutes of work.

    Raises:
        OutputError: `folder` cannot be made or written.
    """
    probe = folder / ".msmd-write-test"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {error.strerror or error}. Choose another folder with -o."
        ) from error


def load(bundle: str | Path | None = None, device: str = "cpu") -> Performer:
    """Load a model bundle: a folder of weights, statistics, styles and their licence.

    Args:
        bundle: folder; None takes the one inside the package.
        device: "cpu" or a torch device such as "cuda".

    Raises:
        BundleError: missing, damaged, or of another version.
    """
    found = load_bundle(None if bundle is None else Path(bundle), device)
    return Performer(Animator(found, device=device))
