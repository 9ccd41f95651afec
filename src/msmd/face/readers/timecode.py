"""Timecodes of a take -> seconds, a frame rate, and frames without gaps."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from msmd.core.errors import FormatError

_TIMECODE = re.compile(r"(\d+):(\d+):(\d+)[:;](\d+(?:\.\d+)?)")
_BASES = (24, 25, 30, 48, 50, 60, 100, 120)
_DAY_SECONDS = 24 * 3600
_DEFAULT_BASE = 60
"""Live Link Face counts 60 frames to a second; assumed where a take is too short to show its base."""


def seconds_of_timecodes(timecodes: list[str], path: Path) -> Float64[np.ndarray, "frames"]:
    """`HH:MM:SS:FF.fff` -> seconds of the day (more than 24 hours' worth after midnight).

    How many frames make a second is read off the take itself: the smallest usual rate that is greater
    than every FF, if the seconds roll over at least once. Midnight may pass.

    Raises:
        FormatError: a timecode of another form, or time that runs backwards.
    """
    fields = []
    for number, text in enumerate(timecodes):
        match = _TIMECODE.fullmatch(text)
        if match is None:
            raise FormatError(f"{path}, data row {number + 1}: timecode {text!r} is not HH:MM:SS:FF.fff.")
        fields.append([float(field) for field in match.groups()])
    hours, minutes, seconds, frames = np.array(fields).T
    whole_seconds = (hours * 60 + minutes) * 60 + seconds
    rolls_over = whole_seconds[-1] - whole_seconds[0] >= 2
    base = (
        min((rate for rate in _BASES if rate > frames.max()), default=_BASES[-1])
        if rolls_over
        else _DEFAULT_BASE
    )
    times = whole_seconds + frames / base
    times = times + _DAY_SECONDS * np.cumsum(np.diff(times, prepend=times[0]) < -_DAY_SECONDS / 2)
    if (np.diff(times) <= 0).any():
        row = int(np.argmax(np.diff(times) <= 0)) + 2
        raise FormatError(f"{path}, data row {row}: its timecode is not after the one before it.")
    return times


def even_frames(
    times_seconds: Float64[np.ndarray, "frames"], values: Float[np.ndarray, "frames dim"]
) -> tuple[Float64[np.ndarray, "even_frames dim"], Fraction]:
    """Frames at one rate from frames at given times; lost frames are interpolated.

    The rate is one over the median step, taken over all steps that are not gaps; within 0.05 % of a
    whole or an NTSC rate it is that rate. (Live Link Face takes measure 59.9, not 60: at 60 they would
    drift by 5 frames a minute from sound recorded beside them.)
    """
    if len(times_seconds) < 2:
        return values.astype(np.float64), Fraction(_DEFAULT_BASE)
    steps = np.diff(times_seconds)
    usual = steps[steps < 1.5 * np.median(steps)]
    fps = _nearby_rate(1 / float(usual.mean()))
    count = round(float(times_seconds[-1]) * float(fps)) + 1
    even = np.arange(count) / float(fps)
    columns = [np.interp(even, times_seconds, column) for column in values.T.astype(np.float64)]
    return np.stack(columns, axis=1), fps


def _nearby_rate(measured: float) -> Fraction:
    whole = max(1, round(measured))
    for rate in (Fraction(whole), Fraction(whole * 1000, 1001)):
        if abs(measured / float(rate) - 1) < 5e-4:
            return rate
    return Fraction(measured).limit_denominator(1000)
