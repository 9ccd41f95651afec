"""Lines with known phones for the performer, in many voices, rooms and microphones.

Voices are synthetic (espeak-ng, flite) and, where a corpus of `training.audio_encoder` is given, of people:
the phones of their recordings are from forced alignment, right to about 20 ms.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.changed_voice import change_voice
from msmd.audio.channel import draw_channel, send_through
from msmd.core.units import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.synthesis.performer.phones import TimedPhone, name_phones
from msmd.training.audio_encoder.espeak import start_espeak
from msmd.training.audio_encoder.flite import FLITE_VOICES, has_flite, speak_with_flite
from msmd.training.audio_encoder.phone_corpus import PhoneClip, play_faster
from msmd.training.audio_encoder.random_text import TextMaker
from msmd.training.audio_encoder.sentences import OTHERS
from msmd.training.recorded_phones import phones_of_clip

LINES: Final = 4
"""Of a session: 12 to 25 s, of which a pair of windows takes 8."""

PEOPLE_SOURCES: Final = {"fillets": 0.35, "asterisk": 0.3, "festvox-ru": 0.2, "ravdess": 0.15}
"""Sources of the phone corpus whose people speak here, and their shares. GRID's man is in the recordings
already, and LJSpeech is for tests alone."""

_PEOPLE_SHARE: Final = 0.5
"""Of the sessions, where a corpus is given."""

_FLITE_SHARE: Final = 0.4
"""Of the other sessions, where flite is installed."""

_ENGLISH: Final = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")
_VARIANTS: Final = (
    *("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5"),
    *("+Alicia", "+Andy", "+Gene", "+linda", "+max", "+grandma", "+klatt", "+klatt2", "+klatt4"),
)
_FLITE_PITCH_HZ: Final = {"slt": 180.0, "awb": 130.0, "rms": 100.0, "kal16": 105.0}
_STRESS_MARKS: Final = frozenset("\u02c8\u02cc")
_LONGEST_SECONDS: Final = 20.0
_SEMITONES: Final = 3.0


@dataclass(frozen=True)
class SpokenTake:
    """A line, silence around it.

    Attributes:
        samples: 16 kHz, whole motion frames.
        phones: in its time.
        language: a code such as "en".
        voice: who speaks: a synthesiser's voice, or a person as `PEOPLE_SOURCES`/speaker.
    """

    samples: Float32[np.ndarray, "num_samples"]
    phones: list[TimedPhone]
    language: str
    voice: str


@dataclass(frozen=True)
class _Line:
    samples: Float32[np.ndarray, "num_samples"]
    phones: list[TimedPhone]


@dataclass(frozen=True)
class _Voice:
    """Who speaks in a session: of espeak-ng, or of flite where `flite` is named."""

    language: str
    espeak: str
    flite: str
    words_per_minute: int
    pitch: int
    pitch_range: int
    faster: float


class SessionMaker:
    """Sessions as a function of a seed and their number, but for the noise that espeak-ng makes itself.

    Args:
        seed: of all.
        people: clips of the phone corpus; those of `PEOPLE_SOURCES` that may be learned from are used.

    Raises:
        MsmdError: espeak-ng or the word lists are not installed.
    """

    def __init__(self, seed: int, people: Sequence[PhoneClip] = ()) -> None:
        self._seed, self._espeak, self._texts = seed, start_espeak(), TextMaker()
        self._has_flite = has_flite()
        self._people = _group_people(people)

    def takes(self, session: int) -> list[SpokenTake]:
        """The lines of a session, one voice in one room; empty lines are left out."""
        chance = np.random.default_rng([self._seed, session, 0])
        if self._people and chance.random() < _PEOPLE_SHARE:
            lines, language, name = self._recorded(chance)
        else:
            voice = _draw_voice(chance, self._has_flite)
            spoken = [self._speak(voice, chance) for _ in range(LINES)]
            lines = [line for line in spoken if line is not None]
            language, name = voice.language.split("-")[0], voice.flite or voice.espeak
        gain_db, room_noise_db = float(chance.uniform(-18, 0)), float(chance.uniform(-75, -40))
        channel = draw_channel(chance)
        bystanders = [_as_another(line.samples, chance) for line in lines]
        takes = []
        for number, line in enumerate(lines):
            samples, phones = _place(line, gain_db, room_noise_db, chance)
            others = bystanders[:number] + bystanders[number + 1 :]
            takes.append(SpokenTake(send_through(samples, channel, others), phones, language, name))
        return takes

    def _speak(self, voice: _Voice, chance: np.random.Generator) -> _Line | None:
        text = self._texts.draw(voice.language, chance)
        stressed: list[bool | None]
        if voice.flite:
            samples, spans = speak_with_flite(
                text,
                voice.flite,
                stretch=165 / voice.words_per_minute * voice.faster,
                pitch_hz=_FLITE_PITCH_HZ[voice.flite] * 2 ** ((voice.pitch - 50) / 80),
            )
            stressed = [None] * len(spans)
        else:
            samples, spans = self._espeak.speak(
                text,
                voice.espeak,
                words_per_minute=round(voice.words_per_minute / voice.faster),
                pitch=voice.pitch,
                pitch_range=voice.pitch_range,
            )
            stressed = [bool(_STRESS_MARKS & set(ipa)) for ipa in self._espeak.phonemes]
        samples, spans = play_faster(samples, spans, voice.faster)
        phones = name_phones(spans, stressed)
        if len(phones) < 4 or len(samples) < SAMPLE_RATE_HZ:
            return None
        return _Line(samples, phones)

    def _recorded(self, chance: np.random.Generator) -> tuple[list[_Line], str, str]:
        """Some recordings of one person, all changed to the same other voice and tempo."""
        shares = np.array([PEOPLE_SOURCES[source] for source in self._people])
        source = list(self._people)[int(chance.choice(len(shares), p=shares / shares.sum()))]
        speakers = self._people[source]
        lengths = np.sqrt([sum(len(clip.labels) for clip in clips) for clips in speakers.values()])
        speaker = list(speakers)[int(chance.choice(len(lengths), p=lengths / lengths.sum()))]
        clips = speakers[speaker]
        semitones = float(chance.uniform(-_SEMITONES, _SEMITONES)) if chance.random() < 0.7 else 0.0
        speed = float(np.exp(chance.uniform(*np.log((0.85, 1.2))))) if chance.random() < 0.5 else 1.0
        lines = []
        for number in chance.choice(len(clips), min(LINES, len(clips)), replace=False):
            clip = clips[int(number)]
            samples = change_voice(clip.samples, semitones, speed)
            phones = [
                replace(one, start_seconds=one.start_seconds / speed, end_seconds=one.end_seconds / speed)
                for one in phones_of_clip(clip)
            ]
            if phones:
                lines.append(_Line(samples, phones))
        return lines, _language_of(clips[0]), f"{source}/{speaker}"


def _group_people(clips: Sequence[PhoneClip]) -> dict[str, dict[str, list[PhoneClip]]]:
    """Source -> speaker -> clips of at least a second, not too long; speakers with one clip are left out."""
    groups: dict[str, dict[str, list[PhoneClip]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        seconds = len(clip.samples) / SAMPLE_RATE_HZ
        if clip.source in PEOPLE_SOURCES and clip.split == "train" and 1 <= seconds <= _LONGEST_SECONDS:
            groups[clip.source][clip.speaker].append(clip)
    return {
        source: kept
        for source, speakers in groups.items()
        if (kept := {speaker: found for speaker, found in speakers.items() if len(found) > 1})
    }


def _language_of(clip: PhoneClip) -> str:
    if clip.source == "festvox-ru":
        return "ru"
    return clip.speaker.split("-")[1] if "-" in clip.speaker else "en"


def _draw_voice(chance: np.random.Generator, with_flite: bool) -> _Voice:
    others = sorted(OTHERS)
    language = str(chance.choice(_ENGLISH if chance.random() < 0.5 else others))
    flite = str(chance.choice(FLITE_VOICES)) if with_flite and chance.random() < _FLITE_SHARE else ""
    if flite:
        language = "en-us"
    return _Voice(
        language=language,
        espeak=language + str(chance.choice(_VARIANTS)),
        flite=flite,
        words_per_minute=int(chance.integers(115, 215)),
        pitch=int(chance.integers(20, 81)),
        pitch_range=int(chance.integers(30, 95)),
        faster=float(np.exp(chance.uniform(-0.16, 0.16))),
    )


def _as_another(
    samples: Float32[np.ndarray, "num_samples"], chance: np.random.Generator
) -> Float32[np.ndarray, "_"]:
    """A line as babble behind another line: played at another speed, it is nobody's voice."""
    played, _ = play_faster(samples, [], float(chance.choice([0.8, 0.88, 1.12, 1.25])))
    return played


def _place(
    line: _Line, gain_db: float, noise_db: float, chance: np.random.Generator
) -> tuple[Float32[np.ndarray, "num_samples"], list[TimedPhone]]:
    """Silence before and after, a level, and faint noise that goes on in the silence."""
    before, after = float(chance.uniform(0.15, 0.9)), float(chance.uniform(0.2, 1.0))
    first = round(before * SAMPLE_RATE_HZ)
    count = first + len(line.samples) + round(after * SAMPLE_RATE_HZ)
    count += -count % SAMPLES_PER_FRAME
    sound = chance.standard_normal(count) * 10 ** ((noise_db + gain_db) / 20)
    peak = max(float(np.abs(line.samples).max()), 1e-4)
    sound[first : first + len(line.samples)] += line.samples * (0.9 * 10 ** (gain_db / 20) / peak)
    shift = first / SAMPLE_RATE_HZ
    moved = [
        replace(one, start_seconds=one.start_seconds + shift, end_seconds=one.end_seconds + shift)
        for one in line.phones
    ]
    return np.clip(sound, -1, 1).astype(np.float32), moved
