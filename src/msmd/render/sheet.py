"""A contact sheet: rows of pictures with a label each, as a PNG, for documents and for a quick look."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from msmd.core.errors import OutputError
from msmd.core.files import whole_file
from msmd.core.png import encode_png

_FONT: Final = """
a 0E 11 11 1F 11 11 11|b 1E 11 11 1E 11 11 1E|c 0E 11 10 10 10 11 0E|d 1E 11 11 11 11 11 1E
e 1F 10 10 1E 10 10 1F|f 1F 10 10 1E 10 10 10|g 0E 11 10 17 11 11 0F|h 11 11 11 1F 11 11 11
i 0E 04 04 04 04 04 0E|j 07 02 02 02 02 12 0C|k 11 12 14 18 14 12 11|l 10 10 10 10 10 10 1F
m 11 1B 15 15 11 11 11|n 11 19 15 13 11 11 11|o 0E 11 11 11 11 11 0E|p 1E 11 11 1E 10 10 10
q 0E 11 11 11 15 12 0D|r 1E 11 11 1E 14 12 11|s 0F 10 10 0E 01 01 1E|t 1F 04 04 04 04 04 04
u 11 11 11 11 11 11 0E|v 11 11 11 11 11 0A 04|w 11 11 11 15 15 1B 11|x 11 11 0A 04 0A 11 11
y 11 11 0A 04 04 04 04|z 1F 01 02 04 08 10 1F|0 0E 11 13 15 19 11 0E|1 04 0C 04 04 04 04 0E
2 0E 11 01 06 08 10 1F|3 1E 01 01 0E 01 01 1E|4 02 06 0A 12 1F 02 02|5 1F 10 1E 01 01 11 0E
6 06 08 10 1E 11 11 0E|7 1F 01 02 04 08 08 08|8 0E 11 11 0E 11 11 0E|9 0E 11 11 0F 01 02 0C
. 00 00 00 00 00 0C 0C|, 00 00 00 00 0C 04 08|- 00 00 00 1F 00 00 00|+ 00 04 04 1F 04 04 00
/ 01 01 02 04 08 10 10|: 00 0C 0C 00 0C 0C 00|= 00 00 1F 00 1F 00 00|% 19 19 02 04 08 13 13
( 02 04 08 08 08 04 02|) 08 04 02 02 02 04 08|_ 00 00 00 00 00 00 1F|? 0E 11 01 06 04 00 04
"""
_GLYPHS: Final = {
    glyph[0]: [int(row, 16) for row in glyph[2:].split()]
    for glyph in _FONT.strip().replace("\n", "|").split("|")
}
"""Capitals of 5 x 7 dots, a row a number; other characters appear as a question mark."""

_SCALE, _MARGIN = 2, 6
_PAPER, _INK = 250, 40


def draw_label(text: str) -> UInt8[np.ndarray, "rows columns"]:
    """Text in dots: 0 and 1, 14 rows."""
    blank = [0] * 7
    columns = [blank if letter == " " else _GLYPHS.get(letter, _GLYPHS["?"]) for letter in text.lower()]
    dots = np.zeros((7, max(1, 6 * len(columns))), np.uint8)
    for place, rows in enumerate(columns):
        for y, row in enumerate(rows):
            dots[y, 6 * place : 6 * place + 5] = [row >> (4 - x) & 1 for x in range(5)]
    return np.kron(dots, np.ones((_SCALE, _SCALE), np.uint8))


def write_contact_sheet(
    rows: Sequence[tuple[str, Sequence[UInt8[np.ndarray, "H W 3"]]]], path: str | Path
) -> None:
    """Write rows of equally large pictures, each under its label; rows may be of different length.

    Args:
        rows: (label, pictures); a label longer than the sheet is wide is cut.
        path: of the .png.

    Raises:
        OutputError: there are no pictures, they differ in size, or the place cannot be written.
    """
    sizes = {picture.shape for _, pictures in rows for picture in pictures}
    if len(sizes) != 1:
        raise OutputError(
            f"a contact sheet needs pictures of one size; these have {sorted(sizes) or 'none at all'}."
        )
    height, width, _ = sizes.pop()
    across = max(len(pictures) for _, pictures in rows) * width
    band = 7 * _SCALE + 2 * _MARGIN
    sheet = np.full((len(rows) * (band + height), across, 3), _PAPER, np.uint8)
    for number, (label, pictures) in enumerate(rows):
        top = number * (band + height)
        dots = draw_label(label)[:, : max(0, across - _MARGIN)]
        area = sheet[top + _MARGIN : top + _MARGIN + len(dots), _MARGIN : _MARGIN + dots.shape[1]]
        area[dots.astype(bool)] = _INK
        for place, picture in enumerate(pictures):
            sheet[top + band : top + band + height, place * width : (place + 1) * width] = picture
    with whole_file(Path(path)) as aside:
        aside.write_bytes(encode_png(sheet))
