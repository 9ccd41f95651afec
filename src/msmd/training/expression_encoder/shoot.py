"""Pictures of random people, tracked as recordings are: what the expression encoder learns from.

    python -m msmd.training.expression_encoder shoot work/renders --people 3000

Shards of people, each whole or absent; the same command goes on where it was stopped. A person is a function
of the seed and a number alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8
from safetensors.numpy import load_file, save_file

from msmd.core.errors import CaptureError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import NUM_ARKIT
from msmd.data.trackers.mediapipe_mesh import load_mediapipe
from msmd.face.crops import cut_crops
from msmd.face.identity import random_identity
from msmd.face.rig import load_rig
from msmd.training.expression_encoder.expressions import (
    TAUGHT_MOODS,
    draw_film,
    draw_held,
    draw_moment,
    draw_talk,
    spread_sides,
)
from msmd.training.expression_encoder.portraits import Portrait, Shot, draw_shot
from msmd.training.expression_encoder.ways import vary_frown

PEOPLE_PER_SHARD: Final = 50
PEOPLE_PER_SEED: Final = 20_000
"""At most; so that people of different seeds have different numbers."""
NEUTRALS: Final = 2
MOMENTS: Final = 6
"""Pictures of each person: at rest, and with an expression that is held throughout."""

TEST_SEED: Final = 77_000
"""Of people that no encoder is trained on."""

HELD: Final[Mapping[str, Mapping[str, float]]] = {
    "none": {},
    "smile": {"mouthSmile": 0.6},
    "lowerDown": {"mouthLowerDown": 0.7},
    "browDown": {"browDown": 0.8},
    "browUp": {"browInnerUp": 0.8, "browOuterUp": 0.8},
    "squint": {"eyeSquint": 0.8},
}
"""What people hold in the test of persistent expression, while they talk."""

TALK_PICTURES: Final = 8
"""Of each person and each held expression."""

RESTING_FRAMES: Final = 8
FILM_FRAMES: Final = 60
"""Of each person who is filmed, at 25 fps."""
_FRAMES_PER_TURN: Final = 20
"""A head turns from one pose to the next in so many."""

_TURNS: Final = np.radians([5.0, 8.0, 2.0])
"""Standard deviation of pitch, yaw, roll of somebody who talks."""


@dataclass(frozen=True)
class Renders:
    """Tracked pictures, the truth beside them.

    Attributes:
        landmarks: (pictures, 478, 3) as `RawLandmarks` has them.
        crops: (pictures, 3, 56, 64) of `cut_crops`.
        weights: (pictures, 52) true ARKit weights.
        held: (pictures, 52) what the person wears in all pictures but the neutral ones.
        head_rotation: (pictures, 3) pitch, yaw, roll in radians.
        person: (pictures,) number.
        neutral: (pictures,) whether the face is at rest.
        clip: (pictures,) which of the person's clips, from 0 on; -1 where at rest.
    """

    landmarks: Float32[np.ndarray, "pictures 478 3"]
    crops: UInt8[np.ndarray, "pictures 3 56 64"]
    weights: Float32[np.ndarray, "pictures 52"]
    held: Float32[np.ndarray, "pictures 52"]
    head_rotation: Float32[np.ndarray, "pictures 3"]
    person: Int32[np.ndarray, "pictures"]
    neutral: Bool[np.ndarray, "pictures"]
    clip: Int32[np.ndarray, "pictures"]


Sitting = Iterator[tuple[np.ndarray, dict[str, Any]]]
"""Pictures of one person, with what is true of each."""


def draw_people(random: np.random.Generator) -> Sitting:
    """One person at rest and with an expression that is held, any head, any camera: to measure with."""
    portrait = Portrait(random_identity(load_rig(), random), random)
    held = draw_held(random)
    for index in range(NEUTRALS + MOMENTS):
        neutral = index < NEUTRALS
        shot = draw_shot(random, frontal=neutral)
        weights = np.zeros(NUM_ARKIT, np.float32) if neutral else draw_moment(held, random)
        yield _take(portrait, weights, held, shot, random, -1 if neutral else 0)


def draw_sitters(random: np.random.Generator) -> Sitting:
    """One person at rest and with an expression that is held: to learn from.

    Half of the people are seen as in a recording, by one camera that they turn to and fro before; the others
    by another camera in every picture, as in `draw_people`.
    """
    portrait = Portrait(vary_frown(random_identity(load_rig(), random), random), random, knits=True)
    held = draw_held(random, TAUGHT_MOODS)
    camera = draw_shot(random)
    recorded, rest_recorded = random.random() < 0.5, random.random() < 0.6
    liveliness = random.uniform(0.2, 1.3)
    for index in range(NEUTRALS + MOMENTS):
        neutral = index < NEUTRALS
        shot = draw_shot(random, frontal=neutral)
        if recorded and (rest_recorded or not neutral):
            turn = camera.head_rotation + liveliness * random.normal(0, _TURNS)
            shot = replace(camera, head_rotation=tuple(turn.tolist()))
        weights = np.zeros(NUM_ARKIT, np.float32) if neutral else draw_moment(held, random)
        yield _take(portrait, weights, held, shot, random, -1 if neutral else 0)


def draw_talkers(random: np.random.Generator) -> Sitting:
    """One person at rest, then saying the same with the same turns of the head under each of `HELD`."""
    portrait = Portrait(random_identity(load_rig(), random), random)
    rest = np.zeros(NUM_ARKIT, np.float32)
    for _ in range(NEUTRALS):
        yield _take(portrait, rest, rest, draw_shot(random, frontal=True), random, -1)
    camera = draw_shot(random, frontal=True)
    turns = random.normal(0, _TURNS, (TALK_PICTURES, 3))
    talk = [draw_talk(random) for _ in turns]
    for clip, held in enumerate(HELD.values()):
        wears = spread_sides(held)
        for turn, said in zip(turns, talk, strict=True):
            shot = replace(camera, head_rotation=tuple(turn.tolist()))
            yield _take(portrait, np.maximum(said, wears), wears, shot, random, clip)


def draw_films(random: np.random.Generator) -> Sitting:
    """One person at rest for a while, then speaking with an expression that is held, before one camera."""
    portrait = Portrait(random_identity(load_rig(), random), random)
    held, camera = draw_held(random), draw_shot(random, frontal=True)
    frames = RESTING_FRAMES + FILM_FRAMES
    film = np.zeros((frames, NUM_ARKIT), np.float32)
    film[RESTING_FRAMES:] = draw_film(held, FILM_FRAMES, random)
    keys = random.normal(0, _TURNS, (frames // _FRAMES_PER_TURN + 2, 3))
    at = np.arange(frames) / _FRAMES_PER_TURN
    turns = np.stack([np.interp(at, np.arange(len(keys)), angle) for angle in keys.T], axis=1)
    for index, (weights, turn) in enumerate(zip(film, turns, strict=True)):
        shot = replace(camera, head_rotation=tuple((camera.head_rotation + turn).tolist()))
        yield _take(portrait, weights, held, shot, random, -1 if index < RESTING_FRAMES else 0)


def _take(
    portrait: Portrait,
    weights: Float32[np.ndarray, "52"],
    held: Float32[np.ndarray, "52"],
    shot: Shot,
    random: np.random.Generator,
    clip: int,
) -> tuple[np.ndarray, dict[str, Any]]:
    return portrait.draw(weights, shot, random), {
        "weights": portrait.rig.touch(weights[None])[0],
        "held": held,
        "head_rotation": np.array(shot.head_rotation, np.float32),
        "neutral": np.uint8(clip < 0),
        "clip": np.int32(clip),
    }


def shoot(
    folder: Path,
    people: int,
    seed: int = 0,
    draw: Callable[[np.random.Generator], Sitting] = draw_people,
    progress: Progress = no_progress,
    film: bool = False,
) -> None:
    """Draw and track so many people; shards that are there are kept.

    Args:
        folder: of the shards.
        people: how many.
        seed: another one gives other people.
        draw: the pictures of one person.
        progress: told of people.
        film: the pictures of one person follow one another, and are tracked so.

    Raises:
        CaptureError: MediaPipe is not installed.
    """
    for first in range(0, people, PEOPLE_PER_SHARD):
        path = folder / f"people_{seed}_{first:06d}.safetensors"
        if not path.is_file():
            shard = _shoot_shard(range(first, min(first + PEOPLE_PER_SHARD, people)), seed, draw, film)
            with whole_file(path) as aside:
                save_file(shard, aside)
        progress("people", min(first + PEOPLE_PER_SHARD, people), people)


def person_number(seed: int, person: int) -> int:
    """A number that no one else has.

    Raises:
        ValueError: more people than a seed has numbers for.
    """
    if not 0 <= person < PEOPLE_PER_SEED:
        raise ValueError(f"person {person} of a seed, which has {PEOPLE_PER_SEED}")
    return seed * PEOPLE_PER_SEED + person


def load_renders(folder: Path) -> Renders:
    """All shards of a folder.

    Raises:
        CaptureError: there are none.
    """
    shards = [load_file(path) for path in sorted(folder.glob("people_*.safetensors"))]
    if not shards:
        raise CaptureError(f"{folder} has no pictures; draw some with the command `shoot`.")
    joined = {name: np.concatenate([shard[name] for shard in shards]) for name in shards[0]}
    return Renders(**joined | {"neutral": joined["neutral"].astype(bool)})


def open_tracker(film: bool = False) -> Any:
    """MediaPipe's face mesh for pictures that have nothing to do with one another, or for those of a film."""
    return load_mediapipe().solutions.face_mesh.FaceMesh(
        static_image_mode=not film, refine_landmarks=True, min_detection_confidence=0.3
    )


def track_still(tracker: Any, picture: UInt8[np.ndarray, "height width 3"]) -> np.ndarray | None:
    """(478, 3) landmarks of one picture, or None."""
    faces = tracker.process(picture).multi_face_landmarks
    if not faces:
        return None
    return np.array([(point.x, point.y, point.z) for point in faces[0].landmark], np.float32)


def _shoot_shard(
    people: range, seed: int, draw: Callable[[np.random.Generator], Sitting], film: bool
) -> dict[str, np.ndarray]:
    columns: dict[str, list[Any]] = {name: [] for name in Renders.__dataclass_fields__}
    with open_tracker(film) as tracker:
        for person in people:
            if film:
                tracker.reset()
            for picture, row in draw(np.random.default_rng([seed, person])):
                landmarks = track_still(tracker, picture)
                if landmarks is None:
                    continue
                row |= {"landmarks": landmarks, "crops": cut_crops(picture, landmarks)}
                row |= {"person": np.int32(person_number(seed, person))}
                for name, value in row.items():
                    columns[name].append(value)
    return {name: np.stack(values) for name, values in columns.items()}
