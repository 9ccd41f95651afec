"""Raters whose preferences are known: the analysis finds them again, and finds those who were careless."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.study.conftest import make_study

from msmd.core.errors import MsmdError
from msmd.study.analysis import analyse, mean_interval, participant_means
from msmd.study.answers import Answers, Rating
from msmd.study.design import ANCHOR
from msmd.study.exclusion import judge_participants
from msmd.study.figure import draw_ratings
from msmd.study.power import participants_needed, power_of_paired_t, smallest_effect
from msmd.study.report import export_ratings, to_markdown, write_analysis
from msmd.study.simulate import Raters, parse_means, simulate

SYSTEMS = ("ours", "rival", ANCHOR)


def rating(participant, system, value, trial="t01", scenario="matching", question="lip_sync", kind="lips"):
    return Rating(participant, kind, trial, scenario, 1, "A", system, question, value, 30.0, False)


def small_study(ratings_of):
    """Two trials, lip sync; participant -> (ours, rival, anchor)."""
    return [
        rating(number, system, value, trial, scenario)
        for number, values in ratings_of.items()
        for trial, scenario in (("t01", "matching"), ("t02", "contrasting"))
        for system, value in zip(SYSTEMS, values, strict=True)
    ]


def test_means_are_those_of_participants_not_of_ratings():
    """One participant rates twice as often as the other and counts as much."""
    ratings = [rating(1, "ours", 5), rating(1, "ours", 5, "t02"), rating(2, "ours", 2)]
    np.testing.assert_allclose(participant_means(ratings, ["ours"]), [[5], [2]])
    assert mean_interval(np.array([5.0, 2.0]))[0] == 3.5


def test_the_interval_is_students():
    """Values 1, 2, 3: mean 2, standard error 1/sqrt(3), t(0.975, 2) = 4.3027."""
    mean, low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    assert (mean, low, high) == pytest.approx((2, 2 - 4.30265 / 3**0.5, 2 + 4.30265 / 3**0.5), abs=1e-4)


def test_paired_tests_agree_with_scipy(study):
    values = {
        n + 1: v for n, v in enumerate([(5, 4, 1), (4, 2, 0), (3, 3, 1), (5, 1, 0), (4, 3, 2), (5, 3, 1)])
    }
    result = analyse(study, small_study(values)).kept["lips"]
    pair = next(one for one in result.comparisons if one.scope == "all" and one.second == "rival")
    ours, rival, _ = np.array(list(values.values()), float).T
    expected = stats.ttest_rel(ours, rival)
    assert (pair.t, pair.t_p) == pytest.approx((expected.statistic, expected.pvalue))
    assert pair.effect == pytest.approx((ours - rival).mean() / (ours - rival).std(ddof=1))
    assert pair.wilcoxon_p == pytest.approx(stats.wilcoxon((ours - rival)[ours != rival]).pvalue)
    assert len(result.comparisons) == 9  # three pairs, three scopes
    smallest = min(one.t_p for one in result.comparisons)
    assert min(one.t_p_holm for one in result.comparisons) == pytest.approx(9 * smallest)


def test_each_rule_finds_its_own_and_no_other(study):
    good = small_study({1: (4, 3, 1)})
    anchor = small_study({2: (2, 3, 3)})
    constant = small_study({3: (3, 3, 3)})
    fast = [replace(one, page_seconds=3.0) for one in small_study({4: (4, 3, 1)})]  # 1.8 s of video + 3 * 0.5
    unfinished = [one for one in small_study({5: (4, 3, 1)}) if one.trial == "t01"]
    found = {
        one.participant: one.reasons
        for one in judge_participants(study, [*good, *anchor, *constant, *fast, *unfinished])
    }
    assert found == {1: (), 2: ("anchor",), 3: ("anchor", "constant"), 4: ("too fast",), 5: ("unfinished",)}


def test_both_analyses_are_reported(study):
    ratings = small_study({1: (4, 3, 1), 2: (5, 3, 0), 3: (0, 0, 5)})
    analysis = analyse(study, ratings)
    assert (analysis.kept["lips"].count, analysis.everyone["lips"].count) == (2, 3)
    text = to_markdown(study, analysis)
    assert "1 (number 3)" in text and "With those who are excluded (3 participants)" in text
    assert "simulated" not in text


def test_one_participant_or_no_variation_finds_nothing_and_does_not_crash(study, tmp_path):
    for ratings in (small_study({1: (4, 3, 1)}), small_study({1: (4, 3, 1), 2: (4, 3, 1)})):
        analysis = write_analysis(tmp_path, study, ratings)
        assert all(one.t_p_holm == 1 for one in analysis.kept["lips"].comparisons)
        json.loads((tmp_path / "analysis.json").read_text(), parse_constant=pytest.fail)


def test_everybody_excluded_is_said_and_nobody_is_an_error(study, tmp_path):
    analysis = write_analysis(tmp_path, study, small_study({1: (1, 1, 5)}))
    assert "Everybody is excluded" in to_markdown(study, analysis)
    with pytest.raises(MsmdError, match="nobody has finished"):
        write_analysis(tmp_path / "none", study, [])


# ---------------------------------------------------------------- simulated raters


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """20 honest raters and one of each careless kind, in both studies of four trials."""
    folder = tmp_path_factory.mktemp("simulated")
    study = make_study(folder, num_trials=4, filmed=False)
    raters = Raters(
        parse_means(study, ["ours=3.4", "matching:rival=2.9", "contrasting:rival=2.2", "anchor=1.2"])
    )
    manners = {"honest": 20, "constant": 1, "fast": 1, "reversed": 1}
    done = simulate(study, folder / "simulated.sqlite", raters, manners, seed=2)
    return study, raters, done, Answers(folder / "simulated.sqlite", study).read()


def test_the_true_order_is_found_in_both_scenarios_and_studies(simulated):
    study, _, _, ratings = simulated
    for result in analyse(study, ratings).kept.values():
        for scope in ("matching", "contrasting"):
            means = {m.system: m.mean for m in result.means if m.scope == scope and m.question == "all"}
            assert means["ours"] > means["rival"] > means[ANCHOR]
        pair = next(c for c in result.comparisons if c.scope == "contrasting" and c.second == "rival")
        assert pair.t_p_holm < 0.001 and pair.wilcoxon_p_holm < 0.001


def test_careless_raters_are_found_and_honest_ones_kept(simulated):
    study, _, done, ratings = simulated
    careless = {number for number, manner in done.items() if manner != "honest"}
    judged = judge_participants(study, ratings)
    assert {one.participant for one in judged if one.reasons} == careless
    reasons = {done[one.participant]: one.reasons for one in judged if one.reasons}
    assert "constant" in reasons["constant"]
    assert reasons["fast"] == ("too fast",) and reasons["reversed"] == ("anchor",)


def test_simulated_answers_are_marked_everywhere(simulated, tmp_path):
    study, _, _, ratings = simulated
    analysis = write_analysis(tmp_path, study, ratings)
    assert "The raters are simulated" in (tmp_path / "analysis.md").read_text()
    assert json.loads((tmp_path / "analysis.json").read_text())["simulated"] is True
    assert (tmp_path / "figure4.png").read_bytes()[:4] == b"\x89PNG" and (tmp_path / "power.png").is_file()
    export_ratings(tmp_path / "ratings.csv", ratings)
    lines = (tmp_path / "ratings.csv").read_text().splitlines()
    assert len(lines) == len(ratings) + 1 and lines[1].endswith(",1")
    draw_ratings(analysis, tmp_path / "everyone.png", everyone=True)


def test_intervals_cover_the_truth_19_times_in_20():
    """400 studies of 20 raters: rounded ratings of 10 trials around a known mean."""
    rng = np.random.default_rng(0)
    true_mean, covered = 2.5, 0  # by symmetry rounding and the ends of the scale leave 2.5 where it is
    for _ in range(400):
        lenience = rng.normal(0, 0.6, (20, 1))
        values = np.clip(np.rint(true_mean + lenience + rng.normal(0, 0.9, (20, 10))), 0, 5)
        _, low, high = mean_interval(values.mean(1))
        covered += low <= true_mean <= high
    assert 0.92 <= covered / 400 <= 0.98


def test_power_is_that_of_a_simulation():
    rng = np.random.default_rng(0)
    samples = rng.normal(0.5, 1, (20_000, 25))
    t = samples.mean(1) / (samples.std(1, ddof=1) / 5)
    simulated = (np.abs(t) > stats.t.ppf(0.975, 24)).mean()
    assert power_of_paired_t(25, 0.5) == pytest.approx(simulated, abs=0.01)


def test_needed_participants_are_the_fewest_that_reach_the_power():
    """d = 0.5, two-sided 0.05, 80 %: 34 pairs, as tables have it (the paper has 34 and 32 responses)."""
    assert participants_needed(0.5) == 34
    for effect in (0.2, 0.8, 3.0):
        count = participants_needed(effect)
        assert power_of_paired_t(count, effect) >= 0.8
        assert count == 2 or power_of_paired_t(count - 1, effect) < 0.8
    assert participants_needed(0.0) is None and participants_needed(1e-4) is None
    assert smallest_effect(34) == pytest.approx(0.495, abs=0.005)
