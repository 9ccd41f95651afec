"""Which shape of a face counts as no expression: everything the code says is relative to it.

Persistent expression is what a style is made of, and a wrong neutral deletes it. The mean of a clip
is never taken: it holds the clip's expression, and subtracting it leaves none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32

from msmd.core.errors import CaptureError
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.geometry import relative_head_rotation
from msmd.face.regions import INNER_LIP_PAIRS, LIPS
from msmd.face.seen_face import SeenFace

_LID_PAIRS: Final = ((159, 145), (386, 374))
"""Upper and lower lid at the middle of the right and the left eye."""

_REST_FRAMES: Final = 12
"""As many of the quietest frames make a neutral, where there are so many."""

_CLOSED_MM: Final = 2.0
"""Inner lips nearer than this, in the size of the rig, count as closed (the tracker leaves a slit)."""

ESTIMATED: Final = "the face at rest as it is told apart from what is shown"

_ERROR_AT_NO_SPREAD_MM, _ERROR_PER_SPREAD = 1.0, 0.36
"""Of estimated neutrals of people whose neutral is known, against the spread between frames' guesses."""

_AROUND_TIME_SECONDS: Final = 0.1
"""Frames within this of a time that the user names are averaged."""


@dataclass(frozen=True)
class Neutral:
    """A face without expression.

    Attributes:
        landmarks: (468, 3) mm, pose-free, in the rig's frame.
        text: where it comes from, for people.
        rest: mean of `SeenFace.embedded` of this face at rest, if pictures of that were looked at.
        error_mm: how far it may be off, root mean square over the face, where it is an estimate.
    """

    landmarks: Float32[np.ndarray, "468 3"]
    text: str
    rest: Float32[np.ndarray, "embedding_dim"] | None = None
    error_mm: float | None = None


def choose_neutral(face: SeenFace, wish: str) -> Neutral:
    """The neutral face of one video.

    Args:
        face: at least one frame of it is found.
        wish: a time such as "3.2s"; "quiet": the clip's own quiet frames, which keeps what comes and goes
            with speech and loses what is held throughout; "auto": see `estimate_neutral`.

    Raises:
        CaptureError: the wish makes no sense, or no face is seen at that time.
    """
    if wish == "auto":
        return estimate_neutral(face)
    if wish == "quiet":
        neutral = speaker_neutral([face.pose_free], embedded=[face.embedded])
        return replace(neutral, text=f"{neutral.text}; an expression held throughout the clip is lost")
    return neutral_at_time(face, parse_seconds(wish))


