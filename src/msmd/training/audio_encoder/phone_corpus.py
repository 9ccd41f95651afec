"""Speech whose phones are known: two kinds of synthetic voices, and recordings of people with their texts.

Every source is one file `<source>.safetensors`: tensors `sound/<clip>` (samples,) float16 at 16 kHz
and `phones/<clip>` (labels,) uint8 at 50 Hz, and a JSON list of the clips in its header. A source that
is already there is not made again. Recordings stay in the folder that this writes: it is not to be shared.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soxr
from jaxtyping import Float32, UInt8
from safetensors import safe_open
from safetensors.numpy import save_file

from msmd.audio.load import load_sound
from msmd.core.errors import AudioError, FormatError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.training.audio_encoder.align import Aligner, is_plausible, read_grid_text
from msmd.training.audio_encoder.espeak import Spans, start_espeak
from msmd.training.audio_encoder.festvox_ru import read_festvox_ru
from msmd.training.audio_encoder.flite import FLITE_VOICES, has_flite, speak_with_flite
from msmd.training.audio_encoder.phones import UNKNOWN, label_frames
from msmd.training.audio_encoder.random_text import MORE_LANGUAGES, TextMaker
from msmd.training.audio_encoder.sentences import HELD_OUT_LANGUAGE, OTHERS
from msmd.training.audio_encoder.spoken_texts import SpokenText, read_asterisk, read_fillets

Split = Literal["train", "val"]

SOURCES: Final = (
    *("espeak", "flite", "asterisk", "asterisk-it", "fillets", "festvox-ru"),
    *("ravdess", "grid", "ljspeech"),
)

_RAVDESS_TEXTS: Final = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
_RAVDESS_FIELDS: Final = 7  # of a name, between hyphens; 03 is sound alone
_RAVDESS_HELD_OUT: Final = frozenset({"04", "08", "09", "10"})
_HELD_OUT_PERCENT: Final = 4
_ENGLISH_VOICES: Final = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")
_VARIANTS: Final = (
    *("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+m8", "+f1", "+f2", "+f3", "+f4", "+f5"),
    *("+Alicia", "+Andy", "+Andrea", "+Annie", "+Gene", "+Lee", "+Mario", "+Michael", "+anika", "+antonio"),
    *("+aunty", "+belinda", "+david", "+linda", "+max", "+pablo", "+steph", "+victor", "+zac"),
)
_VARIANTS_MORE: Final = (
    *("+klatt", "+klatt2", "+klatt3", "+klatt4", "+klatt6", "+whisper", "+whisperf", "+croak"),
    *("+grandma", "+grandpa", "+Mr serious", "+Nguyen", "+Reed", "+iven", "+travis", "+ed", "+shelby"),
)
_FLITE_PITCH_HZ: Final = {"slt": 180.0, "awb": 130.0, "rms": 100.0, "kal16": 105.0}


@dataclass(frozen=True)
class PhoneClip:
    """One clip of the corpus.

    Attributes:
        name: unique within its source.
        source: one of `SOURCES`.
        speaker: voice or person.
        split: val is never learned from.
        samples: at 16 kHz.
        labels: at 50 Hz, index into PHONES or UNKNOWN.
    """

    name: str
    source: str
    speaker: str
    split: Split
    samples: Float32[np.ndarray, "num_samples"]
    labels: UInt8[np.ndarray, "label_frames"]


def make_corpus(
    recordings: Path, out: Path, *, minutes_per_synthesizer: float = 60.0, progress: Progress = no_progress
) -> None:
    """Write `<out>/<source>.safetensors` for every source that this machine has.

    Args:
        recordings: folder with `grid`, `ravdess`, `speech/ljspeech`; those missing are left out, and so
            are the programs and packages of sounds that are not installed (see `spoken_texts`, `festvox_ru`).
        out: folder of the corpus.
        minutes_per_synthesizer: of speech from espeak-ng, and from flite where it is installed.
        progress: told the source, the clips made, and 0: their number is not known ahead.
    """
    for source in SOURCES:
        path = out / f"{source}.safetensors"
        if path.exists():
            continue
        clips = []
        for clip in _make(source, recordings, minutes_per_synthesizer):
            clips.append(clip)
            progress(source, len(clips), 0)
        if clips:
            save_clips(path, clips)


def _make(source: str, recordings: Path, minutes: float) -> Iterator[PhoneClip]:
    match source:
        case "espeak":
            return make_espeak(minutes)
        case "flite":
            return make_flite(minutes)
        case "asterisk":
            return align_texts(read_asterisk(("en", "es", "fr", "ru")), source)
        case "asterisk-it":
            return align_texts(read_asterisk(("it",)), source, held_out_percent=100)
        case "fillets":
            return align_texts(read_fillets(), source)
        case "festvox-ru":
            return take_festvox_ru()
        case "ravdess":
            return align_ravdess(recordings / "ravdess" / "audio")
        case "grid":
            return align_grid(recordings / "grid")
        case _:
            return align_ljspeech(recordings / "speech" / "ljspeech")


def make_espeak(minutes: float, seed: int = 0) -> Iterator[PhoneClip]:
    """A third English, else other languages; voices, pitch, rate and throat vary. Finnish is val."""
    espeak, rng = start_espeak(), np.random.default_rng(seed)
    texts, seconds, count = TextMaker(), 0.0, 0
    languages = (*OTHERS, *MORE_LANGUAGES)
    while seconds < 60 * minutes:
        language = str(rng.choice(_ENGLISH_VOICES if rng.random() < 0.35 else languages))
        voice = language + str(rng.choice(_VARIANTS if rng.random() < 0.7 else _VARIANTS_MORE))
        samples, spans = espeak.speak(
            texts.draw(language, rng),
            voice,
            words_per_minute=int(rng.integers(110, 230)),
            pitch=int(rng.integers(10, 90)),
            pitch_range=int(rng.integers(20, 95)),
        )
        samples, spans = play_faster(samples, spans, _draw_throat(rng))
        labels = label_frames(spans, len(samples), background=0)
        split: Split = "val" if language == HELD_OUT_LANGUAGE else "train"
        yield PhoneClip(f"{count:05d}", "espeak", voice, split, samples, labels)
        seconds += len(samples) / SAMPLE_RATE_HZ
        count += 1


def make_flite(minutes: float, seed: int = 1) -> Iterator[PhoneClip]:
    """English of all `FLITE_VOICES`, as of many throats; nothing where flite is not installed."""
    if not has_flite():
        return
    rng, seconds, count = np.random.default_rng(seed), 0.0, 0
    texts = TextMaker()
    while seconds < 60 * minutes:
        voice = str(rng.choice(FLITE_VOICES, p=(0.3, 0.3, 0.3, 0.1)))
        faster = _draw_throat(rng)
        samples, spans = speak_with_flite(
            texts.draw("en", rng),
            voice,
            stretch=float(rng.uniform(0.7, 1.35)) * faster,
            pitch_hz=_FLITE_PITCH_HZ[voice] * float(rng.uniform(0.75, 1.4)),
        )
        samples, spans = play_faster(samples, spans, faster)
        labels = label_frames(spans, len(samples), background=0)
        yield PhoneClip(f"{count:05d}", "flite", voice, "train", samples, labels)
        seconds += len(samples) / SAMPLE_RATE_HZ
        count += 1


def play_faster(
    samples: Float32[np.ndarray, "num_samples"], spans: Spans, faster: float
) -> tuple[Float32[np.ndarray, "new_samples"], Spans]:
    """As from a tape: `faster` 1.15 is higher in pitch and formants, as of a shorter throat, and shorter."""
    if faster == 1.0 or not len(samples):
        return samples, spans
    played = soxr.resample(samples, SAMPLE_RATE_HZ * faster, SAMPLE_RATE_HZ).astype(np.float32)
    return played, [(start / faster, end / faster, phone) for start, end, phone in spans]


def _draw_throat(rng: np.random.Generator) -> float:
    """How much shorter a voice's throat is made; half of the clips keep theirs."""
    return 1.0 if rng.random() < 0.5 else float(np.exp(rng.uniform(-0.16, 0.16)))


