"""Is a tracked clip good enough? A verdict with its reasons, for people and for filters of data."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Bool, Float, Float32

from msmd.data.quality_frames import MAX_POSE_DEGREES, FrameEvidence, weigh_frames
from msmd.face.geometry import metric_landmarks
from msmd.face.raw_landmarks import RawLandmarks

Verdict = Literal["good", "usable", "reject"]
Span = tuple[float, float]

DOUBTED: Final = 0.5
"""A frame of less confidence is not counted on."""

LONG_LOSS_SECONDS: Final = 0.5
"""`data.tracking` bridges shorter ones."""

MIN_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Reason:
    """One thing that speaks against a clip.

    Attributes:
        code: for programs, stable: one of `CODES`.
        text: for people, a sentence without its full stop.
        rejects: whether it alone makes the clip unusable.
    """

    code: str
    text: str
    rejects: bool


@dataclass(frozen=True)
class QualityReport:
    """What can be trusted of a tracked clip.

    Attributes:
        confidence: (frames,) of the tracked frames, 0 to 1.
        lost_spans_seconds: where no face was found: from the first frame without to the next with one.
        occluded_spans_seconds: where the landmarks do not move as a face does: something is in front of it.
        turned_spans_seconds: where the face looks more than 45 degrees past the camera.
        jumps_seconds: where the head moves faster than heads can: cuts, or slips of the tracker.
        max_pose_degrees: farthest the face looks past the camera; NaN without a face.
        verdict: "good": nothing to say; "usable": with the reasons in mind; "reject": neither style nor
            training should be taken from it.
        reasons: what speaks against it, gravest first.
        numbers: what was measured, by stable names (see `_measure`).
    """

    confidence: Float32[np.ndarray, "frames"]
    lost_spans_seconds: tuple[Span, ...]
    occluded_spans_seconds: tuple[Span, ...]
    turned_spans_seconds: tuple[Span, ...]
    jumps_seconds: tuple[float, ...]
    max_pose_degrees: float
    verdict: Verdict
    reasons: tuple[Reason, ...]
    numbers: Mapping[str, float]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons."""
        return tuple(reason.code for reason in self.reasons)

    def describe(self) -> list[str]:
        """Lines for people: the verdict, then a reason a line."""
        word = {"good": "good", "usable": "usable, with care", "reject": "not usable"}[self.verdict]
        return [f"quality: {word}", *(f"  {reason.text}" for reason in self.reasons)]

    def as_json(self) -> dict[str, Any]:
        """Everything but the confidence of single frames, JSON-ready."""
        return {
            "verdict": self.verdict,
            "reasons": [{"code": one.code, "text": one.text, "rejects": one.rejects} for one in self.reasons],
            "numbers": {name: round(value, 4) for name, value in self.numbers.items() if np.isfinite(value)},
            "lost_spans_seconds": _rounded(self.lost_spans_seconds),
            "occluded_spans_seconds": _rounded(self.occluded_spans_seconds),
            "turned_spans_seconds": _rounded(self.turned_spans_seconds),
            "jumps_seconds": [round(seconds, 3) for seconds in self.jumps_seconds],
        }

    def to_json(self) -> str:
        """`as_json` in one line, as the origin of a motion file keeps it."""
        return json.dumps(self.as_json())


def judge(
    raw: RawLandmarks,
    pose_free: Float[np.ndarray, "frames 468 3"] | None = None,
    rotation: Float[np.ndarray, "frames 3 3"] | None = None,
) -> QualityReport:
    """What can be trusted of a tracked clip.

    Args:
        raw: of the tracker, one frame at least.
        pose_free, rotation: of `metric_landmarks`, if they are known already.
    """
    if pose_free is None or rotation is None:
        pose_free, rotation = metric_landmarks(raw.landmarks, raw.width, raw.height)
    evidence = weigh_frames(raw, pose_free, rotation)
    times = raw.times_seconds
    lost = _spans(~evidence.found, times)
    turned = evidence.found & (np.nan_to_num(evidence.pose_degrees) > MAX_POSE_DEGREES)
    occluded = evidence.found & ~turned & evidence.occluded
    numbers = _measure(evidence, times, lost)
    numbers |= {
        "occluded_share": float(occluded.mean()),
        "turned_share": float(turned.mean()),
        "num_faces": float(raw.num_faces),
    }
    reasons: dict[str, Reason] = {}
    for rule in _RULES:
        # Of two rules on one thing the graver one comes first, and speaks alone.
        if rule.code not in reasons and rule.breaks(value := numbers[rule.number]):
            reasons[rule.code] = Reason(rule.code, rule.text.format(value=value), rule.rejects)
    verdict: Verdict = "good"
    if reasons:
        verdict = "reject" if any(reason.rejects for reason in reasons.values()) else "usable"
    return QualityReport(
        confidence=evidence.confidence.astype(np.float32),
        lost_spans_seconds=lost,
        occluded_spans_seconds=_spans(occluded, times),
        turned_spans_seconds=_spans(turned, times),
        jumps_seconds=tuple(float(seconds) for seconds in times[evidence.jumped]),
        max_pose_degrees=numbers["max_pose_degrees"],
        verdict=verdict,
        reasons=tuple(reasons.values()),
        numbers=numbers,
    )


