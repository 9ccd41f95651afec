"""Lines judged by their sound alone: a mouth in time passes, one that hangs or is late does not."""

from dataclasses import replace

import numpy as np
import pytest

from msmd.core.animation import StyleCode
from msmd.evaluation.alignment import AlignmentError, Phone, align_phones, middles_of, spell_words
from msmd.evaluation.records import RowFile
from msmd.evaluation.spoken_lines import (
    JFK_TEXT,
    SpokenLine,
    lines_of_recordings,
    load_unseen_lines,
    text_of,
)
from msmd.evaluation.unseen_voices import measure_line, run_unseen_voices, summarize_voices

from .conftest import JAW, StubAnimator, perform


def say_m_twice():
    """Ten frames an open vowel, four frames M, and again; then more than a second of silence."""
    motion = np.zeros((68, 67), np.float32)
    motion[:, JAW] = [*[8] * 10, *[0] * 4, *[8] * 10, *[0] * 4, *[8] * 10, *[0] * 30]
    loudness = np.repeat(np.where(np.arange(68) < 38, 0.5, 0.0), 640)
    samples = (loudness * np.random.default_rng(0).uniform(-1, 1, 68 * 640)).astype(np.float32)
    edges = [0, 10, 14, 24, 28, 38]
    phones = [
        Phone(name, start / 25, end / 25)
        for name, start, end in zip(["AA", "M", "AA", "M", "AA"], edges, edges[1:], strict=False)
    ]
    return motion, samples, phones


def test_a_mouth_in_time_closes_at_m_opens_at_vowels_and_rests_in_silence(mesh):
    row = measure_line(mesh, *say_m_twice())
    assert row["closed"] == [True, True]
    assert row["closed_at_vowels"] == [False, False, False]
    assert row["silent_frames"] == 27
    assert row["resting_rate"] == row["resting_rate_whole"] == 1
    assert row["lip_jitter_in_silence"] == 0
    assert row["seconds"] == pytest.approx(68 / 25)


def test_a_mouth_that_never_stops_fails_everything(mesh):
    motion, samples, phones = say_m_twice()
    motion[:, JAW] = 8
    row = measure_line(mesh, motion, samples, phones)
    assert row["closed"] == [False, False]
    assert row["resting_rate"] == 0


def test_a_mouth_half_a_cycle_late_closes_at_vowels_instead(mesh):
    motion, samples, phones = say_m_twice()
    row = measure_line(mesh, np.roll(motion, 7, axis=0), samples, phones)
    assert row["closed"] == [False, False]
    assert any(row["closed_at_vowels"])


def test_closures_are_pooled_over_the_lines_of_a_voice(mesh):
    good = measure_line(mesh, *say_m_twice())
    rows = [
        {"voice": "v", "style": "calm", **good},
        {
            "voice": "v",
            "style": "calm",
            **good,
            "closed": [False] * 6,
            "silent_frames": 0,
            "resting_rate": None,
        },
    ]
    (entry,) = summarize_voices(rows)
    assert (entry["lines"], entry["bilabials"]) == (2, 8)
    assert entry["closure_rate"] == pytest.approx(2 / 8)
    assert entry["resting_rate"] == 1


def test_lines_run_in_every_style_and_go_on_after_a_stop(mesh, tmp_path):
    performance = perform("one")
    line = SpokenLine("one", "stage", performance.samples, None, performance.motion)
    styles = {"none": None, "smile": StyleCode(np.array([3, 0], np.float32))}
    for expected_calls in (2, 0):
        animator = StubAnimator([performance])
        rows = RowFile(tmp_path / "voices.jsonl")
        run_unseen_voices(animator, [line], styles, mesh, rows)
        assert len(animator.calls) == expected_calls
    assert {row["style"] for row in rows.rows} == {"none", "smile", "recorded"}


def test_words_are_spelled_without_punctuation():
    assert spell_words('the "forty-two line Bible", don\u2019t') == [
        "the",
        "forty",
        "two",
        "line",
        "bible",
        "don't",
    ]


def test_digits_and_nonsense_are_refused():
    with pytest.raises(AlignmentError, match="digits"):
        align_phones(np.zeros(16000, np.float32), "number 9")
    with pytest.raises(AlignmentError, match="nothing to align"):
        align_phones(np.zeros(16000, np.float32), "...")


def test_phones_of_a_famous_line_fall_where_they_are_said(data_folder):
    pytest.importorskip("pocketsphinx", reason="alignment comes with the extra evaluate")
    lines = {line.name: line for line in load_unseen_lines(data_folder)}
    line = lines["jfk_1961"]
    phones = align_phones(line.samples, JFK_TEXT)
    starts = [phone.start_seconds for phone in phones]
    assert starts == sorted(starts)
    assert [phone.name for phone in phones].count("M") == 2
    # "not" ends before a long pause; its phones must lie in sound, the pause in silence.
    silence = max(
        (phone for phone in phones if phone.name == "SIL"), key=lambda p: p.end_seconds - p.start_seconds
    )
    level = np.abs(line.samples)
    quiet = level[int(silence.start_seconds * 16000) + 1600 : int(silence.end_seconds * 16000) - 1600]
    assert quiet.mean() < 0.3 * level.mean()
    with pytest.raises(AlignmentError, match="do not fit"):
        align_phones(line.samples[:16000], JFK_TEXT)


def test_words_of_recordings_come_from_their_corpus():
    grid = replace(perform("grid/bbaf2n"), corpus="grid")
    acted = replace(perform("ravdess/01-03-01-02-01-24"), corpus="ravdess", sentence="02")
    mute = replace(grid, has_lips=False)
    window = replace(grid, clip="grid/bbaf2n@0")
    texts = [line.text for line in lines_of_recordings([grid, acted, mute, window])]
    assert texts == ["bin blue at f two now", "dogs are sitting by the door"]


def test_the_letters_of_a_grid_name_spell_what_its_word_times_say(data_folder):
    for path in sorted((data_folder / "grid" / "align").glob("*.align")):
        words = [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines()]
        said = " ".join(word for word in words if word not in {"sil", "sp"})
        assert text_of(replace(perform(f"grid/{path.stem}"), corpus="grid")) == said


def test_the_words_of_an_acted_line_are_known_by_its_statement_or_by_the_dataset():
    acted = replace(perform("ravdess/01-01-03-01-01-01-09"), corpus="ravdess")
    assert text_of(replace(acted, sentence="01")) == "kids are talking by the door"
    assert text_of(replace(acted, sentence="Dogs are sitting by the door")) == "Dogs are sitting by the door"
    assert text_of(replace(acted, sentence="unknown")) is None


def test_a_vowel_beside_a_closed_sound_is_no_control():
    phones = [Phone("M", 0.0, 0.1), Phone("AA", 0.1, 0.2), Phone("K", 0.2, 0.5), Phone("AA", 0.5, 0.7)]
    assert middles_of(phones, frozenset({"AA"})) == pytest.approx([0.15, 0.6])
    assert middles_of(phones, frozenset({"AA"}), frozenset({"M"}), 0.1) == pytest.approx([0.6])
