"""`msmd curate`: raw recordings in, a packed dataset with its manifest out."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from msmd.audio.embedded import EmbeddedEncoder
from msmd.cli.run_progress import run_progress
from msmd.core.errors import MsmdError
from msmd.data.corpora.sources import LAYOUTS
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.executors import open_executor
from msmd.data.curation.manifest import Record
from msmd.data.curation.outcome import CODES
from msmd.data.curation.report import write_report
from msmd.data.curation.sampling import PAPER_HOURS
from msmd.data.curation.splits import KEYS
from msmd.data.curation.tags import describe_tables
from msmd.data.trackers.plugin import DEFAULT

_PAPER = ",".join(f"{corpus}={hours:g}" for corpus, hours in PAPER_HOURS.items())


def curate_command(
    sources: Annotated[list[Path], typer.Argument(help="Folders of recordings, as they were downloaded.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the dataset.")],
    layout: Annotated[
        str, typer.Option(help=f"What the folders are: auto, {', '.join(one.name for one in LAYOUTS)}.")
    ] = "auto",
    table: Annotated[
        Path | None,
        typer.Option(help="For a folder of videos: CSV with columns file, speaker, emotion, language, ..."),
    ] = None,
    tracker: Annotated[
        str, typer.Option(help="Face tracker: mediapipe, or one of another package.")
    ] = DEFAULT,
    tracked: Annotated[
        Path | None, typer.Option(help="Folder of landmarks tracked earlier, as CORPUS/VIDEO.npz.")
    ] = None,
    audio_encoder: Annotated[
        list[str] | None,
        typer.Option(
            help="Whose audio features are stored: embedded (that of the package, the default), hubert-base "
            "and its like, a folder of either, or none. May be given several times."
        ),
    ] = None,
    hours: Annotated[
        str,
        typer.Option(help="Hours to draw at random of a corpus, such as celebvtext=26.5,video=2; or all."),
    ] = _PAPER,
    split: Annotated[
        str,
        typer.Option(
            help=f"How clips are divided: own (as the corpus says, else random), {', '.join(KEYS)}."
        ),
    ] = "own",
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and of the splits.")] = 0,
    correct_offset: Annotated[
        bool,
        typer.Option("--correct-offset", help="Take a steady shift of the sound out; else such clips drop."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes; one for each core if left out, 0 for none but this.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="Work on a Ray cluster: its address, auto, or local to start one here.")
    ] = None,
    report: Annotated[
        bool,
        typer.Option("--report", help="Also write OUT/report.html: what fell out where and why, to look at."),
    ] = False,
) -> None:
    """Make a dataset of raw talking-head recordings: select, track, filter, encode, pack, split.

    Sources are RAVDESS, CelebV-Text, CelebV-HQ or GRID as they are downloaded, any folder of videos, or a
    folder of several of these. Nothing is dropped silently: OUT/manifest.jsonl has a line for every clip.
    Stopped or killed at any time, the same command goes on.

    {tables}

    Examples:

        msmd curate CelebV-Text/ RAVDESS/ -o dataset/ --report

        msmd curate videos/ --table who.csv -o dataset/ --workers 16

        msmd curate CelebV-Text/ --hours all -o dataset/ --ray auto
    """
    plan = Plan(
        sources=tuple(sources),
        layout=layout,
        table=table,
        tracker=tracker,
        tracked=tracked,
        audio_encoders=tuple(one for one in audio_encoder or [EmbeddedEncoder.name] if one != "none"),
        hours=parse_hours(hours),
        split=split,
        seed=seed,
        correct_offset=correct_offset,
    )
    executor = open_executor(workers, ray)
    try:
        with run_progress(executor.workers) as progress:
            records = curate(plan, out, executor, progress)
    finally:
        executor.close()
    if report:
        typer.echo(write_report(out, plan.sources))
    tell(records, out)


curate_command.__doc__ = (curate_command.__doc__ or "").replace("{tables}", describe_tables())


def parse_hours(text: str) -> dict[str, float]:
    """`celebvtext=26.5,video=2` -> corpus to hours; `all` draws none.

    Raises:
        MsmdError: it is neither.
    """
    if text.strip() in ("", "all"):
        return {}
    try:
        pairs = [part.split("=") for part in text.split(",")]
        hours = {corpus.strip(): float(number) for corpus, number in pairs}
    except ValueError as error:
        raise MsmdError(
            f"hours {text!r} cannot be read. Write corpus=hours, such as {_PAPER}, or all."
        ) from error
    if bad := [corpus for corpus, number in hours.items() if not number > 0]:
        raise MsmdError(f"the hours of {bad[0]} must be more than 0.")
    return hours


def tell(records: list[Record], out: Path) -> None:
    """The summary of a run."""
    kept = [one for one in records if one.verdict == "kept"]
    heard, used = (sum(one.seconds for one in some) / 3600 for some in (records, kept))
    typer.echo(f"{out}: {len(kept)} of {len(records)} clips kept, {used:.2f} of {heard:.2f} h")
    counts = Counter(code for one in records for code in one.codes)
    for code in CODES:
        if counts[code]:
            typer.echo(f"  {counts[code]:6}  {code:14} {CODES[code]}")
