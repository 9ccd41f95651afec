"""An animation as a video with its sound: H.264 and AAC in an .mp4, by PyAV."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import soxr
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from jaxtyping import UInt8

from msmd.core.animation import Animation, Sound
from msmd.core.errors import OutputError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.rig import Rig, load_rig
from msmd.render.face import render_frames, renderer_of

_AAC_RATES_HZ: Final = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_AAC_BLOCK: Final = 1024
_FRAMES_AT_A_TIME: Final = 64
"""So many meshes are held in memory at once."""


def write_video(
    animation: Animation,
    path: str | Path,
    size_px: int = 512,
    progress: Progress | None = None,
    rig: Rig | None = None,
) -> None:
    """Draw every frame of an animation and write it with its sound.

    Frame i is shown from i / fps to (i + 1) / fps, exactly, at fractional rates too. The sound starts with
    the first frame and is kept whole. Colours are BT.709, limited range, 4:2:0, and say so; the index stands
    at the front of the file, so that it plays while it loads.

    Args:
        animation: its `sound` may be None: then the video is silent.
        path: of the .mp4; appears whole or not at all.
        size_px: width and height, even.
        progress: told of frames.
        rig: whose face; `load_rig()` if None.

    Raises:
        OutputError: the place cannot be written, or the size is odd or too small.
    """
    if size_px < 64 or size_px % 2:
        raise OutputError(
            f"a video of {size_px} pixels cannot be written; an even number from 64 on is needed."
        )
    progress = progress or no_progress
    motion = animation.motion
    with whole_file(Path(path)) as aside:
        pictures = _draw(animation, size_px, rig or load_rig())
        write_pictures(aside, pictures, motion.fps, animation.sound, motion.num_frames, progress)


def _draw(animation: Animation, size_px: int, rig: Rig) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    motion, renderer = animation.motion, renderer_of(rig, size_px)
    weights = arkit_of_motion(motion)
    for start in range(0, motion.num_frames, _FRAMES_AT_A_TIME):
        some = slice(start, start + _FRAMES_AT_A_TIME)
        yield from render_frames(rig.vertices(weights[some]), motion.head_rotation[some], size_px, renderer)


def write_pictures(
    path: Path,
    pictures: Iterator[UInt8[np.ndarray, "H W 3"]],
    fps: Fraction,
    sound: Sound | None,
    num_frames: int,
    progress: Progress = no_progress,
) -> None:
    """Encode pictures of one even size, and a sound that starts with the first of them.

    Sound and pictures are written side by side in time, as players like it.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video: Any = container.add_stream("libx264", rate=fps, options={"crf": "18", "preset": "veryfast"})
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = 1 / fps
        encoded = iter(()) if sound is None else encode_sound(container, sound)
        waiting = next(encoded, None)
        for index, picture in enumerate(pictures):
            if index == 0:
                video.height, video.width = picture.shape[:2]
                _name_colors(video.codec_context)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            frame.pts, frame.time_base = index, 1 / fps
            container.mux(video.encode(frame))
            while waiting is not None and waiting[0] <= (index + 1) / fps:
                container.mux(waiting[1])
                waiting = next(encoded, None)
            progress("video", index + 1, num_frames)
        while waiting is not None:
            container.mux(waiting[1])
            waiting = next(encoded, None)
        container.mux(video.encode(None))


def encode_sound(container: OutputContainer, sound: Sound) -> Iterator[tuple[Fraction, list[Packet]]]:
    """Add a sound track to an open .mp4; (time in seconds, packets to be written about then).

    The track is added when the first of them is asked for, which must be before anything is written.
    """
    sound = _at_encodable_rate(sound)
    audio: Any = container.add_stream("aac", rate=sound.sample_rate_hz, layout="mono")
    audio.bit_rate = 128_000 if sound.sample_rate_hz >= 32_000 else 64_000
    for seconds, block in _sound_blocks(sound):
        yield seconds, audio.encode(block)
    yield Fraction(len(sound.samples), sound.sample_rate_hz), audio.encode(None)


def _name_colors(codec_context: Any) -> None:
    """Say in the stream which colours its numbers mean; players guess otherwise, and guess differently."""
    codec_context.color_range = ColorRange.MPEG
    codec_context.colorspace = Colorspace.ITU709
    codec_context.color_primaries = ColorPrimaries.BT709
    codec_context.color_trc = ColorTrc.BT709


def _at_encodable_rate(sound: Sound) -> Sound:
    """The same sound at a rate that AAC knows: its own, or 48 kHz."""
    if sound.sample_rate_hz in _AAC_RATES_HZ:
        return sound
    return Sound(soxr.resample(sound.samples, sound.sample_rate_hz, 48_000).astype(np.float32), 48_000)


def _sound_blocks(sound: Sound) -> Iterator[tuple[Fraction, av.AudioFrame]]:
    """(time in seconds, block) of a sound."""
    for start in range(0, len(sound.samples), _AAC_BLOCK):
        block = np.ascontiguousarray(sound.samples[None, start : start + _AAC_BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = sound.sample_rate_hz, start
        frame.time_base = Fraction(1, sound.sample_rate_hz)
        yield Fraction(start, sound.sample_rate_hz), frame
