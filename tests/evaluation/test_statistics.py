"""Summaries, tests and corrections against values known from tables and by counting."""

import numpy as np
import pytest

from msmd.evaluation.statistics import (
    better_than_all,
    bootstrap_interval,
    holm,
    paired_tests,
    summarize,
    t_test_p,
    wilcoxon_p,
)


def test_five_wins_of_five_have_p_two_in_thirty_two():
    a = np.array([1.0, 2, 3, 4, 5])
    assert wilcoxon_p(a, np.zeros(5)) == pytest.approx(2 / 32)
    assert wilcoxon_p(np.zeros(5), a) == pytest.approx(2 / 32)


def test_textbook_example_with_rank_sum_nine_of_ten_pairs():
    # Ranks 1..10, negative ranks 4 + 5 = 9: 33 of 1024 subsets of 1..10 sum to at most 9.
    difference = np.array([1.0, 2, 3, -4, -5, 6, 7, 8, 9, 10])
    assert wilcoxon_p(difference, np.zeros(10)) == pytest.approx(2 * 33 / 1024)


def test_ties_share_their_ranks():
    # |d| = 1, 1, 2: ranks 1.5, 1.5, 3; all positive is 1 of 8 sign patterns.
    assert wilcoxon_p(np.array([1.0, 1, 2]), np.zeros(3)) == pytest.approx(2 / 8)


def test_equal_pairs_and_missing_pairs_do_not_count():
    a = np.array([1.0, 2, 3, 4, 5, 7, np.nan])
    b = np.array([0.0, 0, 0, 0, 0, 7, 1])
    assert wilcoxon_p(a, b) == pytest.approx(2 / 32)
    assert wilcoxon_p(b, b) == 1


def test_many_clips_are_fine_and_noise_is_seldom_significant():
    rng = np.random.default_rng(0)
    ps = [wilcoxon_p(rng.normal(size=60), rng.normal(size=60)) for _ in range(100)]
    assert np.mean(np.array(ps) < 0.05) < 0.12
    assert wilcoxon_p(np.arange(300.0) + 1, np.zeros(300)) < 1e-40


def test_the_interval_holds_the_median_and_shrinks_with_clips():
    rng = np.random.default_rng(1)
    few, many = summarize(rng.normal(size=20)), summarize(rng.normal(size=2000))
    assert few.low <= few.median <= few.high
    assert many.high - many.low < few.high - few.low
    assert many.low < 0 < many.high


def test_missing_values_are_left_out_and_counted_out():
    summary = summarize(np.array([1.0, np.nan, 3.0]))
    assert (summary.median, summary.mean, summary.count) == (2, 2, 2)
    assert summarize(np.array([np.nan])).count == 0


def test_the_paired_t_test_gives_the_value_of_students_table():
    # Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3), t = 2 sqrt(3) with 2 degrees of freedom,
    # whose two-sided p is 1 - t / sqrt(t^2 + 2).
    t = 2 * np.sqrt(3)
    assert t_test_p(np.array([1.0, 2, 3]), np.zeros(3)) == pytest.approx(1 - t / np.sqrt(t**2 + 2))
    assert t_test_p(np.ones(5), np.ones(5)) == 1
    assert t_test_p(np.ones(5), np.zeros(5)) == 0


def test_holms_correction_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.04 count 4, 3, 2, 1 times: 0.04, 0.06, 0.06, 0.06 after running maxima.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []


def test_effect_sizes_by_hand():
    (test,) = paired_tests({"a": np.array([1.0, 2, 3, -2]), "b": np.zeros(4)})
    assert test.cohens_d == pytest.approx(1 / np.std([1, 2, 3, -2], ddof=1))
    # Ranks of 1, 2, 3, -2 are 1, 2.5, 4, 2.5: (7.5 - 2.5) / 10.
    assert test.rank_biserial == pytest.approx(0.5)
    assert (test.count, test.mean_difference) == (4, 1)


def test_bold_needs_a_gain_over_every_other_system():
    rng = np.random.default_rng(0)
    clip = rng.normal(size=40)
    noise = lambda: 0.1 * rng.normal(size=40)  # noqa: E731
    values = {"best": clip - 1 + noise(), "middle": clip + noise(), "worst": clip + 1 + noise()}
    tests = paired_tests(values)
    assert [better_than_all(name, list(values), tests) for name in values] == [True, False, False]
    twin = values | {"twin": values["best"] + 0.01 * rng.normal(size=40)}
    assert not any(better_than_all(name, list(twin), paired_tests(twin)) for name in twin)
    assert not better_than_all("best", ["best"], [])


def test_one_clip_more_or_less_missing_does_not_spoil_a_pair():
    a, b = np.array([1.0, 2, np.nan, 4]), np.array([0.0, np.nan, 1, 3])
    (test,) = paired_tests({"a": a, "b": b})
    assert (test.count, test.mean_difference) == (2, 1)


def test_systems_without_a_common_clip_are_not_told_apart():
    (test,) = paired_tests({"a": np.array([1.0, np.nan]), "b": np.array([np.nan, 1.0])})
    assert test.count == 0
    assert not test.significant


def test_the_interval_of_a_mean_covers_it_in_about_95_of_100_trials():
    rng = np.random.default_rng(3)
    covered = [low <= 0 <= high for low, high in (bootstrap_interval(rng.normal(size=50)) for _ in range(60))]
    assert 0.85 <= np.mean(covered) <= 1
