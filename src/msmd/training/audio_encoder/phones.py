# ruff: noqa: RUF001 - other alphabets are meant
"""The phones that the embedded encoder learns, and the shapes that the mouth takes for them."""

import unicodedata
from typing import Final

import numpy as np
from jaxtyping import UInt8

from msmd.audio.phone_network import MOUTH_CLASSES, PHONES

UNKNOWN: Final = 255
"""Label of a frame whose phone is not known; it teaches nothing."""

LABEL_SAMPLES: Final = 320
"""Samples of 16 kHz sound under one label: labels come at 50 Hz."""

_MEMBERS: Final = {
    "silence": "SIL",
    "bilabial": "P B M",
    "labiodental": "F V",
    "rounded": "UW UH OW OY AO W R SH ZH CH JH",
    "open": "AA AE AY AW",
    "mid": "AH EH ER",
    "spread": "IY IH EY Y",
    "dental": "T D N S Z TH DH L",
    "other": "K G NG HH",
}

MOUTH_CLASS_OF_PHONE: Final = np.array(
    [next(i for i, name in enumerate(MOUTH_CLASSES) if phone in _MEMBERS[name].split()) for phone in PHONES],
    dtype=np.uint8,
)
"""(phones,) index into `MOUTH_CLASSES` of every phone."""

_IPA: Final = {
    "AA": "ɑ a ä ɐ ã ɑ̃ ʌ̃ aː",
    "AE": "æ ɛ̃ œ̃",
    "AH": "ʌ ə ɐ̃ ɤ ᵻ ɘ ɜ̃ ɨ ɯ ɚ̃ ɪ̈ ъ",
    "AO": "ɔ ɒ ɔ̃ õ",
    "AW": "aʊ au ɑʊ æʊ ɑu aw ʌʊ",
    "AY": "aɪ ai aɪə ɑɪ ɑi aj ʌɪ aɪɚ",
    "B": "b",
    "CH": "tʃ tɕ tʂ ʈʂ c",
    "D": "d ɖ ɾ",
    "DH": "ð",
    "EH": "ɛ e ɛə eə ẽ",
    "ER": "ɜ ɚ ɝ əɹ ɐɹ œ ø",
    "EY": "eɪ ei ej ɛɪ ɛi",
    "F": "f ɸ",
    "G": "ɡ g ɣ ɢ ʁ ʀ",
    "HH": "h x χ ɦ ħ ç",
    "IH": "ɪ ɪə iə ɪɹ",
    "IY": "i ĩ iː",
    "JH": "dʒ dʑ dʐ ɟ",
    "K": "k q",
    "L": "l ɫ ʎ ɭ r",
    "M": "m ɱ",
    "N": "n ɲ ɳ",
    "NG": "ŋ ɴ",
    "OW": "oʊ əʊ o ou ow ɔʊ",
    "OY": "ɔɪ oɪ ɔø ɔy oi ɔi ɔj",
    "P": "p",
    "R": "ɹ ɻ ɹ̩",
    "S": "s",
    "SH": "ʃ ɕ ʂ",
    "T": "t ʈ ʔ",
    "TH": "θ",
    "UH": "ʊ ʊə ʊɹ ʏ",
    "UW": "u y ũ ɥ uː yu",
    "V": "v ʋ β",
    "W": "w ʍ",
    "Y": "j",
    "Z": "z ts dz",
    "ZH": "ʒ ʑ ʐ",
}


def _plain(ipa: str) -> str:
    """Without stress, length, tone, syllabicity and palatalisation; nasal vowels keep their tilde."""
    text = unicodedata.normalize("NFD", ipa)
    return "".join(
        c for c in text if (c.isalpha() and unicodedata.category(c) != "Lm") or c in "\u0303\u0308"
    )


_PHONE_OF_IPA: Final = {
    _plain(symbol): PHONES.index(phone) for phone, symbols in _IPA.items() for symbol in symbols.split()
}


def phone_of_ipa(ipa: str) -> int:
    """The nearest of `PHONES` (index) to one IPA phoneme; SIL for none, UNKNOWN where there is no near one.

    What counts is the mouth: the German front rounded vowels go to UW and UH, the trilled r to L.
    """
    plain = _plain(ipa)
    if not plain:
        return PHONES.index("SIL")
    while plain:
        if plain in _PHONE_OF_IPA:
            return _PHONE_OF_IPA[plain]
        plain = plain[:-1]
    return UNKNOWN


_ALIASES: Final = {
    "PAU": "SIL",
    "AX": "AH",
    "AXR": "ER",
    "H#": "SIL",
    "BRTH": "SIL",
    "IX": "IH",
    "+NSN+": "SIL",
    "+SPN+": "SIL",
}


def phone_of_arpabet(name: str) -> int:
    """Index into `PHONES` of an ARPABET symbol in any case, with or without stress; else UNKNOWN."""
    symbol = name.upper().rstrip("012")
    symbol = _ALIASES.get(symbol, symbol)
    return PHONES.index(symbol) if symbol in PHONES else UNKNOWN


def label_frames(
    spans: list[tuple[float, float, int]], num_samples: int, background: int
) -> UInt8[np.ndarray, "label_frames"]:
    """Phones by time -> one label for each 20 ms, that of the frame's middle.

    Args:
        spans: (start, end, phone) in seconds.
        num_samples: of 16 kHz sound; the last frame may be partial.
        background: label where there is no span.
    """
    count = -(-num_samples // LABEL_SAMPLES)
    labels = np.full(count, background, np.uint8)
    for start, end, phone in spans:
        first, last = (max(0, round(t * 50)) for t in (start, end))
        labels[first:last] = phone
    return labels
