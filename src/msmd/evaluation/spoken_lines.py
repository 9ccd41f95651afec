"""Speech to judge lips by: voices never trained on, and recordings whose words are known."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.load import load_sound
from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLES_PER_FRAME
from msmd.evaluation.protocol import Performance


def _letter_of(word: str) -> str:
    """How a GRID name abbreviates a word: digits as digits (zero as z), others by their first letter."""
    digits = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return str(digits.index(word) + 1) if word in digits else word[0]


JFK_TEXT: Final = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)

RAVDESS_TEXTS: Final = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
"""By the statement's number in a clip's name."""

_GRID_WORDS: Final = tuple(
    {_letter_of(word): word for word in words.split()}
    for words in (
        "bin lay place set",
        "blue green red white",
        "at by in with",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        "zero one two three four five six seven eight nine",
        "again now please soon",
    )
)
"""By position in a GRID clip's name, the words that its letter stands for."""

_SOUND_ENDINGS: Final = frozenset({".flac", ".wav", ".ogg", ".mp3"})


@dataclass(frozen=True)
class SpokenLine:
    """A sound with what is known of it.

    Attributes:
        name: of the clip.
        voice: corpus or speaker; results are given for each.
        samples: 16 kHz mono, whole motion frames.
        text: its words, or None: then only loudness and silence are judged.
        recorded: the face that spoke it, or None.
    """

    name: str
    voice: str
    samples: Float32[np.ndarray, "num_samples"]
    text: str | None = None
    recorded: Float32[np.ndarray, "frames 67"] | None = None

    @property
    def key(self) -> str:
        """Name and checksum of the sound: what rows of the line are kept by."""
        return f"{self.name} {hashlib.sha256(np.ascontiguousarray(self.samples).tobytes()).hexdigest()[:12]}"


def load_unseen_lines(data_folder: Path) -> list[SpokenLine]:
    """The lines of `data_folder/speech`: LJSpeech, a speech of 1961, acted lines.

    Raises:
        MsmdError: the folder lacks them.
    """
    folder = data_folder / "speech"
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SOUND_ENDINGS)
    if not files:
        raise MsmdError(f"{folder} holds no speech: give the recordings as they came (docs/data.md).")
    texts = _read_texts(folder / "ljspeech" / "metadata.csv") | {"jfk_1961": JFK_TEXT}
    return [
        SpokenLine(
            path.stem, _voice(path, folder), _whole_frames(load_sound(path).samples), texts.get(path.stem)
        )
        for path in files
    ]


def lines_of_recordings(performances: Sequence[Performance]) -> list[SpokenLine]:
    """Recordings whose lips can be trusted and whose words are known: GRID and RAVDESS.

    Their own motion tells how often a real mouth, tracked and coded as ours is, passes the same test.
    """
    lines = []
    for one in performances:
        text = text_of(one)
        if one.has_lips and text:
            lines.append(SpokenLine(one.clip, one.corpus, one.samples, text, one.motion))
    return lines


def text_of(performance: Performance) -> str | None:
    """What is said, where a corpus says it by the clip's name or the sentence; None for windows of a clip."""
    stem = performance.clip.replace("\\", "/").rsplit("/", 1)[-1]
    if "@" in stem:
        return None
    if performance.corpus == "grid":
        return _spell_grid(stem)
    if " " in performance.sentence:
        return performance.sentence
    return RAVDESS_TEXTS.get(performance.sentence) if performance.corpus == "ravdess" else None


def _spell_grid(stem: str) -> str | None:
    """A GRID sentence by its six letters: command, colour, preposition, letter, digit, adverb."""
    if len(stem) != len(_GRID_WORDS):
        return None
    words = [known.get(letter) for letter, known in zip(stem.lower(), _GRID_WORDS, strict=True)]
    return None if None in words else " ".join(str(word) for word in words)


def _read_texts(path: Path) -> dict[str, str]:
    """LJSpeech's metadata.csv: id | text | text with numbers written out."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row[0]: row[2] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE)}


def _voice(path: Path, folder: Path) -> str:
    return path.stem if path.parent == folder else path.parent.name


def _whole_frames(samples: np.ndarray) -> np.ndarray:
    return np.pad(samples, (0, -len(samples) % SAMPLES_PER_FRAME))
