"""What is spoken and in whose manner: several voices in turn, held-out actors with a whole face."""

from dataclasses import replace

import numpy as np
import pytest

from msmd.core.progress import no_progress
from msmd.evaluation.bench import Bench
from msmd.evaluation.embedded import stage
from msmd.evaluation.embedded.stage import Stage
from msmd.evaluation.spoken_lines import SpokenLine

from ..conftest import StageAnimator


@pytest.fixture
def bench(folders, mesh) -> Bench:
    return Bench(
        StageAnimator([]), mesh, folders / "data", folders / "dataset", folders / "out", None, no_progress
    )


def lines_of(monkeypatch, *named: tuple[str, str, float]) -> None:
    made = [SpokenLine(name, voice, np.zeros(int(16000 * long), np.float32)) for name, voice, long in named]
    monkeypatch.setattr(stage, "load_unseen_lines", lambda folder: made)


def test_styles_are_compared_in_the_shortest_line_of_each_voice_that_is_long_enough(bench, monkeypatch):
    lines_of(
        monkeypatch,
        *(("a short", "a", 2), ("a long", "a", 9), ("a fit", "a", 4.5), ("a next", "a", 5)),
        *(("b fit", "b", 6), ("c fit", "c", 11)),
    )
    assert [one.line.name for one in Stage(bench).style_lines] == ["a fit", "b fit", "c fit"]


def test_one_voice_gives_several_lines_and_a_limit_fewer(bench, monkeypatch):
    lines_of(monkeypatch, ("first", "a", 4), ("second", "a", 5), ("third", "a", 6), ("fourth", "a", 7))
    assert [one.line.name for one in Stage(bench).style_lines] == ["first", "second", "third"]
    assert len(Stage(replace(bench, limit=2)).style_lines) == 2


def test_every_held_out_actor_and_emotion_gives_two_styles(bench):
    found = Stage(bench).held_out_styles
    assert [one.name for one in found] == ["a happy"] * 2 + ["a sad"] * 2 + ["b happy"] * 2 + ["b sad"] * 2
    assert "trained" not in {one.recording.clip for one in found}


def test_faces_that_were_not_seen_whole_are_no_styles(bench, monkeypatch):
    whole = Stage(bench).performances
    partly = [replace(one, has_upper_face=one.speaker == "a") for one in whole]
    monkeypatch.setattr(stage, "load_performances", lambda *_: partly)
    assert {one.recording.speaker for one in Stage(bench).held_out_styles} == {"a"}
