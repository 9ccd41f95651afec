"""One call from a bundle and recordings to tables, figures and rows; stopped, it goes on where it was."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from msmd.core.errors import MsmdError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.evaluation.protocol import load_face_mesh
from msmd.evaluation.records import open_folder
from msmd.evaluation.suites import SUITES, Bench
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import EMBEDDED, load_bundle


def evaluate(
    bundle: Path | None,
    data_folder: Path,
    dataset_folder: Path,
    out_folder: Path,
    suites: Sequence[str] = tuple(SUITES),
    limit: int | None = None,
    options: SamplingOptions = SamplingOptions(),  # noqa: B008 (frozen)
    progress: Progress = no_progress,
) -> Path:
    """Measure a bundle and write `results.md`, with JSON, rows and figures beside it.

    Args:
        bundle: folder; None takes the one inside the package.
        data_folder: recordings (speech, videos, word times).
        dataset_folder: packed by `msmd prepare`, with clips of the split "test".
        out_folder: rows that are there from an earlier, stopped run of the same model are kept.
        suites: names from `SUITES`.
        limit: at most so many clips or lines in each suite, for a quick look.
        options: how every line is sampled.
        progress: told of clips.

    Returns:
        `results.md`.

    Raises:
        MsmdError: an unknown suite; rows of another model in `out_folder`; a folder without clips.
        BundleError, FormatError, OutputError: bundle, dataset, output.
    """
    if unknown := [name for name in suites if name not in SUITES]:
        raise MsmdError(f"unknown suite {', '.join(unknown)}. There are: {', '.join(SUITES)}.")
    if not suites:
        raise MsmdError(f"no suite to run. There are: {', '.join(SUITES)}.")
    animator = Animator(load_bundle(bundle), defaults=options)
    identity = {
        "bundle": _fingerprint((EMBEDDED if bundle is None else bundle) / "bundle.json"),
        "dataset": _fingerprint(dataset_folder / "clips.jsonl"),
        "sampling": str(options),
    }
    open_folder(out_folder, identity)
    bench = Bench(animator, load_face_mesh(), data_folder, dataset_folder, out_folder, limit, progress)
    for name in suites:
        with whole_file(out_folder / f"{name}.md") as aside:
            aside.write_text(SUITES[name](bench), encoding="utf-8")
    parts = [out_folder / f"{name}.md" for name in SUITES]
    text = "\n".join(part.read_text(encoding="utf-8") for part in parts if part.is_file())
    with whole_file(out_folder / "results.md") as aside:
        aside.write_text(text, encoding="utf-8")
    return out_folder / "results.md"


def _fingerprint(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise MsmdError(f"cannot read {path}: {error.strerror or error}. Give a prepared folder.") from error
