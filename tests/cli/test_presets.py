from typer.testing import CliRunner

from msmd.cli.main import app
from msmd.core.presets import PRESETS


def run(*arguments):
    return CliRunner().invoke(app, ["presets", *arguments])


def test_every_preset_is_listed_once():
    lines = run().output.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(PRESETS)


def test_the_difference_of_two_presets_is_what_differs_and_no_more():
    lines = run("--diff", "msmd-paper", "num-basis-8").output.splitlines()
    assert [line.split() for line in lines] == [
        ["setting", "msmd-paper", "num-basis-8"],
        ["model.num_basis", "4", "8"],
    ]


def test_one_preset_is_shown_in_full():
    output = run("--show", "msmd-paper").output
    assert "training.learning_rate" in output and "0.0001" in output


def test_a_preset_that_is_not_there_is_an_error():
    assert run("--show", "nonesuch").exit_code != 0
