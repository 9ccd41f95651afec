"""The convention of head rotation, all the way round: drawn at known angles, filmed, tracked, read back.

R = Ry(yaw) Rx(pitch) Rz(roll); positive pitch nods down, positive yaw turns to the subject's left, positive
roll tilts the head to the subject's right.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.face.geometry import metric_landmarks, relative_head_rotation
from msmd.face.rig import load_rig
from msmd.render.face import render_frames
from msmd.render.video import write_pictures

DEGREES = np.array(
    [[0, 0, 0]]
    + [
        [sign * 14 * (axis == 0), sign * 22 * (axis == 1), sign * 16 * (axis == 2)]
        for axis in range(3)
        for sign in (1, -1)
    ]
    + [[10, 16, 0], [-10, 16, 0], [8, -14, 10], [-8, 12, -10], [0, 0, 0]],
    float,
)
"""Pitch, yaw, roll: rest, each axis alone both ways, some together, rest."""
HELD = 4
"""Frames that each pose stands still, for the tracker to settle."""


@pytest.fixture(scope="module")
def tracked(tmp_path_factory) -> np.ndarray:
    """(poses, 3) degrees from the pose at rest, by the tracker that recordings go through."""
    pytest.importorskip("mediapipe", reason="mediapipe is not installed (pip install msmd[capture])")
    rig, path = load_rig(), Path(tmp_path_factory.mktemp("poses")) / "poses.mp4"
    vertices = np.repeat(rig.neutral[None], len(DEGREES), axis=0)
    pictures = list(render_frames(vertices, np.radians(DEGREES), size_px=384))
    film = (picture for picture in pictures for _ in range(HELD))
    write_pictures(path, film, Fraction(25), None, len(pictures) * HELD)
    raw, _ = track_face(path)
    _, rotation = metric_landmarks(raw.landmarks, raw.width, raw.height)
    settled = rotation[HELD - 1 :: HELD]
    assert len(settled) == len(DEGREES)
    euler = np.degrees(relative_head_rotation(settled))
    # what is a constant of the rig's face under this tracker is no rotation of the head
    return euler - euler[[0, -1]].mean(0)


def test_every_axis_comes_back_with_its_sign_and_most_of_its_size(tracked: np.ndarray) -> None:
    for axis, name in enumerate(("pitch", "yaw", "roll")):
        drawn, seen = DEGREES[:, axis], tracked[:, axis]
        alone = (np.abs(DEGREES) > 0).sum(1) == 1
        chosen = alone & (np.abs(drawn) > 0)
        assert (np.sign(seen[chosen]) == np.sign(drawn[chosen])).all(), name
        share = seen[chosen] / drawn[chosen]
        assert (share > 0.7).all() and (share < 1.3).all(), (name, share)


def test_an_axis_that_rests_stays_at_rest(tracked: np.ndarray) -> None:
    alone = (np.abs(DEGREES) > 0).sum(1) == 1
    still = np.where(DEGREES[alone] == 0, np.abs(tracked[alone]), 0)
    assert still.max() < 5


def test_turns_about_several_axes_come_back_in_the_stated_order(tracked: np.ndarray) -> None:
    together = (np.abs(DEGREES) > 0).sum(1) > 1
    assert np.abs(tracked - DEGREES)[together].max() < 6
