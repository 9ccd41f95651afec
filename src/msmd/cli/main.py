"""The command line: parse, call the public function, print."""

import sys

import typer

from msmd.cli.animate import animate_command
from msmd.cli.benchmark import benchmark_command, curves_command
from msmd.cli.capture import capture_command
from msmd.cli.convert import convert_command
from msmd.cli.curate import curate_command
from msmd.cli.evaluate import evaluate_command
from msmd.cli.figures import figures_command
from msmd.cli.leaderboard import leaderboard_command
from msmd.cli.presets import presets_command
from msmd.cli.study import study_app
from msmd.cli.styles import styles_command
from msmd.cli.terminal import print_error
from msmd.cli.train import bundle_command, train_command
from msmd.core.errors import MsmdError

app = typer.Typer(
    help="Speech-driven 3D facial animation in the manner of an example.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("animate")(animate_command)
app.command("capture")(capture_command)
app.command("convert")(convert_command)
app.command("styles")(styles_command)
app.command("presets")(presets_command)
app.command("curate")(curate_command)
app.command("train")(train_command)
app.command("benchmark")(benchmark_command)
app.command("curves")(curves_command)
app.command("bundle")(bundle_command)
app.command("evaluate")(evaluate_command)
app.command("figures")(figures_command)
app.command("leaderboard")(leaderboard_command)
app.add_typer(study_app, name="study")


def run() -> None:
    """Run the command line; what a user can mend ends in one clear line and exit code 2."""
    try:
        app()
    except MsmdError as error:
        print_error(str(error))
        sys.exit(2)


if __name__ == "__main__":
    run()
