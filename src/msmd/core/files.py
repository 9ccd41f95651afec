"""Outputs appear whole or not at all: written beside their place, then renamed into it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from msmd.core.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; rename it to `path` if the block succeeds.

    The yielded path keeps the suffix, so that writers that look at it behave.

    Raises:
        OutputError: the folder cannot be made or written, or the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}. Choose a folder that you may write to."
        ) from error
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o644)
        aside.replace(path)
    except (OSError, SafetensorError) as error:  # the latter for a full disk
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {path}: {reason}.") from error
    finally:
        aside.unlink(missing_ok=True)
