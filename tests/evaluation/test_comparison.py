"""Models and degenerate predictions on the same takes: each measure puts each of them in its place."""

import json

import numpy as np
import pytest

from msmd.evaluation.comparison import (
    LATE_FRAMES,
    make_controls,
    measure_take,
    model_contestant,
    plan_takes,
    run_contestant,
)
from msmd.evaluation.pairing import pair_with_contrasts, pair_with_references

from .conftest import BROW, SMILE, StubAnimator, perform


@pytest.fixture
def company():
    """Four speakers; who is happy smiles, who is sad lowers the brows."""
    return [
        perform(
            f"{speaker}{emotion}{take}",
            speaker,
            emotion,
            seed=100 * number + take,
            smile=3.0 if emotion == "happy" else 0.0,
            brow=-2.0 if emotion == "sad" else 0.0,
        )
        for number, speaker in enumerate("abcd")
        for emotion in ("happy", "sad")
        for take in (1, 2)
    ]


def scores_of(contestant, clips, mesh, folder):
    rows = run_contestant(contestant, plan_takes(clips, 1), mesh, folder, {}).rows
    names = {name for row in rows for name in row}
    numbers = {}
    for name in names:
        values = [row.get(name) for row in rows]
        values = [value for value in values if isinstance(value, int | float)]
        if values:
            numbers[name] = float(np.mean(values))
    return numbers


@pytest.fixture
def controls(company, mesh, tmp_path):
    clips = pair_with_references(company)
    means = {"": np.mean([one.motion.mean(axis=0) for one in company], axis=0)}
    systems = make_controls(clips, means)
    return {name: scores_of(system, clips, mesh, tmp_path / name) for name, system in systems.items()}


def test_the_truth_is_perfect_by_every_measure(controls):
    truth = controls["truth"]
    errors = ("mve", "rmse", "lve_max", "lve_max_sq", "lve_rms", "fdd_signed", "fdd_abs", "mod")
    assert [truth[name] for name in errors] == [0] * len(errors)
    assert (
        truth["velocity_spectrum_db"] == truth["acceleration_spectrum_db"] == truth["opening_lag_frames"] == 0
    )
    assert truth["std_ratio"] == truth["opening_correlation"] == pytest.approx(1)


def test_a_still_face_follows_nothing_and_moves_nothing(controls):
    still = controls["still"]
    assert "opening_correlation" not in still
    assert still["std_ratio"] == still["velocity_ratio"] == still["jitter"] == still["blinks_per_minute"] == 0
    assert still["velocity_spectrum_db"] == 40
    assert still["fdd_abs"] > 10 * controls["late"]["fdd_abs"]
    assert still["resting_rate"] == 1


def test_the_mean_pose_beats_a_real_face_out_of_step_on_squared_error_and_is_dead(
    controls,
):
    assert controls["mean_pose"]["rmse"] < controls["still"]["rmse"]
    assert controls["mean_pose"]["rmse"] < controls["other_clip"]["rmse"]
    assert controls["mean_pose"]["fdd_abs"] == pytest.approx(controls["still"]["fdd_abs"])
    assert controls["mean_pose"]["std_ratio"] == pytest.approx(0, abs=1e-6)


def test_a_late_face_keeps_its_dynamics_and_style_and_is_caught_by_lag_and_lip_error(controls):
    late = controls["late"]
    assert late["opening_lag_frames"] == LATE_FRAMES
    assert late["opening_best_correlation"] > 0.99 > 0.8 > late["opening_correlation"]
    assert late["velocity_spectrum_db"] < 2
    assert late["std_ratio"] == pytest.approx(1, abs=0.1)
    assert late["lve_rms"] > 1
    assert late["style_distance"] == pytest.approx(controls["truth"]["style_distance"], abs=0.1)


def test_another_clips_motion_is_lively_and_out_of_step_and_in_no_style_that_was_asked_for(controls):
    other = controls["other_clip"]
    assert other["std_ratio"] == pytest.approx(1, abs=0.15)
    assert abs(other["opening_correlation"]) < 0.3
    assert other["velocity_spectrum_db"] < 6
    assert other["style_distance"] > controls["truth"]["style_distance"]


def test_the_mean_of_the_reference_has_its_style_exactly_and_no_life(controls):
    assert controls["reference_mean"]["style_distance"] == pytest.approx(0, abs=1e-5)
    assert controls["reference_mean"]["std_ratio"] == pytest.approx(0, abs=1e-6)


def test_a_model_that_copies_the_reference_is_near_it_in_both_conditions(company, mesh, tmp_path):
    flat = []
    for one in company:
        motion = one.motion.copy()
        motion[:, [SMILE, BROW]] = 0
        flat.append(type(one)(one.clip, "stage", one.speaker, one.emotion, one.samples, motion))
    matching = pair_with_references(company)
    contrasting = pair_with_contrasts(company, matching)
    model = model_contestant(StubAnimator(flat))
    deaf = model_contestant(StubAnimator(flat), takes_style=False)
    for number, clips in enumerate((matching, contrasting)):
        own = scores_of(model, clips, mesh, tmp_path / f"model{number}")
        rival = scores_of(deaf, clips, mesh, tmp_path / f"deaf{number}")
        assert own["style_distance"] < 0.1 < rival["style_distance"]


def test_nothing_is_compared_with_a_face_in_another_style_but_the_timing_of_its_mouth(company, mesh):
    contrasting = pair_with_contrasts(company, pair_with_references(company))
    take = plan_takes(contrasting, 1)[0]
    row = measure_take(mesh, take, take.clip.target.motion)
    assert {"opening_correlation", "level_correlation", "style_distance"} <= row.keys()
    assert not {"mve", "lve_rms", "fdd_abs", "mod", "std_ratio"} & row.keys()


def test_a_stopped_comparison_goes_on_and_more_seeds_add_to_it(company, mesh, tmp_path):
    clips = pair_with_references(company)[:3]
    first, second = StubAnimator(company), StubAnimator(company)
    run_contestant(model_contestant(first), plan_takes(clips, 1), mesh, tmp_path, {})
    rows = run_contestant(model_contestant(second), plan_takes(clips, 2), mesh, tmp_path, {})
    assert (len(first.calls), len(second.calls)) == (3, 3)
    assert {row["seed"] for row in rows.rows if "seed" in row} == {0, 1}
    assert [row["diversity"] for row in rows.rows if "diversity" in row] == [0, 0, 0]


def test_rows_can_be_measured_again_from_the_motion_that_was_kept(company, mesh, tmp_path):
    takes = plan_takes(pair_with_references(company)[:2], 1)
    before = run_contestant(model_contestant(StubAnimator(company)), takes, mesh, tmp_path, {}).rows
    (tmp_path / "rows.jsonl").unlink()
    silent = StubAnimator(company)
    after = run_contestant(model_contestant(silent), takes, mesh, tmp_path, {}).rows
    assert after == before
    assert silent.calls == []
    assert all(json.dumps(row) for row in after)
