"""The performer's lines in its tables."""

import numpy as np

from msmd.evaluation.alignment import Phone
from msmd.evaluation.mouth_shapes import voice_row
from msmd.evaluation.performer import timed, voices_table
from msmd.evaluation.protocol import load_face_mesh


def test_a_voice_row_becomes_a_line_of_the_table() -> None:
    phones = [Phone("SIL", 0.0, 0.2), Phone("F", 0.2, 0.4), Phone("IY", 0.4, 0.6), Phone("UW", 0.6, 0.8)]
    row = voice_row(load_face_mesh(), np.zeros((20, 67), np.float32), np.zeros(20 * 640, np.float32), phones)
    assert row["tucked"] == [False] and len(row["rounded_mm"]) == len(row["spread_mm"]) == 1  # type: ignore[arg-type]
    table = voices_table([{"line": "a", "voice": "v", "style": "s", **row}])
    assert "0% of 1" in table.splitlines()[2]


def test_an_alignment_keeps_its_times() -> None:
    one = timed([Phone("AA", 0.1, 0.3)])[0]
    assert (one.name, one.start_seconds, one.end_seconds, one.stressed) == ("AA", 0.1, 0.3, None)
