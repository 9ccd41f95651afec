"""Small pictures of clips for the report: three moments side by side, as JPEG."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from jaxtyping import UInt8

HEIGHT: Final = 96
MAX_WIDTH: Final = 170
"""Of one moment, in pixels; wider pictures lose their sides."""

_MOMENTS: Final = (0.2, 0.5, 0.8)
_QUALITY: Final = 5
"""Of the codec: 2 is best, 31 worst."""


def draw_thumbnail(path: Path, span_seconds: tuple[float, float] | None = None) -> bytes | None:
    """A JPEG of three moments of a clip; None if the file shows no picture.

    Args:
        path: a video.
        span_seconds: the part that is the clip; None: all of it.
    """
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.video:
                return None
            begin, end = span_seconds or (0.0, (container.duration or 0) / av.time_base)
            start = (container.start_time or 0) / av.time_base
            moments = [start + begin + share * (end - begin) for share in _MOMENTS]
            pictures = [one for seconds in moments if (one := _picture_at(container, seconds)) is not None]
    except (FFmpegError, OSError, ValueError):
        return None
    return encode_jpeg(np.concatenate(pictures, axis=1)) if pictures else None


def encode_jpeg(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """A picture as a JPEG file."""
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.height, codec.width = pixels.shape[:2]
    codec.pix_fmt, codec.time_base = "yuvj420p", Fraction(1, 25)
    codec.options = {"qmin": str(_QUALITY), "qmax": str(_QUALITY)}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    return b"".join(bytes(packet) for part in (frame, None) for packet in codec.encode(part))


def _picture_at(container: InputContainer, seconds: float) -> UInt8[np.ndarray, "height width 3"] | None:
    container.seek(round(seconds * av.time_base))
    picture = None
    for frame in container.decode(container.streams.video[0]):
        picture = frame
        if (frame.time or 0.0) >= seconds:
            break
    return None if picture is None else _shrink(picture)


def _shrink(frame: av.VideoFrame) -> UInt8[np.ndarray, "height width 3"]:
    width = max(2, round(frame.width * HEIGHT / frame.height))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=HEIGHT)
    margin = max(0, (width - MAX_WIDTH) // 2)
    return pixels[:, margin : width - margin]


def pick(items: Sequence[str], count: int) -> list[str]:
    """Evenly over the list, the same each time."""
    if len(items) <= count:
        return list(items)
    return [items[round(index * (len(items) - 1) / (count - 1))] for index in range(count)]
