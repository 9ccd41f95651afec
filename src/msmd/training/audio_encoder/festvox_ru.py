"""The Russian voice of Debian's package festvox-ru: 100 minutes of one man reading, with his phones' times.

festival is not needed: the package holds the recordings that the voice is cut from, and their segments.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msmd.audio.phone_network import PHONES
from msmd.training.audio_encoder.phones import UNKNOWN

FESTVOX_RU: Final = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")

_PHONES: Final = {
    "SIL": "pau ssil",
    "AA": "aa",
    "AH": "a ae ay ur",
    "B": "b bb",
    "CH": "ch",
    "D": "d dd",
    "EH": "e ee",
    "F": "f ff",
    "G": "g gg",
    "HH": "h hh",
    "IH": "y yy",
    "IY": "i ii",
    "K": "k kk",
    "L": "l ll r rr",
    "M": "m mm",
    "N": "n nn",
    "OW": "oo",
    "P": "p pp",
    "S": "s ss",
    "SH": "sh sch",
    "T": "t tt",
    "UW": "u uu",
    "V": "v vv",
    "Y": "j",
    "Z": "z zz c",
    "ZH": "zh",
}
_INDEX: Final = {
    symbol: PHONES.index(phone) for phone, symbols in _PHONES.items() for symbol in symbols.split()
}


def read_festvox_ru(
    folder: Path = FESTVOX_RU,
) -> Iterator[tuple[Path, list[tuple[float, float, int]]]]:
    """Recordings and their phones as (start seconds, end seconds, index into PHONES), if installed."""
    for path in sorted(folder.glob("lab/*.lab")):
        sound = folder / "wav" / f"{path.stem}.wav"
        spans, start = [], 0.0
        for line in path.read_text().splitlines():
            fields = line.split()
            if len(fields) == 3:
                spans.append((start, float(fields[0]), _INDEX.get(fields[2], UNKNOWN)))
                start = float(fields[0])
        if spans and sound.exists():
            yield sound, spans
