"""Style measures on faces that copy, halve, ignore or invert their reference."""

import numpy as np
import pytest

from msmd.core.animation import Motion, StyleCode
from msmd.evaluation.records import RowFile
from msmd.evaluation.spoken_lines import SpokenLine
from msmd.evaluation.style_shift import (
    StyleReference,
    analyse_style_shift,
    mean_references,
    run_style_shift,
)

from .conftest import BROW, SMILE, StubAnimator, perform


@pytest.fixture
def lines():
    return [perform("one", seed=1), perform("two", seed=2)]


class ScaledAnimator(StubAnimator):
    gain: float = 1.0

    def animate(self, samples, style, seed=0):
        if style is not None:
            style = StyleCode(style.mean * np.float32(self.gain))
        return super().animate(samples, style, seed)


def shift_of(animator, lines, mesh, folder, space="code"):
    references = []
    for name, emotion, smile, brow in (("happy", "happy", 6.0, 0.0), ("sad", "sad", 0.0, -5.0)):
        code = StyleCode(np.array([smile, brow], np.float32))
        pose = lines[0].motion.mean(axis=0)
        pose[[SMILE, BROW]] += code.mean
        references.append(StyleReference(name, emotion, code, pose))
    spoken = [SpokenLine(one.clip, "stage", one.samples) for one in lines]
    rows = RowFile(folder / "style.jsonl")
    run_style_shift(animator, spoken, references, mesh, rows)
    return analyse_style_shift(rows.rows, references, mesh)[space]


@pytest.mark.parametrize("space", ["code", "landmarks", "arkit"])
def test_a_face_that_copies_its_reference_arrives(lines, mesh, tmp_path, space):
    shift = shift_of(ScaledAnimator(lines), lines, mesh, tmp_path, space)
    assert shift.projection == pytest.approx((1, 1), abs=0.1)
    assert min(shift.cosine) > 0.9
    assert shift.retrieval_rate == shift.centred_retrieval_rate == 1
    assert shift.pairwise_rate == shift.centred_pairwise_rate == 1
    assert shift.matrix[0, 0] > 0.9 > -0.9 > shift.matrix[0, 1]


def test_a_face_that_goes_half_way_projects_to_a_half_in_the_right_direction(lines, mesh, tmp_path):
    animator = ScaledAnimator(lines)
    animator.gain = 0.5
    shift = shift_of(animator, lines, mesh, tmp_path)
    assert shift.projection == pytest.approx((0.5, 0.5), abs=0.1)
    assert min(shift.cosine) > 0.95


def test_a_face_that_ignores_the_reference_does_not_move_and_finds_it_by_chance(lines, mesh, tmp_path):
    animator = ScaledAnimator(lines)
    animator.gain = 0
    shift = shift_of(animator, lines, mesh, tmp_path)
    assert shift.projection == pytest.approx((0, 0), abs=1e-6)
    assert shift.retrieval_rate == 0.5
    assert np.abs(shift.matrix).max() == pytest.approx(0, abs=1e-6)


def test_a_face_that_does_the_opposite_is_never_right(lines, mesh, tmp_path):
    animator = ScaledAnimator(lines)
    animator.gain = -1
    shift = shift_of(animator, lines, mesh, tmp_path)
    assert max(shift.cosine) < -0.9
    assert shift.centred_retrieval_rate == shift.centred_pairwise_rate == 0
    assert shift.matrix[0, 0] < -0.9


def test_built_in_styles_take_the_mean_face_of_recordings_of_their_emotion(lines):
    happy = [perform("h1", smile=2).motion, perform("h2", smile=4).motion]
    codes = {"happy": StubAnimator([]).encode_style(Motion(happy[0])), "elated": StyleCode(np.zeros(2, "f4"))}
    (reference,) = mean_references({"happy": happy}, codes)
    assert reference.name == "built-in happy"
    assert reference.pose[SMILE] == pytest.approx(3)
