"""When each phone of a known text is spoken: forced alignment with pocketsphinx (extra `evaluate`).

The aligner gives up on some clips that it solves with another beginning, so each try pads the sound
with other faint noise and widens the search.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.errors import MsmdError
from msmd.core.units import MOTION_FPS, SAMPLE_RATE_HZ
from msmd.evaluation.lip_sync import CLOSURE_TOLERANCE_FRAMES

PAD_SECONDS: Final = 0.3
_NOISE: Final = 3e-4
_BEAMS: Final = (1e-48, 1e-80, 1e-120, 1e-160, 0.0)
_FRAMES_PER_SECOND: Final = 100

BILABIALS: Final = frozenset({"P", "B", "M"})
"""Lips closed."""

LABIODENTALS: Final = frozenset({"F", "V"})
"""Lower lip at the upper teeth."""

OPEN_VOWELS: Final = frozenset({"AA", "AE", "AO", "AW", "AY", "EH", "EY"})
"""Jaw open: the control for closures, because a mouth that never opens closes at everything."""

SILENCE: Final = "SIL"
"""Between words, and around them."""

_CLOSED_SOUNDS: Final = BILABIALS | LABIODENTALS | {SILENCE}
_VOWEL_DISTANCE_SECONDS: Final = (CLOSURE_TOLERANCE_FRAMES + 0.5) / float(MOTION_FPS)

PRONUNCIATIONS: Final[Mapping[str, str]] = {"woodcutters": "W UH D K AH T ER Z"}
"""Words of the test sentences that the aligner's dictionary lacks."""


@dataclass(frozen=True)
class Phone:
    """One phone of the ARPABET set, without stress.

    Attributes:
        name: such as "AA"; "SIL" between words.
        start_seconds, end_seconds: in the sound that was aligned.
    """

    name: str
    start_seconds: float
    end_seconds: float

    @property
    def middle_seconds(self) -> float:
        return (self.start_seconds + self.end_seconds) / 2


def middles_of(
    phones: Sequence[Phone],
    names: frozenset[str],
    away_from: frozenset[str] = frozenset(),
    by_seconds: float = 0.0,
) -> list[float]:
    """Middle times of the phones of some names, but for those near a phone of other names.

    Args:
        phones: of a line.
        names: wanted.
        away_from, by_seconds: no phone of these names may begin or go on within so many seconds of
            the middle.
    """
    rivals = [(phone.start_seconds, phone.end_seconds) for phone in phones if phone.name in away_from]
    middles = [phone.middle_seconds for phone in phones if phone.name in names]
    return [
        middle
        for middle in middles
        if all(end < middle - by_seconds or start > middle + by_seconds for start, end in rivals)
    ]


def middles_of_open_vowels(phones: Sequence[Phone]) -> list[float]:
    """Middle times of open vowels that no closed sound or pause is near: the control for closures."""
    return middles_of(phones, OPEN_VOWELS, _CLOSED_SOUNDS, _VOWEL_DISTANCE_SECONDS)


class AlignmentError(MsmdError):
    """A text that cannot be laid along its sound."""


def spell_words(text: str) -> list[str]:
    """Lower-case words of a text; numbers must be written out."""
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower().replace("\u2019", "'"))


def align_phones(
    samples: Float32[np.ndarray, "num_samples"],
    text: str,
    pronunciations: Mapping[str, str] = PRONUNCIATIONS,
) -> list[Phone]:
    """Phones of an English text in order, with their times.

    Args:
        samples: 16 kHz mono.
        text: what is said, word for word, numbers written out.
        pronunciations: word -> ARPABET phones, for words that the dictionary lacks.

    Raises:
        AlignmentError: an unknown word, or text and sound do not belong together.
        MsmdError: pocketsphinx is not installed.
    """
    words = spell_words(text)
    if not words:
        raise AlignmentError(f"nothing to align in {text!r}: give the words that are spoken.")
    if re.search(r"\d", text):
        raise AlignmentError(f"digits in {text!r}: write numbers as words.")
    for attempt, beam in enumerate(_BEAMS):
        phones = _try_alignment(samples, words, pronunciations, beam, seed=attempt)
        if phones is not None:
            return phones
    raise AlignmentError(
        f"{len(samples) / SAMPLE_RATE_HZ:.1f} s of sound and the text {' '.join(words)!r} do not fit: "
        "give the words that are spoken."
    )


def align_or_none(samples: Float32[np.ndarray, "num_samples"], text: str) -> list[Phone] | None:
    """`align_phones`, None where text and sound do not fit."""
    try:
        return align_phones(samples, text)
    except AlignmentError:
        return None


def _try_alignment(
    samples: np.ndarray, words: list[str], pronunciations: Mapping[str, str], beam: float, seed: int
) -> list[Phone] | None:
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MsmdError(
            'alignment needs pocketsphinx, which is not installed: pip install "msmd[evaluate]".'
        ) from error
    # The search for the best path through the lattice may leave words too short for their phones.
    decoder = Decoder(lm=None, beam=beam, wbeam=beam, pbeam=beam, bestpath=False, loglevel="FATAL")
    for word in words:
        if decoder.lookup_word(word) is None:
            if word not in pronunciations:
                raise AlignmentError(f"the dictionary lacks {word!r}: give its pronunciation.")
            decoder.add_word(word, pronunciations[word], True)
    sound = _pad(samples, seed)
    decoder.set_align_text(" ".join(words))
    try:
        _decode(decoder, sound)
        if decoder.hyp() is None:
            return None
        # The first pass finds words; the second, within them, phones.
        decoder.set_alignment()
        _decode(decoder, sound)
        alignment = decoder.get_alignment()
    except RuntimeError:
        return None
    return None if alignment is None else _read_phones(alignment, len(samples) / SAMPLE_RATE_HZ)


def _decode(decoder, sound: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def _pad(samples: np.ndarray, seed: int) -> bytes:
    """16-bit sound with faint noise before, after and under it: digital silence upsets the aligner."""
    pad = round(PAD_SECONDS * SAMPLE_RATE_HZ)
    noise = np.random.default_rng(seed).normal(size=len(samples) + 2 * pad) * _NOISE
    peak = float(np.abs(samples).max(initial=1e-6))
    noise[pad : pad + len(samples)] += samples / max(1.0, peak)
    return (np.clip(noise, -1, 1) * 32767).astype(np.int16).tobytes()


def _read_phones(alignment, duration_seconds: float) -> list[Phone]:
    def seconds(frame: int) -> float:
        return float(np.clip(frame / _FRAMES_PER_SECOND - PAD_SECONDS, 0, duration_seconds))

    phones = [
        Phone(phone.name, seconds(phone.start), seconds(phone.start + phone.duration))
        for word in alignment
        for phone in word
    ]
    return [phone for phone in phones if phone.end_seconds > phone.start_seconds]
