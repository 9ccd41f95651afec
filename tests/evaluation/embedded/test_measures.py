"""Faces whose verdict is known in advance: the one that follows passes, the one that does not fails."""

import numpy as np
import pytest

from msmd.evaluation import dynamics
from msmd.evaluation.embedded.bars import BarRow, bars_markdown, judged, unmeasured
from msmd.evaluation.embedded.cross_table import compare_crosswise
from msmd.evaluation.embedded.life import count_pooled, natural_blinks, natural_head
from msmd.evaluation.embedded.silence import resting, tremble
from msmd.evaluation.embedded.style_dial import grows, projection
from msmd.evaluation.embedded.unseen import share

from ..conftest import JAW, LIDS
from ..test_unseen_voices import say_m_twice


def voice_row_of(mesh, motion):
    from msmd.evaluation.unseen_voices import measure_line

    _, samples, phones = say_m_twice()
    return measure_line(mesh, motion, samples, phones)


def test_a_face_that_closes_at_each_closure_scores_all_and_one_that_never_closes_none(mesh):
    motion = say_m_twice()[0]
    hanging = motion.copy()
    hanging[:, JAW] = 8
    assert share([voice_row_of(mesh, motion)] * 2, "closed") == (1.0, 4)
    assert share([voice_row_of(mesh, hanging)], "closed") == (0.0, 2)
    assert share([voice_row_of(mesh, motion), voice_row_of(mesh, hanging)], "closed") == (0.5, 4)


def test_a_mouth_that_hangs_nearly_shut_fails_by_its_control(mesh):
    motion = say_m_twice()[0]
    motion[5:30, JAW] = 0
    assert share([voice_row_of(mesh, motion)], "closed") == (1.0, 2)
    assert share([voice_row_of(mesh, motion)], "closed_at_vowels")[0] > 0


def test_a_constant_face_rests_without_a_tremble_and_a_shaking_one_trembles(mesh):
    motion = say_m_twice()[0]
    still = voice_row_of(mesh, motion)
    assert tremble([still]) == 0
    assert resting([still]) == (1.0, still["silent_frames"])
    motion[38:, JAW] = [0, 0.4] * 15
    shaking = voice_row_of(mesh, motion)
    # One of three lip vertices jumps by 0.4 mm to and fro: a second difference of 0.8 mm.
    assert tremble([shaking]) == pytest.approx(0.8 / np.sqrt(3), rel=1e-3)
    assert tremble([still, shaking]) == pytest.approx(0.8 / np.sqrt(6), rel=1e-3)


def test_lines_without_silence_say_nothing_of_rest():
    rows = [{"silent_frames": 0, "resting_rate": None, "lip_jitter_in_silence": None}]
    assert np.isnan(tremble(rows))
    assert resting(rows)[1] == 0


def test_lips_that_follow_the_sound_and_a_brow_that_follows_the_style_make_the_cross_table():
    rng = np.random.default_rng(0)
    curves = [rng.normal(size=count) for count in (300, 400, 350)]
    openings = [[curve, 2 * curve + 1] for curve in curves]
    brows = np.array([[[1.0, 0.0], [-1.0, 0.0]]] * 3)
    table = compare_crosswise(openings, brows)
    assert table.lips_same_sound == pytest.approx(1)
    assert abs(table.lips_same_style) < 0.15
    assert table.upper_same_style == pytest.approx(1)
    assert table.upper_same_sound == pytest.approx(-1)


def test_a_brow_that_follows_the_sound_turns_the_cross_table_round():
    openings = [[np.arange(9.0)] * 2] * 2
    brows = np.array([[[1.0, 0.0]] * 2, [[-1.0, 0.0]] * 2])
    table = compare_crosswise(openings, brows)
    assert table.upper_same_sound == pytest.approx(1)
    assert table.upper_same_style == pytest.approx(-1)


def test_half_the_way_to_the_reference_is_half_the_strength():
    plain, reference = np.zeros((4, 3)), np.ones((4, 3))
    assert projection(plain, plain, reference) == 0
    assert projection(plain, 0.5 * reference, reference) == pytest.approx(0.5)
    assert projection(plain, 1.5 * reference, reference) == pytest.approx(1.5)
    assert projection(plain, -reference, reference) == pytest.approx(-1)


def test_the_dial_has_to_grow_at_every_turn():
    assert grows({0.0: 0.4, 0.5: 0.5, 1.0: 0.9})
    assert not grows({0.0: 0.4, 0.5: 0.9, 1.0: 0.9})
    assert not grows({0.0: 0.4, 0.5: 0.9, 1.0: 0.8})


def test_blinks_of_several_lines_are_counted_together(mesh):
    motion = np.zeros((250, 67), np.float32)
    motion[100:105, LIDS] = 1
    found = count_pooled(mesh, [motion, motion])
    assert found.per_minute == pytest.approx(2 / (500 / 25 / 60))
    assert found.median_seconds == pytest.approx(5 / 25)


def test_blinks_are_natural_between_eight_and_thirty_a_minute_of_natural_length():
    assert natural_blinks(dynamics.Blinks(15.0, 0.2))
    assert not natural_blinks(dynamics.Blinks(40.0, 0.2))
    assert not natural_blinks(dynamics.Blinks(15.0, 0.7))
    assert not natural_blinks(dynamics.Blinks(0.0, float("nan")))


def test_a_head_as_lively_as_recorded_is_natural_and_a_frozen_or_restless_one_is_not():
    rng = np.random.default_rng(0)
    heads = [rng.normal(size=(100, 3)).cumsum(axis=0) for _ in range(4)]

    def bands(scale):
        levels = dynamics.pooled_band_levels_db(heads, [scale * head for head in heads])
        return list(zip(dynamics.SPECTRUM_BANDS_HZ, levels.tolist(), strict=True))

    assert [level for _, level in bands(1.0)] == pytest.approx([0, 0, 0, 0], abs=1e-6)
    assert [level for _, level in bands(2.0)] == pytest.approx([6.02] * 4, abs=0.01)
    assert natural_head(bands(1.5))
    assert not natural_head(bands(0.0))
    assert not natural_head(bands(3.0))


def test_less_tremble_than_recorded_heads_is_no_fault():
    assert natural_head([((0.25, 2.25), 0.0), ((2.25, 4.25), -5.0), ((8.25, 12.75), -20.0)])
    assert not natural_head([((0.25, 2.25), 0.0), ((8.25, 12.75), 7.0)])


def test_the_table_says_which_bars_are_missed_and_puts_an_earlier_model_beside():
    rows = [
        BarRow("lips", "lips", ">= 1", "2", judged(True), "on 3 clips"),
        BarRow("brow", "brow", ">= 1", "0", judged(False), "on 3 clips"),
        unmeasured("size", "size", "<= 1 MB", "no folder"),
    ]
    text = bars_markdown(rows, {"lips": "1.5"})
    assert "| lips | >= 1 | 1.5 | 2 | reached | on 3 clips |" in text
    assert "| brow | >= 1 | - | 0 | **falls short** | on 3 clips |" in text
    assert "| size | <= 1 MB | - | - | not measured | no folder |" in text
    assert "1 of 3 bars reached." in text
    assert "before" not in bars_markdown(rows)
