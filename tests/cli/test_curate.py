"""`msmd curate` as a user meets it."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from msmd.cli.curate import parse_hours
from msmd.cli.main import app
from msmd.cli.run_progress import describe_pace
from msmd.core.errors import MsmdError

CURATION = Path(__file__).parents[1] / "data" / "curation"


@pytest.fixture
def clips(tmp_path, monkeypatch) -> Path:
    for path in (CURATION, CURATION / "plugin"):
        monkeypatch.syspath_prepend(str(path))
    made = __import__("made_recordings")
    made.make_clip(tmp_path / "clips" / "good.mp4")
    made.make_clip(tmp_path / "clips" / "mute.mp4", silent_film=True)
    return tmp_path / "clips"


def test_it_tells_what_was_kept_and_why_the_rest_was_not(clips, tmp_path):
    out = tmp_path / "dataset"
    command = ["curate", str(clips), "-o", str(out), "--tracker", "coded", "--workers", "0", "--report"]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "1 of 2 clips kept" in result.output
    assert "no_sound" in result.output
    names = {path.name for path in out.iterdir()}
    assert names >= {"clips.jsonl", "manifest.jsonl", "dataset.json", "report.html", "splits"}
    assert any(name.startswith("audio_features.embedded") for name in names)
    assert "coded_tracker" in sys.modules


def test_help_shows_which_tags_are_wanted():
    text = " ".join(CliRunner().invoke(app, ["curate", "--help"]).output.split())
    assert "kept if they talk, sing, whisper, read, shout" in text
    assert "mask, eat, chew" in text


def test_hours_are_read_or_refused():
    assert parse_hours("celebvtext=26.5, video=2") == {"celebvtext": 26.5, "video": 2.0}
    assert parse_hours("all") == {}
    for text in ("26.5", "a=b", "a=0", "a=-1"):
        with pytest.raises(MsmdError):
            parse_hours(text)


def test_a_run_tells_its_rate_and_what_is_left():
    assert describe_pace(30, 60.0, 60, 2) == "30.0 a minute (15.0 a worker), 0:02:00 left"
    assert describe_pace(0, 5.0, 60, 2) == ""
