"""The ten trials of section 6.3, chosen from a packed dataset.

(a) Matching: in-the-wild clips, cut in two; the start is the style reference, the rest is spoken.
(b) Contrasting: strongly emotional acted clips as references for in-the-wild speech that does not match them.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.core.units import MOTION_FPS
from msmd.data.packed import Clip, PackedDataset, Split
from msmd.study.trial_list import CLIP_PREFIX, TrialSpec

NOT_EMOTIONAL: Final = ("unknown", "neutral", "calm")

_MIN_WHOLE_SECONDS: Final = 4.0
"""A clip that is cut in two gives two halves of at least two seconds."""

_MIN_PART_SECONDS: Final = 2.0


def choose_trials(
    packed: PackedDataset,
    split: Split = "test",
    num_matching: int = 5,
    num_contrasting: int = 5,
    seed: int = 0,
    max_seconds: float = 6.0,
) -> list[TrialSpec]:
    """Trials at random, speakers and emotions in turn so that few trials cover many.

    Args:
        packed: the dataset.
        split: whose clips are taken.
        num_matching, num_contrasting: trials of each scenario.
        seed: of the choice.
        max_seconds: of a reference; longer halves of a clip are cut.

    Raises:
        MsmdError: the split has too few clips of a kind.
    """
    rng = np.random.default_rng(seed)
    clips = [packed.select(split)[index] for index in rng.permutation(len(packed.select(split)))]
    plain = [clip for clip in clips if clip.emotion in NOT_EMOTIONAL and clip.has_lips]
    long = [clip for clip in plain if _seconds(clip) >= _MIN_WHOLE_SECONDS and clip.has_upper]
    whole = _wild_first(long)[:num_matching]
    enough = [clip for clip in clips if _seconds(clip) >= _MIN_PART_SECONDS and clip.has_upper]
    acted = [clip for clip in enough if clip.emotion not in NOT_EMOTIONAL]
    acted.sort(key=lambda clip: clip.intensity != "strong")
    acted = in_turn(acted, lambda clip: clip.emotion)[:num_contrasting]
    lines = _wild_first([clip for clip in plain if _seconds(clip) >= _MIN_PART_SECONDS])
    unused = [clip for clip in lines if clip not in whole and clip.emotion == "unknown"]
    lines = unused or lines
    if len(whole) < num_matching or len(acted) < num_contrasting or (num_contrasting and not lines):
        raise MsmdError(
            f"the split {split!r} has {len(whole)} clips for {num_matching} matching trials (no acted "
            f"emotion, lips and upper face observed, {_MIN_WHOLE_SECONDS:g} s or more) and {len(acted)} for "
            f"{num_contrasting} contrasting ones (acted emotion). Ask for fewer with --matching and "
            "--contrasting, take another --split, or write a list of trials."
        )
    matching = [_cut_in_two(clip, max_seconds) for clip in whole]
    contrasting = [_contrast(clip, lines[index % len(lines)]) for index, clip in enumerate(acted)]
    return [*matching, *contrasting]


def in_turn(clips: Sequence[Clip], group: Callable[[Clip], str]) -> list[Clip]:
    """The first clip of every group, then the second of every group, and so on."""
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(group(clip), []).append(clip)
    rounds: Iterable[tuple[Clip | None, ...]] = zip_longest(*groups.values())
    return [clip for one_round in rounds for clip in one_round if clip is not None]


def _wild_first(clips: Sequence[Clip]) -> list[Clip]:
    """Recordings of nobody's acting before acted neutral ones; speakers in turn."""
    wild = [clip for clip in clips if clip.emotion == "unknown"]
    acted = [clip for clip in clips if clip.emotion != "unknown"]
    return in_turn(wild, lambda clip: clip.speaker) + in_turn(acted, lambda clip: clip.speaker)


def _cut_in_two(clip: Clip, max_seconds: float) -> TrialSpec:
    half = clip.frames // 2 / float(MOTION_FPS)
    name = CLIP_PREFIX + clip.id
    return TrialSpec(
        "matching", name, name, clip.speaker, reference_end=min(half, max_seconds), audio_start=half
    )


def _contrast(reference: Clip, line: Clip) -> TrialSpec:
    return TrialSpec("contrasting", CLIP_PREFIX + reference.id, CLIP_PREFIX + line.id, reference.emotion)


def _seconds(clip: Clip) -> float:
    return clip.frames / float(MOTION_FPS)
