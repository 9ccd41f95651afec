"""From what the encoder says to weights: measured on people whom it was not fitted to.

    python -m msmd.training.expression_encoder shoot work/calibration --people 400 --seed 60
    python -m msmd.training.expression_encoder calibrate work/calibration \
        --encoder src/msmd/face/assets/expression_encoder.safetensors

Least squares shrink what is unsure: of a squint, which hardly shows, half is read on average, and a little of
one in eyes that are at rest. A floor under which a reading counts as nothing and a gain above it undo both.
Of all pairs that bring back so much more of a shape (`BROUGHT_BACK`) those are taken that err the least.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.core.units import ARKIT_NAMES, NUM_ARKIT, NUM_LANDMARKS
from msmd.face.expression_encoder import Calibration, ExpressionEncoder
from msmd.face.geometry import metric_landmarks, rotation_to_euler
from msmd.training.expression_encoder.fit import shape_partners, weighted_shapes
from msmd.training.expression_encoder.portraits import SIDE_PX
from msmd.training.expression_encoder.shoot import Renders

BROUGHT_BACK: Final = 0.5
"""Where the share r of a shape is read, r (1 + this (1 - r)) is wanted: more would blow noise up."""

_ARTICULATE: Final = (
    "jaw",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRoll",
    "mouthShrug",
    "mouthPress",
)
"""Beginnings of the names of shapes that speech is made of: here r is enough, right lips come first."""

_FLOORS: Final = np.arange(0, 0.205, 0.01)
MOST_GAIN: Final = 2.5
_MOVES_MM: Final = 0.02
"""A landmark that a shape moves by less than this is left out of its account."""
_SWEEPS: Final = 2
"""Over all shapes, each in turn while the others stay: shapes make up for one another at the lips."""


@dataclass(frozen=True)
class Gauge:
    """What the calibration of an encoder rests on; rows: rest not known, rest known.

    Attributes:
        recovered: (2, 52) what is read for each 1 of truth, on average, as the network says it.
        error: (2, 52) mean distance from the truth.
        calibrated_recovered, calibrated_error: the same of calibrated weights.
        calibration: that was found.
    """

    recovered: Float32[np.ndarray, "2 52"]
    error: Float32[np.ndarray, "2 52"]
    calibrated_recovered: Float32[np.ndarray, "2 52"]
    calibrated_error: Float32[np.ndarray, "2 52"]
    calibration: Calibration


def calibrate(encoder: ExpressionEncoder, renders: Renders) -> Gauge:
    """Compare what an encoder says with the truth.

    Args:
        encoder: whatever its calibration.
        renders: of people whom it was not fitted to.
    """
    plain = replace(encoder, calibration=Calibration())
    clips = list(_read_clips(plain, renders))
    truth = np.concatenate([row[2] for row in clips])
    found = Calibration(np.zeros((2, NUM_ARKIT), np.float32), np.ones((2, NUM_ARKIT), np.float32))
    before, after = [], []
    for row in (0, 1):
        read = np.concatenate([clip[row] for clip in clips])
        found.floors[row], found.gains[row] = _floors_and_gains(read, truth)
        before.append(_gauge(read, truth))
        after.append(_gauge(found.weights(read, bool(row)), truth))
    recovered, error = (np.array(values) for values in zip(*before, strict=True))
    calibrated_recovered, calibrated_error = (np.array(values) for values in zip(*after, strict=True))
    return Gauge(recovered, error, calibrated_recovered, calibrated_error, found)


def as_table(gauge: Gauge) -> str:
    """For docs: every shape that is read, left and right together."""
    lines = ["| | rest not known | | | | rest known | | | |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    lines += [f"| shape | {' | '.join(['read / true', 'error', 'floor, gain', 'then'] * 2)} |"]
    for index, name in enumerate(ARKIT_NAMES):
        if name.endswith("Right") or name.startswith(("eyeLook", "tongue")):
            continue
        cells = []
        for row in (0, 1):
            cells += [f"{gauge.recovered[row, index]:.2f}", f"{gauge.error[row, index]:.3f}"]
            floors, gains = gauge.calibration.floors, gauge.calibration.gains
            cells += [f"{floors[row, index]:.2f}, {gains[row, index]:.2f}"]
            then = gauge.calibrated_recovered[row, index], gauge.calibrated_error[row, index]
            cells += [f"{then[0]:.2f}, {then[1]:.3f}"]
        lines.append(f"| {name.removesuffix('Left')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _floors_and_gains(
    read: Float32[np.ndarray, "frames 52"], truth: Float32[np.ndarray, "frames 52"]
) -> tuple[Float32[np.ndarray, "52"], Float32[np.ndarray, "52"]]:
    """The pairs with the least mean error of the face, in mm, among those that bring back what is wanted."""
    shapes = weighted_shapes().reshape(NUM_ARKIT, NUM_LANDMARKS, 3)
    floors, gains = np.zeros(NUM_ARKIT, np.float32), np.ones(NUM_ARKIT, np.float32)
    weights = read.copy()
    off = np.tensordot(weights - truth, shapes, 1)
    pairs = {tuple(sorted((index, other))) for index, other in enumerate(shape_partners())}
    for _ in range(_SWEEPS):
        for pair in sorted(pairs):
            both = sorted(set(pair))
            moved = np.flatnonzero(np.abs(shapes[both]).max(axis=(0, 2)) > _MOVES_MM)
            if not len(moved):
                continue
            own = shapes[both][:, moved]
            rest = off[:, moved] - np.tensordot(weights[:, both] - truth[:, both], own, 1)
            best, least = None, np.inf
            for floor, gain in _candidates(read[:, both], truth[:, both], ARKIT_NAMES[both[0]]):
                tried = np.clip(gain * (read[:, both] - floor), 0, 1)
                now = rest + np.tensordot(tried - truth[:, both], own, 1)
                error = float(np.sqrt(np.square(now).sum(axis=2)).mean())
                if error < least:
                    least, best = error, (floor, gain, tried, now)
            if best is not None:
                floors[both], gains[both], weights[:, both], off[:, moved] = best
    return floors, gains


def _candidates(read: np.ndarray, truth: np.ndarray, name: str) -> Iterator[tuple[float, float]]:
    """Floors, each with the gain that brings back what is wanted."""
    true = float(np.square(truth).sum())
    recovered = float((read * truth).sum()) / max(true, 1e-9)
    if not 0 < recovered < 1:
        return
    share = 0.0 if name.startswith(_ARTICULATE) else BROUGHT_BACK
    wanted = recovered * (1 + share * (1 - recovered))
    for floor in _FLOORS:
        gain = wanted * true / max(float((np.maximum(read - floor, 0) * truth).sum()), 1e-9)
        if gain <= MOST_GAIN:
            yield float(floor), gain


def _gauge(
    weights: Float32[np.ndarray, "frames 52"], truth: Float32[np.ndarray, "frames 52"]
) -> tuple[Float32[np.ndarray, "52"], Float32[np.ndarray, "52"]]:
    """What is recovered of each shape and its mean error, both sides together."""
    both, true = (weights * truth).sum(axis=0), np.square(truth).sum(axis=0)
    error = np.abs(weights - truth).mean(axis=0)
    both, true, error = (values + values[shape_partners()] for values in (both, true, error))
    return both / np.maximum(true, 1e-9), error / 2


def _read_clips(
    encoder: ExpressionEncoder, renders: Renders
) -> Iterator[tuple[Float32[np.ndarray, "frames 52"], ...]]:
    """Of each person: what is read without and with the face at rest, and the truth."""
    pose_free, rotation = metric_landmarks(renders.landmarks, SIDE_PX, SIDE_PX)
    head = rotation_to_euler(rotation).astype(np.float32)
    embedded = encoder.embed(pose_free, head, encoder.look(renders.crops))
    for person in np.unique(renders.person):
        own = renders.person == person
        rest, moved = embedded[own & renders.neutral], own & ~renders.neutral
        if len(rest) and moved.any():
            blind, told = encoder.read(embedded[moved]), encoder.read(embedded[moved], rest.mean(axis=0))
            yield blind, told, renders.weights[moved]
