"""All recordings -> the packed folder. It can be broken off and resumed; one bad clip costs one clip."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from msmd.audio.load import load_sound
from msmd.core.errors import FormatError, MsmdError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import EXPRESSION, MOTION_FPS, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.data.corpora.facegood import list_facegood
from msmd.data.corpora.grid import list_grid
from msmd.data.corpora.ravdess import list_ravdess
from msmd.data.corpora.recording import Recording
from msmd.data.corpora.talking import list_talking
from msmd.data.observe import Observed, SpeakerObserver
from msmd.data.packed import Clip
from msmd.data.packing import write_packed
from msmd.face.expression_space import load_expression_space

MIN_FRAMES: Final = 25
"""Less than a second is nothing to learn from."""

WILD_CODE: Final = 8.0
"""A whitened code beyond this is a slip of the tracker, not a face."""

MAX_WILD_SHARE: Final = 0.05
"""Of a clip's frames."""

_MAX_MISSING_SECONDS: Final = 0.08
"""Sound may end this much before the face (the last frame's share, codec padding); silence fills it."""


def list_recordings(data_folder: Path) -> list[Recording]:
    """The recordings of all corpora under a folder; a corpus that is not there has none.

    Raises:
        FormatError: there are none at all.
    """
    listings = (list_grid, list_ravdess, list_talking, list_facegood)
    recordings = [recording for listing in listings for recording in listing(Path(data_folder))]
    if not recordings:
        raise FormatError(
            f"{data_folder} holds none of the corpora grid, ravdess, talking, facegood. "
            "Give the folder above them."
        )
    return recordings


def prepare(
    data_folder: Path,
    out_folder: Path,
    raw_cache: Path | None = None,
    progress: Progress = no_progress,
) -> list[Clip]:
    """Read every recording and write the packed folder (`data.packed`).

    Clips already read with the same expression code are kept in `out_folder/parts` and not read
    again. What cannot be used stands in `out_folder/rejected.jsonl` with its reason.

    Args:
        data_folder: holds the corpora.
        out_folder: for the packed folder.
        raw_cache: landmarks of videos tracked before, `CORPUS/STEM.npz`.
        progress: told the clips done.

    Returns:
        The clips packed.

    Raises:
        FormatError: there are no recordings, or none is usable.
        OutputError: the folder cannot be written.
    """
    recordings = list_recordings(data_folder)
    parts = Path(out_folder) / "parts" / load_expression_space().fingerprint
    rejected: dict[str, str] = {}
    done = 0
    for group in _by_speaker(recordings):
        observer = SpeakerObserver(group, raw_cache)
        for recording in group:
            part = _part_of(recording, parts)
            if not _is_whole(part):
                try:
                    _write_part(part, *cut_together(recording, observer.observe(recording)))
                except MsmdError as error:
                    rejected[recording.id] = str(error)
            done += 1
            progress("recordings", done, len(recordings))
    with whole_file(Path(out_folder) / "rejected.jsonl") as path:
        lines = [json.dumps({"id": name, "reason": reason}) + "\n" for name, reason in rejected.items()]
        path.write_text("".join(lines), encoding="utf-8")
    return _pack(out_folder, parts, [one for one in recordings if one.id not in rejected])


def cut_together(
    recording: Recording, observed: Observed
) -> tuple[Float32[np.ndarray, "frames 67"], Float32[np.ndarray, "num_samples"]]:
    """Motion and the sound that belongs to it, of one length: 640 samples a frame.

    A face that comes `lag_seconds` after the sound shows at time t what is heard at t - lag.

    Raises:
        MsmdError: the sound cannot be read, too little is left, or the code is wild.
    """
    motion = observed.motion.values
    wild = (np.abs(motion[:, EXPRESSION]) > WILD_CODE).any(axis=1).mean()
    if wild > MAX_WILD_SHARE:
        raise FormatError(f"{wild:.0%} of its frames have codes beyond {WILD_CODE:g} deviations")
    samples = load_sound(recording.sound_path, SAMPLE_RATE_HZ).samples
    begin_seconds = observed.start_seconds - recording.lag_seconds
    skip = max(0, -int(np.floor(begin_seconds * float(MOTION_FPS))))  # frames before the sound begins
    motion = motion[skip:]
    begin = round((begin_seconds + skip / float(MOTION_FPS)) * SAMPLE_RATE_HZ)
    heard = len(samples) - begin + round(_MAX_MISSING_SECONDS * SAMPLE_RATE_HZ)
    frames = min(len(motion), heard // SAMPLES_PER_FRAME)
    if frames < MIN_FRAMES:
        raise FormatError(f"only {max(frames, 0)} frames have both a face and sound; {MIN_FRAMES} are needed")
    sound = samples[begin : begin + frames * SAMPLES_PER_FRAME]
    sound = np.pad(sound, (0, frames * SAMPLES_PER_FRAME - len(sound)))
    return motion[:frames].astype(np.float32), sound.astype(np.float32)


def _by_speaker(recordings: Sequence[Recording]) -> list[list[Recording]]:
    groups: dict[tuple[str, str, str], list[Recording]] = {}
    for recording in recordings:
        key = (recording.corpus, recording.speaker, recording.motion_kind)
        groups.setdefault(key, []).append(recording)
    return list(groups.values())


def _part_of(recording: Recording, parts: Path) -> Path:
    """Its name tells how it was cut, so that a corrected lag is a new part."""
    lag_ms = round(recording.lag_seconds * 1000)
    return parts / f"{recording.id}.{recording.motion_kind}.lag{lag_ms}ms.safetensors"


def _write_part(
    part: Path, motion: Float32[np.ndarray, "frames 67"], sound: Float32[np.ndarray, "num_samples"]
) -> None:
    with whole_file(part) as path:
        save_file({"motion": motion, "sound": sound.astype(np.float16)}, path)


def _is_whole(part: Path) -> bool:
    if not part.is_file():
        return False
    try:
        with safe_open(part, framework="numpy") as tensors:
            return set(tensors.keys()) == {"motion", "sound"}
    except (OSError, SafetensorError):
        return False


def _pack(out_folder: Path, parts: Path, recordings: Sequence[Recording]) -> list[Clip]:
    if not recordings:
        raise FormatError(f"no recording is usable; {out_folder}/rejected.jsonl tells why.")
    clips, motion, sound = [], {}, {}
    for recording in recordings:
        with safe_open(_part_of(recording, parts), framework="numpy") as tensors:
            motion[recording.id], sound[recording.id] = (
                tensors.get_tensor("motion"),
                tensors.get_tensor("sound"),
            )
        clips.append(_describe(recording, len(motion[recording.id])))
    write_packed(out_folder, clips, motion, sound)
    return clips


def _describe(recording: Recording, frames: int) -> Clip:
    shared = set(Clip.__dataclass_fields__) & set(asdict(recording))
    known = {name: getattr(recording, name) for name in shared}
    return Clip(id=recording.id, frames=frames, motion_source=recording.motion_kind, **known)
