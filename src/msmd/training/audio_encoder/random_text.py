"""Texts without end for synthetic voices: common words, in the frames of written sentences."""

import unicodedata
from functools import cache
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.training.audio_encoder.sentences import ENGLISH, OTHERS, load_word_list

MORE_LANGUAGES: Final = ("ca", "cs", "da", "el", "hu", "id", "nb", "ro", "sk", "uk", "vi", "ko")
"""Languages of espeak-ng without written sentences here: all their texts are strings of words."""

_VOCABULARY: Final = 20_000
_COMMONEST: Final = 60.0
"""A word's chance falls as 1 / (rank + this): function words come often, but do not drown the others."""

_NAMES_SHARE: Final = 0.15
"""Of English words: any of the dictionary's 100,000, most of them names."""

_LONG_WORD: Final = 4
_ENDS: Final = (".", ".", ".", "?", "!")


@cache
def load_vocabulary(language: str) -> tuple[str, ...]:
    """Words of a language of espeak-ng, the commonest first; where wordfreq has none, those of its sentences.

    Raises:
        MsmdError: wordfreq is not installed.
    """
    try:
        import wordfreq
    except ImportError as error:
        raise MsmdError('wordfreq is needed: pip install "msmd[train]"') from error
    code = "zh" if language == "cmn" else language.split("-")[0]
    try:
        words = wordfreq.top_n_list(code, _VOCABULARY)
    except LookupError:
        words = [word.strip(".,?!") for text in OTHERS.get(language, ()) for word in text.split()]
    return tuple(word for word in words if _is_spoken_as_written(word))


def _is_spoken_as_written(word: str) -> bool:
    """Letters of an alphabet or of Chinese; Japanese only in kana, which espeak-ng can read."""
    kinds = [unicodedata.category(letter)[0] for letter in word]
    return all(kind in "LM" for kind in kinds)


class TextMaker:
    """Random texts.

    Raises:
        MsmdError: wordfreq or pocketsphinx is not installed.
    """

    def __init__(self) -> None:
        self._names = load_word_list()
        load_vocabulary("en")

    def draw(self, language: str, rng: np.random.Generator) -> str:
        """One text of two to twelve seconds.

        A third are strings of four to twelve words with commas and an end; the others are written
        sentences in which most of the long words are exchanged, which keeps little words and melody.

        Args:
            language: of espeak-ng; "en-us" and its like are English.
            rng: draws it.
        """
        written = ENGLISH if language.startswith("en") else OTHERS.get(language, ())
        if written and rng.random() < 0.67 and language not in ("cmn", "ja"):
            return " ".join(self._exchange(word, language, rng) for word in str(rng.choice(written)).split())
        words = [self._word(language, rng) for _ in range(rng.integers(4, 13))]
        if len(words) > 6:
            words[int(rng.integers(2, 5))] += ","
        return " ".join(words) + str(rng.choice(_ENDS))

    def _exchange(self, word: str, language: str, rng: np.random.Generator) -> str:
        core = word.strip(".,?!:;¿¡-")
        if len(core) < _LONG_WORD or rng.random() < 0.2:
            return word
        return word.replace(core, self._word(language, rng))

    def _word(self, language: str, rng: np.random.Generator) -> str:
        if language.startswith("en") and rng.random() < _NAMES_SHARE:
            return self._names[int(rng.integers(len(self._names)))]
        words = load_vocabulary(language)
        if language == "ja":
            words = _kana(words)
        # The inverse of the sum of 1 / (rank + c): ranks are spread evenly over its logarithm.
        reach = np.log((len(words) + _COMMONEST) / _COMMONEST)
        rank = int(_COMMONEST * np.exp(rng.random() * reach) - _COMMONEST)
        return words[min(rank, len(words) - 1)]


@cache
def _kana(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if all("\u3040" <= letter <= "\u30ff" for letter in word))
