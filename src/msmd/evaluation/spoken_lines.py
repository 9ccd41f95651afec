"""Speech to judge lips by: voices never trained on, and recordings whose words are known."""

import csv
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

JFK_TEXT: Final = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)

RAVDESS_TEXTS: Final = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
"""By the statement's number in a clip's name."""

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


def load_unseen_lines(data_folder: Path) -> list[SpokenLine]:
    """The lines of `data_folder/speech`: LJSpeech, a speech of 1961, acted lines.

    Raises:
        MsmdError: the folder lacks them.
    """
    folder = data_folder / "speech"
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SOUND_ENDINGS)
    if not files:
        raise MsmdError(f"{folder} holds no speech: give the folder of recordings with --data.")
    texts = _read_texts(folder / "ljspeech" / "metadata.csv") | {"jfk_1961": JFK_TEXT}
    return [
        SpokenLine(
            path.stem, _voice(path, folder), _whole_frames(load_sound(path).samples), texts.get(path.stem)
        )
        for path in files
    ]


def lines_of_recordings(performances: Sequence[Performance], data_folder: Path) -> list[SpokenLine]:
    """Recordings whose lips can be trusted and whose words are known: GRID and RAVDESS.

    Their own motion tells how often a real mouth, tracked and coded as ours is, passes the same test.
    """
    lines = []
    for one in performances:
        text = _text_of(one, data_folder)
        if one.has_lips and text:
            lines.append(SpokenLine(one.clip, one.corpus, one.samples, text, one.motion))
    return lines


def _text_of(performance: Performance, data_folder: Path) -> str | None:
    stem = performance.clip.replace("\\", "/").rsplit("/", 1)[-1]
    if performance.corpus == "grid":
        path = data_folder / "grid" / "align" / f"{stem}.align"
        return _read_align(path) if path.is_file() else None
    if performance.corpus == "ravdess":
        return RAVDESS_TEXTS.get(performance.sentence)
    return None


def _read_align(path: Path) -> str:
    """Words of a GRID .align file: lines of `start end word`."""
    words = [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return " ".join(word for word in words if word not in {"sil", "sp"})


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
