"""Ways to divide clips: at random as the paper does, or by speaker, sentence or emotion; seeded."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msmd.data.packed import Clip, Split

VALIDATION_SHARE: Final = 0.1
"""Section 5.1: 90 % for training, 10 % for validation."""

KEYS: Final[Mapping[str, Callable[[Clip], str]]] = {
    "random": lambda clip: clip.id,
    "speaker": lambda clip: clip.speaker,
    "sentence": lambda clip: f"{clip.corpus}: {clip.sentence}" if clip.sentence != "unknown" else "",
    "emotion": lambda clip: clip.emotion if clip.emotion not in ("unknown", "changing") else "",
}
"""Split -> what clips of one side share; "" stays in training: it is not known to be anything new."""


def divide(clips: Sequence[Clip], kind: str, seed: int = 0) -> dict[str, Split]:
    """Clip id -> train or val, so that whole groups are held out and about a tenth of the frames is.

    Groups are taken in a seeded random order as long as that brings their frames nearer to a tenth; one at
    least is taken if there are two.

    Args:
        clips: to be divided.
        kind: key of `KEYS`.
        seed: of the order.
    """
    key = KEYS[kind]
    frames: dict[str, int] = {}
    for clip in clips:
        if group := key(clip):
            frames[group] = frames.get(group, 0) + clip.frames
    wanted = VALIDATION_SHARE * sum(clip.frames for clip in clips)
    held: set[str] = set()
    taken = 0
    for group in sorted(frames, key=lambda name: draw(seed, kind, name)):
        if abs(taken + frames[group] - wanted) < abs(taken - wanted):
            held.add(group)
            taken += frames[group]
    if not held and len(frames) > 1:
        held.add(min(frames, key=lambda name: (frames[name], draw(seed, kind, name))))
    return {clip.id: "val" if key(clip) in held else "train" for clip in clips}


def draw(seed: int, purpose: str, name: str) -> str:
    """A number (hexadecimal) that orders names at random, the same on every machine."""
    return hashlib.sha256(f"{seed} {purpose} {name}".encode()).hexdigest()
