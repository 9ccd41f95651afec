"""Everything that the sections of the suite share: recordings, lines with their phones, sampled takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from msmd.core.animation import Motion, StyleCode
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.evaluation.alignment import Phone
from msmd.evaluation.bench import Bench
from msmd.evaluation.embedded.takes import Takes
from msmd.evaluation.known_phones import align_once
from msmd.evaluation.pairing import StyledClip, pair_with_references, spread_out
from msmd.evaluation.protocol import Performance
from msmd.evaluation.recordings import load_performances
from msmd.evaluation.records import RowFile
from msmd.evaluation.spoken_lines import SpokenLine, lines_of_recordings, load_unseen_lines

GRID: Final = "grid"
ACTED: Final = "ravdess"
ACTED_CLIPS: Final = 24
"""Of held-out actors, spread over actors and emotions."""

STYLE_LINES: Final = 3
STYLE_LINE_SECONDS: Final = 4.0
"""Lines in which styles are compared: one of each voice in turn, the shortest from this length on."""

WHOLE_FACES: Final = 2
"""Clips of each held-out actor and emotion that serve as references."""


@dataclass(frozen=True)
class VoicedLine:
    """A line with its phones, or None where its words are not known or do not fit the sound."""

    line: SpokenLine
    phones: Sequence[Phone] | None

    @property
    def samples(self) -> np.ndarray:
        return self.line.samples


@dataclass(frozen=True)
class HeldOutStyle:
    """A recording of an actor who was not trained on, as a style.

    Attributes:
        recording: its motion is the reference.
        code: style code of it.
    """

    recording: Performance
    code: StyleCode

    @property
    def name(self) -> str:
        return f"{self.recording.speaker} {self.recording.emotion}"


class Stage:
    """What the sections work with; everything is loaded when it is first asked for.

    Args:
        bench: model, mesh, folders.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.mesh = bench.mesh
        self.takes = Takes(bench.animator, bench.out_folder / "takes", bench.sampling)
        self._phones = RowFile(bench.out_folder / "phones.jsonl")

    @cached_property
    def performances(self) -> list[Performance]:
        """Held-out recordings."""
        return load_performances(self.bench.dataset_folder, self.bench.split, self.bench.splits)

    def clips(self, corpus: str, limit: int | None = None) -> list[StyledClip]:
        """Held-out clips of a corpus with a reference each, in the matching condition."""
        clips = pair_with_references([one for one in self.performances if one.corpus == corpus])
        return spread_out(clips, _least(limit, self.bench.limit))

    @cached_property
    def unseen(self) -> list[VoicedLine]:
        """Lines of voices never trained on; those with a text first."""
        lines = [self._voiced(line) for line in load_unseen_lines(self.bench.data_folder)]
        return sorted(lines, key=lambda one: one.phones is None)[: self.bench.limit]

    @cached_property
    def acted(self) -> list[VoicedLine]:
        """Lines of held-out actors, who say two sentences that were trained on."""
        targets = [clip.target for clip in self.clips(ACTED, ACTED_CLIPS)]
        return [self._voiced(line) for line in lines_of_recordings(targets)]

    @property
    def texts(self) -> list[VoicedLine]:
        """The unseen lines whose words are known."""
        return [one for one in self.unseen if one.phones]

    @cached_property
    def style_lines(self) -> list[VoicedLine]:
        """Few lines of several voices, in which styles are compared."""
        long_enough = [one for one in self.unseen if len(one.samples) >= STYLE_LINE_SECONDS * SAMPLE_RATE_HZ]
        by_voice: dict[str, list[VoicedLine]] = {}
        for one in sorted(long_enough or self.unseen, key=lambda one: len(one.samples)):
            by_voice.setdefault(one.line.voice, []).append(one)
        order = [(place, one) for lines in by_voice.values() for place, one in enumerate(lines)]
        order.sort(key=lambda pair: (pair[0], len(pair[1].samples)))
        return [one for _, one in order[: _least(STYLE_LINES, self.bench.limit)]]

    @cached_property
    def held_out_styles(self) -> list[HeldOutStyle]:
        """`WHOLE_FACES` clips of each held-out actor and emotion whose whole face was seen."""
        found: dict[tuple[str, str], list[Performance]] = {}
        for one in sorted(self.performances, key=lambda one: one.clip):
            if one.corpus != GRID and one.emotion != "unknown" and one.has_lips and one.has_upper_face:
                found.setdefault((one.speaker, one.emotion), []).append(one)
        chosen = [one for _, clips in sorted(found.items()) for one in clips[:WHOLE_FACES]]
        return [HeldOutStyle(one, self.bench.animator.encode_style(Motion(one.motion))) for one in chosen]

    def encode(self, reference: Performance) -> StyleCode:
        """The style code of a recording."""
        return self.bench.animator.encode_style(Motion(reference.motion))

    def _voiced(self, line: SpokenLine) -> VoicedLine:
        phones = None
        if line.text is not None:
            phones = align_once(line.name, line.samples, line.text, self._phones)
        return VoicedLine(line, phones)


def _least(*limits: int | None) -> int | None:
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None
