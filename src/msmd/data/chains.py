"""Clips of one speaker and one emotion, joined into one recording long enough for two windows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import EXPRESSION, HEAD_ROTATION
from msmd.data.packed import Clip

EXPRESSION_BLEND_FRAMES = 5
"""On each side of a join; clips begin and end in silence, mostly."""

HEAD_BLEND_FRAMES = 15
"""A head turns more slowly than lips move."""


@dataclass(frozen=True)
class ChainGroup:
    """Clips that may be joined: same corpus, speaker, emotion, tracker, and the same parts observed.

    Attributes:
        clips: at least one.
    """

    clips: tuple[Clip, ...]

    @property
    def frames(self) -> int:
        return sum(clip.frames for clip in self.clips)


def group_clips(clips: Iterable[Clip]) -> list[ChainGroup]:
    """Split clips into groups, in the order of their names."""
    groups: dict[tuple, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: clip.id):
        observed = (clip.has_lips, clip.has_upper, clip.has_head)
        key = (clip.corpus, clip.speaker, clip.emotion, clip.motion_source, *observed)
        groups.setdefault(key, []).append(clip)
    return [ChainGroup(tuple(members)) for _, members in sorted(groups.items())]


def draw_chain(group: ChainGroup, frames: int, chance: np.random.Generator) -> tuple[list[Clip], int]:
    """Clips in random order and the frame of the first one at which to start.

    No clip comes twice. The start is drawn so that joins fall anywhere; if all clips together are
    shorter than `frames` plus the start, it moves towards 0.
    """
    order = chance.permutation(len(group.clips))
    first = int(chance.choice(len(group.clips), p=np.array([c.frames for c in group.clips]) / group.frames))
    order = [first, *(int(number) for number in order if number != first)]
    start = int(chance.integers(group.clips[first].frames))
    start = max(0, min(start, group.frames - frames))
    chain, covered = [], -start
    for number in order:
        chain.append(group.clips[number])
        covered += group.clips[number].frames
        if covered >= frames:
            break
    return chain, start


def join_motion(pieces: Sequence[Float32[np.ndarray, "_ 67"]]) -> Float32[np.ndarray, "frames 67"]:
    """Concatenate without a jump: half of each jump is taken out of either side, fading over a few frames.

    No frame is added or lost, so the sound of the pieces is concatenated beside it as it is.
    """
    joined = np.concatenate(pieces)
    ends = np.cumsum([len(piece) for piece in pieces])[:-1]
    jumps = [joined[end] - joined[end - 1] for end in ends]
    for end, jump, before, after in zip(ends, jumps, pieces[:-1], pieces[1:], strict=True):
        for part, blend in ((EXPRESSION, EXPRESSION_BLEND_FRAMES), (HEAD_ROTATION, HEAD_BLEND_FRAMES)):
            back, forth = _fade(min(blend, len(before))), _fade(min(blend, len(after)))
            joined[end - len(back) : end, part] += 0.5 * back[::-1, None] * jump[part]
            joined[end : end + len(forth), part] -= 0.5 * forth[:, None] * jump[part]
    return joined


def _fade(frames: int) -> Float[np.ndarray, "frames"]:
    """From 1 down towards 0, half a cosine."""
    return (0.5 + 0.5 * np.cos(np.pi * np.arange(frames) / frames)).astype(np.float32)
