"""Sources in, a packed dataset out: the stages in their order, whoever does the work."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout

from msmd.core.errors import FormatError, MsmdError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.data.corpora.recording import Recording
from msmd.data.corpora.sources import list_source
from msmd.data.curation import encode, sampling, splits
from msmd.data.curation.encode_clip import Encoded, Rest, Speaker, encode_clip, find_rest
from msmd.data.curation.examine import Examined, Setup, examine
from msmd.data.curation.executors import Executor, Here, Lost
from msmd.data.curation.features import FEATURES, extract, features_key, open_once
from msmd.data.curation.limits import Limits
from msmd.data.curation.manifest import Record, write_manifest
from msmd.data.curation.outcome import Fault
from msmd.data.curation.store import Store
from msmd.data.packed import Clip
from msmd.data.packing import write_feature_part, write_packed
from msmd.data.trackers.plugin import DEFAULT, load_tracker

CACHE_NAME: Final = "cache"
"""Folder of results of stages in the dataset's folder; it may be deleted when the dataset is done."""

_HALF_WRITTEN: Final = (
    ".motion-*", ".sound-*", ".audio_features.*", ".clips.*", ".dataset.*", ".manifest.*", "splits/.*.json"
)  # fmt: skip
"""What `core.files.whole_file` leaves of a dataset's files when a run is killed."""

_WAVE: Final = 16
"""Clips a worker that are looked at before the hours of a sampled corpus are counted again."""


@dataclass(frozen=True)
class Plan:
    """What a run shall do.

    Attributes:
        sources: folders.
        layout: of the folders, see `corpora.sources`; "auto" looks.
        table: CSV for a folder of videos.
        tracker: name of the face tracker.
        tracked: folder of landmarks tracked before, `CORPUS/VIDEO.npz`.
        audio_encoders: whose features are stored, each as `audio.open_encoder` takes it.
        hours: corpus -> hours to draw at random of the clips that pass; other corpora are taken whole.
        split: "own": as the corpora say, at random where they say nothing; or a key of `splits.KEYS`.
        seed: of sample and splits.
        correct_offset: take out a steady shift between sound and mouth instead of dropping the clip.
        limits: what a clip must be like.
    """

    sources: tuple[Path, ...]
    layout: str = "auto"
    table: Path | None = None
    tracker: str = DEFAULT
    tracked: Path | None = None
    audio_encoders: tuple[str, ...] = ()
    hours: Mapping[str, float] = field(default_factory=lambda: dict(sampling.PAPER_HOURS))
    split: str = "own"
    seed: int = 0
    correct_offset: bool = False
    limits: Limits = field(default_factory=Limits)


def curate(
    plan: Plan, out: Path, executor: Executor | None = None, progress: Progress = no_progress
) -> list[Record]:
    """Make, or go on making, a dataset (`data.packed`) with its manifest.

    Args:
        plan: what to do.
        out: folder of the dataset; what the stages find is kept in its folder `cache`.
        executor: who does the work; None: this process.
        progress: told the clips done.

    Returns:
        The manifest: a record for each clip of the sources.

    Raises:
        MsmdError: a source, tracker or encoder that cannot be used, another run at work on the same folder,
            no clip that is kept, or a folder that cannot be written.
    """
    out, executor = Path(out), executor or Here()
    if plan.split != "own" and plan.split not in splits.KEYS:
        raise MsmdError(f"no split {plan.split!r}. There are: own, {', '.join(splits.KEYS)}.")
    source_of, recordings = _list(plan)
    videos = any(one.motion_kind == "video" for one in recordings)
    code = load_tracker(plan.tracker).code if videos else "msmd"  # what is missing is told now
    for encoder in plan.audio_encoders:
        open_once(encoder)
    with _alone(out / CACHE_NAME):
        setup = Setup(out / CACHE_NAME, plan.limits, plan.tracker, plan.tracked, code, plan.correct_offset)
        run = _Run(plan, setup, executor, progress)
        examined = run.examine(recordings)
        kept = [one for one in recordings if one.id in examined and not examined[one.id].faults]
        encoded = run.encode(kept, examined)
        clips = [_clip(one, encoded[one.id]) for one in kept if encoded[one.id].key]
        clips = _divide(clips, {one.id: one.split for one in recordings}, plan)
        records = [
            _record(one, source_of[one.id], examined.get(one.id), encoded.get(one.id), clips_by_id(clips))
            for one in recordings
        ]
        write_manifest(out, records)
        if not clips:
            raise FormatError(f"no clip is kept; {out / 'manifest.jsonl'} tells why.")
        run.pack(out, clips, encoded)
    return records


def clips_by_id(clips: Sequence[Clip]) -> dict[str, Clip]:
    return {clip.id: clip for clip in clips}


