"""Results of stages on disk, found by what they were made of: content, stage, version and settings.

A result is one safetensors file, written whole or not at all: a run that is killed loses the results it was
working on and no others. The key of a result holds the keys of the results it was made from, down to the
checksums of the files, so that nothing stale is ever found.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from msmd.core.files import whole_file
from msmd.data.curation.outcome import Fault, StageResult


def make_key(stage: str, version: int, settings: Any, *inputs: str) -> str:
    """32 hexadecimal digits that change with any of the arguments.

    Args:
        settings: JSON-ready; all that the stage is told beside its inputs.
        inputs: checksums, or keys of other results.
    """
    text = json.dumps([stage, version, settings, inputs], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Store:
    """A folder of results; several processes may use it at once.

    Args:
        folder: is made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, stage: str, key: str) -> Path:
        return self.folder / stage / key[:2] / f"{key}.safetensors"

    def has(self, stage: str, key: str) -> bool:
        return self.path(stage, key).is_file()

    def read(self, stage: str, key: str) -> StageResult | None:
        """The result; None if there is none, or none that can be read."""
        path = self.path(stage, key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                said = json.loads((file.metadata() or {})["said"])
        except (OSError, SafetensorError, KeyError, ValueError):
            return None
        return StageResult(_faults(said["faults"]), _faults(said["cautions"]), said["numbers"], arrays)

    def array(self, stage: str, key: str, name: str) -> np.ndarray:
        """One array of a result that is there."""
        with safe_open(self.path(stage, key), framework="numpy") as file:
            return file.get_tensor(name)

    def write(self, stage: str, key: str, result: StageResult) -> None:
        said = {
            "faults": [asdict(fault) for fault in result.faults],
            "cautions": [asdict(fault) for fault in result.cautions],
            "numbers": dict(result.numbers),
        }
        arrays = {name: np.ascontiguousarray(array) for name, array in result.arrays.items()}
        with whole_file(self.path(stage, key)) as aside:
            save_file(arrays, aside, metadata={"said": json.dumps(said, allow_nan=False)})

    def remember(self, stage: str, key: str, make: Callable[[], StageResult]) -> StageResult:
        """The result of before, or the one that is made now."""
        known = self.read(stage, key)
        if known is None:
            known = make()
            self.write(stage, key, known)
        return known

    def tidy(self) -> None:
        """Remove what a killed run left half written."""
        for path in self.folder.rglob(".*.safetensors"):
            path.unlink(missing_ok=True)


def hash_file(path: Path, store: Store) -> str:
    """SHA-256 of a file. It is read once; then its place, size and time of change stand for it."""
    status = path.stat()
    key = make_key("digest", 1, [str(path.resolve()), status.st_size, status.st_mtime_ns])

    def read() -> StageResult:
        with path.open("rb") as file:
            return StageResult(numbers={"sha256": hashlib.file_digest(file, "sha256").hexdigest()})

    return str(store.remember("digest", key, read).numbers["sha256"])


def finite(numbers: Mapping[str, float]) -> dict[str, float]:
    """Rounded to six digits, without what is not known."""
    return {name: float(f"{value:.6g}") for name, value in numbers.items() if np.isfinite(value)}


def _faults(entries: list[dict[str, str]]) -> tuple[Fault, ...]:
    return tuple(Fault(**entry) for entry in entries)
