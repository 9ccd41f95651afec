"""Stage `probe`: what a file says of itself, before anything is decoded."""

from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from msmd.data.corpora.recording import Recording
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, Number, StageResult

NAME, VERSION = "probe", 1


def probe(recording: Recording, limits: Limits) -> StageResult:
    """Whether there are a picture (or curves) and a sound, and how long they last."""
    faults: list[Fault] = []
    numbers: dict[str, Number] = {}
    if recording.motion_kind == "video":
        _probe_picture(recording.motion_path, faults, numbers)
    _probe_sound(recording.sound_path, faults, numbers)
    if recording.span_seconds is not None and not faults:
        numbers["seconds"] = round(recording.span_seconds[1] - recording.span_seconds[0], 3)
    seconds = numbers.get("seconds")
    if isinstance(seconds, float) and not faults:
        if seconds < limits.min_seconds:
            faults.append(Fault("short", f"it lasts {seconds:.2f} s"))
        elif seconds > limits.max_seconds:
            faults.append(Fault("long", f"it lasts {seconds:.0f} s"))
    return StageResult(tuple(faults), numbers=numbers)


def _probe_picture(path: Path, faults: list[Fault], numbers: dict[str, Number]) -> None:
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            video = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
            if not video:
                faults.append(Fault("unreadable", f"{path.name} has no pictures"))
                return
            numbers["width"], numbers["height"] = video[0].width, video[0].height
            numbers["fps"] = round(float(video[0].average_rate or 0), 3)
            numbers["seconds"] = _duration(container)
    except (FFmpegError, OSError) as error:
        faults.append(Fault("unreadable", f"{path.name} cannot be opened: {_reason(error)}"))


def _probe_sound(path: Path, faults: list[Fault], numbers: dict[str, Number]) -> None:
    if faults:
        return
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.audio:
                faults.append(Fault("no_sound", f"{path.name} has no sound"))
            numbers.setdefault("seconds", _duration(container))
    except (FFmpegError, OSError) as error:
        faults.append(Fault("unreadable", f"{path.name} cannot be opened: {_reason(error)}"))


def _duration(container: InputContainer) -> float:
    return round((container.duration or 0) / av.time_base, 3)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)
