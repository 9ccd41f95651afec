"""Who speaks in whose manner: matching and contrasting references."""

from dataclasses import replace

import numpy as np
import pytest

from msmd.evaluation.pairing import cut_window, pair_with_contrasts, pair_with_references

from .conftest import perform


def as_pairs(clips):
    return {clip.target.clip: clip.reference.clip for clip in clips}


def test_a_long_clip_is_cut_into_windows_that_are_each_others_references():
    long = perform("a", frames=260)
    assert as_pairs(pair_with_references([long], 80)) == {"a@0": "a@80", "a@80": "a@160", "a@160": "a@80"}


def test_windows_of_target_and_reference_never_overlap_and_keep_their_sound():
    long = perform("a", frames=230)
    for clip in pair_with_references([long], 75):
        starts = [int(one.clip.split("@")[1]) for one in (clip.target, clip.reference)]
        assert abs(starts[0] - starts[1]) == 75
        assert len(clip.target.samples) == 640 * len(clip.target.motion) == 640 * 75
    window = cut_window(long, 75, 75)
    np.testing.assert_array_equal(window.motion, long.motion[75:150])
    np.testing.assert_array_equal(window.samples, long.samples[75 * 640 : 150 * 640])


def test_clips_shorter_than_two_windows_take_another_clip():
    clips = [perform("a", seed=1, frames=199), perform("b", seed=2), perform("c", "other")]
    assert as_pairs(pair_with_references(clips)) == {"a": "b", "b": "a"}


def test_a_reference_too_short_to_show_a_style_is_not_taken():
    clips = [perform("a", seed=1), perform("b", seed=2, frames=20)]
    assert as_pairs(pair_with_references(clips)) == {"b": "a"}


@pytest.fixture
def actors():
    return [
        perform(f"{speaker}{emotion}{number}", speaker, emotion, 10 * index + number)
        for index, (speaker, emotion) in enumerate([("a", "happy"), ("a", "sad"), ("b", "angry")])
        for number in (1, 2)
    ]


def test_a_contrasting_reference_is_the_same_actor_in_another_emotion(actors):
    contrasts = pair_with_contrasts(actors, pair_with_references(actors))
    assert {clip.condition for clip in contrasts} == {"contrasting"}
    of_a = [clip for clip in contrasts if clip.target.speaker == "a"]
    assert len(of_a) == 4
    for clip in of_a:
        assert clip.reference.speaker == "a"
        assert {clip.target.emotion, clip.reference.emotion} == {"happy", "sad"}


def test_who_acts_one_emotion_only_is_contrasted_with_someone_who_acts_another(actors):
    calm = [replace(one, speaker="c", emotion="neutral") for one in (perform("c1"), perform("c2", seed=1))]
    company = [*actors, *calm]
    contrasts = pair_with_contrasts(company, pair_with_references(company))
    references = {clip.reference.emotion for clip in contrasts if clip.target.speaker in "bc"}
    assert references <= {"happy", "sad", "angry"}
    assert all(
        clip.reference.speaker != clip.target.speaker for clip in contrasts if clip.target.speaker in "bc"
    )


def test_a_face_seen_in_part_is_no_contrast(actors):
    blind = [replace(one, has_upper_face=one.emotion != "sad") for one in actors]
    contrasts = pair_with_contrasts(blind, pair_with_references(blind))
    assert "sad" not in {clip.reference.emotion for clip in contrasts}


def test_more_targets_change_no_earlier_pair(actors):
    targets = pair_with_references(actors)
    few, all_of_them = pair_with_contrasts(actors, targets[:2]), pair_with_contrasts(actors, targets)
    assert as_pairs(few).items() <= as_pairs(all_of_them).items()
