"""`msmd study`: the user studies of section 6.3, from bundles to Fig. 4."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.cli.terminal import print_warning, progress_bar
from msmd.core.errors import MsmdError
from msmd.study.answers import DATABASE_NAME, Answers, Rating
from msmd.study.build import BuildOptions, build_study
from msmd.study.choose import choose_trials
from msmd.study.demo import demo_systems, demo_trials
from msmd.study.design import KINDS, PLANNED_MINUTES, StudyKind, estimate_minutes, load_study
from msmd.study.systems import parse_system
from msmd.study.trial_list import TrialSpec, read_trial_list

study_app = typer.Typer(
    help="User studies as in section 6.3 of the paper: build one, serve it as a web page, analyse it.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(help="Study folder, from `msmd study build`.")]
AnswersOption = Annotated[
    Path | None, typer.Option("--answers", help="File of answers; FOLDER/answers.sqlite if left out.")
]


@study_app.command("build")
def build_command(
    out: Annotated[Path, typer.Option("-o", "--out", help="Study folder.")] = Path("study"),
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=BUNDLE[,option=value...]; give it once for each system. BUNDLE is a folder, or "
            "`embedded`. Options: guidance_audio, guidance_style, sampler, steps, smooth, styled."
        ),
    ] = None,
    trials: Annotated[
        Path | None, typer.Option(help="List of trials, .json or .csv; see docs/study.md.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Packed dataset (`msmd curate`): trials are chosen from it, or name its clips."),
    ] = None,
    split: Annotated[str, typer.Option(help="Of the dataset: train, val or test.")] = "test",
    matching: Annotated[int, typer.Option(min=0, help="Matching trials to choose.")] = 5,
    contrasting: Annotated[int, typer.Option(min=0, help="Contrasting trials to choose.")] = 5,
    demo: Annotated[bool, typer.Option("--demo", help="A small study of the bundle in the package.")] = False,
    audio: Annotated[Path | None, typer.Option(help="Line of speech for --demo.")] = None,
    title: Annotated[str, typer.Option(help="What participants read on top.")] = "Talking faces",
    contact: Annotated[str, typer.Option(help="Whom participants may ask; shown with the consent.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of trials, anchors, orders and motion.")] = 0,
    size: Annotated[int, typer.Option(min=64, max=1080, help="Edge of the faces in pixels, even.")] = 384,
    max_seconds: Annotated[
        float, typer.Option(min=1, max=60, help="Longer lines and references are cut.")
    ] = 6.0,
) -> None:
    """Make both studies: style (without sound, three questions) and lip sync (with sound, one question).

    A build that was stopped goes on where it was when the same command is given again.

    Examples:

        msmd study build --demo -o study/

        msmd study build --system ours=runs/ours/bundle --system vae=runs/vae/bundle
        --system unstyled=embedded,styled=no --data dataset/ -o study/
    """
    if sum(option is not None for option in (trials, data if trials is None else None)) + demo != 1:
        raise MsmdError("say where the trials come from: --trials LIST, --data DATASET, or --demo.")
    systems = [parse_system(text) for text in system or []]
    if demo:
        systems, specs = systems or demo_systems(), demo_trials(audio)
    elif trials is not None:
        specs = read_trial_list(trials)
    else:
        specs = _choose(data, split, matching, contrasting, seed, max_seconds)
    options = BuildOptions(title, contact, seed, size, max_seconds, data)
    with progress_bar() as progress:
        study, warnings = build_study(out, systems, specs, options, progress)
    for warning in warnings:
        print_warning(warning)
    typer.echo(f"{out}: {len(study.trials)} trials, systems {', '.join(study.systems)} and the anchor")
    for kind in KINDS:
        minutes = estimate_minutes(study, kind)
        typer.echo(f"  {kind}: about {minutes:.0f} minutes a participant")
        least, most = PLANNED_MINUTES
        if not demo and not least <= minutes <= most:
            print_warning(f"{kind}: the paper's studies take {least:.0f} to {most:.0f} minutes.")
    typer.echo(f"Serve it with: msmd study serve {out}")


def _choose(
    data: Path | None, split: str, matching: int, contrasting: int, seed: int, max_seconds: float
) -> list[TrialSpec]:
    from msmd.data.packed import PackedDataset

    if split not in ("train", "val", "test"):
        raise MsmdError(f"unknown split {split!r}. There are: train, val, test.")
    assert data is not None
    return choose_trials(PackedDataset(data), split, matching, contrasting, seed, max_seconds)


@study_app.command("serve")
def serve_command(
    folder: Folder,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    host: Annotated[
        str, typer.Option(help="127.0.0.1 is this computer alone; 0.0.0.0 the network.")
    ] = "127.0.0.1",
    study: Annotated[
        str, typer.Option(help="style, lips, or both: each newcomer gets the one with fewer participants.")
    ] = "both",
) -> None:
    """Serve the page until Ctrl+C. Answers lie in FOLDER/answers.sqlite; nothing about visitors is stored."""
    kinds = _kinds(study)
    from msmd.study.server import create_app, run_app

    app, loaded = create_app(folder, kinds), load_study(folder)
    present = app.state.answers.participants()
    for kind in kinds:
        own = [one for one in present if one.kind == kind]
        finished = sum(one.done >= len(loaded.trials) for one in own)
        typer.echo(f"{kind}: {len(own)} participants so far, {finished} finished")
    place = "localhost" if host == "127.0.0.1" else host
    typer.echo(f"{loaded.title}: http://{place}:{port}/   (Ctrl+C stops)")
    run_app(app, host, port)


@study_app.command("analyse")
def analyse_command(
    folder: Folder,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")],
    answers: AnswersOption = None,
) -> None:
    """Fig. 4, paired tests, exclusions, power: Markdown, JSON and pictures."""
    from msmd.study.report import REPORT_NAME, write_analysis

    loaded = load_study(folder)
    analysis = write_analysis(out, loaded, _read(folder, answers))
    if analysis.simulated:
        print_warning("the raters are simulated.")
    for kind, result in analysis.kept.items():
        means = {one.system: one.mean for one in result.means if one.scope == "all" and one.question == "all"}
        told = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
        typer.echo(f"{kind}: {result.count} participants; {told}")
    excluded = sum(bool(one.reasons) for one in analysis.judged)
    typer.echo(f"{excluded} of {len(analysis.judged)} participants left out; see {out / REPORT_NAME}")


@study_app.command("export")
def export_command(
    folder: Folder,
    out: Annotated[Path, typer.Option("-o", "--out", help="CSV file.")],
    answers: AnswersOption = None,
) -> None:
    """Every rating as a line of a CSV."""
    from msmd.study.report import export_ratings

    ratings = _read(folder, answers)
    export_ratings(out, ratings)
    typer.echo(f"{out}: {len(ratings)} ratings")


@study_app.command("simulate")
def simulate_command(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File of answers; FOLDER/simulated.sqlite if left out.")
    ] = None,
    raters: Annotated[int, typer.Option(min=1, help="Honest raters of each study.")] = 34,
    careless: Annotated[int, typer.Option(min=0, help="Of each careless kind, of each study.")] = 0,
    mean: Annotated[
        list[str] | None, typer.Option(help="True mean: SYSTEM=3.5, or contrasting:SYSTEM=2.")
    ] = None,
    study: Annotated[str, typer.Option(help="style, lips or both.")] = "both",
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Let raters of known preferences answer, to try the analysis. Results are marked as simulated."""
    from msmd.study.simulate import SIMULATED_NAME, Raters, parse_means, simulate

    loaded, path = load_study(folder), out or folder / SIMULATED_NAME
    means = parse_means(loaded, mean or [])
    kinds = _kinds(study)
    if path.exists():
        raise MsmdError(f"{path} exists. Delete it, or choose another file with -o.")
    done = simulate(
        loaded,
        path,
        Raters(means),
        {"honest": raters, "constant": careless, "fast": careless, "reversed": careless},
        kinds,
        seed,
    )
    typer.echo(f"{path}: {len(done)} simulated raters")


