"""Which recording is spoken in the manner of which other: the protocol of section 6.1.

"We source the style reference from an adjacent but non-overlapping window from the same video." Clips
too short for two windows take another clip of the same speaker and emotion. That is the matching
condition; in the contrasting one (section 6.3) the reference acts another emotion.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final, Literal, get_args

from msmd.core.units import MOTION_FPS, SAMPLES_PER_FRAME
from msmd.evaluation.protocol import Performance

Condition = Literal["matching", "contrasting"]
CONDITIONS: Final[tuple[Condition, ...]] = get_args(Condition)

WINDOW_FRAMES: Final = 100
"""N_w of section 5.2: 4 s at 25 fps. A clip of twice that length brings its own reference."""

MIN_REFERENCE_FRAMES: Final = int(MOTION_FPS)
"""A shorter clip shows no style."""

UNACTED: Final = frozenset({"unknown", "neutral", "calm"})
"""Emotions that contrast with little."""


@dataclass(frozen=True)
class StyledClip:
    """A held-out clip and the recording that gives the style.

    Attributes:
        target: what is spoken, with the face that was recorded.
        reference: never overlaps the target.
        condition: whether the recorded face of the target is in the style of the reference.
    """

    target: Performance
    reference: Performance
    condition: Condition = "matching"


def cut_window(performance: Performance, start: int, frames: int) -> Performance:
    """Some frames of a performance; its clip is then called `name@start`."""
    end = start + frames
    return replace(
        performance,
        clip=f"{performance.clip}@{start}",
        samples=performance.samples[start * SAMPLES_PER_FRAME : end * SAMPLES_PER_FRAME],
        motion=performance.motion[start:end],
    )


def pair_with_references(
    performances: Sequence[Performance], window_frames: int = WINDOW_FRAMES
) -> list[StyledClip]:
    """The matching condition, in order of names.

    A clip of two windows or more is cut into windows; each is paired with the next one, the last with
    the one before it, and what is left at the end is not used. Shorter clips are paired with the next
    clip of the same corpus, speaker and emotion; where sentences are repeated with the next that says
    another sentence, for otherwise the reference would show the very lip movement that is asked for.
    Clips that are the only one of their kind are left out.
    """
    clips, short = [], []
    for one in sorted(performances, key=lambda performance: performance.clip):
        if len(one.motion) < 2 * window_frames:
            short.append(one)
            continue
        starts = range(0, len(one.motion) - window_frames + 1, window_frames)
        windows = [cut_window(one, start, window_frames) for start in starts]
        neighbours = [*windows[1:], windows[-2]]
        clips += [StyledClip(*pair) for pair in zip(windows, neighbours, strict=True)]
    groups: dict[tuple[str, str, str], list[Performance]] = {}
    for one in short:
        groups.setdefault((one.corpus, one.speaker, one.emotion), []).append(one)
    for group in groups.values():
        for index, target in enumerate(group):
            if (other := _next_other(target, group[index + 1 :] + group[:index])) is not None:
                clips.append(StyledClip(target, other))
    return clips


def _next_other(target: Performance, candidates: Sequence[Performance]) -> Performance | None:
    long_enough = [one for one in candidates if len(one.motion) >= MIN_REFERENCE_FRAMES]
    others = (one for one in long_enough if not target.sentence or one.sentence != target.sentence)
    return next(others, long_enough[0] if long_enough else None)


def pair_with_contrasts(
    performances: Sequence[Performance], targets: Sequence[StyledClip]
) -> list[StyledClip]:
    """The contrasting condition for the targets of the matching one.

    The reference acts another emotion: a clip of the same speaker if there is one, another sentence if
    sentences are repeated, else an acted clip of anyone. Which of them is drawn by the target's name,
    so that a longer list of targets changes no pair. Targets without any such clip are left out.
    """
    whole = [
        one
        for one in sorted(performances, key=lambda performance: performance.clip)
        if one.has_lips and one.has_upper_face and len(one.motion) >= MIN_REFERENCE_FRAMES
    ]
    clips = []
    for target in (clip.target for clip in targets):
        same = [one for one in whole if (one.corpus, one.speaker) == (target.corpus, target.speaker)]
        same = [one for one in same if "unknown" not in {one.emotion, target.emotion}]
        same = [one for one in same if one.emotion != target.emotion]
        same = [one for one in same if one.sentence != target.sentence or not target.sentence] or same
        acted = [one for one in whole if one.emotion not in UNACTED | {target.emotion}]
        acted = [one for one in acted if one.speaker != target.speaker]
        if candidates := same or acted:
            drawn = zlib.crc32(target.clip.encode()) % len(candidates)
            clips.append(StyledClip(target, candidates[drawn], "contrasting"))
    return clips


def spread_out(clips: Sequence[StyledClip], limit: int | None) -> list[StyledClip]:
    """At most `limit` clips, taking corpora, speakers and emotions in turn, so that few still cover all."""
    if limit is None or len(clips) <= limit:
        return list(clips)
    corpora: dict[str, dict[tuple[str, str], list[StyledClip]]] = {}
    for clip in clips:
        of_corpus = corpora.setdefault(clip.target.corpus, {})
        of_corpus.setdefault((clip.target.speaker, clip.target.emotion), []).append(clip)
    return _in_turn(_in_turn(groups.values()) for groups in corpora.values())[:limit]


def _in_turn(groups: Iterable[Sequence[StyledClip]]) -> list[StyledClip]:
    """The first of every group, then the second of every group, and so on."""
    rounds = zip_longest(*groups)
    return [clip for one_round in rounds for clip in one_round if clip is not None]
