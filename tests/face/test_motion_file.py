from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.animation import Motion
from msmd.core.errors import FormatError, OutputError
from msmd.face.motion_file import load_motion, load_raw_landmarks, save_motion
from msmd.face.raw_landmarks import RawLandmarks


@pytest.fixture
def motion() -> Motion:
    values = np.random.default_rng(0).normal(size=(30, 67)).astype(np.float32)
    return Motion(values, Fraction(30000, 1001), {"source": "clip.mp4", "neutral": "the frames around 3.2 s"})


def change(path: Path, **entries: object) -> None:
    with np.load(path) as archive:
        kept = dict(archive)
    np.savez(path, **(kept | entries))  # type: ignore[arg-type]


def test_motion_comes_back_as_it_was(tmp_path: Path, motion: Motion) -> None:
    save_motion(tmp_path / "clip.npz", motion)
    again = load_motion(tmp_path / "clip.npz")
    np.testing.assert_array_equal(again.values, motion.values)
    assert again.fps == motion.fps
    assert again.origin == motion.origin


def test_landmarks_come_back_as_they_were(tmp_path: Path, motion: Motion) -> None:
    landmarks = np.random.default_rng(1).random((5, 478, 3)).astype(np.float32)
    landmarks[2] = np.nan
    raw = RawLandmarks(landmarks, np.array([0.0, 0.033, 0.07, 0.1, 0.2]), 640, 480)
    save_motion(tmp_path / "clip.npz", motion, raw)
    again = load_raw_landmarks(tmp_path / "clip.npz")
    np.testing.assert_array_equal(again.landmarks, landmarks)
    np.testing.assert_array_equal(again.times_seconds, raw.times_seconds)
    assert (again.width, again.height) == (640, 480)
    assert again.found.tolist() == [True, True, False, True, True]
    load_motion(tmp_path / "clip.npz")


def test_what_the_pictures_showed_comes_back_to_the_same_encoder_alone(
    tmp_path: Path, motion: Motion
) -> None:
    looks = np.random.default_rng(2).normal(size=(4, 144)).astype(np.float32)
    landmarks, times = np.zeros((4, 478, 3), np.float32), np.arange(4) / 25
    path = tmp_path / "clip.npz"
    save_motion(path, motion, RawLandmarks(landmarks, times, 640, 480, looks=looks))
    again = load_raw_landmarks(path)
    assert again.looks is not None
    np.testing.assert_array_equal(again.looks, looks)
    change(path, looks_of=np.array("another one"))
    assert load_raw_landmarks(path).looks is None


def test_a_file_without_landmarks_says_so(tmp_path: Path, motion: Motion) -> None:
    save_motion(tmp_path / "clip.npz", motion)
    with pytest.raises(FormatError, match="keeps no landmarks"):
        load_raw_landmarks(tmp_path / "clip.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip at all", b"PK\x03\x04 but not really"])
def test_files_of_another_kind_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.npz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="cannot be read"):
        load_motion(path)


def test_a_truncated_file_is_refused(tmp_path: Path, motion: Motion) -> None:
    path = tmp_path / "clip.npz"
    save_motion(path, motion)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(FormatError):
        load_motion(path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "clip.npz"
    np.savez(path, format=np.array([object()], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError):
        load_motion(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.npz"):
        load_motion(tmp_path / "none.npz")


def test_another_npz_a_later_version_and_bad_numbers_are_refused(tmp_path: Path, motion: Motion) -> None:
    path = tmp_path / "clip.npz"
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(FormatError, match="not a motion file"):
        load_motion(path)
    for entries, message in (
        ({"version": 2}, "version 2"),
        ({"motion": np.zeros((4, 60), np.float32)}, r"\(4, 60\)"),
        ({"motion": np.full((4, 67), np.nan, np.float32)}, "NaN"),
        ({"fps_denominator": 0}, "makes no sense"),
        ({"origin": "[1, 2"}, "makes no sense"),
    ):
        save_motion(path, motion)
        change(path, **entries)
        with pytest.raises(FormatError, match=message):
            load_motion(path)


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path, motion: Motion) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        save_motion(tmp_path / "file" / "clip.npz", motion)
