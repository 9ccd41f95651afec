"""The chain of stages: nothing is made twice, nothing goes on with what does not belong."""

import json

import pytest

from msmd.core.errors import MsmdError
from msmd.training.embedded_bundle import STAGES_NAME, Stage, list_stages, run_stages


def chain(made: list[str], settings: int = 1, breaks: str = "") -> list[Stage]:
    def make(name: str) -> None:
        if name == breaks:
            raise KeyboardInterrupt
        made.append(name)

    return [Stage(name, {"size": settings}, lambda name=name: make(name)) for name in ("a", "b", "c")]


def test_broken_off_it_goes_on_behind_the_last_stage_that_was_done(tmp_path):
    made: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run_stages(chain(made, breaks="b"), tmp_path, print)
    assert made == ["a"]
    told: list[str] = []
    run_stages(chain(made), tmp_path, told.append)
    assert made == ["a", "b", "c"]
    assert told[0] == "a: is there"
    run_stages(chain(made), tmp_path, print)
    assert made == ["a", "b", "c"]


def test_what_was_made_with_other_settings_is_refused_before_anything_is_made(tmp_path):
    made: list[str] = []
    run_stages(chain(made)[:2], tmp_path, print)
    with pytest.raises(MsmdError, match=r"made with \{'size': 1\}, not with \{'size': 2\}"):
        run_stages(chain(made, settings=2), tmp_path, print)
    assert made == ["a", "b"]


def test_a_stage_that_was_broken_off_goes_on_with_its_own_settings_only(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_stages(chain([], breaks="a"), tmp_path, print)
    with pytest.raises(MsmdError, match="made with"):
        run_stages(chain([], settings=2), tmp_path, print)
    made: list[str] = []
    run_stages(chain(made), tmp_path, print)
    assert made == ["a", "b", "c"]


def test_hours_and_settings_of_each_stage_are_kept(tmp_path):
    run_stages(chain([]), tmp_path, print)
    kept = json.loads((tmp_path / STAGES_NAME).read_text())
    assert list(kept) == ["a", "b", "c"]
    assert kept["a"]["settings"] == {"size": 1} and kept["a"]["hours"] >= 0


def test_a_damaged_record_of_stages_is_an_error_and_not_a_new_beginning(tmp_path):
    (tmp_path / STAGES_NAME).write_text("{")
    with pytest.raises(MsmdError, match="cannot be read"):
        run_stages(chain([]), tmp_path, print)


def test_recordings_that_are_not_there_are_told_before_anything_begins(tmp_path):
    with pytest.raises(MsmdError, match="nowhere is not a folder"):
        list_stages(tmp_path / "nowhere", tmp_path / "work")


@pytest.mark.parametrize(
    "given",
    [
        {"preset": "embeded"},
        {"preset": "msmd-paper"},
        {"copies": 99},
        {"performed_minutes": 0.0},
        {"threads": 0},
        {"steps": 0},
        {"workers": -1},
    ],
    ids=str,
)
def test_what_no_stage_could_work_with_is_told_before_anything_begins(tmp_path, given):
    with pytest.raises(MsmdError):
        list_stages(tmp_path, tmp_path / "work", **given)


def test_the_stages_are_those_of_the_documentation(tmp_path):
    names = [stage.name for stage in list_stages(tmp_path, tmp_path / "work")]
    assert names == ["curated", "audio_encoder", "voiced", "dataset", "run", "bundle"]
