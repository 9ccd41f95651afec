"""`msmd evaluate`: bundles and held-out recordings in, the paper's tables out."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import progress_bar
from msmd.evaluation.compare import PAPER_SAMPLING, Comparison
from msmd.evaluation.run import ALL_SUITES, TABLES, evaluate, name_bundles
from msmd.synthesis.animator import SamplingOptions

DEFAULTS = SamplingOptions()
GUIDANCE_HELP = "Lambda of Eq. 6. If left out: 1 for the tables, as in the paper; else as `msmd animate`."


def evaluate_command(
    data: Annotated[Path, typer.Option(help="Packed dataset with held-out clips.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for tables, rows and plots.")],
    bundles: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="BUNDLE", help="Bundle folders, or NAME=FOLDER; none: the one in the package."
        ),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(help="Folder of recordings as they came; all suites but tables and held_out need it."),
    ] = None,
    suite: Annotated[
        str, typer.Option("--suite", "--suites", help=f"Comma-separated: {', '.join(ALL_SUITES)}; or all.")
    ] = TABLES,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Takes of each clip in the tables.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips in each suite.")] = None,
    split: Annotated[str, typer.Option(help="Which clips: test, val or train.")] = "test",
    splits: Annotated[
        str | None, typer.Option(help="Another division in DATA/splits, such as speaker.")
    ] = None,
    guidance_audio: Annotated[float | None, typer.Option(min=0, max=10, help=GUIDANCE_HELP)] = None,
    guidance_style: Annotated[float | None, typer.Option(min=0, max=10, help=GUIDANCE_HELP)] = None,
    sampler: Annotated[str, typer.Option(help="As of `msmd animate`.")] = DEFAULTS.sampler,
    steps: Annotated[
        int | None, typer.Option(min=1, help="If left out: 8 for the tables; else as `msmd animate`.")
    ] = DEFAULTS.steps,
    smooth: Annotated[
        bool, typer.Option("--smooth/--no-smooth", help="As of `msmd animate`.")
    ] = DEFAULTS.smooth,
) -> None:
    """Judge bundles on recordings they were not trained on: Tables 1 and 2 of the paper, with significance.

    Stopped at any time, the same command goes on; bundles that are added later join those measured
    before. Results are in OUT/results.md, every clip in OUT/clips.json.

    Example:

        msmd evaluate bundles/embedded bundles/vae-baseline-embedded --data work/dataset -o work/evaluation
    """
    names = (
        list(ALL_SUITES) if suite == "all" else [name.strip() for name in suite.split(",") if name.strip()]
    )
    if split not in ("test", "val", "train"):
        raise typer.BadParameter(f"{split!r}: test, val or train.", param_hint="--split")

    def sampling(usual: SamplingOptions) -> SamplingOptions:
        return replace(
            usual,
            guidance_audio=usual.guidance_audio if guidance_audio is None else guidance_audio,
            guidance_style=usual.guidance_style if guidance_style is None else guidance_style,
            sampler=sampler,
            steps=usual.steps if steps is None and sampler == usual.sampler else steps,
            smooth=smooth,
        )

    comparison = Comparison(
        bundles=name_bundles(bundles or []),
        dataset_folder=data,
        out_folder=out,
        options=sampling(PAPER_SAMPLING),
        limit=limit,
        num_seeds=seeds,
        split=split,
        splits=splits,
    )
    with progress_bar() as progress:
        path = evaluate(comparison, recordings, names, sampling(DEFAULTS), progress)
    typer.echo(path.read_text(encoding="utf-8"))
