"""CSV files of OpenFace 2: 3D landmarks with pose and action units, or action units alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64

from msmd.core.animation import Motion
from msmd.core.errors import FormatError
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.geometry import relative_head_rotation
from msmd.face.readers.action_units import (
    AU_NAMES,
    NOMINAL_GAIN,
    NUM_AU,
    arkit_of_action_units,
    blink,
    shape_matrix,
)
from msmd.face.readers.arkit_motion import code_of_arkit, motion_of_arkit
from msmd.face.readers.landmarks68 import (
    CHIN,
    CHIN_MESH_INDEX,
    FIRST,
    MESH_INDEX,
    code_of_landmarks,
    find_slips,
    remove_pose,
)
from msmd.face.readers.table import Table, read_table
from msmd.face.smoothing import fill_gaps, smooth_to_rate

DEFAULT_FPS: Final = Fraction(30000, 1001)
"""Of files without timestamps, as the action-unit-only form is."""

_LANDMARKS = [f"{axis}_{number}" for number in range(68) for axis in "XYZ"]
_LIDS = ("AU05_r", "AU07_r")
_LEAST_CONFIDENCE = 0.6

_FLOATING: Final = tuple(f"AU{number:02d}_r" for number in (1, 2, 5, 9, 15, 17, 20, 23, 25, 26))
"""Units that OpenFace measures against the recording itself: their zero differs from file to file (for 25
and 26 by 1.7 between two runs on the same clips). The others mean the same everywhere."""

_FLOATING_REST_QUANTILE: Final = 0.05
"""Lips touch and brows rest in at least this share of a person's frames: there floating units count as 0."""

_CODE_SCALE: Final = 0.6
"""The expression code is of the scale of the video tracker, which under-reports motion by about this much
(the mean of `arkit_weights.shape_gains` over the mouth); OpenFace's millimetres are true ones."""

_RIDGE_FRAMES: Final = 100.0
"""How many frames of intensity 1 the prior of an action unit's displacement is worth."""

ONLY_GAINS: Final = np.array(
    [0.31, 0.11, 0.24, 0.20, 0.20, 0.20, 0.25, 0.28, 0.28, 0.19, 0.10, 0.05, 0.19, 0.16, 0.08, 0.11, 0.20]
)
"""ARKit weight for one step of each of `AU_NAMES` in the form that holds nothing else: `fit_gains` against
the landmarks of 48 RAVDESS clips (actors 01 to 03) that exist in both forms. The lip opening that they
give has correlation 0.77 with that of the landmarks and the same spread; corners of the mouth 0.75."""


@dataclass(frozen=True)
class OpenFaceTrack:
    """A file with landmarks, its pose taken out, its slips mended, smoothed, at an even rate.

    Attributes:
        path: of the file.
        landmarks: (frames, 68, 3) mm in the rig's frame and size; identity still in them.
        head_rotation: (frames, 3) radians, from the clip's median pose.
        intensities: (frames, 17) of `AU_NAMES`; 0 where the file lacks one.
        fps: from the timestamps.
    """

    path: Path
    landmarks: Float64[np.ndarray, "frames 68 3"]
    head_rotation: Float32[np.ndarray, "frames 3"]
    intensities: Float32[np.ndarray, "frames 17"]
    fps: Fraction


def is_openface(table: Table) -> bool:
    """Whether a table comes from OpenFace, in either form."""
    return holds_landmarks(table) or not table.missing(AU_NAMES)


def holds_landmarks(table: Table) -> bool:
    """Whether a table has the 68 landmarks in 3D."""
    return not table.missing(["X_0", "Y_0", "Z_0"])


