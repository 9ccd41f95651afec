import csv

import pytest

from msmd.core.errors import FormatError
from msmd.training.benchmark import measure_step
from msmd.training.curves import draw_curves, read_curve, smooth, tabulate_ends
from msmd.training.run_folder import LOG


def test_a_step_is_timed_and_its_time_divided(tiny_preset):
    cost = measure_step(tiny_preset(), num_steps=1)
    assert cost.seconds > 0 and cost.parameters > 10_000
    assert sum(cost.shares.values()) == pytest.approx(1)
    assert cost.shares["matrix products"] > 0 and cost.shares["optimiser"] > 0


def write_log(folder, rows):
    folder.mkdir()
    with (folder / LOG).open("w", newline="") as file:
        writer = csv.DictWriter(file, ["step", "simple", "validation_simple", "validation_from_noise"])
        writer.writeheader()
        writer.writerows(rows)


def test_a_curve_has_the_rows_in_which_its_column_is_filled(tmp_path):
    write_log(
        tmp_path / "a", [{"step": 20, "simple": 0.5}, {"step": 40, "simple": 0.4, "validation_simple": 0.6}]
    )
    assert read_curve(tmp_path / "a", "simple") == ([20, 40], [0.5, 0.4])
    assert read_curve(tmp_path / "a", "validation_simple") == ([40], [0.6])


def test_curves_of_two_runs_become_one_picture(tmp_path):
    pytest.importorskip("matplotlib")
    row = {"step": 20, "simple": 0.5, "validation_simple": 0.6, "validation_from_noise": 0.9}
    for name in ("a", "b"):
        write_log(tmp_path / name, [row, row | {"step": 40}])
    draw_curves([tmp_path / "a", tmp_path / "b"], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_has_the_last_row_of_each_run(tmp_path):
    row = {"step": 20, "simple": 0.5, "validation_simple": 0.6, "validation_from_noise": 0.9}
    write_log(tmp_path / "a", [row, row | {"step": 40, "validation_simple": 0.25}])
    assert tabulate_ends([tmp_path / "a"]).splitlines()[-1] == "| `a` | 40 | 0.500 | 0.250 | 0.900 |"


def test_a_folder_without_a_log_is_named(tmp_path):
    with pytest.raises(FormatError, match="no log of a training"):
        read_curve(tmp_path, "simple")


def test_smoothing_looks_back_only():
    assert smooth([1, 2, 3], [3.0, 1.0, 5.0], width=2) == ([1, 2, 3], [3.0, 2.0, 3.0])
