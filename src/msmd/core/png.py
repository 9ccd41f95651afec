"""Pictures as PNG files, with nothing but the standard library."""

import struct
import zlib

import numpy as np
from jaxtyping import UInt8


def encode_png(picture: UInt8[np.ndarray, "rows columns 3"]) -> bytes:
    """The bytes of a PNG file (ISO/IEC 15948) of an sRGB picture; rows are stored as changes from above."""
    rows, columns, _ = picture.shape
    flat = picture.reshape(rows, columns * 3)
    above = np.concatenate([np.zeros_like(flat[:1]), flat[:-1]])
    filtered = np.concatenate([np.full((rows, 1), 2, np.uint8), flat - above], 1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
