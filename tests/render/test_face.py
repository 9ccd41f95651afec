import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.face.rig import load_rig
from msmd.render.face import FaceRenderer, render_frames, rotation_matrices

SIZE = 128
STRAIGHT = np.zeros(3)


@pytest.fixture(scope="module")
def renderer() -> FaceRenderer:
    return FaceRenderer(load_rig(), SIZE)


def face(**weights: float) -> np.ndarray:
    row = np.zeros((1, 52), np.float32)
    for name, value in weights.items():
        row[0, ARKIT_NAMES.index(name)] = value
    return load_rig().vertices(row)[0]


def changed_rows(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return np.flatnonzero((np.abs(one.astype(int) - two).max(2) > 24).any(1)) / SIZE


def test_rotation_is_that_of_the_motion():
    nod, turn, tilt = rotation_matrices(np.eye(3) * 0.2)
    assert (nod @ [0, 0, 1])[1] < 0  # down
    assert (turn @ [0, 0, 1])[0] > 0  # to the subject's left
    assert (tilt @ [0, 1, 0])[0] < 0  # the top of the head to the subject's right


def test_head_is_in_the_middle_and_skin_is_warm(renderer):
    picture = renderer.draw(face(), STRAIGHT).astype(int)
    middle = picture[SIZE * 5 // 16 : SIZE * 3 // 4, SIZE * 3 // 8 : SIZE * 5 // 8].reshape(-1, 3)
    red, green, blue = np.median(middle, 0)
    assert 150 < red < 250
    assert red > green > blue
    assert np.abs(picture[:, :4] - picture[:, -4:]).mean() < 40  # wall on both sides


def test_a_face_at_rest_is_nearly_symmetric(renderer):
    picture = renderer.draw(face(), STRAIGHT).astype(int)
    warm = picture[..., 0] > picture[..., 2] + 12
    assert warm.mean() > 0.15
    assert np.mean(warm != warm[:, ::-1]) < 0.04


def test_the_jaw_changes_the_lower_half_only(renderer):
    rest, jaw = renderer.draw(face(), STRAIGHT), renderer.draw(face(jawOpen=0.6), STRAIGHT)
    rows = changed_rows(rest, jaw)
    assert len(rows) > 5
    assert rows.min() > 0.5


def test_a_blink_changes_the_eyes_only(renderer):
    blink = renderer.draw(face(eyeBlinkLeft=1, eyeBlinkRight=1), STRAIGHT)
    rows = changed_rows(renderer.draw(face(), STRAIGHT), blink)
    assert len(rows) > 3
    assert 0.3 < rows.min() <= rows.max() < 0.55


def test_brows_move_with_the_skin(renderer):
    up = renderer.draw(face(browInnerUp=1, browOuterUpLeft=1, browOuterUpRight=1), STRAIGHT)
    rest = renderer.draw(face(), STRAIGHT)
    area = (slice(SIZE // 4, SIZE * 3 // 8), slice(SIZE // 4, SIZE * 3 // 4))
    rows = np.arange(SIZE // 8)

    def height(picture: np.ndarray) -> float:
        dark = 255 - picture[area].mean(2)
        dark = np.clip(dark - np.median(dark) - 40, 0, None).sum(1)
        return float((dark * rows).sum() / dark.sum())

    assert height(up) < height(rest) - 0.5


def test_turning_left_moves_the_nose_to_the_right_of_the_picture(renderer):
    rest, turned = (renderer.draw(face(), np.array([0, yaw, 0])) for yaw in (0.0, 0.4))
    rows = slice(SIZE * 9 // 16, SIZE * 10 // 16)  # the lips, which are redder than the skin about them

    def middle_of_lips(picture: np.ndarray) -> float:
        red = picture[rows].astype(float)
        redness = np.clip(red[..., 0] - 1.5 * red[..., 1], 0, None).sum(0)
        return float((redness * np.arange(SIZE)).sum() / redness.sum())

    assert middle_of_lips(turned) > middle_of_lips(rest) + SIZE / 32


def test_the_shirt_stays_when_the_head_turns(renderer):
    rest, turned = (renderer.draw(face(), np.array([0.1, yaw, 0.1])) for yaw in (0.0, 0.4))
    for sleeve in (slice(0, SIZE // 5), slice(SIZE * 4 // 5, SIZE)):
        corner = (slice(SIZE * 15 // 16, SIZE), sleeve)
        np.testing.assert_array_equal(turned[corner], rest[corner])


def test_frames_come_in_order_and_are_the_same_every_time(renderer):
    faces = np.stack([face(jawOpen=value) for value in np.linspace(0, 0.6, 7)])
    turns = np.zeros((7, 3))
    frames = list(render_frames(faces, turns, SIZE, renderer))
    assert len(frames) == 7
    assert all(
        np.array_equal(frame, renderer.draw(one, STRAIGHT)) for frame, one in zip(frames, faces, strict=True)
    )
