"""Rows survive a kill, and never mix with those of another model."""

import json

import pytest

from msmd.core.errors import MsmdError
from msmd.evaluation.records import RowFile, open_folder, write_json


def test_rows_come_back_and_missing_values_are_null(tmp_path):
    rows = RowFile(tmp_path / "a.jsonl")
    rows.append("clip/model", {"clip": "clip", "mve": 1.5, "lag": float("nan"), "closed": [True, False]})
    again = RowFile(tmp_path / "a.jsonl")
    assert "clip/model" in again
    assert again.rows == [
        {"key": "clip/model", "clip": "clip", "mve": 1.5, "lag": None, "closed": [True, False]}
    ]


def test_a_row_cut_short_by_a_kill_is_done_again(tmp_path):
    path = tmp_path / "a.jsonl"
    RowFile(path).append("one", {"mve": 1.0})
    path.write_text(path.read_text() + '{"key": "two", "mv')
    rows = RowFile(path)
    assert "one" in rows
    assert "two" not in rows
    rows.append("two", {"mve": 2.0})
    assert [row["key"] for row in RowFile(path).rows] == ["one", "two"]


def test_a_folder_goes_on_with_the_same_model_and_refuses_another(tmp_path):
    open_folder(tmp_path / "out", {"bundle": "abc"})
    open_folder(tmp_path / "out", {"bundle": "abc"})
    with pytest.raises(MsmdError, match="another model"):
        open_folder(tmp_path / "out", {"bundle": "def"})


def test_json_holds_no_nan(tmp_path):
    write_json(tmp_path / "a.json", {"x": [float("nan"), 1.0], "name": "é"})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": [None, 1.0], "name": "é"}
