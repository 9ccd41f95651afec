"""FLAME coefficients, on a stand-in of the model's form: the rig's own landmark mesh as its vertices."""

from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES, NUM_LANDMARKS
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.geometry import euler_to_rotation
from msmd.face.readers.any_curves import read_curves
from msmd.face.readers.flame_model import VARIABLE, load_flame_model, rotation_of_vector
from msmd.face.regions import BROWS, EYES, LIPS
from msmd.face.rig import load_rig

SHAPES = ("mouthSmileLeft", "mouthSmileRight", "browInnerUp")
CHIN = (152, 148, 176, 377, 400, 17, 314, 84, 14, 87, 317, 402, 178)
"""Landmarks that hang on the jaw of the stand-in."""


@pytest.fixture
def model_arrays():
    """FLAME's arrays: metres, 300 identity and 3 expression directions, 5 joints, 105-like landmarks."""
    rig = load_rig()
    neutral = rig.landmark_neutral.astype(np.float64) / 1000
    directions = np.zeros((NUM_LANDMARKS, 3, 303))
    directions[:, 1, 0] = 0.01  # identity: a taller head
    for column, name in enumerate(SHAPES):
        directions[:, :, 300 + column] = rig.landmark_shapes[ARKIT_NAMES.index(name)] / 1000
    regressor = np.zeros((5, NUM_LANDMARKS))
    regressor[:, 1] = 1.0
    regressor[2, :] = 0.0
    regressor[2, [234, 454]] = 0.5  # the jaw turns about the line between the ears
    skinning = np.zeros((NUM_LANDMARKS, 5))
    skinning[:, 1] = 1.0
    skinning[list(CHIN), 1], skinning[list(CHIN), 2] = 0.0, 1.0
    index = np.array(sorted({*LIPS, *BROWS, *EYES, 1, 4, 152}))
    faces = np.stack([np.arange(NUM_LANDMARKS)] * 3, axis=1)
    return {
        "v_template": neutral,
        "shapedirs": directions,
        "J_regressor": regressor,
        "weights": skinning,
        "f": faces,
        "lmk_face_idx": index,
        "lmk_b_coords": np.tile([0.2, 0.3, 0.5], (len(index), 1)),
        "landmark_indices": index,
    }


@pytest.fixture
def flame(model_arrays, tmp_path, monkeypatch) -> Path:
    path = tmp_path / "flame.npz"
    np.savez(path, **model_arrays)
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def coefficients(folder: Path, **arrays) -> Path:
    np.savez(folder / "take.npz", **arrays)
    return folder / "take.npz"


def weights_of(path: Path) -> dict[str, float]:
    return dict(zip(ARKIT_NAMES, arkit_of_motion(read_curves(path))[-1], strict=True))


def test_expression_coefficients_smile_and_lift_the_brow(flame, tmp_path):
    smile = np.array([[0, 0, 0], [0.6, 0.6, 0]])
    weights = weights_of(coefficients(tmp_path, expression=smile, jaw_pose=np.zeros((2, 3)), fps=30))
    assert weights["mouthSmileLeft"] > 0.3 and weights["mouthSmileRight"] > 0.3
    assert weights["browInnerUp"] < 0.1
    brow = weights_of(coefficients(tmp_path, exp=np.array([[0, 0, 0.8]]), jaw=np.zeros((1, 3))))
    assert brow["browInnerUp"] > 0.3 > brow["mouthSmileLeft"]


def test_turning_the_jaw_opens_the_mouth_under_either_name(flame, tmp_path):
    still = np.zeros((2, 3))
    jaw = np.array([[0, 0, 0], [0.25, 0, 0]])
    own = weights_of(coefficients(tmp_path, expression=still, jaw_pose=jaw))
    pose = weights_of(coefficients(tmp_path, expcode=still, posecode=np.concatenate([still, jaw], axis=1)))
    assert own["jawOpen"] > 0.2
    assert pose["jawOpen"] == pytest.approx(own["jawOpen"], abs=1e-5)


