"""Features that cost much are computed once for each recording, whatever it is called, wherever it is."""

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from msmd.audio.encoder import AudioEncoder
from msmd.core.errors import OutputError
from msmd.core.files import whole_file

FOLDER_VARIABLE: Final = "MSMD_CACHE"


@runtime_checkable
class FingerprintedEncoder(AudioEncoder, Protocol):
    """An encoder whose weights are known by a checksum."""

    @property
    def fingerprint(self) -> str: ...


class CachedEncoder:
    """An encoder that keeps what it computed on disk, by the content of the sound and of its weights.

    A file that is damaged is computed again; a folder that cannot be written is done without.

    Args:
        encoder: computes.
        folder: of the cache, made when first needed.
    """

    def __init__(self, encoder: FingerprintedEncoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self._folder = default_folder() if folder is None else folder

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def dim(self) -> int:
        return self.encoder.dim

    @cached_property
    def _weights(self) -> bytes:
        return self.encoder.fingerprint.encode()

    def encode(self, samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames dim"]:
        """Features; see `AudioEncoder`."""
        key = hashlib.sha256(self._weights + np.ascontiguousarray(samples).tobytes()).hexdigest()
        path = self._folder / key[:2] / f"{key}.safetensors"
        try:
            return load_file(path)["features"]
        except (OSError, KeyError, SafetensorError):
            pass
        features = self.encoder.encode(samples)
        try:
            with whole_file(path) as aside:
                save_file({"features": features}, aside)
        except OutputError:
            return features
        return features


def default_folder() -> Path:
    """MSMD_CACHE, or a folder "msmd" where the system keeps caches of a user."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given) / "features"
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "msmd" / "features"
