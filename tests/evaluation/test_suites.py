"""Every suite from files to tables, on a dataset and recordings made for the test."""

import json

import pytest

from msmd.core.errors import MsmdError
from msmd.core.progress import no_progress
from msmd.data.packed import Clip
from msmd.data.packing import write_packed
from msmd.evaluation.bench import Bench
from msmd.evaluation.recordings import load_performances, measure_train_means
from msmd.evaluation.suites import SUITES

from .conftest import CAST, SMILE, StageAnimator, perform


@pytest.fixture
def bench(folders, mesh):
    return Bench(
        StageAnimator([]), mesh, folders / "data", folders / "dataset", folders / "out", None, no_progress
    )


def test_held_out_performances_and_training_means_come_from_their_splits(folders):
    assert {one.clip for one in load_performances(folders / "dataset")} == {clip for clip, *_ in CAST}
    means = measure_train_means(folders / "dataset")
    assert means["stage"][SMILE] == means[""][SMILE] == pytest.approx(5)
    with pytest.raises(MsmdError, match="no clips"):
        load_performances(folders / "dataset", "val")


def test_the_statement_of_an_acted_clip_is_read_from_its_name(tmp_path):
    one = perform("ravdess/01-03-01-02-01-24")
    clip = Clip(one.clip, "ravdess", "x", "happy", "normal", 75, "test", True, True, True, "made", "none")
    write_packed(tmp_path, [clip], {one.clip: one.motion}, {one.clip: one.samples})
    assert load_performances(tmp_path)[0].sentence == "02"


def test_the_held_out_suite_writes_rows_summary_figure_and_table(bench):
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    text = SUITES["held_out"](bench)
    assert "8 clips, 2 speakers" in text
    rows = (bench.out_folder / "held_out.jsonl").read_text().splitlines()
    assert len(rows) == 7 * 8
    summary = json.loads((bench.out_folder / "held_out.json").read_text())
    assert summary["stage"]["truth"]["mve"]["median"] == 0
    assert (bench.out_folder / "openings_stage.png").is_file()


def test_a_limit_takes_few_clips_of_all_kinds(bench):
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    from dataclasses import replace

    assert "4 clips, 2 speakers" in SUITES["held_out"](replace(bench, limit=4))


def test_the_voices_suite_speaks_every_line_in_every_style_it_knows(bench):
    SUITES["unseen_voices"](bench)
    rows = [json.loads(line) for line in (bench.out_folder / "unseen_voices.jsonl").read_text().splitlines()]
    assert {(row["line"], row["style"]) for row in rows} == {
        (line, style) for line in ("short", "long") for style in ("no style", "happy", "sad")
    }


def test_the_style_suite_finds_the_styles_of_an_animator_that_copies_them(bench):
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    text = SUITES["style_shift"](bench)
    assert "a happy" in text
    assert "built-in sad" in text
    actors = json.loads((bench.out_folder / "style_held_out_actors.json").read_text())
    assert actors["landmarks"]["pairwise_rate"] == 1


def test_the_speed_suite_says_when_it_could_not_capture(bench, monkeypatch):
    monkeypatch.setattr("msmd.evaluation.suites.write_video", lambda animation, path: None)
    text = SUITES["speed"](bench)
    assert all(stage in text for stage in ("features", "sampling", "render"))
    assert "Capture was not measured" in text
