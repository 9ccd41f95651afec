"""`msmd study` as an experimenter meets it."""

import csv
import json

import pytest
from tests.study.conftest import make_study


@pytest.fixture
def folder(tmp_path):
    make_study(tmp_path / "study", filmed=False)
    return tmp_path / "study"


def test_from_trials_to_figure_4(msmd, tiny_bundle, speech, tmp_path):
    line = {"audio": speech.name, "scenario": "matching"}
    trials = [
        line | {"reference": "happy", "audio_end": 1.1},
        line | {"reference": "sad", "audio_start": 0.1},
    ]
    (tmp_path / "list.json").write_text(json.dumps(trials))
    study, out = tmp_path / "study", tmp_path / "out"
    systems = (
        "--system",
        f"ours={tiny_bundle},steps=2",
        "--system",
        f"plain={tiny_bundle},steps=2,styled=no",
    )
    built = msmd("study", "build", "-o", study, "--trials", tmp_path / "list.json", *systems, "--size", 64)
    assert built.code == 0, built.err
    assert "minutes a participant" in built.out and "no contrasting trial" in built.err
    assert msmd("study", "simulate", study, "--raters", 5, "--mean", "ours=4").code == 0
    answers = ("--answers", study / "simulated.sqlite")
    analysed = msmd("study", "analyse", study, *answers, "-o", out)
    assert analysed.code == 0, analysed.err
    assert "simulated" in analysed.err and "5 participants" in analysed.out
    assert {path.name for path in out.iterdir()} == {
        *("analysis.md", "analysis.json", "figure4.png", "figure4_everyone.png", "power.png")
    }
    assert msmd("study", "export", study, *answers, "-o", out / "ratings.csv").code == 0
    with (out / "ratings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 2 * 3 * 3 + 5 * 2 * 3  # both studies: raters, trials, characters, questions
    assert {row["system"] for row in rows} == {"ours", "plain", "anchor"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build",), "where the trials come from"),
        (("build", "--demo", "--trials", "list.json"), "where the trials come from"),
        (("build", "--demo", "--audio", "missing.wav"), "missing.wav"),
        (("build", "--demo", "--system", "embedded"), "NAME=BUNDLE"),
        (("build", "--data", "missing", "--split", "all"), "train, val, test"),
        (("serve", "missing"), "study build"),
        (("analyse", "missing", "-o", "out"), "study build"),
    ],
)
def test_what_cannot_be_done_is_said(msmd, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    outcome = msmd("study", *arguments)
    assert outcome.code == 2 and message in outcome.err


def test_no_answers_no_analysis(msmd, folder, tmp_path):
    outcome = msmd("study", "analyse", folder, "-o", tmp_path / "out")
    assert outcome.code == 2 and "no answers" in outcome.err
    assert not (tmp_path / "out").exists() and not (folder / "answers.sqlite").exists()


def test_simulated_raters_do_not_mix_with_real_ones(msmd, folder):
    assert msmd("study", "simulate", folder, "--raters", 2).code == 0
    assert not (folder / "answers.sqlite").exists()
    again = msmd("study", "simulate", folder, "--raters", 2)
    assert again.code == 2 and "exists" in again.err
    unknown = msmd("study", "simulate", folder, "-o", folder / "x.sqlite", "--mean", "theirs=3")
    assert unknown.code == 2 and "ours, rival, anchor" in unknown.err


def test_a_study_whose_videos_are_gone_is_not_served(msmd, folder):
    outcome = msmd("study", "serve", folder)
    assert outcome.code == 2 and "missing" in outcome.err and "http" not in outcome.out


def test_power_is_planned_without_a_study(msmd):
    outcome = msmd("study", "power", "--difference", 0.5, "--deviation", 1, "--comparisons", 1)
    assert "80% power: 34 participants" in outcome.out
