"""What a face shows, told apart from whose face it is: ARKit weights of tracked frames.

The paper takes SEREP (section 5.1), which is not public. Here a small network learned from renders of the
rig, whose expression is known, on people who do not exist (`training.expression_encoder`; docs/capture.md
has what it can do). It sees landmarks beside crops of brows, eyes and mouth, because a tracker's landmarks
flatten what a face holds, and works from landmarks alone where there are no pictures any more.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save_file

from msmd.core.files import whole_file
from msmd.core.units import ARKIT_NAMES, NUM_ARKIT, NUM_LANDMARKS
from msmd.face.crops import describe_crops
from msmd.face.expression_network import ExpressionNetwork, NetworkConfig
from msmd.face.expression_space import load_expression_space

ASSET: Final = "expression_encoder"
_HEAD_SCALE: Final = 0.25
"""Radians of head rotation that count as 1."""


_KNOWN: Final = ("rest_not_known", "rest_known")
"""Names of the rows of a `Calibration` in the card."""


@dataclass(frozen=True)
class LandmarkView:
    """How the network is told of landmarks: principal components over people and expressions, and the code.

    The components know faces, the expression code's directions know what moves.

    Attributes:
        mean: (1404,) mm.
        components: (K, 1404), scaled so that what comes out is about 1; the last 64 give the code.
    """

    mean: Float32[np.ndarray, "1404"]
    components: Float32[np.ndarray, "K 1404"]

    @property
    def dim(self) -> int:
        """Numbers a frame: pitch, yaw, roll, components."""
        return len(self.components) + 3

    def see(
        self,
        pose_free: Float[np.ndarray, "frames 468 3"],
        head_rotation: Float[np.ndarray, "frames 3"],
    ) -> Float32[np.ndarray, "frames dim"]:
        """What the network gets of landmarks of `metric_landmarks` and of the head's pitch, yaw, roll."""
        flat = pose_free.reshape(len(pose_free), -1) - self.mean
        parts = [head_rotation / _HEAD_SCALE, flat @ self.components.T]
        return np.concatenate(parts, axis=1).astype(np.float32)


@dataclass(frozen=True)
class Calibration:
    """Weight = gain * (reading - floor) within [0, 1], for each shape; row 0: the face at rest is not known.

    Least squares shrink what is unsure, and see a little of everything in a face that shows nothing.
    `training.expression_encoder.calibrate` measures both on people whom the network was not fitted to.

    Attributes:
        floors: (2, 52) that is read of nothing.
        gains: (2, 52).
    """

    floors: Float32[np.ndarray, "2 52"] = field(default_factory=lambda: np.zeros((2, NUM_ARKIT), np.float32))
    gains: Float32[np.ndarray, "2 52"] = field(default_factory=lambda: np.ones((2, NUM_ARKIT), np.float32))

    def weights(
        self, readings: Float32[np.ndarray, "frames 52"], rest_known: bool
    ) -> Float32[np.ndarray, "frames 52"]:
        """ARKit weights of what the network says."""
        row = int(rest_known)
        return np.clip(self.gains[row] * (readings - self.floors[row]), 0, 1)

    def as_json(self) -> dict[str, dict[str, list[float]]]:
        """For the card: floor and gain of each shape."""
        both = np.stack([self.floors, self.gains], axis=1)
        return {
            known: {
                name: [round(float(v), 3) for v in pair]
                for name, pair in zip(ARKIT_NAMES, row.T, strict=True)
            }
            for known, row in zip(_KNOWN, both, strict=True)
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Mapping[str, Sequence[float]]]) -> "Calibration":
        """Of a card; shapes that it does not name are left as they are read."""
        pairs = [[told.get(known, {}).get(name, (0.0, 1.0)) for name in ARKIT_NAMES] for known in _KNOWN]
        both = np.array(pairs, np.float32)
        return cls(np.ascontiguousarray(both[..., 0]), np.ascontiguousarray(both[..., 1]))


