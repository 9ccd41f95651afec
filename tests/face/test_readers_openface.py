"""OpenFace files: pose, slips, the neutral at action units 0, the code of 68 landmarks, action units."""

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import euler_to_rotation
from msmd.face.readers.action_units import AU_NAMES, arkit_of_action_units, blink, fit_gains, shape_matrix
from msmd.face.readers.landmarks68 import FIRST, MESH_INDEX, code_of_landmarks, find_slips, remove_pose
from msmd.face.readers.openface import estimate_neutral, read_openface, read_track
from msmd.face.readers.table import read_table
from msmd.face.rig import load_rig

FRAMES = 60


def rig_landmarks(weights: np.ndarray) -> np.ndarray:
    """The 68 landmarks of the rig, (frames, 68, 3) mm; the jaw line lies at the chin and is of no use."""
    mesh = load_rig().landmark_neutral + landmarks_of_arkit(weights.astype(np.float32))
    out = np.repeat(mesh[:, 152:153], 68, axis=1).astype(np.float64)
    out[:, FIRST:] = mesh[:, MESH_INDEX]
    return out


def arkit(**weights: float) -> np.ndarray:
    out = np.zeros((FRAMES, 52))
    for name, weight in weights.items():
        out[:, ARKIT_NAMES.index(name)] = weight
    return out


def seen_by_camera(landmarks: np.ndarray, euler: np.ndarray, size: float = 1.1) -> np.ndarray:
    """In OpenFace's camera: x right, y down, z away, the head a metre off."""
    turned = np.einsum("tij,tnj->tni", euler_to_rotation(euler), landmarks * size)
    return (turned + np.array([30.0, -20.0, -1000.0])) * [1, -1, -1]


def write_openface(path: Path, camera: np.ndarray | None, intensities: np.ndarray, separator=", ") -> Path:
    names, columns = ["frame", "timestamp", "confidence"], []
    frames = len(intensities)
    columns += [np.arange(1, frames + 1), np.round(np.arange(frames) * 1001 / 30000, 3), np.ones(frames)]
    if camera is not None:
        for axis, letter in enumerate("XYZ"):
            names += [f"{letter}_{n}" for n in range(68)]
            columns += list(camera[:, :, axis].T)
    names, columns = names + list(AU_NAMES), columns + list(intensities.T)
    text = separator.join(names) + "\n"
    text += "".join(
        separator.join(f"{value:.3f}" for value in row) + "\n" for row in zip(*columns, strict=True)
    )
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def smile_intensities(level: float | np.ndarray) -> np.ndarray:
    intensities = np.zeros((FRAMES, 17))
    intensities[:, AU_NAMES.index("AU12_r")] = level
    return intensities


def smile_of(motion) -> float:
    """mm that the corners of the mouth rise."""
    displacement = load_expression_space().decode(motion.expression)
    return float(displacement[:, [61, 291], 1].mean())


def test_pose_and_size_are_taken_out():
    still = rig_landmarks(arkit())
    euler = np.stack(
        [0.2 * np.sin(np.arange(FRAMES) / 9), 0.3 * np.cos(np.arange(FRAMES) / 7), np.zeros(FRAMES)], 1
    )
    free, rotation = remove_pose(seen_by_camera(still, euler) * [1, -1, -1])
    np.testing.assert_allclose(free[:, FIRST:], still[:, FIRST:], atol=1e-3)
    np.testing.assert_allclose(rotation, euler_to_rotation(euler), atol=1e-5)


def test_a_single_jump_is_found_and_nothing_else():
    landmarks = rig_landmarks(arkit()) + np.arange(FRAMES)[:, None, None] * 1.0
    assert not find_slips(landmarks).any()
    landmarks[20] += 25
    np.testing.assert_array_equal(np.flatnonzero(find_slips(landmarks)), [20])


@pytest.mark.parametrize("shape", ["jawOpen", "mouthPucker", "browInnerUp", "mouthSmileLeft"])
def test_the_code_of_68_landmarks_shows_the_expression(shape):
    weights = arkit(**{shape: 0.6})
    truth = landmarks_of_arkit(weights.astype(np.float32))[0]
    code = code_of_landmarks(rig_landmarks(weights) - rig_landmarks(arkit()))
    found = load_expression_space().decode(code)[0]
    seen = np.linalg.norm(truth, axis=1) > 1
    assert (
        np.linalg.norm(found - truth, axis=1)[seen].mean() < 0.6 * np.linalg.norm(truth, axis=1)[seen].mean()
    )


def test_no_displacement_is_the_neutral_code():
    np.testing.assert_allclose(code_of_landmarks(np.zeros((2, 68, 3))), 0, atol=1e-6)


def test_a_lasting_smile_survives_where_a_clip_mean_would_delete_it(tmp_path):
    level = 2.5
    weights = arkit(mouthSmileLeft=0.2 * level, mouthSmileRight=0.2 * level)
    camera = seen_by_camera(rig_landmarks(weights), np.zeros((FRAMES, 3)))
    motion = read_openface(write_openface(tmp_path / "a.csv", camera, smile_intensities(level)))
    truth = landmarks_of_arkit(weights.astype(np.float32))[0, [61, 291], 1].mean()
    assert abs(smile_of(motion) - truth) < 0.4 * truth
    assert "action units 0" in motion.origin["neutral"]


