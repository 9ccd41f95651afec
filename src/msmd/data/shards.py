"""Many tensors of one kind in a row of safetensors files: memory-mapped to read, checksummed, resumable.

A part `motion` is `motion-00000.safetensors`, `motion-00001.safetensors`, ... (or one file
`motion.safetensors`, as folders of earlier versions have it). Each tensor stands under its clip's id.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from msmd.core.errors import FormatError
from msmd.core.files import whole_file

SHARD_BYTES: Final = 256 * 2**20
"""A shard is closed once it holds this much: big enough to stream, small enough to copy again."""

_STAMP: Final = "stamp"


@dataclass(frozen=True)
class Shard:
    """One file of a part, as `dataset.json` lists it.

    Attributes:
        name: of the file.
        clips: tensors inside.
        bytes: of the file.
        sha256: of the file.
    """

    name: str
    clips: int
    bytes: int
    sha256: str


class ShardedTensors:
    """The tensors of one part of a folder; files are mapped into memory and read when asked for.

    It can be sent to another process: files are opened again there.

    Raises:
        FormatError: there is no such part, or a file of it is damaged.
    """

    def __init__(self, folder: Path, part: str) -> None:
        self._files: dict[str, Any] = {}
        self._folder, self.part = Path(folder), part
        paths = shard_paths(self._folder, part)
        if not paths:
            raise FormatError(
                f"{folder} has no {part}: neither {part}.safetensors nor {part}-00000.safetensors."
            )
        self._shard_of = {key: path for path in paths for key in self._open(path).keys()}  # noqa: SIM118

    def __contains__(self, key: object) -> bool:
        return key in self._shard_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._shard_of)

    def __getitem__(self, key: str) -> np.ndarray:
        """A copy of the whole tensor."""
        return self._file(key).get_tensor(key)

    def read(self, key: str, begin: int, end: int) -> np.ndarray:
        """A copy of rows `begin` to `end`; nothing else is read from the disk."""
        return self._file(key).get_slice(key)[begin:end]

    def _file(self, key: str) -> Any:
        if key not in self._shard_of:
            raise FormatError(f"{self._folder} has no {self.part} of clip {key}.")
        return self._open(self._shard_of[key])

    def _open(self, path: Path) -> Any:
        if path.name not in self._files:
            try:
                self._files[path.name] = safe_open(path, framework="numpy")
            except (OSError, SafetensorError) as error:
                raise FormatError(f"cannot read {path}: {error}. Make the folder again.") from error
        return self._files[path.name]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}}


def shard_paths(folder: Path, part: str) -> list[Path]:
    """The files of a part, in order; none if the folder has no such part."""
    whole = folder / f"{part}.safetensors"
    return (
        [whole] if whole.is_file() else sorted(folder.glob(f"{part}-[0-9][0-9][0-9][0-9][0-9].safetensors"))
    )


def write_shards(
    folder: Path,
    part: str,
    keys: Sequence[str],
    read: Callable[[str], np.ndarray],
    sizes: Mapping[str, int],
    stamps: Mapping[str, str] | None = None,
    on_clip: Callable[[], None] = lambda: None,
) -> list[Shard]:
    """Write a part anew. Broken off, it goes on behind the last whole file.

    Args:
        folder: is made if absent.
        part: its name.
        keys: in the order in which they are stored.
        read: key -> its tensor; asked for once, and only if its file has to be written.
        sizes: key -> something that grows with its bytes, by which files are filled evenly: bytes.
        stamps: key -> text that changes when its tensor does: files whose stamps are the same are
            kept. None: all are written.
        on_clip: told each tensor done.

    Raises:
        OutputError: the folder cannot be written.
    """
    written = []
    for number, members in enumerate(_fill(keys, sizes)):
        path = folder / f"{part}-{number:05}.safetensors"
        stamp = "" if stamps is None else _digest(f"{key} {stamps[key]}\n" for key in members)
        if not stamp or _stamp_of(path) != stamp:
            tensors = {}
            for key in members:
                tensors[key] = np.ascontiguousarray(read(key))
                on_clip()
            with whole_file(path) as aside:
                save_file(tensors, aside, metadata={_STAMP: stamp})
        else:
            for _ in members:
                on_clip()
        written.append(Shard(path.name, len(members), path.stat().st_size, file_sha256(path)))
    names = {shard.name for shard in written}
    for stale in [folder / f"{part}.safetensors", *shard_paths(folder, part)]:
        if stale.name not in names:
            stale.unlink(missing_ok=True)
    return written


def file_sha256(path: Path) -> str:
    """Checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fill(keys: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    members: list[str] = []
    filled = 0
    for key in keys:
        members.append(key)
        filled += sizes[key]
        if filled >= SHARD_BYTES:
            yield members
            members, filled = [], 0
    if members:
        yield members


def _stamp_of(path: Path) -> str:
    try:
        with safe_open(path, framework="numpy") as tensors:
            return (tensors.metadata() or {}).get(_STAMP, "")
    except (OSError, SafetensorError):
        return ""


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(lines).encode()).hexdigest()
