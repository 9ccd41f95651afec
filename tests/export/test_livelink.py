import csv
from fractions import Fraction

import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.export.livelink import HEADER, eye_angles, head_angles, timecode, write_livelink_curves
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.arkit_weights import arkit_of_motion


def seconds_of(text: str) -> float:
    hours, minutes, seconds, frames = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(frames) / 60


@pytest.fixture
def rows(make_animation, tmp_path):
    write_livelink_curves(ArkitCurves.of_motion(make_animation().motion), tmp_path / "take.csv")
    with (tmp_path / "take.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_has_61_values_under_the_names_of_apple(rows):
    header = list(rows[0])
    assert header[:4] == ["Timecode", "BlendShapeCount", "EyeBlinkLeft", "EyeLookDownLeft"]
    assert [name[0].lower() + name[1:] for name in header[2:54]] == list(ARKIT_NAMES)
    assert header[54:57] == ["HeadYaw", "HeadPitch", "HeadRoll"]
    assert all(row["BlendShapeCount"] == "61" and len(row) == 63 for row in rows)


def test_curves_come_out_as_they_went_in(rows, make_animation):
    weights = arkit_of_motion(make_animation().motion)
    written = [[float(row[name[0].upper() + name[1:]]) for name in ARKIT_NAMES] for row in rows]
    np.testing.assert_allclose(written, weights, atol=1e-6)


def test_yaw_to_the_left_is_negative_in_the_file_and_a_nod_is_positive(rows):
    assert float(rows[-1]["HeadYaw"]) == pytest.approx(0.3, abs=1e-6)  # ours is -0.3: to the right
    assert float(rows[-1]["HeadPitch"]) == pytest.approx(0.1, abs=1e-6)
    assert float(rows[-1]["HeadRoll"]) == pytest.approx(0.2, abs=1e-6)
    assert head_angles(np.array([[0.1, 0.2, 0.3]])).tolist() == [[-0.2, 0.1, 0.3]]


def test_eyes_that_look_to_the_subjects_right_have_positive_yaw():
    weights = np.zeros((1, 52))
    weights[0, ARKIT_NAMES.index("eyeLookInLeft")] = weights[0, ARKIT_NAMES.index("eyeLookOutRight")] = 0.5
    left_yaw, _, _, right_yaw, _, _ = eye_angles(weights)[0]
    assert left_yaw == right_yaw > 0


def test_header_and_eye_signs_are_those_of_real_takes(data_folder):
    path = data_folder / "livelink" / "angry_MySlate_164_iPhone_cal.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [name.lower() for name in rows[0]] == [name.lower() for name in HEADER]
    capital = [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    weights = np.array([[float(row[name]) for name in capital] for row in rows])
    ours = eye_angles(weights)
    for column, name in ((0, "LeftEyeYaw"), (1, "LeftEyePitch"), (3, "RightEyeYaw"), (4, "RightEyePitch")):
        theirs = [float(row[name]) for row in rows]
        assert np.corrcoef(ours[:, column], theirs)[0, 1] > 0.9


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)])
def test_timecode_does_not_drift_in_an_hour(fps):
    for frame in (0, 1, 29, 30, 1799, 1800, round(3600 * fps)):
        assert abs(seconds_of(timecode(frame, fps)) - float(frame / fps)) <= 1 / 100_000


def test_timecode_never_shows_sixty_frames():
    assert timecode(15000, Fraction(25)) == "00:10:00:00.000"
    assert timecode(30, Fraction(30000, 1001)) == "00:00:01:00.060"
    fractions = [timecode(frame, Fraction(24000, 1001)).rsplit(":", 1)[1] for frame in range(2000)]
    assert max(map(float, fractions)) < 60
