"""The fit of the expression encoder to renders whose truth is known.

    python -m msmd.training.expression_encoder fit work/renders -o work/expression_encoder.safetensors

A step takes some people with all their pictures. The clip's mean embedding is that of a part of their
pictures with expression; the resting face is known for half of the people; crops are withheld from some, so
that landmarks alone are read as well.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Float16, Float32, Int
from torch import Tensor

from msmd.core.progress import Progress, no_progress
from msmd.core.units import ARKIT_NAMES, NUM_EXPRESSION, NUM_LANDMARKS
from msmd.data.mirror import landmark_partners
from msmd.face.crops import NUM_CROPS, NUM_DESCRIPTORS, describe_crops, mirrored_descriptors
from msmd.face.expression_encoder import ExpressionEncoder, LandmarkView, fit_landmark_view
from msmd.face.expression_network import ExpressionNetwork, NetworkConfig
from msmd.face.geometry import metric_landmarks, rotation_to_euler
from msmd.face.regions import BROWS, EYES, FACE_OVAL, LIPS
from msmd.face.rig import load_rig
from msmd.training.expression_encoder.augment import augment_crops
from msmd.training.expression_encoder.portraits import SIDE_PX
from msmd.training.expression_encoder.shoot import Renders

_WEIGHT_LOSS: Final = 80.0
"""Squared millimetres that a squared error of 1 in every weight counts for, beside what it moves.