class _Run:
    """The steps of one run, with those who do the work and those who are told of it."""

    def __init__(self, plan: Plan, setup: Setup, executor: Executor, progress: Progress) -> None:
        self._plan, self._setup, self._executor, self._progress = plan, setup, executor, progress

    def examine(self, recordings: Sequence[Recording]) -> dict[str, Examined]:
        """Verdicts by id; clips of sampled corpora that were not drawn have none."""
        hours = self._plan.hours
        whole = [one for one in recordings if one.corpus not in hours]
        found = dict(zip([one.id for one in whole], self._examine(whole, "clips"), strict=True))
        for corpus in sorted({one.corpus for one in recordings} & hours.keys()):
            members = [one for one in recordings if one.corpus == corpus]
            found |= self._sample(sampling.in_random_order(members, self._plan.seed), corpus, hours[corpus])
        return found

    def _sample(self, order: Sequence[Recording], corpus: str, hours: float) -> dict[str, Examined]:
        """Look at clips in random order until there are enough hours of good ones."""
        verdicts: list[Examined] = []
        drawn = None
        while len(verdicts) < len(order) and drawn is None:
            wave = order[len(verdicts) : len(verdicts) + _WAVE * self._executor.workers]
            verdicts += self._examine(wave, f"clips of {corpus}", len(verdicts), len(order))
            seconds = [None if one.faults else one.seconds for one in verdicts]
            drawn = sampling.count_drawn(seconds, hours)
        return {one.id: verdict for one, verdict in zip(order[:drawn], verdicts[:drawn], strict=False)}

    def _examine(
        self, recordings: Sequence[Recording], stage: str, before: int = 0, total: int | None = None
    ) -> list[Examined]:
        def lost(fault: Fault) -> Examined:
            return Examined(stage="track", faults=(fault,))

        return self._all(
            examine, [(self._setup, one) for one in recordings], stage, lost, before, total or len(recordings)
        )

    def encode(self, kept: Sequence[Recording], examined: Mapping[str, Examined]) -> dict[str, Encoded]:
        """Codes by id."""
        groups: dict[tuple[str, str, str], list[Recording]] = {}
        for one in kept:
            own = one.motion_kind == "video" and examined[one.id].numbers.get("own_motion")
            if one.motion_kind in ("video", "openface") and not own:
                groups.setdefault((one.corpus, one.speaker, one.motion_kind), []).append(one)
        speakers = []
        for members in groups.values():
            chosen = encode.choose_for_neutral(members)
            speakers.append(Speaker(tuple(chosen), tuple(examined[one.id] for one in chosen)))
        rests = dict(
            zip(
                groups,
                self._all(
                    find_rest,
                    [(self._setup, one) for one in speakers],
                    "faces at rest",
                    lambda f: Rest(fault=f),
                ),
                strict=True,
            )
        )
        found: dict[str, Encoded] = {}
        tasks = []
        for one in kept:
            rest = rests.get((one.corpus, one.speaker, one.motion_kind), Rest())
            if rest.fault is not None:
                found[one.id] = Encoded(faults=(rest.fault,))
            else:
                tasks.append((self._setup, one, examined[one.id], rest.key))
        results = self._all(encode_clip, tasks, "codes", lambda fault: Encoded(faults=(fault,)))
        return found | {task[1].id: result for task, result in zip(tasks, results, strict=True)}

    def pack(self, out: Path, clips: Sequence[Clip], encoded: Mapping[str, Encoded]) -> None:
        """Write the packed folder, its splits and its features."""
        store, plan = Store(self._setup.store), self._plan
        keys = {clip.id: encoded[clip.id].key or "" for clip in clips}
        write_packed(
            out,
            clips,
            _Stored(store, encode.ENCODE, keys, "motion"),
            _Stored(store, encode.ENCODE, keys, "sound"),
            stamps=keys,
            notes={
                "code": self._setup.code,
                "seed": plan.seed,
                "limits": asdict(plan.limits),
            },
            features=[open_once(encoder).name for encoder in plan.audio_encoders],
        )
        for kind in splits.KEYS:
            with whole_file(out / "splits" / f"{kind}.json") as path:
                path.write_text(
                    json.dumps(splits.divide(clips, kind, plan.seed), indent=0) + "\n", encoding="utf-8"
                )
        for encoder in plan.audio_encoders:
            tasks = [(self._setup.store, encoder, key) for key in keys.values()]
            for result in self._all(extract, tasks, "audio features", lambda fault: fault):
                if isinstance(result, Fault):
                    raise MsmdError(f"audio features cannot be made: {result.text}. Run again.")
            stamps = {name: features_key(encoder, key) for name, key in keys.items()}
            rows = _Stored(store, FEATURES, stamps, "features")
            opened = open_once(encoder)
            write_feature_part(out, opened.name, rows.__getitem__, opened.dim, stamps)

    def _all(
        self,
        function: Callable[[Any], Any],
        tasks: Sequence[Any],
        stage: str,
        lost: Callable[[Fault], Any],
        before: int = 0,
        total: int | None = None,
    ) -> list[Any]:
        """Results in the order of the tasks."""
        results: list[Any] = [None] * len(tasks)
        for done, (number, result) in enumerate(self._executor.run(function, tasks), start=1):
            results[number] = lost(result.fault) if isinstance(result, Lost) else result
            self._progress(stage, before + done, total or len(tasks))
        return results


