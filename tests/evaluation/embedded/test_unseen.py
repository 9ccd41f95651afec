"""The rows of unseen voices: every group has to reach the bar, and a hanging mouth never does."""

import pytest

from msmd.evaluation.embedded.unseen import _closures, _tucked, _widths


def row(voice: str, closed: int, of: int, at_vowels: int = 0) -> dict[str, object]:
    return {
        "voice": voice,
        "aligned": True,
        "closed": [True] * closed + [False] * (of - closed),
        "closed_at_vowels": [True] * at_vowels + [False] * (10 - at_vowels),
        "tucked": [],
        "tucked_at_vowels": [False],
        "spread_mm": [50.0, 51.0, 52.0],
        "rounded_mm": [44.0, 45.0, 46.0],
    }


def test_closures_of_new_words_are_not_made_up_for_by_words_that_were_trained_on():
    found = _closures([row("ljspeech", 4, 10), row("ravdess", 90, 90)])
    assert found.verdict == "falls short"
    assert "new words: 40 % of 10" in found.measured
    assert "held-out actors: 100 % of 90" in found.measured


def test_every_group_that_closes_its_lips_reaches_the_bar():
    assert _closures([row("ljspeech", 9, 10), row("ravdess", 9, 10)]).verdict == "reached"


def test_a_mouth_that_hangs_shut_at_vowels_too_falls_short():
    assert _closures([row("ljspeech", 10, 10, at_vowels=8)]).verdict == "falls short"


def test_a_sound_that_nobody_says_is_not_measured():
    assert _tucked([row("ljspeech", 1, 1)]).verdict == "not measured"


def test_widths_are_compared_within_a_group():
    found = _widths([row("ljspeech", 1, 1)])
    assert found.numbers["new words"]["effect"] == pytest.approx(6)  # type: ignore[index]
    assert found.verdict == "reached"