@dataclass(frozen=True)
class ExpressionEncoder:
    """The network and what it needs.

    Attributes:
        network: in evaluation mode.
        view: of landmarks.
        card: where it comes from, for people.
        fingerprint: 12 hexadecimal digits that differ for another encoder: looks of one mean nothing to
            the other.
        calibration: from what the network says to weights.
    """

    network: ExpressionNetwork
    view: LandmarkView
    card: dict[str, object]
    fingerprint: str = ""
    calibration: Calibration = Calibration()

    def look(self, crops: UInt8[np.ndarray, "frames 3 56 64"]) -> Float32[np.ndarray, "frames look_dim"]:
        """What the crops of `cut_crops` show."""
        with torch.inference_mode():
            return self.network.look(torch.from_numpy(describe_crops(crops))).numpy()

    def embed(
        self,
        pose_free: Float[np.ndarray, "frames 468 3"],
        head_rotation: Float[np.ndarray, "frames 3"],
        looks: Float32[np.ndarray, "frames look_dim"] | None = None,
    ) -> Float32[np.ndarray, "frames embedding_dim"]:
        """Frames as the network keeps them.

        Args:
            pose_free: of `metric_landmarks`, without gaps.
            head_rotation: pitch, yaw, roll in radians, relative to the camera.
            looks: of `look`, NaN where there was no picture; None: landmarks only.
        """
        seen = self.view.see(pose_free, head_rotation)
        if looks is None:
            looks = np.full((len(seen), self.network.config.look_dim), np.nan, np.float32)
        looked = np.isfinite(looks[:, 0])
        with torch.inference_mode():
            embedded = self.network.embed(
                torch.from_numpy(np.where(looked[:, None], looks, 0).astype(np.float32)),
                torch.from_numpy(seen),
                torch.from_numpy(looked),
            )
        return embedded.numpy()

    def read(
        self,
        embedded: Float32[np.ndarray, "frames embedding_dim"],
        rest: Float32[np.ndarray, "embedding_dim"] | None = None,
        clip: Float32[np.ndarray, "embedding_dim"] | None = None,
    ) -> Float32[np.ndarray, "frames 52"]:
        """ARKit weights in [0, 1] of the frames of one clip.

        Args:
            embedded: of `embed`.
            rest: mean embedding of the person at rest; None: not known. What is read of that itself is
                taken off: on a recorded face it is not quite nothing.
            clip: mean embedding of the clip; None: of these frames.
        """
        mean = torch.from_numpy(embedded).mean(dim=0) if clip is None else torch.from_numpy(clip)
        frames = torch.from_numpy(embedded if rest is None else np.concatenate([embedded, rest[None]]))
        neutral = frames[-1]
        known = torch.full((len(frames),), rest is not None)
        with torch.inference_mode():
            readings = self.network.read(frames, mean.expand_as(frames), neutral.expand_as(frames), known)
            if rest is not None:
                readings = readings[:-1] - readings[-1].clamp(min=0)
        return self.calibration.weights(readings.numpy(), rest is not None)


def fit_landmark_view(
    pose_free: Float[np.ndarray, "samples 468 3"], num_components: int, emphasis: Float[np.ndarray, "468"]
) -> LandmarkView:
    """Principal components of landmarks that count by `emphasis`; small ones are not blown up to 1."""
    flat = pose_free.reshape(len(pose_free), -1).astype(np.float64)
    mean = flat.mean(axis=0)
    per_coordinate = np.repeat(emphasis, 3)
    centred = (flat - mean) * per_coordinate
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    order = np.argsort(values)[::-1][:num_components]
    deviation = np.sqrt(np.maximum(values[order], 0))
    scale = np.maximum(deviation, 0.02 * deviation[0])
    components = (vectors[:, order] / scale).T * per_coordinate
    each = np.eye(3 * NUM_LANDMARKS, dtype=np.float32).reshape(-1, NUM_LANDMARKS, 3)
    components = np.concatenate([components, load_expression_space().encode(each).T])
    return LandmarkView(mean.astype(np.float32), np.ascontiguousarray(components, np.float32))


def save_expression_encoder(encoder: ExpressionEncoder, path: Path) -> None:
    """Write PATH (.safetensors, half precision) and its card beside it (.json)."""
    tensors = {f"network.{name}": value.numpy() for name, value in encoder.network.state_dict().items()}
    tensors |= {"view.mean": encoder.view.mean, "view.components": encoder.view.components}
    halves = {name: np.ascontiguousarray(value, np.float16) for name, value in tensors.items()}
    with whole_file(path) as aside:
        save_file(halves, aside)
    card = {"network": encoder.network.config.as_json()} | encoder.card
    card["calibration"] = encoder.calibration.as_json()
    with whole_file(path.with_suffix(".json")) as aside:
        aside.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def read_expression_encoder(weights: bytes, card_text: str) -> ExpressionEncoder:
    """An encoder from the contents of its two files."""
    card = json.loads(card_text)
    network = ExpressionNetwork(NetworkConfig(**card.pop("network")))
    calibration = Calibration.from_json(card.pop("calibration", {}))
    tensors = {name: value.astype(np.float32) for name, value in load_safetensors(weights).items()}
    state = {
        name.removeprefix("network."): torch.from_numpy(value)
        for name, value in tensors.items()
        if name.startswith("network.")
    }
    network.load_state_dict(state)
    view = LandmarkView(tensors["view.mean"], tensors["view.components"])
    assert view.mean.shape == (3 * NUM_LANDMARKS,) and network.config.num_shapes == NUM_ARKIT
    fingerprint = hashlib.sha256(weights).hexdigest()[:12]
    return ExpressionEncoder(network.eval(), view, card, fingerprint, calibration)


@cache
def load_expression_encoder() -> ExpressionEncoder:
    """The encoder that comes with the package."""
    assets = resources.files("msmd.face").joinpath("assets")
    card_text = assets.joinpath(f"{ASSET}.json").read_text(encoding="utf-8")
    return read_expression_encoder(assets.joinpath(f"{ASSET}.safetensors").read_bytes(), card_text)
