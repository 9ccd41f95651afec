"""Which clips are looked at, and in which order: a seeded random sample of so many hours of a corpus."""

from collections.abc import Mapping, Sequence
from typing import Final

from msmd.data.corpora.recording import Recording
from msmd.data.curation.splits import draw

PAPER_HOURS: Final[Mapping[str, float]] = {"celebvtext": 26.5}
"""Section 5.1: "From the remaining videos, we randomly sampled 26.5 hours"; all of RAVDESS beside them."""


def in_random_order(recordings: Sequence[Recording], seed: int) -> list[Recording]:
    """A seeded random order. The clips that are kept first in it are a random sample of all that would be."""
    return sorted(recordings, key=lambda one: draw(seed, "sample", one.id))


def count_drawn(kept_seconds: Sequence[float | None], hours: float) -> int | None:
    """How many clips of the random order give the hours; None: not enough yet.

    Args:
        kept_seconds: of the clips so far, in the random order; None for those that were dropped.
        hours: wanted.
    """
    total = 0.0
    for number, seconds in enumerate(kept_seconds, start=1):
        total += seconds or 0.0
        if total >= hours * 3600:
            return number
    return None
