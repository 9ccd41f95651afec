"""Live Link Face takes: columns by name, rates from timecodes."""

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES
from msmd.face.readers.livelink import read_livelink

ANGLES = ("HeadYaw", "HeadPitch", "HeadRoll")


def pascal(name: str) -> str:
    return name[0].upper() + name[1:]


def timecode(frame: float, base: int = 60) -> str:
    seconds, frames = divmod(frame, base)
    return f"10:00:{int(seconds):02d}:{frames:06.3f}"


def write_take(path: Path, frames: list[float], names=(*ARKIT_NAMES, *ANGLES), base: int = 60) -> Path:
    lines = [",".join(["Timecode", "BlendShapeCount", *map(pascal, names)])]
    for number, frame in enumerate(frames):
        values = [f"{number / 1000 + column / 100:.4f}" for column in range(len(names))]
        lines.append(",".join([timecode(frame, base), "61", *values]))
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["take.csv", "take.csv.gz"])
def test_weights_come_in_the_order_of_the_52_names(tmp_path, name):
    names = (*reversed(ARKIT_NAMES), *ANGLES)
    take = read_livelink(write_take(tmp_path / name, list(range(3)), names))
    np.testing.assert_allclose(take.weights[0, ::-1], np.arange(52) / 100, atol=1e-6)
    assert take.fps == 60


def test_head_yaw_changes_its_sign_and_the_angles_their_order(tmp_path):
    head = read_livelink(write_take(tmp_path / "take.csv", [0, 1])).head_rotation
    np.testing.assert_allclose(head[0], [0.53, -0.52, 0.54], atol=1e-6)


def test_a_take_without_head_angles_holds_the_head_still(tmp_path):
    head = read_livelink(write_take(tmp_path / "take.csv", [0, 1], ARKIT_NAMES)).head_rotation
    assert not head.any()


def test_missing_columns_are_all_named(tmp_path):
    names = [name for name in ARKIT_NAMES if name not in ("jawOpen", "tongueOut")]
    with pytest.raises(FormatError, match="2 of 53 columns: jawOpen, tongueOut"):
        read_livelink(write_take(tmp_path / "take.csv", [0, 1], names))


def test_the_rate_is_that_of_the_timecodes(tmp_path):
    fps = read_livelink(write_take(tmp_path / "take.csv", list(range(120)), base=30)).fps
    assert fps == 30
    frames = [number * 60 / 59.94 for number in range(300)]
    fps = read_livelink(write_take(tmp_path / "take.csv", frames)).fps
    assert fps == Fraction(60000, 1001)


def test_lost_frames_are_interpolated(tmp_path):
    take = read_livelink(write_take(tmp_path / "take.csv", [0, 1, 2, 5, 6, 7]))
    assert (take.fps, take.num_frames) == (60, 8)
    # rows 2 and 3 are 3 frames apart: frame 3 is a third of the way
    np.testing.assert_allclose(take.weights[3, 0], 0.002 + 0.001 / 3, atol=1e-5)


def test_time_may_pass_midnight_but_not_run_backwards(tmp_path):
    path = write_take(tmp_path / "take.csv", [0, 1])
    text = path.read_text().replace("10:00:00:00", "23:59:59:59").replace("10:00:00:01", "00:00:00:00")
    path.write_text(text)
    assert read_livelink(path).num_frames == 2
    with pytest.raises(FormatError, match="not after the one before"):
        read_livelink(write_take(path, [3, 2]))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("0.0100", "nan"), "not a finite number"),
        (lambda text: text.replace("0.0100", "much"), "Numbers are needed"),
        (lambda text: text[:-40], "cut short"),
        (lambda text: text.replace("10:00", "ten"), "is not HH:MM:SS:FF"),
        (lambda text: text.split("\n")[0], "no rows"),
    ],
)
def test_damage_is_told(tmp_path, damage, message):
    path = write_take(tmp_path / "take.csv", [0, 1])
    path.write_text(damage(path.read_text()))
    with pytest.raises(FormatError, match=message):
        read_livelink(path)


def test_a_missing_file_and_a_broken_gzip_are_told(tmp_path):
    with pytest.raises(FormatError, match="cannot read"):
        read_livelink(tmp_path / "absent.csv")
    path = write_take(tmp_path / "take.csv.gz", [0, 1])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FormatError, match="damaged gzip"):
        read_livelink(path)


def test_real_takes_run_just_below_60_frames_a_second(data_folder):
    for path in sorted((data_folder / "livelink").iterdir()):
        take = read_livelink(path)
        assert 59.8 < take.fps < 60
        assert len(take.weights) == len(take.head_rotation) > 1800


def test_the_time_of_day_is_kept(tmp_path):
    assert read_livelink(write_take(tmp_path / "take.csv", [0, 1])).start_seconds == 36000