What a brow moves is little beside a jaw, and means as much."""
_HELD_LOSS: Final = 1.0
"""What an error that lasts throughout a clip counts for, beside that of its pictures: styles last."""
_MATTERS_MORE: Final = {
    **{"brow": 5.0, "eyeSquint": 10.0, "eyeWide": 4.0, "cheek": 4.0, "nose": 4.0, "eyeLook": 0.05},
    **{"mouthLowerDown": 8.0, "mouthUpperUp": 5.0, "mouthSmile": 4.0, "mouthFrown": 4.0},
}
"""Weights by the beginnings of their names; the code holds no gaze."""
_TREMBLE_MM: Final = 0.12
"""Noise of a landmark."""
_AVERAGE_OVER_STEPS: Final = 300
_PICTURES_AT_ONCE: Final = 400
KEEP_EVERY: Final = 500
_FLIP: Final = np.array([-1.0, 1.0, 1.0], np.float32)


@dataclass(frozen=True)
class FitConfig:
    """How the encoder is fitted.

    Attributes:
        num_steps: gradient steps.
        people_per_step: with about eight pictures each.
        learning_rate: at its peak (one cycle).
        num_components: of the landmarks.
        without_crops: share of people whose crops are withheld.
        rest_known: share of people whose resting face is known.
        versions: of each person's crops, each with other cameras and codecs.
        stranger_share: how far other people's faces are mixed into the landmarks, as a share.
        seed: of all that is random.
    """

    num_steps: int = 12000
    people_per_step: int = 24
    learning_rate: float = 2e-3
    num_components: int = 96
    without_crops: float = 0.2
    rest_known: float = 0.5
    versions: int = 3
    stranger_share: float = 0.5
    seed: int = 0


def fit_encoder(
    renders: Renders,
    config: FitConfig = FitConfig(),
    progress: Progress = no_progress,
    keep: Callable[[ExpressionEncoder], None] | None = None,
    start: ExpressionEncoder | None = None,
) -> ExpressionEncoder:
    """An encoder from pictures of people whose expression is known.

    Args:
        renders: of `shoot`.
        config: sizes and shares.
        progress: told of steps.
        keep: given what there is every `KEEP_EVERY` steps.
        start: an encoder to go on from; None: a new one.
    """
    torch.manual_seed(config.seed)
    album = Album.of(renders, config.versions, progress)
    if start is None:
        view = fit_landmark_view(album.pose_free, config.num_components, _emphasis())
        network = ExpressionNetwork(NetworkConfig(view.dim, NUM_EXPRESSION, NUM_DESCRIPTORS))
    else:
        view, network = start.view, copy.deepcopy(start.network).train()
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.num_steps, pct_start=0.15
    )
    random = np.random.default_rng(config.seed)
    tremble = _tremble(view)
    recent = 0.0
    for step in range(config.num_steps):
        loss = _loss(network, _draw_batch(album, view, tremble, config, random))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        share = max(1 / _AVERAGE_OVER_STEPS, 10 / (step + 10))
        with torch.no_grad():
            for averaged, new in zip(average.parameters(), network.parameters(), strict=True):
                averaged.lerp_(new, share)
            for averaged, new in zip(average.buffers(), network.buffers(), strict=True):
                averaged.copy_(new)
        recent = loss.item() if step == 0 else 0.98 * recent + 0.02 * loss.item()
        progress(f"loss {recent:.3f}", step + 1, config.num_steps)
        if keep is not None and (step + 1) % KEEP_EVERY == 0:
            keep(_finished(average, view, album, step + 1, recent))
    return _finished(average, view, album, config.num_steps, recent)


def _finished(
    average: ExpressionNetwork, view: LandmarkView, album: "Album", steps: int, loss: float
) -> ExpressionEncoder:
    card: dict[str, object] = {
        "what": "expression encoder: landmarks and crops of a frame -> ARKit weights",
        "made_by": "python -m msmd.training.expression_encoder",
        "people": album.num_people,
        "pictures": len(album.weights),
        "steps": steps,
        "last_loss": round(loss, 4),
    }
    return ExpressionEncoder(copy.deepcopy(average).eval(), view, card)


@dataclass(frozen=True)
class Album:
    """Renders as the fit wants them.

    Attributes:
        pose_free: (pictures, 468, 3) mm.
        head_rotation: (pictures, 3) as tracked, radians.
        crops: (versions, pictures, 3, 648) of `describe_crops`, each version as other cameras would have it.
        weights: (pictures, 52).
        neutral: (pictures,).
        people: of each person the pictures.
    """

    pose_free: Float32[np.ndarray, "pictures 468 3"]
    head_rotation: Float32[np.ndarray, "pictures 3"]
    crops: Float16[np.ndarray, "versions pictures 3 descriptor_dim"]
    weights: Float32[np.ndarray, "pictures 52"]
    neutral: Bool[np.ndarray, "pictures"]
    people: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, renders: Renders, versions: int, progress: Progress = no_progress) -> "Album":
        """Landmarks without pose; people with too few pictures left out."""
        pose_free, rotation = metric_landmarks(renders.landmarks, SIDE_PX, SIDE_PX)
        people = []
        for person in np.unique(renders.person):
            own = np.flatnonzero(renders.person == person)
            at_rest = renders.neutral[own]
            if at_rest.any() and (~at_rest).sum() >= 3:
                people.append(own)
        return cls(
            pose_free,
            rotation_to_euler(rotation).astype(np.float32),
            _describe_versions(renders, versions, progress),
            renders.weights,
            renders.neutral,
            tuple(people),
        )

    @property
    def num_people(self) -> int:
        """With enough pictures."""
        return len(self.people)


@dataclass(frozen=True)
class _Batch:
    """Pictures of some people; `person` numbers them from 0; `in_clip` and `at_rest` are (people, frames)
    matrices whose rows add up to 1."""

    landmarks: Float[Tensor, "frames dim"]
    crops: Float[Tensor, "frames 3 descriptor_dim"]
    weights: Float[Tensor, "frames 52"]
    person: Int[Tensor, "frames"]
    in_clip: Float[Tensor, "people frames"]
    at_rest: Float[Tensor, "people frames"]
    known: Bool[Tensor, "people"]
    looked: Bool[Tensor, "people"]


def _describe_versions(
    renders: Renders, versions: int, progress: Progress
) -> Float16[np.ndarray, "{versions} pictures 3 descriptor_dim"]:
    """Of all crops as they are, and as other cameras would have them."""
    out = np.empty((versions, len(renders.crops), NUM_CROPS, NUM_DESCRIPTORS), np.float16)
    _, person = np.unique(renders.person, return_inverse=True)
    for version in range(versions):
        generator = torch.Generator().manual_seed(version)
        for start in range(0, len(person), _PICTURES_AT_ONCE):
            part = slice(start, start + _PICTURES_AT_ONCE)
            crops = renders.crops[part]
            if version > 0:
                # a person across the border of two parts gets two cameras, which do no harm
                own = torch.from_numpy(person[part] - person[part].min())
                crops = augment_crops(torch.from_numpy(crops).float(), own, generator).byte().numpy()
            out[version, part] = describe_crops(crops)
        progress("versions of the crops", version + 1, versions)
    return out


def _tremble(view: LandmarkView) -> Float32[np.ndarray, "K K"]:
    """What makes of independent numbers what the view sees of landmarks that tremble, each for itself."""
    seen = view.components.astype(np.float64)
    values, vectors = np.linalg.eigh(seen @ seen.T)
    return (_TREMBLE_MM * np.sqrt(np.maximum(values, 0)) * vectors).T.astype(np.float32)


def _draw_batch(
    album: Album,
    view: LandmarkView,
    tremble: Float32[np.ndarray, "K K"],
    config: FitConfig,
    random: np.random.Generator,
) -> _Batch:
    count = min(config.people_per_step, album.num_people)
    chosen = [album.people[i] for i in random.choice(album.num_people, count, replace=False)]
    strangers = [album.people[i] for i in random.integers(0, album.num_people, count)]
    index = np.concatenate(chosen)
    person = np.repeat(np.arange(count), [len(own) for own in chosen])
    pose_free, head = album.pose_free[index].copy(), album.head_rotation[index].copy()
    version = np.repeat(random.integers(0, len(album.crops), count), [len(own) for own in chosen])
    crops, weights = album.crops[version, index], album.weights[index].copy()
    in_clip = np.zeros((count, len(index)), np.float32)
    at_rest = np.zeros_like(in_clip)
    for row, (own, other) in enumerate(zip(chosen, strangers, strict=True)):
        mine = np.flatnonzero(person == row)
        resting = album.neutral[own]
        calm, moved = mine[resting], mine[~resting]
        clip = random.permutation(moved)[: random.integers(2, len(moved) + 1)]
        if random.random() < 0.2:
            clip = np.concatenate([clip, calm])
        in_clip[row, clip] = 1 / len(clip)
        calm = random.permutation(calm)[: random.integers(1, len(calm) + 1)]
        at_rest[row, calm] = 1 / len(calm)
        # other people's proportions: shapes of faces that the rig's identities do not have
        mine_at_rest = album.pose_free[own[resting]].mean(axis=0)
        theirs = album.pose_free[other[album.neutral[other]]].mean(axis=0)
        pose_free[mine] += random.uniform(-0.3, 1) * config.stranger_share * (theirs - mine_at_rest)
        if random.random() < 0.5:
            pose_free[mine] = pose_free[mine][:, landmark_partners()] * _FLIP
            head[mine] *= -_FLIP
            crops[mine] = crops[mine][:, [1, 0, 2]]
            crops[mine, 2] = crops[mine, 2][:, mirrored_descriptors()]
            weights[mine] = weights[mine][:, shape_partners()]
    landmarks = view.see(pose_free, head)
    landmarks[:, 3:] += random.standard_normal((len(landmarks), len(tremble)), np.float32) @ tremble
    return _Batch(
        torch.from_numpy(landmarks),
        torch.from_numpy(crops.astype(np.float32)),
        torch.from_numpy(weights),
        torch.from_numpy(person),
        torch.from_numpy(in_clip),
        torch.from_numpy(at_rest),
        torch.from_numpy(random.random(count) < config.rest_known),
        torch.from_numpy(random.random(count) >= config.without_crops),
    )


def _loss(network: ExpressionNetwork, batch: _Batch) -> Float[Tensor, ""]:
    """Squared error of pictures, and once more of what they have in common over each clip."""
    frames = network.embed(network.look(batch.crops), batch.landmarks, batch.looked[batch.person])
    clip, rest = batch.in_clip @ frames, batch.at_rest @ frames
    where = batch.person
    found = network.read(frames, clip[where], rest[where], batch.known[where])
    error = found - batch.weights
    return _cost(error) + _HELD_LOSS * _cost(batch.in_clip @ error)


def _cost(error: Float[Tensor, "rows 52"]) -> Float[Tensor, ""]:
    """Mean square of what wrong weights move, and of the weights themselves."""
    moved = error @ torch.from_numpy(weighted_shapes())
    weights = (error.square() * torch.from_numpy(_importance())).mean()
    return moved.square().sum(dim=1).mean() / NUM_LANDMARKS + _WEIGHT_LOSS * weights


def _importance() -> Float32[np.ndarray, "52"]:
    found = [next((k for k in _MATTERS_MORE if name.startswith(k)), None) for name in ARKIT_NAMES]
    return np.array([1.0 if key is None else _MATTERS_MORE[key] for key in found], np.float32)


def _emphasis() -> Float[np.ndarray, "468"]:
    out = np.ones(NUM_LANDMARKS)
    out[list(FACE_OVAL)] = 0.5
    out[list(EYES)] = 2.5
    out[list(BROWS) + list(LIPS)] = 3.0
    return out


def weighted_shapes() -> Float32[np.ndarray, "52 1404"]:
    """What each shape moves, mm, landmarks counting by what they mean."""
    emphasis = np.ones(NUM_LANDMARKS)
    emphasis[list(EYES) + list(LIPS)] = 2.0
    emphasis[list(BROWS)] = 5.0
    shapes = load_rig().landmark_shapes * emphasis[:, None]
    return shapes.reshape(len(shapes), -1).astype(np.float32)


def shape_partners() -> list[int]:
    """Of each ARKit shape its mirror image."""
    swap = {"Left": "Right", "Right": "Left"}
    out = []
    for name in ARKIT_NAMES:
        side = next((side for side in swap if name.endswith(side)), None)
        out.append(ARKIT_NAMES.index(name.removesuffix(side) + swap[side] if side else name))
    return out
