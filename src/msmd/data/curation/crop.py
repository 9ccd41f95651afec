"""The part of a video that is the clip: a span of time, a box of the picture. The tracker sees nothing else.

Within the box the tracker detects and crops the face itself, frame by frame. Videos that their downloader
has cut already pass through untouched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import av
from av.error import FFmpegError

from msmd.core.errors import CaptureError
from msmd.data.corpora.recording import Box

_TICKS: Final = 90_000
_OPTIONS: Final = {"crf": "12", "preset": "veryfast"}


@contextmanager
def cropped(path: Path, span_seconds: tuple[float, float] | None, box: Box | None) -> Iterator[Path]:
    """A video of that part, whose time begins at 0; gone after the block. Without span and box: `path`.

    Raises:
        CaptureError: the video cannot be read, or has nothing there.
    """
    if span_seconds is None and box is None:
        yield path
        return
    with TemporaryDirectory() as folder:
        part = Path(folder) / f"{path.stem}.mkv"
        try:
            frames = _cut(path, span_seconds or (0.0, float("inf")), box or (0.0, 0.0, 1.0, 1.0), part)
        except (FFmpegError, OSError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise CaptureError(f"{path} cannot be cut: {reason}.") from error
        if not frames:
            raise CaptureError(f"{path} has no pictures between {span_seconds} s. Download it again.")
        yield part


def _cut(path: Path, span_seconds: tuple[float, float], box: Box, part: Path) -> int:
    begin, end = span_seconds
    count = 0
    with av.open(str(path), metadata_errors="ignore") as source, av.open(str(part), "w") as target:
        stream = source.streams.video[0]
        start = (source.start_time or 0) / av.time_base
        if begin > 1:
            source.seek(round((begin + start) * av.time_base))
        written = target.add_stream("libx264", rate=stream.average_rate or 25, options=_OPTIONS)
        for frame in source.decode(stream):
            seconds = (frame.time or 0.0) - start
            if seconds < begin:
                continue
            if seconds >= end:
                break
            picture = frame.to_ndarray(format="rgb24")
            height, width = picture.shape[:2]
            left, top = round(box[0] * width), round(box[1] * height)
            wide = max(2, (round(box[2] * width) - left) // 2 * 2)  # the codec wants even sides
            high = max(2, (round(box[3] * height) - top) // 2 * 2)
            out = av.VideoFrame.from_ndarray(
                picture[top : top + high, left : left + wide].copy(), format="rgb24"
            )
            if count == 0:
                written.width, written.height, written.pix_fmt = out.width, out.height, "yuv420p"
                written.codec_context.time_base = Fraction(1, _TICKS)
            out.pts, out.time_base = round((seconds - begin) * _TICKS), Fraction(1, _TICKS)
            target.mux(written.encode(out))
            count += 1
        if count:
            target.mux(written.encode(None))
    return count