def read_openface(path: Path, neutral: Float[np.ndarray, "68 3"] | None = None) -> Motion:
    """Motion of an OpenFace file, plain or gzipped, at its own frame rate.

    With landmarks: their displacement from the neutral -> the most probable expression code; lids
    come from the action units 5, 7 and 45. Action units alone: the FACS table, at 29.97 frames/s,
    with the head at rest.

    Args:
        path: `,` or `;` between the columns, blanks around the names or not.
        neutral: of the person, from `estimate_neutral` over all their files; None: from this file.

    Raises:
        FormatError: the file is neither form, columns are missing, or too little of the face was found.
    """
    table = read_table(path)
    if not holds_landmarks(table):
        return _read_action_units(table)
    return motion_of_track(read_track(table), neutral)


def read_track(table: Table) -> OpenFaceTrack:
    """Landmarks of a table, cleaned; see `OpenFaceTrack`.

    Raises:
        FormatError: columns are missing, or a face was found in fewer than 5 frames.
    """
    table = _one_face(table)
    camera = table.numbers(_LANDMARKS).reshape(-1, 68, 3) * [1, -1, -1]  # OpenFace: y down, z away
    found = ~find_slips(camera)
    for name, least in (("confidence", _LEAST_CONFIDENCE), ("success", 0.5)):
        if not table.missing([name]):
            found &= table.numbers([name])[:, 0] >= least
    if found.sum() < 5:
        raise FormatError(f"{table.path}: a face was found in only {found.sum()} frames. Track it again.")
    times, fps = _frame_times(table)
    units = [name for name in AU_NAMES if not table.missing([name])]
    intensities = np.zeros((len(camera), NUM_AU))
    intensities[:, [AU_NAMES.index(name) for name in units]] = table.numbers(units)
    even = np.arange(round(float((times[-1] - times[0]) * fps)) + 1) / float(fps) + times[0]
    camera = smooth_to_rate(fill_gaps(camera, times, found), times, even)
    intensities = smooth_to_rate(fill_gaps(intensities, times, found), times, even)
    landmarks, rotation = remove_pose(camera)
    return OpenFaceTrack(
        table.path, landmarks, relative_head_rotation(rotation), np.clip(intensities, 0, 5), fps
    )


def estimate_neutral(tracks: Sequence[OpenFaceTrack]) -> Float64[np.ndarray, "68 3"]:
    """A person's face without expression: where the landmarks stand when every action unit is 0.

    landmarks = neutral + sum_i intensity_i D_i, by least squares over all frames; the D_i are drawn
    towards what the unit does to the rig, so that a clip in which a unit never rests does not count
    as its neutral. The mean of the clips is no neutral: it holds their expression.

    Args:
        tracks: of one person; the more, and the more different, the better.
    """
    intensities = np.concatenate([track.intensities for track in tracks]).astype(np.float64)
    intensities[:, -1] = np.concatenate([blink(track.intensities[:, -1]) / NOMINAL_GAIN for track in tracks])
    floating = [AU_NAMES.index(name) for name in _FLOATING]
    rest_level = np.quantile(intensities[:, floating], _FLOATING_REST_QUANTILE, axis=0)
    intensities[:, floating] = np.maximum(intensities[:, floating] - rest_level, 0)
    landmarks = np.concatenate([track.landmarks for track in tracks]).reshape(len(intensities), -1)
    prior = _unit_displacement().reshape(NUM_AU, -1) / _CODE_SCALE
    rest = landmarks - intensities @ prior
    centred = intensities - intensities.mean(axis=0)
    correction = np.linalg.solve(
        centred.T @ centred + _RIDGE_FRAMES * np.eye(NUM_AU), centred.T @ (rest - rest.mean(axis=0))
    )
    return (rest.mean(axis=0) - intensities.mean(axis=0) @ correction).reshape(68, 3)