def align_texts(
    texts: Iterable[SpokenText], source: str, held_out_percent: int = _HELD_OUT_PERCENT
) -> Iterator[PhoneClip]:
    """Recordings with their words, in any language; those whose alignment is no speech are left out."""
    for spoken in texts:
        split: Split = "val" if _percentile(spoken.name) < held_out_percent else "train"
        with suppress(AudioError):  # the games' packages hold some empty files
            yield from _align(
                spoken.path, spoken.text, spoken.name, source, spoken.speaker, split, spoken.language
            )


def take_festvox_ru() -> Iterator[PhoneClip]:
    """A Russian man reading, with segments that come with the recordings."""
    for path, spans in read_festvox_ru():
        split: Split = "val" if _percentile(path.stem) < _HELD_OUT_PERCENT else "train"
        samples = load_sound(path).samples
        labels = label_frames(spans, len(samples), background=UNKNOWN)
        yield PhoneClip(path.stem, "festvox-ru", "nsh", split, samples, labels)


def align_ravdess(folder: Path) -> Iterator[PhoneClip]:
    """Two sentences by actors in eight emotions. Actors 04, 08, 09 and 10 are val."""
    for path in sorted(folder.glob("Actor_*/*.*")):
        fields = path.stem.split("-")
        if fields[0] != "03" or len(fields) != _RAVDESS_FIELDS:
            continue
        actor = fields[6]
        split: Split = "val" if actor in _RAVDESS_HELD_OUT else "train"
        yield from _align(path, _RAVDESS_TEXTS[fields[4]], path.stem, "ravdess", actor, split)


