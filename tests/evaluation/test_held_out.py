"""The held-out protocol on a small company: who is compared with whom, and how each rival fails."""

import numpy as np
import pytest

from msmd.evaluation.clip_measures import measure
from msmd.evaluation.held_out import make_systems, run_held_out
from msmd.evaluation.pairing import pair_with_references, spread_out
from msmd.evaluation.records import RowFile

from .conftest import BROW, JAW, SMILE, StubAnimator, perform


@pytest.fixture
def company():
    return [
        perform("a1", "a", "happy", 1, smile=3),
        perform("a2", "a", "happy", 2, smile=3),
        perform("a3", "a", "sad", 3, brow=-2),
        perform("b1", "b", "happy", 4, smile=4),
        perform("b2", "b", "happy", 5, smile=4),
        perform("b3", "b", "happy", 6, smile=4),
    ]


def test_a_reference_is_another_clip_of_the_same_speaker_and_emotion(company):
    pairs = {clip.target.clip: clip.reference.clip for clip in pair_with_references(company)}
    assert pairs == {"a1": "a2", "a2": "a1", "b1": "b2", "b2": "b3", "b3": "b1"}


def test_a_reference_says_another_sentence_where_sentences_are_repeated():
    from dataclasses import replace

    said = {"a1": "kids", "a2": "kids", "a3": "dogs"}
    actors = [replace(perform(clip), sentence=sentence) for clip, sentence in said.items()]
    pairs = {clip.target.clip: clip.reference.clip for clip in pair_with_references(actors)}
    assert pairs == {"a1": "a3", "a2": "a3", "a3": "a1"}
    only_kids = {clip.target.clip: clip.reference.clip for clip in pair_with_references(actors[:2])}
    assert only_kids == {"a1": "a2", "a2": "a1"}


def test_few_clips_still_cover_all_speakers(company):
    few = spread_out(pair_with_references(company), 2)
    assert {clip.target.speaker for clip in few} == {"a", "b"}
    assert len(spread_out(pair_with_references(company), None)) == 5


def test_the_truth_has_no_error_full_correlation_and_no_lag(mesh, company):
    row = measure(mesh, company[0], company[0].motion)
    assert row["mve"] == row["lve_rms"] == row["mod"] == row["fdd_abs"] == 0
    assert row["opening_correlation"] == pytest.approx(1)
    assert row["opening_lag_frames"] == 0
    assert row["std_ratio"] == row["velocity_ratio"] == row["jitter_ratio"] == pytest.approx(1)
    assert row["blinks_per_minute"] == pytest.approx(20)


def test_a_late_face_is_found_late_and_keeps_its_dynamics(mesh, company):
    row = measure(mesh, company[0], np.roll(company[0].motion, 3, axis=0))
    assert row["opening_lag_frames"] == 3
    assert row["level_lag_frames"] == 3
    assert row["fdd_abs"] == pytest.approx(0, abs=1e-3)
    assert row["lve_rms"] > 1


def test_a_still_face_moves_nothing_and_correlates_with_nothing(mesh, company):
    row = measure(mesh, company[0], np.zeros_like(company[0].motion))
    assert row["std_ratio"] == row["velocity_ratio"] == row["jitter"] == row["blinks_per_minute"] == 0
    assert np.isnan(row["opening_correlation"])
    assert np.isnan(row["opening_lag_frames"])
    opening = company[0].motion[:, JAW]
    assert row["mod"] == pytest.approx(opening.mean())


def test_parts_that_were_not_recorded_are_not_judged(mesh):
    from dataclasses import replace

    performance = perform("x")
    lips_only = measure(mesh, replace(performance, has_upper_face=False), performance.motion)
    assert "lve_rms" in lips_only
    assert not {"mve", "fdd_abs"} & lips_only.keys()
    upper_only = measure(mesh, replace(performance, has_lips=False), performance.motion)
    assert "fdd_abs" in upper_only
    assert not {"mve", "lve_rms", "mod"} & upper_only.keys()


def test_a_shorter_result_is_compared_over_its_own_length(mesh, company):
    assert measure(mesh, company[0], company[0].motion[:-1])["mve"] == 0


def test_systems_rank_as_they_must(mesh, company, tmp_path):
    """The stub speaks in time and adds the reference's expression to a face that lacks it."""
    from dataclasses import replace

    flat = []
    for one in company:
        motion = one.motion.copy()
        motion[:, [SMILE, BROW]] = 0
        flat.append(replace(one, motion=motion))
    clips = pair_with_references(company)
    means = {"": np.mean([one.motion.mean(axis=0) for one in company], axis=0)}
    rows = RowFile(tmp_path / "rows.jsonl")
    run_held_out(make_systems(StubAnimator(flat), means), clips, mesh, rows)
    error = {
        name: np.mean([row["mve"] for row in rows.rows if row["system"] == name])
        for name in (
            "truth",
            "model",
            "unstyled",
            "still",
            "mean_motion",
            "reference_mean",
            "reference_motion",
        )
    }
    assert error["truth"] == 0 < error["model"] < error["unstyled"] < error["still"]
    assert error["model"] < error["reference_mean"] < error["mean_motion"] < error["still"]
    assert error["reference_mean"] < error["reference_motion"]
    lags = [row["opening_lag_frames"] for row in rows.rows if row["system"] == "model"]
    assert lags == [0] * 5


def test_a_stopped_run_goes_on_without_generating_again(mesh, company, tmp_path):
    clips = pair_with_references(company)
    means = {"": np.zeros(67)}
    first = StubAnimator(company)
    run_held_out(make_systems(first, means), clips[:2], mesh, RowFile(tmp_path / "rows.jsonl"))
    second = StubAnimator(company)
    rows = RowFile(tmp_path / "rows.jsonl")
    run_held_out(make_systems(second, means), clips, mesh, rows)
    assert set(first.calls) == {clip.target.clip for clip in clips[:2]}
    assert set(second.calls) == {clip.target.clip for clip in clips[2:]}
    assert len(rows.rows) == 7 * len(clips)
