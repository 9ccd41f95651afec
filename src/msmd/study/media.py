"""Videos for the page: H.264 in .mp4, under names that tell nothing, each made once.

A name is a keyed hash of what is shown. The key is drawn once for a study folder and is never sent to a
browser: nobody can tell from an address which system is behind it, and a build that was stopped finds what it
has already drawn.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from jaxtyping import UInt8

from msmd.core.animation import Animation, Motion, Sound
from msmd.core.errors import CaptureError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import HEAD_ROTATION
from msmd.data.shards import file_sha256
from msmd.data.video import read_pictures
from msmd.render.video import encode_sound, write_pictures, write_video
from msmd.study.design import MEDIA_NAME, Video

LOOK_VERSION: Final = "1"
"""Raise it when the drawing of the face changes, so that folders are not mixed of two looks."""

REFERENCE_FPS: Final = Fraction(25)
_KEY_NAME: Final = ".key"


class MediaFolder:
    """The folder `media` of a study.

    Args:
        study_folder: made if need be.
        size_px: edge of the drawn faces; reference videos get this height.
    """

    def __init__(self, study_folder: Path, size_px: int) -> None:
        self._folder, self._size_px = study_folder / MEDIA_NAME, size_px
        key_path = study_folder / _KEY_NAME
        if not key_path.is_file():
            with whole_file(key_path) as aside:
                aside.write_text(secrets.token_hex(32), encoding="ascii")
        self._key = key_path.read_bytes()

    def draw(self, motion: Motion, sound: Sound | None = None, progress: Progress = no_progress) -> Video:
        """The rig playing `motion` with its head at rest, as long as the motion."""
        still = without_head(motion)
        look = ("face", LOOK_VERSION, str(self._size_px), str(motion.fps), still.values.tobytes())
        seconds = motion.duration_seconds
        if sound is None:
            return self._make(
                look, lambda path: write_video(as_animation(still), path, self._size_px, progress), seconds
            )
        samples = np.ascontiguousarray(sound.samples[: round(seconds * sound.sample_rate_hz)])
        voice = Sound(samples, sound.sample_rate_hz)

        def speak(path: Path) -> None:
            add_sound(self._folder / self.draw(motion, progress=progress).file, voice, path)

        return self._make((*look, str(voice.sample_rate_hz), samples.tobytes()), speak, seconds)

    def film(self, path: Path, start_seconds: float, end_seconds: float) -> Video:
        """A part of a recorded video, without its sound.

        Raises:
            CaptureError: it cannot be read, or has no picture in that part.
        """
        part = ("film", str(self._size_px), file_sha256(path), repr(start_seconds), repr(end_seconds))
        return self._make(
            part,
            lambda target: copy_part(path, target, start_seconds, end_seconds, self._size_px),
            end_seconds - start_seconds,
        )

    def remove_others(self, videos: list[Video]) -> None:
        """Delete what an earlier build left and this study does not show."""
        wanted = {video.file for video in videos}
        for path in self._folder.glob("*.mp4"):
            if path.name not in wanted:
                path.unlink()

    def _make(self, parts: tuple[str | bytes, ...], write: Callable[[Path], None], seconds: float) -> Video:
        digest = hashlib.sha256(self._key)
        for part in parts:
            part = part.encode() if isinstance(part, str) else part
            digest.update(len(part).to_bytes(8, "big") + part)
        path = self._folder / f"{digest.hexdigest()[:24]}.mp4"
        if not path.is_file():
            with whole_file(path) as aside:
                write(aside)
        return Video(path.name, file_sha256(path), seconds)


def without_head(motion: Motion) -> Motion:
    """The same expression on a head that does not move (section 6.3)."""
    values = motion.values.copy()
    values[:, HEAD_ROTATION] = 0
    return Motion(values, motion.fps, motion.origin)


def as_animation(motion: Motion) -> Animation:
    """Recorded motion in the form that the renderer draws: all primary, no basis."""
    return Animation(
        motion=motion,
        primary_motion=motion.values,
        alpha=np.zeros((motion.num_frames, 0), np.float32),
        basis=np.zeros((0, motion.values.shape[1]), np.float32),
        seed=0,
    )


def add_sound(silent: Path, sound: Sound, path: Path) -> None:
    """Copy the pictures of a silent .mp4 as they are and put a sound beside them."""
    with (
        av.open(str(silent)) as source,
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as target,
    ):
        pictures: Any = target.add_stream_from_template(source.streams.video[0])
        encoded = encode_sound(target, sound)
        waiting = next(encoded, None)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is None:
                continue
            shown = float(packet.dts * packet.time_base)
            packet.stream = pictures
            target.mux(packet)
            while waiting is not None and waiting[0] <= shown:
                target.mux(waiting[1])
                waiting = next(encoded, None)
        while waiting is not None:
            target.mux(waiting[1])
            waiting = next(encoded, None)


def copy_part(path: Path, target: Path, start_seconds: float, end_seconds: float, height: int) -> None:
    """Re-encode a part of a video at 25 frames per second and a given height, without sound.

    Raises:
        CaptureError: it cannot be read, or has no picture in that part.
    """
    pictures = list(_sampled(path, start_seconds, end_seconds, height))
    if not pictures:
        raise CaptureError(f"{path} has no picture between {start_seconds:g} and {end_seconds:g} s.")
    write_pictures(target, iter(pictures), REFERENCE_FPS, None, len(pictures))


def _sampled(
    path: Path, start_seconds: float, end_seconds: float, height: int
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """The picture that is shown at each 1/25 s."""
    count = max(1, round((end_seconds - start_seconds) * float(REFERENCE_FPS)))
    times = start_seconds + np.arange(count) / float(REFERENCE_FPS)
    held, index = None, 0
    for picture in read_pictures(path):
        while held is not None and index < count and times[index] < picture.seconds - 1e-6:
            yield held
            index += 1
        if index == count:
            return
        if picture.seconds >= start_seconds - 0.1:
            held = _resize(picture.pixels, height)
    while held is not None and index < count:
        yield held
        index += 1


def _resize(pixels: UInt8[np.ndarray, "h w 3"], height: int) -> UInt8[np.ndarray, "H W 3"]:
    width = max(2, 2 * round(pixels.shape[1] * height / pixels.shape[0] / 2))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    return frame.reformat(width=width, height=height, interpolation="AREA").to_ndarray(format="rgb24")


def fit_length(motion: Motion, num_frames: int) -> Motion:
    """The motion cut to a number of frames, or played there and back until it has as many."""
    values = motion.values
    while len(values) < num_frames:
        values = np.concatenate([values, values[::-1][1:]]) if len(values) > 1 else values.repeat(2, 0)
    return Motion(np.ascontiguousarray(values[:num_frames]), motion.fps, motion.origin)
