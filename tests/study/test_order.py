"""Orders are drawn for each participant and trial, and drawn again alike."""

import numpy as np

from msmd.study.design import ANCHOR
from msmd.study.order import pages_of


def shape(pages):
    return [(page.trial.id, [item.system for item in page.characters.values()]) for page in pages]


def test_a_participant_always_sees_the_same(study):
    assert shape(pages_of(study, "style", 5)) == shape(pages_of(study, "style", 5))


def test_everybody_sees_every_trial_once_after_the_practice(study):
    for number in range(1, 20):
        pages = pages_of(study, "lips", number)
        assert pages[0].trial.id == "practice"
        assert sorted(page.trial.id for page in pages[1:]) == ["t01", "t02"]
        for page in pages[1:]:
            assert sorted(item.system for item in page.characters.values()) == [ANCHOR, "ours", "rival"]


def test_no_letter_tells_the_system(study):
    """Over 600 pages each system stands at each of the three letters about 200 times."""
    counts = np.zeros((3, 3))
    names = [ANCHOR, "ours", "rival"]
    for number in range(300):
        for page in pages_of(study, "style", number)[1:]:
            for place, item in enumerate(page.characters.values()):
                counts[names.index(item.system), place] += 1
    assert np.abs(counts - 200).max() < 5 * np.sqrt(200 * 2 / 3)


def test_trials_come_in_another_order_for_others(study):
    first = [pages_of(study, "style", number)[1].trial.id for number in range(40)]
    assert 5 < first.count("t01") < 35
