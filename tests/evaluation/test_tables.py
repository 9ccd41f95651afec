"""Tables say what the rows say; figures and timings come out whole."""

import numpy as np
import pytest

from msmd.evaluation.figures import OpeningPanel, draw_openings, draw_style_matrix
from msmd.evaluation.markdown import markdown_table
from msmd.evaluation.speed import Work, describe_machine, measure_speed, peak_memory_mb, time_stage
from msmd.evaluation.tables import (
    compare_systems,
    held_out_markdown,
    speed_markdown,
    voices_markdown,
)


def rows_of(errors: dict[str, list[float]]) -> list[dict]:
    return [
        {
            "clip": f"clip{number}",
            "system": system,
            "corpus": "stage",
            "speaker": "a",
            "lve_rms": value,
            "opening_lag_frames": 0.0 if number else 3.0,
            "mod": None,
        }
        for system, values in errors.items()
        for number, value in enumerate(values)
    ]


ROWS = rows_of(
    {
        "still": [5.0, 6, 7, 8, 9, 10, 11, 12],
        "model": [1.0, 2, 3, 4, 5, 6, 7, 8],
        "unstyled": [1.1, 1.9, 3.1, 3.9, 5.1, 5.9, 7.1, 7.9],
    }
)


def test_the_model_comes_first_and_medians_are_over_clips():
    comparison = compare_systems(ROWS)
    assert list(comparison) == ["model", "unstyled", "still"]
    assert comparison["model"]["lve_rms"]["median"] == 4.5
    assert comparison["still"]["lve_rms"]["median"] == 8.5
    assert "mod" not in comparison["model"]


def test_a_clear_difference_is_significant_and_a_coin_toss_is_marked():
    comparison = compare_systems(ROWS)
    assert comparison["still"]["lve_rms"]["p"] == pytest.approx(2 / 2**8)
    assert comparison["unstyled"]["lve_rms"]["p"] > 0.05
    lines = held_out_markdown(ROWS).splitlines()
    assert "°" in next(line for line in lines if line.startswith("| unstyled"))
    assert "°" not in next(line for line in lines if line.startswith("| still"))


def test_pairing_goes_by_clip_and_not_by_order():
    shuffled = [ROWS[index] for index in np.random.default_rng(0).permutation(len(ROWS))]
    assert compare_systems(shuffled) == compare_systems(ROWS)


def test_the_lag_sentence_counts_clips_within_one_frame():
    assert "within one frame in 88 % of 8 clips" in held_out_markdown(ROWS)


def test_cells_cannot_break_a_table():
    assert markdown_table(("a|b",), [("c|d",)]) == "| a\\|b |\n| --- |\n| c\\|d |\n"


def test_missing_rates_are_dashes():
    entry = dict.fromkeys(
        (
            "closure_rate",
            "closure_rate_at_vowels",
            "resting_rate",
            "resting_rate_whole",
            "silent_seconds",
            "opening_mm",
            "level_correlation",
            "level_lag_frames",
            "lip_jitter",
            "lip_jitter_in_silence",
            "blinks_per_minute",
        ),
        float("nan"),
    )
    text = voices_markdown([entry | {"voice": "v", "style": "s", "lines": 1, "bilabials": 0, "vowels": 0}])
    assert "nan" not in text


def test_speed_is_the_median_of_warm_runs_and_keeps_the_first():
    costs = iter([10.0, 2.0, 1.0, 3.0])
    (speed,) = measure_speed([Work(2.0, lambda: {"sampling": next(costs)})], repeats=4)
    assert speed.seconds_per_second == pytest.approx(1.0)
    assert speed.runs[0] == pytest.approx(5.0)
    assert "sampling" in speed_markdown([speed], describe_machine(), peak_memory_mb())


def test_a_stage_is_timed_under_its_name():
    assert set(time_stage("render", lambda: sum(range(1000)))()) == {"render"}


def test_figures_are_written_whole(tmp_path):
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    time = np.arange(75) / 25
    samples = np.sin(np.arange(75 * 640) / 20).astype(np.float32)
    panel = OpeningPanel("good: clip, correlation 0.90", samples, np.sin(time) + 1, np.cos(time) + 1)
    draw_openings([panel, panel], tmp_path / "openings.png")
    draw_style_matrix(["happy", "sad"], np.eye(2), tmp_path / "matrix.png")
    for name in ("openings.png", "matrix.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert len(list(tmp_path.iterdir())) == 2
