"""One clip through the stages that judge it: probe, select, track, face, sound, agree.

Pure: the outcome depends on the files, the annotation and the setup alone. It can be broken off anywhere;
results of finished stages are in the store, and the next run takes them from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msmd.core.errors import MsmdError
from msmd.data.corpora.recording import Recording
from msmd.data.curation import agree, face, probe, sound
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, Number, StageResult
from msmd.data.curation.store import Store, hash_file, make_key
from msmd.data.curation.tags import select_by_tags
from msmd.data.trackers.plugin import DEFAULT, load_tracker


@dataclass(frozen=True)
class Setup:
    """What all clips of a run share.

    Attributes:
        store: folder of results.
        limits: what a clip must be like.
        tracker: name of the tracker.
        tracked: folder of landmarks tracked before; None: there is none.
        code: which numbers the tracker's motion holds, see `FaceTracker`.
        correct_offset: a steady shift between sound and mouth is taken out instead of excluding the clip.
    """

    store: Path
    limits: Limits = field(default_factory=Limits)
    tracker: str = DEFAULT
    tracked: Path | None = None
    code: str = "msmd"
    correct_offset: bool = False


@dataclass(frozen=True)
class Examined:
    """What the stages found.

    Attributes:
        seconds: of the clip; 0 if not known.
        stage: at which it was dropped; None: it was not.
        faults: why it was dropped.
        cautions: what speaks against it without excluding it.
        numbers: all that was measured.
        keys: stage -> key of its result in the store; "motion" and "sound" -> checksums of the files.
        lag_seconds: to be taken out between sound and face.
    """

    seconds: float = 0.0
    stage: str | None = None
    faults: tuple[Fault, ...] = ()
    cautions: tuple[Fault, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    lag_seconds: float = 0.0


def examine(task: tuple[Setup, Recording]) -> Examined:
    """The verdict on one clip."""
    setup, recording = task
    state = _State(recording)
    try:
        _go(setup, recording, state)
    except MsmdError as error:  # of the file; what the user can mend is told before the run
        state.drop(Fault("unreadable", shorten(str(error), recording)))
    except OSError as error:
        state.drop(Fault("unreadable", f"{recording.motion_path.name}: {error.strerror or error}"))
    except Exception as error:  # one bad file costs one clip, whatever a library does with it
        state.drop(Fault("failed", f"{type(error).__name__}: {shorten(str(error), recording)}"))
    return state.outcome()


class _State:
    """What is known so far."""

    def __init__(self, recording: Recording) -> None:
        self.stage = "probe"
        self.faults: tuple[Fault, ...] = ()
        self.cautions: tuple[Fault, ...] = ()
        self.numbers: dict[str, Number] = {}
        self.keys: dict[str, str] = {}
        self.lag_seconds = recording.lag_seconds

    def drop(self, *faults: Fault) -> None:
        self.faults = faults

    def add(self, stage: str, result: StageResult) -> bool:
        """Take over what a stage found; whether the clip goes on."""
        self.stage = stage
        self.numbers |= result.numbers
        self.cautions += result.cautions
        self.faults = result.faults
        return not result.faults

    def outcome(self) -> Examined:
        return Examined(
            seconds=float(self.numbers.get("seconds", 0.0)),
            stage=self.stage if self.faults else None,
            faults=self.faults,
            cautions=self.cautions,
            numbers=self.numbers,
            keys=self.keys,
            lag_seconds=self.lag_seconds,
        )


def _go(setup: Setup, recording: Recording, state: _State) -> None:
    store, limits = Store(setup.store), setup.limits
    part = [recording.span_seconds, recording.box]
    motion = state.keys["motion"] = hash_file(recording.motion_path, store)
    heard = state.keys["sound"] = hash_file(recording.sound_path, store)

    key = make_key(
        probe.NAME,
        probe.VERSION,
        [recording.motion_kind, part, limits.min_seconds, limits.max_seconds],
        motion,
        heard,
    )
    if not state.add(
        probe.NAME, store.remember(probe.NAME, key, lambda: probe.probe(recording, limits))
    ) or not state.add("select", StageResult(select_by_tags(recording.tags))):
        return

    key = state.keys[sound.NAME] = make_key(sound.NAME, sound.VERSION, part[0], heard)
    state.stage = sound.NAME
    listened = store.remember(sound.NAME, key, lambda: sound.listen(recording))
    if not state.add(
        sound.NAME, StageResult(sound.judge_sound(dict(listened.numbers), limits), numbers=listened.numbers)
    ):
        return
    if recording.motion_kind != "video":
        return

    state.stage = face.TRACK
    tracked = face.find_tracked(recording, setup.tracked)
    if tracked is not None:
        key = make_key(face.TRACK, face.TRACK_VERSION, "tracked before", motion, hash_file(tracked, store))
        found = store.remember(face.TRACK, key, lambda: face.pack_track(face.read_tracked(tracked)))
    else:
        tracker = load_tracker(setup.tracker)
        key = make_key(face.TRACK, face.TRACK_VERSION, [tracker.name, tracker.version, part], motion)
        found = store.remember(face.TRACK, key, lambda: face.track(recording, tracker))
    state.keys[face.TRACK] = key
    if not state.add(face.TRACK, StageResult(numbers=found.numbers)):
        return

    state.stage = face.FACE
    raw = face.unpack_track(found)
    key = make_key(face.FACE, face.FACE_VERSION, limits.of(*face.LIMITS), key)
    judged = store.remember(face.FACE, key, lambda: face.judge_face(raw, limits))
    if not state.add(face.FACE, judged) or not recording.has_lips:
        return

    state.stage = agree.NAME
    settings = [limits.of(*agree.LIMITS), recording.lag_seconds, setup.correct_offset]
    agreed = store.remember(
        agree.NAME,
        make_key(agree.NAME, agree.VERSION, settings, key, state.keys[sound.NAME]),
        lambda: agree.agree(
            judged.arrays["opening_mm"],
            listened.arrays["samples"].astype("float32"),
            recording.lag_seconds,
            limits,
            setup.correct_offset,
        ),
    )
    if state.add(agree.NAME, agreed) and "corrected_seconds" in agreed.numbers:
        state.lag_seconds += float(agreed.numbers["corrected_seconds"])


def shorten(text: str, recording: Recording) -> str:
    """Without folders: the same clip elsewhere says the same."""
    for path in (recording.motion_path, recording.sound_path):
        text = text.replace(str(path), path.name)
    return text.rstrip(".")