def test_the_head_turns_as_its_pose_says(flame, tmp_path):
    yaw = np.linspace(-0.3, 0.3, 31)
    turn = np.stack([0 * yaw, yaw, 0 * yaw], axis=1)
    path = coefficients(tmp_path, expression=np.zeros((31, 3)), global_pose=turn)
    np.testing.assert_allclose(read_curves(path).head_rotation[:, 1], yaw, atol=1e-5)


def test_identity_changes_the_face_and_not_the_expression(flame, tmp_path):
    smile = np.array([[0.5, 0.5, 0.0]])
    plain = read_curves(coefficients(tmp_path, expression=smile, jaw_pose=np.zeros((1, 3))))
    taller = read_curves(
        coefficients(tmp_path, expression=smile, jaw_pose=np.zeros((1, 3)), shape=np.ones(1))
    )
    np.testing.assert_allclose(taller.values, plain.values, atol=1e-3)


def test_shut_lids_come_from_their_own_coefficients(flame, tmp_path):
    path = coefficients(tmp_path, expression=np.zeros((1, 3)), jaw=np.zeros((1, 3)), eyelids=np.ones((1, 2)))
    weights = weights_of(path)
    assert min(weights["eyeBlinkLeft"], weights["eyeBlinkRight"]) > 0.7


def test_a_file_without_a_rate_says_so(flame, tmp_path):
    motion = read_curves(coefficients(tmp_path, expression=np.zeros((2, 3)), jaw=np.zeros((2, 3))))
    assert motion.fps == 25
    assert "no frame rate" in motion.origin["warnings"]


def test_without_the_model_the_user_is_told_where_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(FormatError, match=r"flame\.is\.tue\.mpg\.de.*MSMD_FLAME"):
        read_curves(coefficients(tmp_path, expression=np.zeros((2, 3)), jaw=np.zeros((2, 3))))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"v_template": None}, "lacks v_template"),
        ({"landmark_indices": None}, "lacks landmark_indices"),
        ({"shapedirs": np.zeros((NUM_LANDMARKS, 3, 100))}, "no FLAME model of 300"),
        ({"lmk_face_idx": np.array([100_000])}, "do not fit together"),
    ],
)
def test_a_model_that_is_none_is_told(model_arrays, tmp_path, change, message):
    arrays = {key: value for key, value in (model_arrays | change).items() if value is not None}
    np.savez(tmp_path / "model.npz", **arrays)
    with pytest.raises(FormatError, match=message):
        load_flame_model(tmp_path / "model.npz")


def test_pickled_objects_are_never_read(tmp_path):
    np.savez(tmp_path / "model.npz", v_template=np.array({"a": 1}, dtype=object))
    with pytest.raises(FormatError, match="never read"):
        load_flame_model(tmp_path / "model.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"expression": np.zeros((2, 9)), "jaw": np.zeros((2, 3))}, "9 expression coefficients; the model"),
        ({"expression": np.zeros((2, 3)), "jaw": np.zeros((3, 3))}, "differ in their number of frames"),
        ({"expression": np.full((2, 3), np.nan), "jaw": np.zeros((2, 3))}, "NaN"),
        ({"expression": np.zeros(3), "jaw": np.zeros((2, 3))}, r"\(frames, columns\) is needed"),
        ({"expression": np.zeros((2, 3)), "jaw": np.zeros((2, 3)), "fps": -1}, "`fps` is -1"),
    ],
)
def test_coefficients_that_do_not_fit_are_told(flame, tmp_path, arrays, message):
    with pytest.raises(FormatError, match=message):
        read_curves(coefficients(tmp_path, **arrays))


def test_axis_times_angle_is_the_rotation_about_that_axis():
    np.testing.assert_allclose(
        rotation_of_vector(np.array([[0, 0.4, 0]])), euler_to_rotation(np.array([[0, 0.4, 0]])), atol=1e-12
    )
    np.testing.assert_allclose(rotation_of_vector(np.zeros((1, 3)))[0], np.eye(3))
    third = rotation_of_vector(np.full((1, 3), 2 * np.pi / 3 / np.sqrt(3)))[0]
    np.testing.assert_allclose(third @ [1, 0, 0], [0, 1, 0], atol=1e-12)
