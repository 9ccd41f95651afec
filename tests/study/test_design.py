"""A study folder: read as written, checked, and as long as the paper's."""

from dataclasses import replace

import pytest

from msmd.core.errors import FormatError, MsmdError
from msmd.study.design import (
    KINDS,
    PLANNED_MINUTES,
    Item,
    Study,
    Trial,
    Video,
    estimate_minutes,
    load_study,
    verify_media,
)
from msmd.study.systems import check_systems, parse_system


def test_a_study_is_read_as_it_was_written(study_folder, study):
    assert load_study(study_folder) == study


def test_a_video_that_was_changed_is_found(study_folder, study):
    verify_media(study_folder, study)
    path = study_folder / "media" / study.videos()[0].file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError, match="damaged"):
        verify_media(study_folder, study)
    path.unlink()
    with pytest.raises(FormatError, match="missing"):
        verify_media(study_folder, study)


@pytest.mark.parametrize("content", ["", "{}", '{"format": "msmd-study", "version": 1}', "[1]"])
def test_a_file_that_is_no_study_is_refused(tmp_path, content):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(FormatError, match="study build"):
        load_study(tmp_path)


def test_the_papers_ten_trials_of_five_seconds_take_ten_to_fifteen_minutes():
    video = Video("a.mp4", "", 5.0)
    items = tuple(Item(name, video) for name in ("a", "b", "c", "anchor"))
    trial = Trial("t", "matching", "t", video, dict.fromkeys(KINDS, items))
    study = Study("", "", 0, {}, tuple(replace(trial, id=str(n)) for n in range(10)))
    for kind in KINDS:
        assert PLANNED_MINUTES[0] <= estimate_minutes(study, kind) <= PLANNED_MINUTES[1]


def test_a_system_is_a_bundle_and_options():
    system = parse_system("strong=embedded, guidance_style=1.5, steps=4, smooth=no, styled=no")
    assert (system.name, system.bundle, system.styled) == ("strong", None, False)
    assert (system.options.guidance_style, system.options.steps, system.options.smooth) == (1.5, 4, False)
    assert system.describe()["bundle"] == "embedded"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("embedded", "NAME=BUNDLE"),
        ("anchor=embedded", "another name"),
        ("a=embedded,guidance=2", "guidance_style"),
        ("a=embedded,steps=many", "a number"),
        ("a=embedded,smooth=2", "yes or no"),
    ],
)
def test_a_system_that_makes_no_sense_is_refused(text, message):
    with pytest.raises(MsmdError, match=message):
        parse_system(text)


def test_two_names_for_one_system_are_refused():
    twins = [parse_system("a=embedded"), parse_system("b=embedded")]
    with pytest.raises(MsmdError, match="the same"):
        check_systems(twins)
    with pytest.raises(MsmdError, match="its own name"):
        check_systems([twins[0], parse_system("a=embedded,steps=4")])
