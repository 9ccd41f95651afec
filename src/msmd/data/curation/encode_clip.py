"""The two stages behind the verdict, as tasks for a worker: a speaker's face at rest, and a clip's code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from msmd.core.animation import Motion
from msmd.core.errors import CaptureError, MsmdError
from msmd.data.corpora.recording import Recording
from msmd.data.curation import encode, face, sound
from msmd.data.curation.examine import Examined, Setup, shorten
from msmd.data.curation.outcome import Fault, Number, StageResult
from msmd.data.curation.store import Store, hash_file, make_key
from msmd.face.expression_space import load_expression_space


@dataclass(frozen=True)
class Speaker:
    """Clips of one speaker, observed in one way, that his face at rest is taken from."""

    recordings: tuple[Recording, ...]
    examined: tuple[Examined, ...]


@dataclass(frozen=True)
class Rest:
    """A speaker's face at rest in the store, or why there is none."""

    key: str | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Encoded:
    """A clip's code in the store, or why there is none."""

    key: str | None = None
    faults: tuple[Fault, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)


def find_rest(task: tuple[Setup, Speaker]) -> Rest:
    """The face at rest of one speaker."""
    setup, speaker = task
    store = Store(setup.store)
    keys = [one.keys.get(face.TRACK, one.keys["motion"]) for one in speaker.examined]
    aligned = [
        hash_file(one.align_path, store) if one.align_path and one.align_path.is_file() else ""
        for one in speaker.recordings
    ]
    key = make_key(encode.NEUTRAL, encode.NEUTRAL_VERSION, None, *keys, *aligned)

    def make() -> StageResult:
        if speaker.recordings[0].motion_kind == "openface":
            return encode.neutral_of_openface(speaker.recordings)
        return encode.neutral_of_videos(
            speaker.recordings, [face.read_landmarks(store, one.keys[face.TRACK]) for one in speaker.examined]
        )

    try:
        store.remember(encode.NEUTRAL, key, make)
    except MsmdError as error:
        return Rest(
            fault=Fault("doubtful", f"the speaker's face at rest cannot be told: {error}".rstrip("."))
        )
    except Exception as error:
        return Rest(fault=Fault("failed", f"the speaker's face at rest: {type(error).__name__}: {error}"))
    return Rest(key)


def encode_clip(task: tuple[Setup, Recording, Examined, str | None]) -> Encoded:
    """Code, head rotation and sound of one clip at 25 fps."""
    setup, recording, examined, rest_key = task
    store = Store(setup.store)
    kind = recording.motion_kind
    own_code = kind == "video" and setup.code != "msmd"
    limits = setup.limits.of(*encode.LIMITS)
    settings = [kind, examined.lag_seconds, limits, load_expression_space().fingerprint]
    seen = examined.keys[face.TRACK] if kind == "video" else examined.keys["motion"]
    heard = examined.keys[sound.NAME]
    key = make_key(encode.ENCODE, encode.ENCODE_VERSION, settings, seen, heard, rest_key or "")

    def make() -> StageResult:
        rest = None if rest_key is None else store.read(encode.NEUTRAL, rest_key)
        motion, start_seconds = _motion(store, recording, seen, rest)
        samples = store.array(sound.NAME, heard, "samples").astype(np.float32)
        return encode.finish(
            motion, start_seconds, samples, examined.lag_seconds, setup.limits, own_code=own_code
        )

    try:
        result = store.remember(encode.ENCODE, key, make)
    except MsmdError as error:
        return Encoded(faults=(Fault("unreadable", shorten(str(error), recording)),))
    except Exception as error:
        return Encoded(faults=(Fault("failed", f"{type(error).__name__}: {shorten(str(error), recording)}"),))
    return Encoded(None if result.faults else key, result.faults, result.numbers)


def _motion(store: Store, recording: Recording, seen: str, rest: StageResult | None) -> tuple[Motion, float]:
    if recording.motion_kind != "video":
        return encode.encode_curves(recording, rest)
    tracked = store.read(face.TRACK, seen)
    if tracked is None:
        raise CaptureError("its track is lost; run again")
    if "motion" in tracked.arrays:
        values = tracked.arrays["motion"]
        if not np.isfinite(values).all():
            raise CaptureError("the tracker gave motion that is not finite")
        return Motion(values), float(tracked.arrays["times_seconds"][0])
    if rest is None:
        raise CaptureError("the speaker's face at rest is not known")
    return encode.encode_video(face.unpack_track(tracked), rest)
