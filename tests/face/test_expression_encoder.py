"""The encoder's container, on a small one; what the packaged one is worth is measured in docs/capture.md."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.crops import NUM_DESCRIPTORS
from msmd.face.expression_encoder import (
    Calibration,
    ExpressionEncoder,
    fit_landmark_view,
    load_expression_encoder,
    read_expression_encoder,
    save_expression_encoder,
)
from msmd.face.expression_network import ExpressionNetwork, NetworkConfig
from msmd.face.rig import load_rig

FRAMES = 7


def random_faces(count: int = FRAMES, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pose-free landmarks, head rotation, crops."""
    random = np.random.default_rng(seed)
    rig = load_rig()
    weights = random.random((count, 52)) * (random.random((count, 52)) < 0.2)
    faces = rig.landmark_neutral + np.tensordot(weights, rig.landmark_shapes, 1)
    crops = random.integers(0, 255, (count, 3, 56, 64), np.uint8)
    return faces.astype(np.float32), random.normal(0, 0.1, (count, 3)).astype(np.float32), crops


@pytest.fixture(scope="module")
def small() -> ExpressionEncoder:
    torch.manual_seed(0)
    view = fit_landmark_view(random_faces(40)[0], 12, np.ones(468))
    network = ExpressionNetwork(
        NetworkConfig(view.dim, 64, NUM_DESCRIPTORS, crop_dim=8, mixed_dim=16, hidden_dim=16)
    )
    return ExpressionEncoder(network.eval(), view, {"what": "for a test"})


def test_an_encoder_survives_its_files(small: ExpressionEncoder, tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    save_expression_encoder(small, path)
    back = read_expression_encoder(path.read_bytes(), path.with_suffix(".json").read_text())
    faces, head, crops = random_faces()
    for encoder in (small, back):
        assert encoder.card["what"] == "for a test"
    one, other = (e.read(e.embed(faces, head, e.look(crops))) for e in (small, back))
    np.testing.assert_allclose(one, other, atol=0.02)  # half precision
    assert len(back.fingerprint) == 12


def test_weights_lie_between_0_and_1(small: ExpressionEncoder) -> None:
    faces, head, crops = random_faces()
    weights = small.read(small.embed(30 * faces, head, small.look(crops)))
    assert weights.shape == (FRAMES, 52)
    assert weights.min() == 0 and weights.max() <= 1


def test_a_calibration_goes_with_the_encoder_and_makes_weights_of_readings(
    small: ExpressionEncoder, tmp_path: Path
) -> None:
    calibration = Calibration()
    calibration.floors[0, :26], calibration.gains[0, :26], calibration.gains[1, 26:] = 0.05, 1.5, 1.25
    path = tmp_path / "encoder.safetensors"
    save_expression_encoder(replace(small, calibration=calibration), path)
    back = read_expression_encoder(path.read_bytes(), path.with_suffix(".json").read_text())
    np.testing.assert_array_equal(back.calibration.floors, calibration.floors)
    np.testing.assert_array_equal(back.calibration.gains, calibration.gains)
    readings = np.tile(np.array([[0.03], [0.25], [0.9]], np.float32), 52)
    blind, told = (back.calibration.weights(readings, known) for known in (False, True))
    np.testing.assert_allclose(blind[:, 0], [0, 0.3, 1], atol=1e-6)
    np.testing.assert_allclose(told[:, 0], readings[:, 0])
    np.testing.assert_allclose(told[:, 51], [0.0375, 0.3125, 1], atol=1e-6)


def test_frames_without_a_picture_are_read_from_landmarks(small: ExpressionEncoder) -> None:
    faces, head, crops = random_faces()
    looks = small.look(crops)
    looks[2] = np.nan
    mixed, blind = small.embed(faces, head, looks), small.embed(faces, head)
    np.testing.assert_array_equal(mixed[2], blind[2])
    assert np.abs(mixed[3] - blind[3]).max() > 1e-3
    assert np.isfinite(mixed).all()


def test_many_pictures_show_the_same_as_one_at_a_time(small: ExpressionEncoder) -> None:
    crops = random_faces(300)[2]
    one_by_one = np.concatenate([small.look(crop[None]) for crop in crops[250:260]])
    np.testing.assert_allclose(small.look(crops)[250:260], one_by_one, atol=1e-4)


def test_no_pictures_show_nothing(small: ExpressionEncoder) -> None:
    assert small.look(np.zeros((0, 3, 56, 64), np.uint8)).shape == (0, 24)


def test_a_known_rest_changes_what_is_read(small: ExpressionEncoder) -> None:
    faces, head, crops = random_faces()
    embedded = small.embed(faces, head, small.look(crops))
    blind, told = small.read(embedded), small.read(embedded, rest=embedded[0])
    assert np.abs(blind - told).max() > 1e-4
    np.testing.assert_allclose(told[0], 0, atol=1e-5)  # the face at rest shows nothing


def test_small_components_of_landmarks_are_not_blown_up_to_noise() -> None:
    faces = random_faces(60)[0]
    view = fit_landmark_view(faces, 40, np.ones(468))
    seen = view.see(faces, np.zeros((60, 3), np.float32))[:, 3:43]
    deviation = seen.std(axis=0)
    assert deviation[0] == pytest.approx(1, abs=0.05)
    assert (deviation < 1.1).all()


def test_the_packaged_encoder_is_small_and_reads_a_jaw_that_opens() -> None:
    encoder = load_expression_encoder()
    rig = load_rig()
    jaw = np.linspace(0, 1, 9)
    opened = np.zeros((9, 52), np.float32)
    opened[:, ARKIT_NAMES.index("jawOpen")] = jaw
    faces = rig.landmark_neutral + landmarks_of_arkit(opened)
    weights = encoder.read(encoder.embed(faces.astype(np.float32), np.zeros((9, 3), np.float32)))
    assert np.corrcoef(weights[:, ARKIT_NAMES.index("jawOpen")], jaw)[0, 1] > 0.95
    assert sum(parameter.numel() for parameter in encoder.network.parameters()) < 1_500_000
