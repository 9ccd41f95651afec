"""Sound and motion without end: synthetic voices, whose phones are known exactly, and the performer.

    python -m msmd.training.performed_pairs --out <folder> --minutes 60 --audio-encoder <folder>

A session is one voice that says a few lines; each line is performed in two styles with the same
articulation, so that only the style reference can tell which of the two faces goes with a sound. Each session
and style is one "speaker" of the packed folder, long enough for a pair of windows.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.embedded import EmbeddedEncoder
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.data.packed import Clip, PackedDataset, Split
from msmd.data.packing import write_features, write_packed
from msmd.synthesis.performer.articulation import articulation_card
from msmd.synthesis.performer.perform import ORIGIN, perform
from msmd.synthesis.performer.phones import TimedPhone, name_phones
from msmd.synthesis.performer.style import PerformerStyle, draw_style
from msmd.training.audio_encoder.espeak import start_espeak
from msmd.training.audio_encoder.flite import FLITE_VOICES, has_flite, speak_with_flite
from msmd.training.audio_encoder.sentences import HELD_OUT_LANGUAGE, OTHERS, draw_english, load_word_list

CORPUS: Final = "performed"

LICENCE: Final = (
    "made by this package; articulation measured on GRID (CC BY 4.0); voices of espeak-ng or flite"
)

LINES: Final = 4
"""Of a session: 12 to 25 s, of which a pair of windows takes 8."""

STYLES_PER_LINE: Final = 2
_LETTERS: Final = "ab"

_ENGLISH: Final = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")
_VARIANTS: Final = (
    *("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5"),
    *("+Alicia", "+Andy", "+Gene", "+linda", "+max", "+grandma", "+klatt", "+klatt2", "+klatt4"),
)
_FLITE_PITCH_HZ: Final = {"slt": 180.0, "awb": 130.0, "rms": 100.0, "kal16": 105.0}
_FLITE_SHARE: Final = 0.3
"""Of the sessions, where flite is installed."""

_VAL_EVERY: Final = 20
_FRAMES_A_MINUTE: Final = int(60 * MOTION_FPS)
_MOST_MINUTES: Final = 1200
_STRESS_MARKS: Final = frozenset("\u02c8\u02cc")


@dataclass(frozen=True)
class SpokenTake:
    """A line by a synthetic voice, silence around it.

    Attributes:
        samples: 16 kHz, whole motion frames.
        phones: in its time.
        language: a code such as "en".
    """

    samples: Float32[np.ndarray, "num_samples"]
    phones: list[TimedPhone]
    language: str


@dataclass(frozen=True)
class _Voice:
    """Who speaks in a session: of espeak-ng, or of flite where `flite` is named."""

    language: str
    espeak: str
    flite: str
    words_per_minute: int
    pitch: int
    pitch_range: int
    gain_db: float
    noise_db: float
    colour: float


class SessionMaker:
    """Sessions as a function of a seed and their number, but for the noise that espeak-ng makes itself.

    Raises:
        MsmdError: espeak-ng or the word list is not installed.
    """

    def __init__(self, seed: int) -> None:
        self._seed, self._espeak, self._words = seed, start_espeak(), load_word_list()
        self._has_flite = has_flite()

    def takes(self, session: int) -> list[SpokenTake]:
        """The lines of a session; empty lines are left out."""
        chance = np.random.default_rng([self._seed, session, 0])
        voice = _draw_voice(chance, self._has_flite)
        takes = (self._speak(voice, chance) for _ in range(LINES))
        return [take for take in takes if take is not None]

    def styles(self, session: int) -> list[PerformerStyle]:
        chance = np.random.default_rng([self._seed, session, 1])
        names = (f"{self._seed}_{session:05d}{letter}" for letter in _LETTERS[:STYLES_PER_LINE])
        return [draw_style(chance, name) for name in names]

    def _speak(self, voice: _Voice, chance: np.random.Generator) -> SpokenTake | None:
        text = _draw_text(voice.language, chance, self._words)
        stressed: list[bool | None]
        if voice.flite:
            stretch = 165 / voice.words_per_minute
            pitch_hz = _FLITE_PITCH_HZ[voice.flite] * 2 ** ((voice.pitch - 50) / 80)
            samples, spans = speak_with_flite(text, voice.flite, stretch=stretch, pitch_hz=pitch_hz)
            stressed = [None] * len(spans)
        else:
            samples, spans = self._espeak.speak(
                text,
                voice.espeak,
                words_per_minute=voice.words_per_minute,
                pitch=voice.pitch,
                pitch_range=voice.pitch_range,
            )
            stressed = [bool(_STRESS_MARKS & set(ipa)) for ipa in self._espeak.phonemes]
        phones = name_phones(spans, stressed)
        if len(phones) < 4 or len(samples) < SAMPLE_RATE_HZ:
            return None
        return _place(samples, phones, voice, chance)


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
        gain_db=float(chance.uniform(-18, 0)),
        noise_db=float(chance.uniform(-75, -28)),
        colour=float(chance.uniform(0, 1)),
    )


def _draw_text(language: str, chance: np.random.Generator, words: list[str]) -> str:
    """A sentence; half of the time words of that language in an order without sense, with a comma."""
    if language not in OTHERS:
        return draw_english(chance, words)
    sentences = OTHERS[language]
    pool = " ".join(sentences).split()
    if len(pool) < 12 or chance.random() < 0.5:
        return str(chance.choice(sentences))
    drawn = [str(word).strip(",.!?;") for word in chance.choice(pool, int(chance.integers(5, 11)))]
    drawn[2] += ","
    return " ".join(drawn) + "."


def _place(
    samples: np.ndarray, phones: list[TimedPhone], voice: _Voice, chance: np.random.Generator
) -> SpokenTake:
    """Silence before and after, a level, and the noise of a room, which goes on in the silence."""
    before, after = float(chance.uniform(0.15, 0.9)), float(chance.uniform(0.2, 1.0))
    first = round(before * SAMPLE_RATE_HZ)
    count = first + len(samples) + round(after * SAMPLE_RATE_HZ)
    count += -count % SAMPLES_PER_FRAME
    sound = np.zeros(count, np.float64)
    peak = max(float(np.abs(samples).max()), 1e-4)
    sound[first : first + len(samples)] = samples * (0.9 * 10 ** (voice.gain_db / 20) / peak)
    noise = chance.standard_normal(count + 1)
    noise = (1 - voice.colour) * noise[1:] + voice.colour * np.convolve(noise, np.ones(8) / np.sqrt(8))[
        :count
    ]
    sound += noise * 10 ** ((voice.noise_db + voice.gain_db) / 20)
    shift = first / SAMPLE_RATE_HZ
    moved = [
        TimedPhone(one.name, one.start_seconds + shift, one.end_seconds + shift, one.stressed)
        for one in phones
    ]
    return SpokenTake(np.clip(sound, -1, 1).astype(np.float32), moved, voice.language.split("-")[0])


def make_pairs(
    out: Path,
    minutes: float,
    seed: int = 0,
    join: Path | None = None,
    progress: Progress = no_progress,
) -> Mapping[str, float | int]:
    """Write a packed folder of performed clips.

    Args:
        out: for the folder.
        minutes: of clips, each style counting; Finnish and every twentieth session are the validation split.
        seed: of everything.
        join: a packed folder of recordings whose clips shall be in `out` as well; it stays as it is.
        progress: told whole minutes.

    Returns:
        sessions, clips, minutes, processor_minutes: of what was performed.

    Raises:
        MsmdError: espeak-ng or the word list is not installed, there is nothing to make, or `join` is `out`.
        FormatError: `join` is not a packed folder.
        OutputError: the folder cannot be written.
    """
    if not 0 < minutes <= _MOST_MINUTES:
        raise MsmdError(f"{minutes:g} minutes cannot be made: give more than 0, at most {_MOST_MINUTES}.")
    if join is not None and join.resolve() == out.resolve():
        raise MsmdError(f"{out} cannot be joined to itself: give another --out.")
    recorded = PackedDataset(join) if join is not None else None
    began = time.process_time()
    clips: list[Clip] = []
    # Half precision is what the folder holds of the sound; motion stays as it is.
    motion: dict[str, np.ndarray] = {}
    sound: dict[str, np.ndarray] = {}
    frames, sessions = 0, 0
    wanted = minutes * _FRAMES_A_MINUTE
    for session, clip, samples, values in _perform_all(seed):
        if frames >= wanted and session >= sessions:
            break
        sessions = session + 1
        clips.append(clip)
        motion[clip.id], sound[clip.id] = values, samples.astype(np.float16)
        frames += clip.frames
        progress("minutes", int(frames / _FRAMES_A_MINUTE), int(np.ceil(minutes)))
    made = len(clips)
    if recorded is not None:
        for clip in recorded.clips:
            clips.append(clip)
            motion[clip.id] = recorded.motion(clip.id)
            sound[clip.id] = recorded.sound(clip.id).astype(np.float16)
    notes = {"made_by": ORIGIN, "seed": seed, "articulation": articulation_card()["of"]}
    write_packed(out, clips, motion, sound, notes={"performed": notes})
    return {
        "sessions": sessions,
        "clips": made,
        "minutes": round(frames / _FRAMES_A_MINUTE, 2),
        "processor_minutes": round((time.process_time() - began) / 60, 3),
    }


def _perform_all(seed: int) -> Iterator[tuple[int, Clip, np.ndarray, np.ndarray]]:
    """Endlessly: (session, clip, samples, motion), the two styles of a line one after the other."""
    maker = SessionMaker(seed)
    session = 0
    while True:
        styles = maker.styles(session)
        for number, take in enumerate(maker.takes(session)):
            held_out = take.language == HELD_OUT_LANGUAGE or session % _VAL_EVERY == _VAL_EVERY - 1
            line_seed = int(np.random.default_rng([seed, session, 2, number]).integers(2**31))
            for style in styles:
                values = perform(take.samples, take.phones, style, line_seed).values
                clip = _describe(style, number, take, "val" if held_out else "train")
                yield session, clip, take.samples, values
        session += 1


def _describe(style: PerformerStyle, number: int, take: SpokenTake, split: Split) -> Clip:
    return Clip(
        id=f"{CORPUS}/{style.name}_{number}",
        corpus=CORPUS,
        speaker=f"{CORPUS}_{style.name}",
        emotion="unknown",
        intensity="unknown",
        frames=len(take.samples) // SAMPLES_PER_FRAME,
        split=split,
        has_lips=True,
        has_upper=True,
        has_head=True,
        motion_source="performer",
        licence=LICENCE,
        sentence=f"{style.name[:-1]}_{number}",
        language=take.language,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m msmd.training.performed_pairs", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write, as `msmd curate` does")
    parser.add_argument("--minutes", type=float, default=60.0, help="of motion")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--join", type=Path, help="packed recordings, whose clips go into the folder too")
    parser.add_argument("--audio-encoder", type=Path, help="its features are stored too, for `msmd train`")
    options = parser.parse_args()
    made = make_pairs(options.out, options.minutes, options.seed, options.join)
    print(" ".join(f"{name} {value:g}" for name, value in made.items()))
    if options.audio_encoder is not None:
        write_features(options.out, EmbeddedEncoder.load(options.audio_encoder))


if __name__ == "__main__":
    try:
        main()
    except MsmdError as error:
        sys.exit(f"error: {error}")
