"""Any video file -> upright pictures with the exact times at which they are shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.stream import Disposition
from jaxtyping import UInt8

from msmd.core.errors import CaptureError

MAX_SIDE_PIXELS: Final = 1280
"""Longer pictures are shrunk: a tracker looks at a crop of fewer pixels anyway."""

MAX_SECONDS: Final = 1800.0
"""Longer videos are not style references, and would fill the memory with landmarks."""

_MAX_DAMAGED_PACKETS: Final = 0.02


@dataclass(frozen=True)
class Picture:
    """One frame of a video.

    Attributes:
        pixels: (height, width, 3) RGB, upright.
        seconds: when it is shown; 0 is the start of the file, sound included.
    """

    pixels: UInt8[np.ndarray, "height width 3"]
    seconds: float


def count_pictures(path: str | Path) -> int:
    """How many pictures the file says it has, for a progress bar; 0 if it does not say.

    Raises:
        CaptureError: as `read_pictures`.
    """
    with _open(Path(path)) as container:
        stream = container.streams.video[0]
        if stream.frames:
            return stream.frames
        if container.duration is None or stream.average_rate is None:
            return 0
        return round(container.duration / av.time_base * float(stream.average_rate))


def read_pictures(path: str | Path) -> Iterator[Picture]:
    """The pictures of the first video track, in the order of time.

    The rotation that a phone writes into the file and pixels that are not square are undone. Times
    are the file's own, so that any frame rate, a variable one too, is right.

    Args:
        path: the file.

    Raises:
        CaptureError: there is no such file, it is empty, no media, has no video track, is damaged,
            or lasts more than half an hour.
    """
    path = Path(path)
    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        start = (container.start_time or 0) / av.time_base
        rate = float(stream.average_rate or 25)
        last_seconds = -np.inf
        for index, frame in enumerate(_frames(container, path)):
            seconds = index / rate if frame.time is None else frame.time - start
            if seconds <= last_seconds:
                continue  # a frame that no player would show
            if seconds > MAX_SECONDS:
                raise CaptureError(_too_long(path))
            last_seconds = seconds
            yield Picture(_upright(frame, stream), seconds)


def _open(path: Path) -> InputContainer:
    if not path.exists():
        raise CaptureError(f"there is no file {path}. Check the name and the folder.")
    if path.is_dir():
        raise CaptureError(f"{path} is a folder; name one video inside it.")
    try:
        empty = path.stat().st_size == 0
        container = av.open(str(path), metadata_errors="ignore")
    except (FFmpegError, OSError) as error:
        if path.stat().st_size == 0:
            raise CaptureError(f"{path} is empty (0 bytes). Copy or export it again.") from error
        raise CaptureError(
            f"{path} cannot be read as a video ({getattr(error, 'strerror', None) or type(error).__name__}). "
            "Give an mp4, mov, mkv or webm file."
        ) from error
    try:
        if empty:
            raise CaptureError(f"{path} is empty (0 bytes). Copy or export it again.")
        if not container.streams.video or _is_cover(container.streams.video[0]):
            raise CaptureError(f"{path} has no video track. Give a video of one face.")
        if container.duration is not None and container.duration / av.time_base > MAX_SECONDS:
            raise CaptureError(_too_long(path))
    except CaptureError:
        container.close()
        raise
    return container


def _is_cover(stream: av.VideoStream) -> bool:
    """The picture of an album in a sound file is a video track of one frame."""
    return bool(stream.disposition & Disposition.attached_pic)


def _too_long(path: Path) -> str:
    return f"{path} lasts more than {MAX_SECONDS / 60:.0f} minutes. Cut out the part that shows the style."


def _frames(container: InputContainer, path: Path) -> Iterator[av.VideoFrame]:
    """Decoded frames; packets that cannot be decoded are passed over unless there are many of them."""
    packets = damaged = 0
    for packet in container.demux(container.streams.video[0]):
        packets += 1
        try:
            decoded = packet.decode()
        except InvalidDataError:
            damaged += 1
            continue
        for frame in decoded:
            if isinstance(frame, av.VideoFrame):
                yield frame
    if damaged > max(1, _MAX_DAMAGED_PACKETS * packets):
        raise CaptureError(
            f"{path} is damaged: {damaged} of {packets} parts cannot be decoded. Copy or export it again."
        )


def _upright(frame: av.VideoFrame, stream: av.VideoStream) -> UInt8[np.ndarray, "height width 3"]:
    aspect = float(stream.sample_aspect_ratio or 1)
    if abs(aspect - 1) < 0.01:
        aspect = 1.0  # 1280/1281 and the like are rounding in the file
    width = frame.width * aspect
    shrink = min(1.0, MAX_SIDE_PIXELS / max(width, frame.height))
    pixels = frame.to_ndarray(
        format="rgb24", width=max(1, round(width * shrink)), height=max(1, round(frame.height * shrink))
    )
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