def motion_of_track(track: OpenFaceTrack, neutral: Float[np.ndarray, "68 3"] | None = None) -> Motion:
    """The motion that a track shows; see `read_openface`."""
    own = neutral is None
    rest = estimate_neutral([track]) if neutral is None else neutral
    code = code_of_landmarks((track.landmarks - rest) * _CODE_SCALE)
    lids = np.zeros((len(code), len(ARKIT_NAMES)), np.float32)
    shut = blink(track.intensities[:, -1])
    for side in ("Left", "Right"):
        lids[:, ARKIT_NAMES.index(f"eyeBlink{side}")] = shut
        for unit, shape in zip(_LIDS, ("eyeWide", "eyeSquint"), strict=True):
            intensity = track.intensities[:, AU_NAMES.index(unit)]
            lids[:, ARKIT_NAMES.index(f"{shape}{side}")] = np.clip(intensity * NOMINAL_GAIN, 0, 1) * (
                1 - shut
            )
    code = code + code_of_arkit(lids)
    origin = {
        "source": track.path.name,
        "reader": "OpenFace landmarks",
        "neutral": f"landmarks at action units 0, {'from this file' if own else 'of the speaker'}",
    }
    return Motion(np.concatenate([code, track.head_rotation], axis=1).astype(np.float32), track.fps, origin)


def _read_action_units(table: Table) -> Motion:
    if missing := table.missing(AU_NAMES):
        raise FormatError(
            f"{table.path} holds neither OpenFace's 3D landmarks (X_0, Y_0, Z_0, ...) nor all of its action "
            f"units; it lacks {', '.join(missing)}. Run OpenFace with -3Dfp -pose -aus."
        )
    table = _one_face(table)
    intensities = table.numbers(AU_NAMES)
    times, fps = _frame_times(table)
    even = np.arange(round(float((times[-1] - times[0]) * fps)) + 1) / float(fps) + times[0]
    intensities = np.clip(smooth_to_rate(intensities, times, even), 0, 5)
    origin = {"source": table.path.name, "reader": "OpenFace action units", "neutral": "action units 0"}
    weights = arkit_of_action_units(intensities, ONLY_GAINS)
    return motion_of_arkit(weights, np.zeros((len(weights), 3), np.float32), fps, origin)


def _one_face(table: Table) -> Table:
    """The rows of the face that is seen most, where a file follows several."""
    if table.missing(["face_id"]):
        return table
    faces = table.text("face_id")
    most = max(sorted(set(faces)), key=faces.count)
    rows = tuple(row for row, face in zip(table.rows, faces, strict=True) if face == most)
    return Table(table.path, table.names, rows)


def _frame_times(table: Table) -> tuple[Float64[np.ndarray, "frames"], Fraction]:
    """Seconds of each row, and the rate: frame numbers over timestamps, which are rounded to ms."""
    count = len(table.rows)
    if table.missing(["timestamp"]) or count < 2:
        return np.arange(count) / float(DEFAULT_FPS), DEFAULT_FPS
    times = table.numbers(["timestamp"])[:, 0]
    if (np.diff(times) <= 0).any():
        raise FormatError(f"{table.path}: its timestamps do not increase. Sort the rows, one face only.")
    step = float(np.median(np.diff(times)))
    usual = np.diff(times)[np.diff(times) < 1.5 * step].mean()
    near = [Fraction(rate) for rate in (24, 25, 30, 50, 60)]
    near += [Fraction(rate * 1000, 1001) for rate in (24, 30, 60)]
    fps = min(near, key=lambda rate: abs(float(rate) * usual - 1))
    if abs(float(fps) * usual - 1) > 0.003:
        fps = Fraction(1 / usual).limit_denominator(1000)
    return times, fps


@cache
def _unit_displacement() -> Float64[np.ndarray, "17 68 3"]:
    """What intensity 1 of each action unit does to the 68 landmarks of the rig, mm; 0 on the jaw line."""
    mesh = landmarks_of_arkit(shape_matrix()).astype(np.float64) * NOMINAL_GAIN
    displacement = np.zeros((NUM_AU, 68, 3))
    displacement[:, FIRST:] = mesh[:, MESH_INDEX]
    displacement[:, CHIN] = mesh[:, CHIN_MESH_INDEX]
    return displacement