def estimate_neutral(face: SeenFace) -> Neutral:
    """The face at rest as the expression encoder tells it apart from what the face shows.

    Each frame without the motion of the ARKit weights that are read from it is a guess of the face at rest;
    their median is taken, from the frames that are turned away the least.

    Args:
        face: at least one frame of it is found.
    """
    found = np.flatnonzero(face.found)
    turned = np.abs(relative_head_rotation(face.rotation[found])[:, :2]).max(axis=1)
    frames = found[np.argsort(turned, kind="stable")[: max(_REST_FRAMES, 2 * len(found) // 3)]]
    guesses = face.pose_free[frames] - landmarks_of_arkit(face.read()[frames])
    neutral = np.median(guesses, axis=0).astype(np.float32)
    spread = float(np.sqrt(np.median(((guesses - neutral) ** 2).sum(axis=2).mean(axis=1))))
    error = _ERROR_AT_NO_SPREAD_MM + _ERROR_PER_SPREAD * spread
    return Neutral(neutral, f"{ESTIMATED}, right to about {error:.1f} mm", error_mm=error)


def neutral_at_time(face: SeenFace, seconds: float) -> Neutral:
    """The face that the user says is at rest.

    Args:
        face: of the video.
        seconds: when the face is at rest.

    Raises:
        CaptureError: the video is shorter, or shows no face then.
    """
    times = face.times_seconds
    if not 0 <= seconds <= times[-1] + 0.5:
        raise CaptureError(
            f"the neutral face is said to be at {seconds:g} s; the video lasts {times[-1]:.2f} s."
        )
    near = face.found & (np.abs(times - seconds) <= _AROUND_TIME_SECONDS)
    if not near.any():
        raise CaptureError(f"no face is seen at {seconds:g} s, where the neutral face is said to be.")
    landmarks = face.pose_free[near].mean(axis=0).astype(np.float32)
    return Neutral(landmarks, f"the frames around {seconds:g} s", face.embedded[near].mean(axis=0))


def parse_seconds(text: str) -> float:
    """'3.2s', '3.2' or '1:03.2' -> seconds.

    Raises:
        CaptureError: it is none of these.
    """
    match = re.fullmatch(r"(?:(\d+):)?(\d+(?:\.\d+)?)\s*s?", text.strip())
    if match is None:
        raise CaptureError(
            f'the neutral face is given as {text!r}; write "auto", "quiet", a time such as "3.2s", '
            "or the file of another recording."
        )
    return 60.0 * int(match[1] or 0) + float(match[2])


def speaker_neutral(
    clips: Sequence[Float[np.ndarray, "_ 468 3"]],
    at_rest: Sequence[Bool[np.ndarray, "_"]] | None = None,
    embedded: Sequence[Float[np.ndarray, "_ embedding_dim"]] | None = None,
) -> Neutral:
    """A speaker's face at rest from several clips: their quietest frames with closed lips and open eyes.

    Right for clips in which the speaker shows no emotion at least now and then; pass those clips only
    where they are known.

    Args:
        clips: pose-free landmarks of `metric_landmarks`; NaN where no face was found.
        at_rest: frames that are known to be silent; frames outside are not looked at. None: all are.
        embedded: `SeenFace.embedded` of the clips, for `Neutral.rest`.

    Raises:
        CaptureError: no clip has a usable frame.
    """
    faces, speeds, kept = [], [], []
    for index, clip in enumerate(clips):
        allowed = np.isfinite(clip[:, 0, 0])
        if at_rest is not None:
            allowed &= at_rest[index]
        faces.append(clip[allowed])
        speeds.append(_face_speed(clip)[allowed])
        if embedded is not None:
            kept.append(embedded[index][allowed])
    face, speed = np.concatenate(faces), np.concatenate(speeds)
    if not len(face):
        raise CaptureError("no frame with a face can serve as the neutral face.")
    chosen, closed = _quietest(face, speed, at_least=_REST_FRAMES * max(1, len(clips) // 4))
    lips = "closed" if closed else "the least open"
    text = f"{len(chosen)} quiet frames with {lips} lips, of {len(clips)} clip(s)"
    rest = np.concatenate(kept)[chosen].mean(axis=0) if kept else None
    return Neutral(np.median(face[chosen], axis=0).astype(np.float32), text, rest)


def lip_gap(landmarks: Float[np.ndarray, "frames 468 3"]) -> Float[np.ndarray, "frames"]:
    """Mean distance of the inner lips, in the unit of the landmarks."""
    pairs = np.asarray(INNER_LIP_PAIRS)
    return np.linalg.norm(landmarks[:, pairs[:, 0]] - landmarks[:, pairs[:, 1]], axis=2).mean(axis=1)


def eye_opening(landmarks: Float[np.ndarray, "frames 468 3"]) -> Float[np.ndarray, "frames"]:
    """Mean distance of the lids, in the unit of the landmarks."""
    pairs = np.asarray(_LID_PAIRS)
    return np.linalg.norm(landmarks[:, pairs[:, 0]] - landmarks[:, pairs[:, 1]], axis=2).mean(axis=1)


def _quietest(
    face: Float[np.ndarray, "frames 468 3"], speed: Float[np.ndarray, "frames"], at_least: int
) -> tuple[np.ndarray, bool]:
    """Indices of the quietest frames with closed lips and open eyes, and whether lips are closed."""
    gap, eyes = lip_gap(face), eye_opening(face)
    awake = eyes >= 0.85 * np.median(eyes)
    closed = gap <= max(_CLOSED_MM, float(np.quantile(gap, 0.02)))
    fits = awake & closed
    if fits.sum() < 3:
        fits = gap <= np.quantile(gap, 0.1)
    candidates = np.flatnonzero(fits)
    count = min(len(candidates), max(at_least, len(candidates) // 4))
    chosen = candidates[np.argsort(speed[candidates], kind="stable")[:count]]
    return chosen, bool(np.median(gap[chosen]) <= _CLOSED_MM)


def _face_speed(clip: Float[np.ndarray, "frames 468 3"]) -> Float[np.ndarray, "frames"]:
    """How far lips move from the frame before to the frame after, mm; infinite beside a gap."""
    lips = clip[:, list(LIPS)]
    step = np.full(len(clip), np.inf)
    if len(clip) >= 3:
        step[1:-1] = np.linalg.norm(lips[2:] - lips[:-2], axis=2).mean(axis=1)
        step[0], step[-1] = step[1], step[-2]
    return np.where(np.isfinite(step), step, np.inf)