class _Stored(Mapping[str, np.ndarray]):
    """Arrays of clips, read from the store when asked for."""

    def __init__(self, store: Store, stage: str, keys: Mapping[str, str], name: str) -> None:
        self._store, self._stage, self._keys, self._name = store, stage, keys, name

    def __getitem__(self, clip_id: str) -> np.ndarray:
        return self._store.array(self._stage, self._keys[clip_id], self._name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _list(plan: Plan) -> tuple[dict[str, Path], list[Recording]]:
    """The source of each clip, and all clips by id."""
    source_of: dict[str, Path] = {}
    recordings: list[Recording] = []
    for source in plan.sources:
        for one in list_source(source, plan.layout, plan.table):
            if one.id in source_of:
                raise FormatError(
                    f"{source} and {source_of[one.id]} both hold the clip {one.id}. Rename one of them."
                )
            source_of[one.id] = Path(source)
            recordings.append(one)
    return source_of, sorted(recordings, key=lambda one: one.id)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Nobody else works on the folder meanwhile; what a killed run left half written is removed."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = FileLock(cache / "lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise MsmdError(
            f"another run is at work on {cache.parent}. Wait for it, or name another folder."
        ) from error
    except OSError as error:
        raise MsmdError(
            f"cannot write {cache}: {error.strerror}. Choose a folder that you may write to."
        ) from error
    broken_off = cache / "broken_off"
    try:
        if broken_off.exists():
            Store(cache).tidy()
            for name in _HALF_WRITTEN:
                for path in cache.parent.glob(name):
                    path.unlink(missing_ok=True)
        broken_off.touch()
        yield
        broken_off.unlink(missing_ok=True)
    finally:
        lock.release()


def _clip(recording: Recording, encoded: Encoded) -> Clip:
    names = set(Clip.__dataclass_fields__) & set(Recording.__dataclass_fields__) - {"split"}
    return Clip(
        id=recording.id,
        frames=int(encoded.numbers["frames"]),
        motion_source=recording.motion_kind,
        split=recording.split or "train",
        **{name: getattr(recording, name) for name in names},
    )


def _divide(clips: Sequence[Clip], own: Mapping[str, str | None], plan: Plan) -> list[Clip]:
    """Clips with their splits; those of corpora that say nothing are divided at random."""
    if plan.split != "own":
        drawn = splits.divide(clips, plan.split, plan.seed)
        return [replace(clip, split=drawn[clip.id]) for clip in clips]
    free = splits.divide([clip for clip in clips if own[clip.id] is None], "random", plan.seed)
    return [replace(clip, split=free.get(clip.id, clip.split)) for clip in clips]


def _record(
    recording: Recording,
    source: Path,
    examined: Examined | None,
    encoded: Encoded | None,
    clips: Mapping[str, Clip],
) -> Record:
    if examined is None:
        examined = Examined(stage="sample", faults=(Fault("not_drawn", "the hours of the corpus were full"),))
    faults = examined.faults or (encoded.faults if encoded else ())
    clip = clips.get(recording.id)
    seconds = examined.seconds if examined.seconds or clip is None else clip.frames / 25
    return Record(
        id=recording.id,
        corpus=recording.corpus,
        speaker=recording.speaker,
        emotion=recording.emotion,
        intensity=recording.intensity,
        sentence=recording.sentence,
        language=recording.language,
        licence=recording.licence,
        source=recording.motion_path.relative_to(source).as_posix(),
        sound=_relative(recording.sound_path, source),
        kind=recording.motion_kind,
        seconds=round(seconds, 3),
        verdict="dropped" if faults else "kept",
        stage=(examined.stage or "encode") if faults else "",
        reasons=faults,
        cautions=examined.cautions,
        numbers={**examined.numbers, **(encoded.numbers if encoded else {})},
        split=clip.split if clip else "",
        span_seconds=recording.span_seconds,
    )


def _relative(path: Path, source: Path) -> str:
    return path.relative_to(source).as_posix() if path.is_relative_to(source) else path.name