def align_grid(folder: Path) -> Iterator[PhoneClip]:
    """Sentences of commands by one man. A tenth, by the name's CRC, is val."""
    for path in sorted(folder.glob("video/*.mp4")):
        text_path = folder / "align" / f"{path.stem}.align"
        if not text_path.exists():
            continue
        split: Split = "val" if _percentile(path.stem) < 10 else "train"
        yield from _align(path, read_grid_text(text_path), path.stem, "grid", "s1", split)


def align_ljspeech(folder: Path) -> Iterator[PhoneClip]:
    """Read speech by a woman of whom nothing is learned: all val."""
    listing = folder / "metadata.csv"
    for line in listing.read_text().splitlines() if listing.exists() else ():
        name, _, text = line.split("|")
        path = folder / f"{name}.flac"
        if path.exists():
            yield from _align(path, text, name, "ljspeech", "lj", "val")


_ALIGNER: list[Aligner] = []


def _percentile(name: str) -> int:
    """0 to 99, the same for a name always."""
    return zlib.crc32(name.encode()) % 100


def _align(
    path: Path,
    text: str,
    name: str,
    source: str,
    speaker: str,
    split: Split,
    language: str | None = None,
) -> Iterator[PhoneClip]:
    if not _ALIGNER:
        _ALIGNER.append(Aligner())
    samples = load_sound(path).samples
    spans = _ALIGNER[0].align(samples, text, language)
    if spans and (language is None or is_plausible(spans)):
        labels = label_frames(spans, len(samples), background=UNKNOWN)
        yield PhoneClip(name, source, speaker, split, samples, labels)


def save_clips(path: Path, clips: list[PhoneClip]) -> None:
    """One source -> one file."""
    tensors: dict[str, np.ndarray] = {}
    listing = []
    for clip in clips:
        tensors[f"sound/{clip.name}"] = clip.samples.astype(np.float16)
        tensors[f"phones/{clip.name}"] = clip.labels
        listing.append(
            {key: value for key, value in asdict(clip).items() if key not in ("samples", "labels")}
        )
    with whole_file(path) as aside:
        save_file(tensors, aside, metadata={"format": "msmd-phones", "clips": json.dumps(listing)})


def load_clips(folder: Path, sources: Collection[str] | None = None) -> list[PhoneClip]:
    """The clips of a corpus folder.

    Args:
        folder: of `make_corpus`.
        sources: only those of these that are there; None: all.

    Raises:
        FormatError: the folder has no corpus, or a file is of another kind.
    """
    files = sorted(path for path in folder.glob("*.safetensors") if not path.name.startswith("."))
    if not files:
        raise FormatError(f"{folder} has no corpus of phones. Make one with make_corpus.")
    clips = []
    for path in files:
        if sources is not None and path.stem not in sources:
            continue
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != "msmd-phones":
                raise FormatError(f"{path} is not part of a corpus of phones.")
            for entry in json.loads(metadata["clips"]):
                clips.append(
                    PhoneClip(
                        **entry,
                        samples=file.get_tensor(f"sound/{entry['name']}").astype(np.float32),
                        labels=file.get_tensor(f"phones/{entry['name']}"),
                    )
                )
    return clips
