"""One call from bundles and recordings to tables, figures and rows; stopped, it goes on where it was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.evaluation.bench import Bench
from msmd.evaluation.compare import Comparison, compare
from msmd.evaluation.protocol import FaceMesh, load_face_mesh
from msmd.evaluation.records import fingerprint, open_folder, write_text
from msmd.evaluation.suites import NEEDS_RECORDINGS, SUITES
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle

TABLES: Final = "tables"
"""The suite that compares bundles; the others look at one bundle after the other."""

ALL_SUITES: Final = (TABLES, *SUITES)

ROWS_VERSION: Final = 2
"""Rows of lines are kept by name and sound. A folder with rows of another version is not gone on with."""


def name_bundles(arguments: Sequence[str]) -> dict[str, Path]:
    """Names of bundles from `FOLDER` or `NAME=FOLDER`; the one in the package if there are none.

    Raises:
        MsmdError: two of one name, or a folder that is no bundle.
    """
    bundles: dict[str, Path] = {}
    for argument in arguments or [str(EMBEDDED_FOLDER)]:
        name, separator, place = argument.partition("=")
        folder = Path(place if separator else argument)
        name = name if separator else folder.resolve().name
        if name in bundles:
            raise MsmdError(f"two bundles are called {name!r}: give one of them another name, NAME=FOLDER.")
        if not (folder / "bundle.json").is_file():
            raise MsmdError(f"{folder} is no bundle: it has no bundle.json. Give a folder of `msmd bundle`.")
        bundles[name] = folder
    return bundles


def evaluate(
    comparison: Comparison,
    recordings_folder: Path | None = None,
    suites: Sequence[str] = (TABLES,),
    options: SamplingOptions | None = None,
    progress: Progress = no_progress,
) -> Path:
    """Measure bundles and write `results.md`, with JSON, rows and figures beside it.

    Args:
        comparison: bundles, dataset, output and how the tables are made. Its sampling options count
            for the tables alone if `options` are given for the other suites.
        recordings_folder: recordings as they came (speech, videos), for the suites that need them.
        suites: names from `ALL_SUITES`.
        options: how the suites other than the tables sample; None: as `msmd animate` does.
        progress: told of clips.

    Returns:
        `results.md`.

    Raises:
        MsmdError: an unknown suite; no recordings; rows of another model in the output folder.
        BundleError, FormatError, OutputError: bundle, dataset, output.
    """
    if unknown := [name for name in suites if name not in ALL_SUITES]:
        raise MsmdError(f"unknown suite {', '.join(unknown)}. There are: {', '.join(ALL_SUITES)}.")
    if not suites:
        raise MsmdError(f"no suite to run. There are: {', '.join(ALL_SUITES)}.")
    if recordings_folder is None and (needy := [name for name in suites if name in NEEDS_RECORDINGS]):
        raise MsmdError(f"{', '.join(needy)}: needs recordings. Give their folder with --recordings.")
    mesh = load_face_mesh()
    out = comparison.out_folder
    if TABLES in suites:
        compare(comparison, mesh, progress)
    for name, folder in comparison.bundles.items():
        own = [suite for suite in suites if suite != TABLES]
        if own:
            sampling = options or SamplingOptions()
            identity = {
                "version": ROWS_VERSION,
                "bundle": fingerprint(folder / "bundle.json"),
                "dataset": fingerprint(comparison.dataset_folder / "clips.jsonl"),
                "split": f"{comparison.split} of {comparison.splits or 'the packed splits'}",
                "sampling": str(sampling),
            }
            _run_suites(
                own,
                folder,
                sampling,
                replace(comparison, out_folder=out / name),
                recordings_folder,
                identity,
                mesh,
                progress,
            )
    write_text(out / "results.md", "\n".join(_collect(comparison)))
    return out / "results.md"


def _run_suites(
    suites: Sequence[str],
    folder: Path,
    sampling: SamplingOptions,
    comparison: Comparison,
    recordings_folder: Path | None,
    identity: Mapping[str, object],
    mesh: FaceMesh,
    progress: Progress,
) -> None:
    open_folder(comparison.out_folder, identity)
    bench = Bench(
        animator=Animator(load_bundle(folder), defaults=sampling),
        mesh=mesh,
        data_folder=recordings_folder or Path(),
        dataset_folder=comparison.dataset_folder,
        out_folder=comparison.out_folder,
        limit=comparison.limit,
        progress=progress,
        split=comparison.split,
        splits=comparison.splits,
        bundle_folder=folder,
        sampling=sampling,
    )
    for name in suites:
        write_text(comparison.out_folder / f"{name}.md", SUITES[name](bench))


def _collect(comparison: Comparison) -> list[str]:
    """What the suites have written so far: the comparison, then each bundle's own."""
    parts = []
    if (path := comparison.out_folder / "comparison.md").is_file():
        parts.append("# Comparison\n\n" + path.read_text(encoding="utf-8"))
    for name in comparison.bundles:
        found = [comparison.out_folder / name / f"{suite}.md" for suite in SUITES]
        texts = [path.read_text(encoding="utf-8") for path in found if path.is_file()]
        if texts:
            parts.append("\n".join((f"# {name}\n", *texts)))
    return parts
