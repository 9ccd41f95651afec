"""What a stage says of a clip, and what is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Number = float | int | str
"""JSON-ready; never NaN."""


@dataclass(frozen=True)
class Fault:
    """One thing that speaks against a clip.

    Attributes:
        code: for programs, stable: a key of `outcome.CODES`.
        text: for people, a clause without its full stop.
    """

    code: str
    text: str


@dataclass(frozen=True)
class StageResult:
    """What one stage found in one clip.

    Attributes:
        faults: why the clip cannot be used; none: it goes on.
        cautions: what speaks against it without excluding it.
        numbers: measured, by stable names; they go into the manifest.
        arrays: what later stages need.
    """

    faults: tuple[Fault, ...] = ()
    cautions: tuple[Fault, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


CODES: Mapping[str, str] = {
    "unreadable": "the file cannot be decoded",
    "no_sound": "no sound track",
    "short": "shorter than a second",
    "long": "longer than the limit",
    "unwanted": "an annotated action or a mask is in the way",
    "not_speaking": "no annotation of speech",
    "no_face": "no face found",
    "lost": "the face is lost",
    "turned": "the face looks more than 45 degrees away",
    "jumps": "the head's pose jumps",
    "several_faces": "several faces",
    "small": "the face is too small",
    "doubtful": "the tracker cannot be trusted",
    "occluded": "something covers the face",
    "slow": "too few frames a second",
    "silent": "silence",
    "no_speech": "nobody speaks",
    "offset": "sound and picture are shifted",
    "no_agreement": "the mouth does not follow the sound: another voice",
    "wild": "codes that no face has",
    "failed": "the program failed on it",
    "crashed": "the process died on it",
    "stuck": "it took longer than the limit",
    "not_drawn": "not drawn: the corpus had its hours",
}
"""Code -> what it means; every reason in a manifest has one of them."""
