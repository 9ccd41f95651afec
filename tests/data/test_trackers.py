import builtins
from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import CaptureError
from msmd.data.trackers import mediapipe_mesh
from msmd.data.trackers.follow import follow_largest


def face_at(x: float, y: float, size: float) -> np.ndarray:
    grid = np.random.default_rng(0).random((478, 3)).astype(np.float32)
    return (np.array([x, y, 0], np.float32) + size * (grid - 0.5)).astype(np.float32)


def several(*faces: np.ndarray) -> np.ndarray:
    return np.stack(faces) if faces else np.zeros((0, 478, 3), np.float32)


TIMES = np.arange(50) / 25


def test_one_face_is_followed_and_its_absence_is_nan() -> None:
    faces = [several(face_at(0.5, 0.5, 0.3)) for _ in TIMES]
    faces[7] = several()
    landmarks, num_faces = follow_largest(faces, TIMES)
    assert num_faces == 1
    assert np.flatnonzero(np.isnan(landmarks[:, 0, 0])).tolist() == [7]


def test_the_larger_face_is_followed_whatever_the_order() -> None:
    large, small = face_at(0.3, 0.5, 0.3), face_at(0.7, 0.5, 0.2)
    faces = [several(large, small) if i % 2 else several(small, large) for i in range(50)]
    landmarks, num_faces = follow_largest(faces, TIMES)
    assert num_faces == 2
    np.testing.assert_allclose(landmarks[:, :, 0].mean(axis=1), large[:, 0].mean(), atol=1e-6)


def test_a_face_that_stays_beats_a_larger_one_that_passes() -> None:
    stays, passes = face_at(0.3, 0.5, 0.2), face_at(0.75, 0.5, 0.3)
    faces = [several(passes, stays) if i < 8 else several(stays) for i in range(50)]
    landmarks, num_faces = follow_largest(faces, TIMES)
    assert num_faces == 1, "a third of a second is no second face"
    np.testing.assert_allclose(landmarks[:, 0, 0], stays[0, 0], atol=1e-6)


def test_a_jump_across_the_picture_is_another_face() -> None:
    faces = [several(face_at(0.2 if i < 20 else 0.8, 0.5, 0.2)) for i in range(50)]
    landmarks, num_faces = follow_largest(faces, TIMES)
    assert num_faces == 2
    assert np.isnan(landmarks[:20, 0, 0]).all()
    assert np.isfinite(landmarks[20:, 0, 0]).all()


def test_nothing_seen_is_no_face() -> None:
    landmarks, num_faces = follow_largest([several()] * 50, TIMES)
    assert num_faces == 0
    assert np.isnan(landmarks).all()


def test_without_mediapipe_the_user_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_import = builtins.__import__

    def refuse(name: str, *arguments: object, **options: object) -> object:
        if name == "mediapipe":
            raise ImportError(name)
        return real_import(name, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(mediapipe_mesh, "count_pictures", lambda path: 1)
    with pytest.raises(CaptureError, match=r"msmd\[capture\]"):
        mediapipe_mesh.track_face(tmp_path / "clip.mp4")


def test_the_tracker_says_nothing_on_standard_error(
    data_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mediapipe", reason='needs the extra "capture"')
    raw, warnings = mediapipe_mesh.track_face(data_folder / "grid/video/bbaf2n.mp4")
    assert capfd.readouterr().err == ""
    assert warnings == []
    assert raw.found.all()
    assert (raw.width, raw.height) == (360, 288)
