"""The front door tells files apart by what they hold; FACEGOOD weights move the mouth alone."""

from fractions import Fraction

import numpy as np
import pytest

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES
from msmd.face.expression_space import load_expression_space
from msmd.face.motion_file import save_motion
from msmd.face.readers.any_curves import looks_like_curves, read_curves
from msmd.face.readers.facegood import arkit_of_facegood, read_facegood


def test_a_motion_file_is_read_as_it_is(tmp_path):
    values = np.random.default_rng(0).normal(size=(5, 67)).astype(np.float32)
    save_motion(tmp_path / "m.npz", Motion(values, Fraction(25)))
    np.testing.assert_array_equal(read_curves(tmp_path / "m.npz").values, values)


def test_a_live_link_take_is_known_by_its_columns(tmp_path):
    names = ["Timecode", "BlendShapeCount", *(name[0].upper() + name[1:] for name in ARKIT_NAMES)]
    rows = [[f"00:00:00:{frame:02d}.000", "61", *["0.0"] * 52] for frame in range(3)]
    for row in rows:
        row[2 + ARKIT_NAMES.index("jawOpen")] = "0.5"
    path = tmp_path / "curves.txt"
    path.write_text("\n".join(",".join(row) for row in [names, *rows]))
    motion = read_curves(path)
    assert (motion.fps, motion.num_frames) == (60, 3)
    opened = load_expression_space().decode(motion.expression)[0]
    assert opened[13, 1] - opened[14, 1] > 5


def test_facegood_weights_are_known_and_move_the_mouth_alone(tmp_path):
    weights = np.zeros((4, 116), np.float32)
    weights[:, 74] = 0.5
    np.savez(tmp_path / "a.npz", weights=weights)
    motion = read_curves(tmp_path / "a.npz")
    assert motion.fps == 30
    moved = load_expression_space().decode(motion.expression)[0]
    assert moved[13, 1] - moved[14, 1] > 5
    assert np.abs(moved[[105, 334]]).max() < 1


def test_facegood_weights_go_where_the_table_says():
    weights = np.zeros((1, 116), np.float32)
    weights[0, [53, 42, 64, 0]] = 0.3, 0.7, 0.4, 1.0
    arkit = dict(zip(ARKIT_NAMES, arkit_of_facegood(weights)[0], strict=True))
    assert arkit["mouthSmileLeft"] == pytest.approx(0.3)
    assert arkit["mouthFunnel"] == pytest.approx(0.7)
    assert arkit["mouthPucker"] == pytest.approx(0.4)
    assert arkit["browDownLeft"] == 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"other": np.zeros(3)}, "no .npz file with an array"),
        ({"weights": np.zeros((3, 5))}, "are needed"),
        ({"weights": np.full((3, 116), np.nan)}, "NaN"),
        ({"weights": np.zeros((0, 116))}, "empty"),
    ],
)
def test_other_archives_are_told(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FormatError, match=message):
        read_facegood(tmp_path / "a.npz")


def test_an_unknown_table_and_a_missing_file_are_told(tmp_path):
    (tmp_path / "a.csv").write_text("time,value\n0,1\n")
    with pytest.raises(FormatError, match=r"its columns: time, value"):
        read_curves(tmp_path / "a.csv")
    with pytest.raises(FormatError, match="there is no file"):
        read_curves(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("content", "curves"),
    [
        (b"Timecode,BlendShapeCount\n", True),
        ("\ufeffa;b\n1;2\n".encode(), True),
        (b'{"names": []}', True),
        (b"PK\x03\x04rest", True),
        (b"\x1f\x8b\x08rest", True),
        (b"\x00\x00\x00\x20ftypisom", False),
        (b"\x1aE\xdf\xa3\x01\x00matroska", False),
        (b"\xff\xfb\x90\x64mp3", False),
        (b"", False),
    ],
)
def test_curves_are_told_from_videos_by_their_first_bytes(tmp_path, content, curves):
    (tmp_path / "file").write_bytes(content)
    assert looks_like_curves(tmp_path / "file") is curves
    assert not looks_like_curves(tmp_path / "absent")
