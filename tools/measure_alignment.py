"""How well forced alignment places phones: python tools/measure_alignment.py [CLIPS]

Against what is known otherwise: flite's own segments (English), and the segments that come with the
recordings of festvox-ru (Russian, which the aligner hears with English ears). Prints, for each, the share of
20 ms frames of speech with the same phone and the same mouth class, and how far lip phones begin off.
"""

import re
import sys
from collections.abc import Iterator

import numpy as np

from msmd.audio.load import load_sound
from msmd.audio.phone_network import PHONES
from msmd.training.audio_encoder.align import Aligner, is_plausible
from msmd.training.audio_encoder.espeak import Spans
from msmd.training.audio_encoder.festvox_ru import FESTVOX_RU, read_festvox_ru
from msmd.training.audio_encoder.flite import FLITE_VOICES, speak_with_flite
from msmd.training.audio_encoder.phones import MOUTH_CLASS_OF_PHONE, UNKNOWN, label_frames
from msmd.training.audio_encoder.sentences import ENGLISH

_LIP_PHONES = tuple(PHONES.index(name) for name in ("P", "B", "M", "F", "V"))

Line = tuple[np.ndarray, str, str | None, Spans]


def synthetic(count: int) -> Iterator[Line]:
    """flite reads the written sentences."""
    for number in range(count):
        text = ENGLISH[number % len(ENGLISH)]
        samples, spans = speak_with_flite(text, FLITE_VOICES[number % 3], stretch=0.9 + 0.1 * (number % 4))
        yield samples, text, "en-us", spans


def russian(count: int) -> Iterator[Line]:
    """Every so many of the recordings; a plus marks stress in their texts."""
    written = (FESTVOX_RU / "etc" / "txt.done.data").read_text(encoding="utf-8")
    texts = dict(re.findall(r'\( (ru_\d+) "(.*?)" \)', written))
    rows = list(read_festvox_ru())
    for path, spans in rows[:: max(1, len(rows) // count)][:count]:
        yield load_sound(path).samples, texts[path.stem].replace("+", ""), "ru", spans


def measure(name: str, lines: Iterator[Line]) -> None:
    aligner = Aligner()
    same, same_mouth, late, lost = [], [], [], 0
    for samples, text, language, truth in lines:
        spans = aligner.align(samples, text, language)
        if spans is None or not is_plausible(spans):
            lost += 1
            continue
        known, found = (label_frames(one, len(samples), background=0) for one in (truth, spans))
        spoken = (known != 0) & (known != UNKNOWN)
        known, found = known[spoken], found[spoken]
        same.append(known == found)
        same_mouth.append(MOUTH_CLASS_OF_PHONE[known] == MOUTH_CLASS_OF_PHONE[found])
        for phone in _LIP_PHONES:
            starts, guesses = ([start for start, _, one in each if one == phone] for each in (truth, spans))
            if len(starts) == len(guesses):
                late += [guess - start for start, guess in zip(starts, guesses, strict=True)]
    late_ms = 1000 * np.array(late)
    off_ms = np.abs(late_ms)
    shares = (np.concatenate(each).mean() for each in (same, same_mouth))
    print(f"{name}: {len(same)} lines, {lost} lost; phone {{:.3f}}, mouth class {{:.3f}}".format(*shares))
    print(
        f"  {len(late)} p b m f v begin {np.median(late_ms):+.0f} ms late in the median, off by "
        f"{np.median(off_ms):.0f} ms, 90 % within {np.quantile(off_ms, 0.9):.0f} ms"
    )


if __name__ == "__main__":
    clips = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    measure("flite, English", synthetic(clips))
    measure("festvox-ru, Russian", russian(clips))
