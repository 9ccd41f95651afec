"""ARKit weights in JSON as BEAT has it and in plain CSV tables."""

import gzip
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES
from msmd.face.readers.any_curves import read_any, read_curves

BEAT_NAMES = [name for name in sorted(ARKIT_NAMES) if name != "tongueOut"]
"""51, in another order than Apple's."""


def beat(folder: Path, **change) -> Path:
    """A file of BEAT's form; weight i of frame t is (i + t) / 200."""
    content = {
        "names": BEAT_NAMES,
        "frames": [
            {"weights": [(i + t) / 200 for i in range(51)], "time": round(t / 60, 5), "rotation": []}
            for t in range(90)
        ],
    } | change
    path = folder / "beat.json"
    path.write_text(json.dumps(content))
    return path


def test_beats_51_names_go_to_their_places_at_its_rate(tmp_path):
    take = read_any(beat(tmp_path))
    assert (take.fps, take.num_frames) == (60, 90)
    for name in ("jawOpen", "browInnerUp", "eyeBlinkLeft"):
        expected = (BEAT_NAMES.index(name) + 10) / 200
        assert take.weights[10, ARKIT_NAMES.index(name)] == pytest.approx(expected, abs=1e-5)
    assert take.origin["missing_shapes"] == "tongueOut"
    assert not take.weights[:, ARKIT_NAMES.index("tongueOut")].any()


def test_a_beat_file_is_a_motion_under_any_name_and_gzipped(tmp_path):
    path = tmp_path / "curves.dat"
    path.write_bytes(gzip.compress(beat(tmp_path).read_bytes()))
    motion = read_curves(path)
    assert motion.fps == 60
    assert motion.origin["reader"] == "ARKit JSON"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": ["a", "b"]}, "0 of ARKit's 52 shapes"),
        ({"frames": []}, "at least one frame"),
        ({"frames": [{"weights": [0.1], "time": 0.0}]}, "must hold `weights` with 51 numbers"),
        ({"frames": [{"time": 0.0}]}, "must hold `weights`"),
        ({"names": "jawOpen"}, "not a list of names"),
        ({"frames": [{"weights": [float("nan")] * 51, "time": 0.0}]}, "no finite number"),
        (
            {"frames": [{"weights": [0.0] * 51, "time": time} for time in (0.0, 0.1, 0.05)]},
            "not after that of the row before",
        ),
    ],
)
def test_damage_in_json_is_told(tmp_path, change, message):
    with pytest.raises(FormatError, match=message):
        read_any(beat(tmp_path, **change))


def test_json_of_another_form_and_broken_json_are_told(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"settings": 1, "seed": 2}')
    with pytest.raises(FormatError, match=r'without "names" and "frames" \(it holds: settings, seed\)'):
        read_any(path)
    path.write_text('{"names": [')
    with pytest.raises(FormatError, match="no valid JSON"):
        read_any(path)


def table(folder: Path, header: list[str], rows: list[list[float]], separator: str = ",") -> Path:
    path = folder / "curves.csv"
    path.write_text("\n".join(separator.join(map(str, row)) for row in [header, *rows]))
    return path


@pytest.mark.parametrize(
    ("column", "times", "fps"),
    [
        ("time", [0.0, 0.04, 0.08, 0.12], 25),
        ("time_ms", [0.0, 40.0, 80.0, 120.0], 25),
        ("Seconds", [i * 1001 / 30000 for i in range(4)], Fraction(30000, 1001)),
        ("index", [0, 1, 2, 3], 60),
    ],
)
def test_the_rate_of_a_table_is_that_of_its_times(tmp_path, column, times, fps):
    rows = [[time, *np.full(52, 0.25)] for time in times]
    take = read_any(table(tmp_path, [column, *ARKIT_NAMES], rows, ";"))
    assert take.fps == fps
    np.testing.assert_allclose(take.weights, 0.25)


def test_percent_is_told_by_its_size(tmp_path):
    take = read_any(table(tmp_path, list(ARKIT_NAMES), [[50.0] * 52, [100.0] * 52]))
    np.testing.assert_allclose(take.weights[:, 0], [0.5, 1.0])


def test_a_table_of_another_kind_is_told_what_was_looked_for(tmp_path):
    with pytest.raises(FormatError, match=r"Looked for: Live Link Face CSV .*OpenFace CSV.*BEAT.*FLAME"):
        read_any(table(tmp_path, ["time", "value"], [[0, 1]]))
