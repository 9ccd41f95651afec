"""Any file that holds sound -> mono samples."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import av.container
import av.error
import numpy as np
import soxr
from jaxtyping import Float, Float32

from msmd.core.animation import Sound
from msmd.core.errors import AudioError
from msmd.core.units import SAMPLE_RATE_HZ

MIN_SECONDS: Final = 0.2
"""Shorter than five motion frames there is nothing to animate."""

MAX_SECONDS: Final = 3600.0
"""Longer recordings are not lines of dialogue, and would fill the memory."""

_MAX_DAMAGED_PACKETS: Final = 0.02
"""Share of undecodable packets that is taken as junk at the ends (tags) rather than a damaged file."""


def load_sound(path: str | Path, sample_rate_hz: int = SAMPLE_RATE_HZ) -> Sound:
    """The first sound track of any file that FFmpeg decodes (wav, flac, mp3, m4a, ogg, mp4, mkv, ...), mono.

    Channels are averaged, the low-frequency one of a surround track left out. A track that starts
    later than its file (videos do that) begins with silence, so that times are those of the file.
    A constant offset, which cheap sound cards leave, is taken out: it would count as sound in pauses.
    Samples beyond [-1, 1], which float files may hold, are scaled down together. Silence is no error.

    Args:
        path: the file.
        sample_rate_hz: of the result.

    Raises:
        AudioError: there is no such file, it is empty, no media, has no sound track, is damaged,
            holds NaN or infinity, or lasts less than 0.2 s or more than 1 hour.
    """
    path = Path(path)
    _require_file(path)
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            samples, rate_hz = _decode(container, path)
    except (av.error.FFmpegError, OSError) as error:
        raise AudioError(
            f"{path} cannot be read as sound or video ({_reason(error)}). "
            "Give a wav, flac, mp3, m4a, ogg, mp4 or mkv file."
        ) from error
    seconds = len(samples) / rate_hz
    if seconds < MIN_SECONDS:
        raise AudioError(
            f"{path} holds {seconds:.3f} s of sound; at least {MIN_SECONDS} s are needed. Give a longer line."
        )
    if rate_hz != sample_rate_hz:
        samples = soxr.resample(samples, rate_hz, sample_rate_hz)
    return Sound(_within_range(samples), sample_rate_hz)


def _require_file(path: Path) -> None:
    if not path.exists():
        raise AudioError(f"there is no file {path}. Check the name and the folder.")
    if path.is_dir():
        raise AudioError(f"{path} is a folder; name one sound file inside it.")
    try:
        empty = path.stat().st_size == 0
        path.open("rb").close()
    except OSError as error:
        raise AudioError(f"{path} cannot be opened: {error.strerror}. Check its permissions.") from error
    if empty:
        raise AudioError(f"{path} is empty (0 bytes). Copy or export it again.")


def _decode(
    container: av.container.InputContainer, path: Path
) -> tuple[Float32[np.ndarray, "num_samples"], int]:
    if not container.streams.audio:
        raise AudioError(f"{path} has no sound track. Give a file with sound, or the sound as its own file.")
    if container.duration is not None:
        _require_not_too_long(container.duration / av.time_base, path)
    pieces: list[np.ndarray] = []
    rate_hz, num_samples, late, resampler = 0, 0, 0, None
    for frame in _frames(container, path):
        if resampler is None:
            rate_hz = frame.sample_rate
            resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=rate_hz)
            late = _late_samples(frame, container)
            _require_not_too_long(late / rate_hz, path)
            num_samples = late
        try:
            converted = resampler.resample(frame)
        except ValueError as error:
            raise AudioError(
                f"{path} changes its sample rate or channels on the way. Export it as wav."
            ) from error
        for piece in converted:
            mono = _mix(piece)
            _require_finite(mono, num_samples, rate_hz, path)
            pieces.append(mono)
            num_samples += len(mono)
        _require_not_too_long(num_samples / rate_hz, path)
    if resampler is None:
        raise AudioError(f"{path} has a sound track without a single sample. Export it again.")
    samples = np.concatenate(pieces)
    return np.pad(samples - samples.mean(dtype=np.float64).astype(np.float32), (late, 0)), rate_hz


def _frames(container: av.container.InputContainer, path: Path) -> Iterator[av.AudioFrame]:
    """Decoded frames; packets that cannot be decoded are passed over unless there are many of them."""
    packets = damaged = 0
    for packet in container.demux(container.streams.audio[0]):
        packets += 1
        try:
            decoded = packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
            continue
        for frame in decoded:
            if isinstance(frame, av.AudioFrame):
                yield frame
    if damaged > max(1, _MAX_DAMAGED_PACKETS * packets):
        raise AudioError(
            f"{path} is damaged: {damaged} of {packets} parts cannot be decoded. Copy or export it again."
        )


def _late_samples(first: av.AudioFrame, container: av.container.InputContainer) -> int:
    if first.time is None or container.start_time is None or not container.streams.video:
        return 0
    return max(0, round((first.time - container.start_time / av.time_base) * first.sample_rate))


def _mix(frame: av.AudioFrame) -> Float32[np.ndarray, "num_samples"]:
    channels = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T
    names = [channel.name for channel in frame.layout.channels]
    heard = [i for i, name in enumerate(names) if name != "LFE"] or [0]
    return channels[heard].mean(axis=0, dtype=np.float32)


def _require_finite(
    samples: Float32[np.ndarray, "num_samples"], start: int, rate_hz: int, path: Path
) -> None:
    bad = ~np.isfinite(samples)
    if bad.any():
        seconds = (start + int(np.argmax(bad))) / rate_hz
        raise AudioError(
            f"{path} holds samples that are not numbers (NaN or infinity), the first at {seconds:.3f} s. "
            "Export it again, as 16-bit or 24-bit wav."
        )


def _require_not_too_long(seconds: float, path: Path) -> None:
    if seconds > MAX_SECONDS:
        raise AudioError(
            f"{path} lasts {seconds / 60:.1f} minutes or more; up to {MAX_SECONDS / 60:.0f} minutes can be "
            "animated at once. Cut it into parts."
        )


def _within_range(samples: Float[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "num_samples"]:
    peak = float(np.abs(samples).max(initial=0.0))
    return np.ascontiguousarray(samples / peak if peak > 1 else samples, dtype=np.float32)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
