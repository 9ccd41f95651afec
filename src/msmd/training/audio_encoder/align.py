"""Forced alignment: where the phones of a known text lie in a recording, by pocketsphinx.

pocketsphinx hears English. The words of another language are put to it as espeak-ng says them, in the nearest
phones of ARPABET: that places them well enough to learn from (docs/audio_encoder.md has the measurement).
"""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from msmd.audio.phone_network import PHONES
from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.training.audio_encoder.espeak import start_espeak
from msmd.training.audio_encoder.phones import UNKNOWN, phone_of_arpabet

_PADDING_SECONDS = 0.3
_ATTEMPTS = 3
_FRAME_SECONDS = 0.01
_SILENCE = PHONES.index("SIL")
_SHORTEST_SECONDS = 0.035  # three frames: what the aligner gives to phones that it does not find
_LONGEST_SECONDS = 0.7


class Aligner:
    """Raises:
    MsmdError: pocketsphinx is not installed.
    """

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise MsmdError('pocketsphinx is needed: pip install "msmd[train]"') from error
        # The widest beams that are still quick: emotional speech falls out of the default ones.
        self._decoder = pocketsphinx.Decoder(
            lm=None, loglevel="FATAL", beam=1e-100, wbeam=1e-80, pbeam=1e-80, bestpath=False
        )
        self._learnt: dict[tuple[str, str], str] = {}

    def words_of(self, text: str, language: str | None = None) -> list[str]:
        """The words of a text as the dictionary writes them; empty if it lacks one.

        Args:
            text: what is said.
            language: of espeak-ng, which then pronounces the words that the dictionary lacks, and all
                those of another language than English.
        """
        if language is None:
            words = re.findall(r"[a-z']+", text.lower())
            known = all(self._decoder.lookup_word(word) is not None for word in words)
            return words if known else []
        words = [self._learn(word, language) for word in re.findall(r"\w+(?:['\u2019]\w+)*", text.lower())]
        return [word for word in words if word]

    def _learn(self, word: str, language: str) -> str:
        """The dictionary's name of a word, put in if it was not there; "" for one that makes no sound."""
        if language.startswith("en") and self._decoder.lookup_word(word) is not None:
            return word
        key = (language, word)
        if key not in self._learnt:
            _, spans = start_espeak().speak(word, language)
            phones = [PHONES[phone] for _, _, phone in spans if phone not in (_SILENCE, UNKNOWN)]
            self._learnt[key] = f"learnt{len(self._learnt)}" if phones else ""
            if phones:
                self._decoder.add_word(self._learnt[key], " ".join(phones), True)
        return self._learnt[key]

    def align(
        self, samples: Float32[np.ndarray, "num_samples"], text: str, language: str | None = None
    ) -> list[tuple[float, float, int]] | None:
        """Phones as (start seconds, end seconds, index into PHONES), or None if they cannot be placed.

        The recording is put between faint noise, another noise at each attempt: the aligner fails
        on some beginnings, and then often succeeds with another noise.

        Args:
            samples: at 16 kHz.
            text: what is said, all of it.
            language: see `words_of`.
        """
        words = self.words_of(text, language)
        if not words:
            return None
        padding = round(_PADDING_SECONDS * SAMPLE_RATE_HZ)
        peak = max(float(np.abs(samples).max(initial=0.0)), 1e-4)
        for attempt in range(_ATTEMPTS):
            rng = np.random.default_rng(attempt)
            padded = np.pad(samples * (0.5 / peak), padding) + rng.normal(0, 3e-4, len(samples) + 2 * padding)
            data = (padded * 32767).astype(np.int16).tobytes()
            spans = self._attempt(data, words)
            if spans is not None:
                end = len(samples) / SAMPLE_RATE_HZ
                return [
                    (max(0.0, a - _PADDING_SECONDS), min(end, b - _PADDING_SECONDS), phone)
                    for a, b, phone in spans
                ]
        return None

    def _attempt(self, data: bytes, words: list[str]) -> list[tuple[float, float, int]] | None:
        decoder = self._decoder
        try:
            decoder.set_align_text(" ".join(words))
            self._decode(data)
            if decoder.hyp() is None:
                return None
            decoder.set_alignment()
            self._decode(data)
            alignment = decoder.get_alignment()
        except RuntimeError:
            return None
        if alignment is None:
            return None
        spans, found = [], []
        for word in alignment:
            if not word.name.startswith("<"):
                found.append(re.sub(r"\(\d+\)$", "", word.name))
            for phone in word:
                start = phone.start * _FRAME_SECONDS
                spans.append((start, start + phone.duration * _FRAME_SECONDS, phone_of_arpabet(phone.name)))
        return spans if found == words else None

    def _decode(self, data: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(data, no_search=False, full_utt=True)
        self._decoder.end_utt()


def is_plausible(spans: list[tuple[float, float, int]]) -> bool:
    """Whether an alignment looks like speech, and not like a text forced onto other words or other sounds.

    Then many phones have the least length that the aligner gives, or one fills what was not in the text.
    """
    lengths = np.array([end - start for start, end, phone in spans if phone != _SILENCE])
    if not len(lengths):
        return False
    return bool((lengths < _SHORTEST_SECONDS).mean() < 0.35 and lengths.max() < _LONGEST_SECONDS)


def read_grid_text(path: Path) -> str:
    """The words of one clip of the GRID corpus, from its .align file."""
    words = [line.split()[2] for line in path.read_text().splitlines() if line.strip()]
    return " ".join(word for word in words if word not in ("sil", "sp"))