def test_the_neutral_is_learned_from_how_landmarks_follow_the_units(tmp_path):
    level = 1 + np.sin(np.arange(FRAMES) / 5)
    # this face smiles twice as far for the same intensity as the table says
    weights = arkit() + 0
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        weights[:, ARKIT_NAMES.index(name)] = 0.4 * level
    tracks = []
    for number in range(4):
        camera = seen_by_camera(rig_landmarks(weights), np.zeros((FRAMES, 3)))
        path = write_openface(tmp_path / f"{number}.csv.gz", camera, smile_intensities(level))
        tracks.append(read_track(read_table(path)))
    neutral, truth = estimate_neutral(tracks), rig_landmarks(arkit())[0]
    mean = np.concatenate([track.landmarks for track in tracks]).mean(axis=0)
    corners = [48, 54]
    error = np.linalg.norm(neutral[corners] - truth[corners], axis=1).mean()
    assert error < 0.4 * np.linalg.norm(mean[corners] - truth[corners], axis=1).mean()


def test_a_file_keeps_its_rate_and_its_head(tmp_path):
    euler = np.zeros((FRAMES, 3))
    euler[:, 1] = 0.3 * np.sin(np.arange(FRAMES) / 10)
    camera = seen_by_camera(rig_landmarks(arkit()), euler)
    motion = read_openface(write_openface(tmp_path / "a.csv", camera, smile_intensities(0.0)))
    assert motion.fps == Fraction(30000, 1001)
    assert motion.num_frames == FRAMES
    np.testing.assert_allclose(motion.head_rotation[:, 1], euler[:, 1] - np.median(euler[:, 1]), atol=0.02)
    np.testing.assert_allclose(motion.head_rotation[:, [0, 2]], 0, atol=0.01)


def test_a_slip_of_the_tracker_leaves_no_trace(tmp_path):
    camera = seen_by_camera(rig_landmarks(arkit()), np.zeros((FRAMES, 3)))
    camera[30] += [25, 5, 0]
    motion = read_openface(write_openface(tmp_path / "a.csv", camera, smile_intensities(0.0)))
    assert np.abs(np.diff(motion.values, axis=0)).max() < 0.05


def test_action_units_alone_give_a_smile_and_a_still_head(tmp_path):
    path = write_openface(tmp_path / "a.csv.gz", None, smile_intensities(3.0), separator=";")
    motion = read_openface(path)
    assert smile_of(motion) > 2
    assert not motion.head_rotation.any()


def test_a_blink_is_what_rises_above_the_rest():
    intensity = np.full(50, 0.7)
    intensity[20:24] = 3.0
    np.testing.assert_array_equal(blink(intensity) > 0.9, (np.arange(50) >= 20) & (np.arange(50) < 24))
    assert blink(intensity)[0] == 0


def test_weights_of_action_units_are_bounded():
    weights = arkit_of_action_units(np.full((4, 17), 5.0), np.full(17, 3.0))
    assert weights.max() == 1
    assert weights.min() == 0


def test_gains_are_found_again():
    chance = np.random.default_rng(0)
    intensities, gains = chance.uniform(0, 5, (200, 17)), chance.uniform(0.1, 0.4, 17)
    units = landmarks_of_arkit(shape_matrix())[:, MESH_INDEX].reshape(17, -1).astype(np.float64)
    units += chance.normal(size=units.shape) * 0.5  # tells units apart that move the same landmarks
    np.testing.assert_allclose(
        fit_gains(intensities, (intensities * gains) @ units, units, pull=0.0), gains, rtol=0.02
    )
    assert (fit_gains(intensities, -intensities @ units, units, pull=0.0) >= 0).all()


def test_a_file_that_is_neither_form_is_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("frame, AU01_r, AU02_r\n1, 0.0, 0.0\n")
    with pytest.raises(FormatError, match="lacks AU04_r"):
        read_openface(path)


def test_a_file_without_a_face_is_told(tmp_path):
    camera = seen_by_camera(rig_landmarks(arkit()), np.zeros((FRAMES, 3)))
    path = write_openface(tmp_path / "a.csv", camera, smile_intensities(0.0))
    path.write_text(path.read_text().replace("1.000, ", "0.000, ", 99999))
    with pytest.raises(FormatError, match="face was found in only 0 frames"):
        read_openface(path)


def test_happy_actors_smile_and_sad_ones_do_not(data_folder):
    folder = data_folder / "ravdess" / "openface" / "Actor_02"
    tracks = [read_track(read_table(path)) for path in sorted(folder.glob("*.csv.gz"))[::4]]
    neutral = estimate_neutral(tracks)
    rise = {"03": [], "04": []}
    for track in tracks:
        corners = (track.landmarks - neutral)[:, [48, 54], 1].mean()
        rise[track.path.name[6:8]].append(corners)
    assert np.mean(rise["03"]) > np.mean(rise["04"]) + 2
