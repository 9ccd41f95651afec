"""The container of glTF 2.0: accessors packed into one binary chunk beside a JSON chunk (.glb).

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

import json
import struct
from typing import Any, Final

import numpy as np

_FLOAT, _UINT8, _UINT16, _UINT32 = 5126, 5121, 5123, 5125
_COMPONENT: Final = {
    np.dtype("float32"): _FLOAT,
    np.dtype("uint8"): _UINT8,
    np.dtype("uint16"): _UINT16,
    np.dtype("uint32"): _UINT32,
}
_TYPE: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
VERTEX_BUFFER, INDEX_BUFFER = 34962, 34963


class GlbFile:
    """Collects arrays; the document refers to them by the numbers that are returned."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def _view(self, data: bytes, target: int | None = None) -> int:
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        padded = data + b"\0" * (-len(data) % 4)
        self._pieces.append(padded)
        self._length += len(padded)
        self._views.append(view)
        return len(self._views) - 1

    def add_image(self, png: bytes) -> dict[str, Any]:
        """An entry for `images`."""
        return {"bufferView": self._view(png), "mimeType": "image/png"}

    def add_array(self, values: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """An accessor of (n,) or (n, 2..4) values; `bounds` writes the least and greatest of each column."""
        columns = values.reshape(len(values), -1)
        accessor: dict[str, Any] = {
            "bufferView": self._view(np.ascontiguousarray(values).tobytes(), target),
            "componentType": _COMPONENT[values.dtype],
            "count": len(values),
            "type": _TYPE[columns.shape[1]],
        }
        if bounds:
            accessor |= {"min": columns.min(0).tolist(), "max": columns.max(0).tolist()}
        self._accessors.append(accessor)
        return len(self._accessors) - 1

    def add_sparse(self, values: np.ndarray, threshold: float) -> int:
        """An accessor of (n, 3) float32 values that are zero but for rows longer than `threshold`."""
        kept = np.flatnonzero(np.linalg.norm(values, axis=1) > threshold)
        # the format wants at least one row; a zero does no harm
        kept = kept if len(kept) else np.zeros(1, np.int64)
        rows = values[kept].astype(np.float32)
        if np.linalg.norm(rows, axis=1).max() <= threshold:
            rows[:] = 0
        low, high = rows.min(0), rows.max(0)
        if len(kept) < len(values):
            low, high = np.minimum(low, 0), np.maximum(high, 0)
        self._accessors.append(
            {
                "componentType": _FLOAT,
                "count": len(values),
                "type": "VEC3",
                "min": low.tolist(),
                "max": high.tolist(),
                "sparse": {
                    "count": len(kept),
                    "indices": {
                        "bufferView": self._view(kept.astype(np.uint16).tobytes()),
                        "componentType": _UINT16,
                    },
                    "values": {"bufferView": self._view(rows.tobytes())},
                },
            }
        )
        return len(self._accessors) - 1

    def to_bytes(self, document: dict[str, Any]) -> bytes:
        """The whole file: `document` with accessors, bufferViews and buffers added."""
        document = document | {
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": self._length}],
        }
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + self._length
        head = struct.pack("<4sII", b"glTF", 2, total) + struct.pack("<I4s", len(text), b"JSON")
        return b"".join([head, text, struct.pack("<I4s", self._length, b"BIN\0"), *self._pieces])