@study_app.command("power")
def power_command(
    difference: Annotated[
        float, typer.Option(min=0.01, max=5, help="To be found, in points of 0 to 5.")
    ] = 0.5,
    deviation: Annotated[
        float, typer.Option(min=0.01, max=5, help="Of the differences between two systems over participants.")
    ] = 0.8,
    comparisons: Annotated[int, typer.Option(min=1, help="Tests that Holm's correction covers.")] = 18,
) -> None:
    """How many participants to invite."""
    from msmd.study.power import ALPHA, participants_needed

    for power in (0.8, 0.9):
        needed = participants_needed(difference / deviation, ALPHA / comparisons, power)
        typer.echo(
            f"{power:.0%} power: {'more than 10000' if needed is None else needed} participants a study"
        )


def _kinds(text: str) -> tuple[StudyKind, ...]:
    if text == "both":
        return KINDS
    if text == "style":
        return ("style",)
    if text == "lips":
        return ("lips",)
    raise MsmdError(f"unknown study {text!r}. There are: style, lips, both.")


def _read(folder: Path, path: Path | None) -> list[Rating]:
    path = path or folder / DATABASE_NAME
    if not path.is_file():
        raise MsmdError(
            f"there are no answers at {path}. Serve the study first, or name a file with --answers."
        )
    with Answers(path, load_study(folder)) as answers:
        return answers.read()
