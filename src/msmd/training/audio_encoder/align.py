"""Forced alignment: where the phones of a known text lie in a recording, by pocketsphinx."""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.training.audio_encoder.phones import phone_of_arpabet

_PADDING_SECONDS = 0.3
_ATTEMPTS = 3
_FRAME_SECONDS = 0.01


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

    def words_of(self, text: str) -> list[str]:
        """The words of a text as the dictionary writes them; empty if it lacks one."""
        words = re.findall(r"[a-z']+", text.lower())
        known = all(self._decoder.lookup_word(word) is not None for word in words)
        return words if known else []

    def align(
        self, samples: Float32[np.ndarray, "num_samples"], text: str
    ) -> list[tuple[float, float, int]] | None:
        """Phones as (start seconds, end seconds, index into PHONES), or None if they cannot be placed.

        The recording is put between faint noise, another noise at each attempt: the aligner fails
        on some beginnings, and then often succeeds with another noise.

        Args:
            samples: at 16 kHz.
            text: what is said, all of it.
        """
        words = self.words_of(text)
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


def read_grid_text(path: Path) -> str:
    """The words of one clip of the GRID corpus, from its .align file."""
    words = [line.split()[2] for line in path.read_text().splitlines() if line.strip()]
    return " ".join(word for word in words if word not in ("sil", "sp"))
