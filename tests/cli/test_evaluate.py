"""`msmd evaluate` as a user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Msmd

from msmd.data.packed import Clip
from msmd.data.packing import write_packed

QUICK = ("--steps", 1, "--guidance-audio", 0, "--guidance-style", 0, "--seeds", 1)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four clips of an actor held out, one of another to train on."""
    rng = np.random.default_rng(0)
    clips, motion, sound = [], {}, {}
    for name, speaker, emotion in (
        ("a1", "a", "happy"),
        ("a2", "a", "happy"),
        ("a3", "a", "sad"),
        ("a4", "a", "sad"),
        ("b1", "b", "happy"),
    ):
        split = "train" if speaker == "b" else "test"
        clips.append(Clip(name, "stage", speaker, emotion, "x", 30, split, True, True, True, "made", "none"))
        motion[name] = rng.normal(size=(30, 67)).astype(np.float32)
        sound[name] = (0.1 * rng.normal(size=30 * 640)).astype(np.float32)
    write_packed(tmp_path / "dataset", clips, motion, sound)
    return tmp_path / "dataset"


def test_two_bundles_are_compared_and_printed(msmd: Msmd, tiny_bundle: Path, dataset: Path, tmp_path: Path):
    pytest.importorskip("matplotlib", reason="plots come with the extra evaluate")
    bundles = (f"embedded={tiny_bundle}", f"diffposetalk={tiny_bundle}")
    outcome = msmd("evaluate", *bundles, "--data", dataset, "-o", tmp_path / "out", *QUICK)
    assert outcome.code == 0, outcome.err
    assert "Table 1" in outcome.out
    assert "| DiffPoseTalk |" in outcome.out
    summary = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert summary["setting"]["clips"] == {"stage": 4}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--suite", "speed"), "--recordings"),
        (("--suite", "beauty"), "unknown suite beauty"),
        (("nowhere",), "no bundle"),
        (("--splits", "moon"), "moon"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(
    msmd: Msmd, dataset: Path, tmp_path: Path, options: tuple[str, ...], said: str
):
    outcome = msmd("evaluate", *options, "--data", dataset, "-o", tmp_path / "out", *QUICK)
    assert outcome.code == 2
    assert said in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_dataset_is_named(msmd: Msmd, tmp_path: Path):
    outcome = msmd("evaluate", "--data", tmp_path / "nothing", "-o", tmp_path / "out")
    assert outcome.code == 2
    assert "nothing" in outcome.err
