"""`msmd convert` as a user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Msmd

from msmd.core.units import ARKIT_NAMES


@pytest.fixture
def beat(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    frames = [
        {"weights": rng.uniform(0, 0.5, 52).tolist(), "time": i / 60, "rotation": []} for i in range(70)
    ]
    path = tmp_path / "beat.json"
    path.write_text(json.dumps({"names": list(ARKIT_NAMES), "frames": frames}))
    return path


def test_beat_becomes_a_live_link_take(msmd: Msmd, beat: Path, tmp_path: Path) -> None:
    outcome = msmd("convert", beat, "-o", tmp_path / "take.csv", "--fps", "29.97")
    assert outcome.code == 0, outcome.err
    assert "35 frames at 29.97" in outcome.out
    assert (tmp_path / "take.csv").read_text().startswith("Timecode,BlendShapeCount,EyeBlinkLeft")


def test_the_report_is_a_table(msmd: Msmd, beat: Path) -> None:
    outcome = msmd("convert", beat, "--report")
    assert outcome.code == 0, outcome.err
    assert "| jawOpen |" in outcome.out


def test_any_form_can_be_a_style(
    msmd: Msmd, beat: Path, speech: Path, tmp_path: Path, tiny_bundle: Path
) -> None:
    out = tmp_path / "take"
    outcome = msmd(
        *("animate", speech, "--style", beat, "--bundle", tiny_bundle, "-o", out),
        *("--formats", "npz,arkit-json", "--steps", 2),
    )
    assert outcome.code == 0, outcome.err
    assert sorted(path.name for path in out.iterdir()) == ["take.arkit.json", "take.npz"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "nothing to do"),
        (("-o", "take.fbx"), "tells no form"),
        (("-o", "take.csv", "--form", "abc"), "unknown form"),
        (("-o", "take.csv", "--fps", "0"), "outside 1 to 240"),
    ],
)
def test_mistakes_are_told_in_one_line(msmd: Msmd, beat: Path, options, message: str) -> None:
    outcome = msmd("convert", beat, *options)
    assert outcome.code == 2
    assert message in outcome.err
