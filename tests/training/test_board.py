import sys

import numpy as np
import pytest

from msmd.core.errors import MsmdError
from msmd.render.sheet import write_contact_sheet
from msmd.training.board import FOLDER, Board


def read_events(run):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulators.EventAccumulator(str(run / FOLDER))
    events.Reload()
    return events


def test_rows_become_curves_and_a_resumed_run_overwrites_what_was_lost(tmp_path):
    pytest.importorskip("tensorboard")
    first = Board(tmp_path)
    for step in (20, 40, 60):
        first.add_row({"step": step, "total": 1.0, "validation_total": 2.0, "seconds": 3.0})
    Board(tmp_path).add_row({"step": 40, "total": 0.5})
    events = read_events(tmp_path)
    assert [(one.step, one.value) for one in events.Scalars("training/total")] == [(20, 1.0), (40, 0.5)]
    assert set(events.Tags()["scalars"]) == {"training/total", "validation/total", "pace/seconds"}


def test_a_sheet_is_shown_at_its_step(tmp_path):
    pytest.importorskip("tensorboard")
    picture = np.random.default_rng(0).integers(0, 255, (16, 24, 3)).astype(np.uint8)
    write_contact_sheet([("a", [picture])], tmp_path / "sheet.png")
    Board(tmp_path).add_sheet(7, tmp_path / "sheet.png")
    (image,) = read_events(tmp_path).Images("samples")
    assert (image.step, image.width) == (7, 24)


def test_without_tensorboard_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MsmdError, match=r"msmd\[train\]"):
        Board(tmp_path)
