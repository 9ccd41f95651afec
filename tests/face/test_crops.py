"""Pictures made of numbers: every pixel knows where on the rig's face it is."""

import numpy as np
import pytest

from msmd.face.crops import (
    CROP_COLUMNS,
    CROP_ROWS,
    NUM_DESCRIPTORS,
    cut_crops,
    describe_crops,
    mirrored_descriptors,
)
from msmd.face.rig import load_rig

SIDE = 400


def place(size: float = 1.4, turn: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Landmarks of the rig at rest in a picture: pixels per mm, roll in radians, shift in pixels."""
    marks = load_rig().landmark_neutral.astype(np.float64)
    flat = marks[:, :2] - marks[:, :2].mean(axis=0)
    cos, sin = np.cos(turn), np.sin(turn)
    turned = flat @ np.array([[cos, sin], [-sin, cos]]) * size
    pixels = np.stack([SIDE / 2 + turned[:, 0] + shift[0], SIDE / 2 - turned[:, 1] + shift[1]], axis=1)
    return np.column_stack([pixels / SIDE, -marks[:, 2] * size / SIDE]).astype(np.float32)


def paint(landmarks: np.ndarray, marked: list[int], radius: float = 6.0) -> np.ndarray:
    """Grey, with a bright spot at each of some landmarks."""
    y, x = np.mgrid[:SIDE, :SIDE]
    picture = np.full((SIDE, SIDE), 60.0)
    for at in landmarks[marked, :2] * SIDE:
        picture += 150 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * radius**2))
    return np.repeat(picture.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def brightest(crop: np.ndarray) -> tuple[int, int]:
    row, column = np.unravel_index(crop.argmax(), crop.shape)
    return int(row), int(column)


def test_a_mole_stays_where_it_is_in_its_crop_whatever_the_pose() -> None:
    mole = [105]  # on the right brow
    straight = brightest(cut_crops(paint(place(), mole), place())[0])
    for pose in ({"turn": 0.4}, {"size": 1.1}, {"shift": (40.0, -25.0)}):
        moved = brightest(cut_crops(paint(place(**pose), mole), place(**pose))[0])
        assert np.abs(np.subtract(moved, straight)).max() <= 2


def test_the_left_eye_is_shown_as_a_right_one() -> None:
    picture = paint(place(), [105, 334])
    right, left, _ = cut_crops(picture, place()).astype(int)
    assert np.abs(right - left).mean() < 4


def test_brows_are_up_and_the_chin_is_down() -> None:
    assert brightest(cut_crops(paint(place(), [105]), place())[0])[0] < CROP_ROWS / 3
    assert brightest(cut_crops(paint(place(), [17]), place())[2])[0] > CROP_ROWS / 2
    assert abs(brightest(cut_crops(paint(place(), [17]), place())[2])[1] - CROP_COLUMNS / 2) < 3


@pytest.mark.parametrize("shift", [(170.0, 0.0), (0.0, 180.0), (-2000.0, 0.0)])
def test_a_face_beyond_the_edge_of_the_picture_repeats_it(shift: tuple[float, float]) -> None:
    landmarks = place(shift=shift)
    crops = cut_crops(np.full((SIDE, SIDE, 3), 90, np.uint8), landmarks)
    assert (crops == 90).all()


def test_a_large_face_is_averaged_and_does_not_glitter() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 1), np.uint8).repeat(3, axis=2)
    small, large = cut_crops(noise, place(0.5)), cut_crops(noise, place(6.0))
    assert large.std() > 0 and small.std() < 80
    huge = np.random.default_rng(0).integers(0, 255, (4 * SIDE, 4 * SIDE, 1), np.uint8).repeat(3, axis=2)
    assert cut_crops(huge, place()).std() < 0.6 * cut_crops(noise, place(0.7)).std()


def stripes(angle: float) -> np.ndarray:
    """A crop of soft stripes whose edges run across `angle`, radians from the columns' direction."""
    y, x = np.mgrid[:CROP_ROWS, :CROP_COLUMNS]
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) / 2.5)
    return np.broadcast_to((128 + 60 * wave).astype(np.uint8), (1, 3, CROP_ROWS, CROP_COLUMNS)).copy()


def directions(descriptors: np.ndarray) -> np.ndarray:
    """Strength of each of the eight directions in the middle cell of the first crop."""
    return descriptors[0, 0, : 72 * 8].reshape(8, 9, 8)[4, 4]


def test_stripes_are_told_by_their_direction() -> None:
    for k, angle in enumerate(np.pi / 8 * np.arange(8)):
        assert directions(describe_crops(stripes(angle))).argmax() == k


def test_light_and_contrast_of_a_scene_say_nothing() -> None:
    crops = stripes(0.5)
    dim = (crops * 0.5 + 10).astype(np.uint8)
    bright, dark = describe_crops(crops), describe_crops(dim)
    assert np.abs(bright - dark).max() < 0.2 * bright.max()


def test_descriptors_of_a_mirror_image_are_known_without_looking() -> None:
    crops = np.random.default_rng(0).integers(0, 255, (2, 3, 56, 64), np.uint8)
    seen = describe_crops(np.ascontiguousarray(crops[..., ::-1]))
    np.testing.assert_allclose(seen, describe_crops(crops)[..., mirrored_descriptors()], atol=1e-4)


def test_an_empty_crop_has_no_edges() -> None:
    descriptors = describe_crops(np.full((1, 3, 56, 64), 90, np.uint8))
    assert descriptors.shape == (1, 3, NUM_DESCRIPTORS)
    np.testing.assert_array_equal(descriptors, 0)
