"""Summaries and the signed-rank test against values known from tables and by counting."""

import numpy as np
import pytest

from msmd.evaluation.statistics import summarize, wilcoxon_p


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