def _measure(
    evidence: FrameEvidence, times: Float[np.ndarray, "frames"], lost: tuple[Span, ...]
) -> dict[str, float]:
    found = evidence.found
    period = float(np.median(np.diff(times))) if len(times) > 1 else float("nan")
    return {
        "seconds": float(times[-1] - times[0]) + (period if np.isfinite(period) else 0.0),
        "frames_a_second": 1 / period if period > 0 else float("nan"),
        "found_share": float(found.mean()),
        "longest_face_seconds": _longest_seen(found, times),
        "longest_loss_seconds": max((end - start for start, end in lost), default=0.0),
        "confident_share": float((evidence.confidence >= DOUBTED).mean()),
        "mean_confidence": float(evidence.confidence.mean()),
        "face_height_pixels": _known(evidence.height_pixels, np.median),
        "max_pose_degrees": _known(evidence.pose_degrees, np.max),
        "median_pose_degrees": _known(evidence.pose_degrees, np.median),
        "misfit_mm": _known(evidence.misfit_mm, np.median),
        "tremble_mm": _known(evidence.tremble_mm, np.median),
        "jumps_a_minute": float(evidence.jumped.sum() / max(times[-1] - times[0], 1.0) * 60),
    }


@dataclass(frozen=True)
class _Rule:
    code: str
    number: str
    breaks: Callable[[float], bool]
    rejects: bool
    text: str


def _below(limit: float) -> Callable[[float], bool]:
    return lambda value: value < limit


def _above(limit: float) -> Callable[[float], bool]:
    return lambda value: value > limit


_RULES: Final = (
    _Rule("short", "longest_face_seconds", _below(MIN_SECONDS), True, "a face is seen for {value:.2f} s"),
    _Rule("lost", "found_share", _below(0.5), True, "a face is found in {value:.0%} of the frames"),
    _Rule(
        "turned", "turned_share", _above(0.5), True, "the face is turned away in {value:.0%} of the frames"
    ),
    _Rule(
        "occluded", "occluded_share", _above(0.5), True, "the face is covered in {value:.0%} of the frames"
    ),
    _Rule("small", "face_height_pixels", _below(40.0), True, "the face is {value:.0f} pixels high"),
    _Rule("cuts", "jumps_a_minute", _above(60.0), True, "the head jumps {value:.0f} times a minute"),
    _Rule("doubtful", "confident_share", _below(0.5), True, "only {value:.0%} of the frames can be trusted"),
    _Rule(
        "lost", "longest_loss_seconds", _above(LONG_LOSS_SECONDS), False, "the face is lost for {value:.1f} s"
    ),
    _Rule("lost", "found_share", _below(0.95), False, "a face is found in {value:.0%} of the frames"),
    _Rule(
        "turned", "turned_share", _above(0.05), False, "the face is turned away in {value:.0%} of the frames"
    ),
    _Rule(
        "occluded", "occluded_share", _above(0.05), False, "the face is covered in {value:.0%} of the frames"
    ),
    _Rule("small", "face_height_pixels", _below(80.0), False, "the face is {value:.0f} pixels high"),
    _Rule("several", "num_faces", _above(1.0), False, "{value:.0f} faces are seen; the largest was followed"),
    _Rule(
        "slow",
        "frames_a_second",
        _below(20.0),
        False,
        "{value:.0f} frames a second miss closures of the lips",
    ),
    _Rule("cuts", "jumps_a_minute", _above(0.0), False, "the head jumps {value:.0f} times a minute"),
)
"""In the order in which reasons are told."""

CODES: Final = tuple(dict.fromkeys(rule.code for rule in _RULES))
"""Codes that a reason may have."""


def _spans(where: Bool[np.ndarray, "frames"], times: Float[np.ndarray, "frames"]) -> tuple[Span, ...]:
    """Runs of frames as (time of the first, time of the frame after the last or of the last one)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(int)))
    last = len(times) - 1
    return tuple(
        (float(times[start]), float(times[min(end, last)]))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )


def _longest_seen(found: Bool[np.ndarray, "frames"], times: Float[np.ndarray, "frames"]) -> float:
    """Longest stretch with gaps of no more than `LONG_LOSS_SECONDS`."""
    known = times[found]
    if not len(known):
        return 0.0
    parts = np.split(known, np.flatnonzero(np.diff(known) > LONG_LOSS_SECONDS) + 1)
    return float(max(part[-1] - part[0] for part in parts))


def _known(values: Float[np.ndarray, "frames"], summary: Callable[[np.ndarray], Any]) -> float:
    known = values[np.isfinite(values)]
    return float(summary(known)) if len(known) else float("nan")


def _rounded(spans: tuple[Span, ...]) -> list[list[float]]:
    return [[round(start, 3), round(end, 3)] for start, end in spans]
