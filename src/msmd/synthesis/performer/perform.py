"""A line and a style -> a face: the performer as a whole."""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.prosody import prosody
from msmd.core.animation import Motion
from msmd.core.units import MOTION_FPS, NUM_ARKIT, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.synthesis.performer.accents import find_accents
from msmd.synthesis.performer.articulation import articulate, without_gap
from msmd.synthesis.performer.blinks import draw_blinks
from msmd.synthesis.performer.head import head_curves
from msmd.synthesis.performer.phones import TimedPhone, fill_silence
from msmd.synthesis.performer.style import STYLES, PerformerStyle
from msmd.synthesis.performer.upper_face import expression_curves

ORIGIN: Final = "procedural performer"


def perform(
    samples: Float32[np.ndarray, "num_samples"],
    phones: Sequence[TimedPhone],
    style: PerformerStyle = STYLES["neutral"],
    seed: int = 0,
) -> Motion:
    """Speak a line.

    The same line, style and seed give the same motion. The mouth's own irregularities depend on the seed
    alone: two styles with one seed say the line alike, but for what the styles ask for.

    Args:
        samples: 16 kHz mono; the motion covers them, to a whole frame.
        phones: what is said, in the time of `samples`; where there is none there is silence.
        style: how.
        seed: of all that is random.

    Raises:
        MsmdError: phones that are unknown or overlap.
    """
    num_frames = -(-len(samples) // SAMPLES_PER_FRAME)
    seconds = len(samples) / SAMPLE_RATE_HZ
    phones = fill_silence(phones, seconds)
    heard = prosody(samples)
    mouth_chance = np.random.default_rng([seed, 0])
    chance = np.random.default_rng([seed, 1, zlib.crc32(style.name.encode())])
    mouth = articulate(phones, num_frames, heard, jaw=style.jaw, lips=style.lips, chance=mouth_chance)
    accents = find_accents(phones, heard)
    lids = draw_blinks(chance, phones, num_frames / float(MOTION_FPS), style.blinks_per_minute)
    weights = expression_curves(style, accents, lids, chance)
    expression = mouth.code() + without_gap(weights @ _codes_of_shapes())
    head = head_curves(style, phones, accents, heard[:, 3], chance)
    values = np.concatenate([expression, head], axis=1).astype(np.float32)
    return Motion(values, MOTION_FPS, {"source": ORIGIN, "style": style.name, "seed": str(seed)})


def _codes_of_shapes() -> Float32[np.ndarray, "52 64"]:
    """The expression code of each ARKit shape at weight 1; code_of_arkit is linear."""
    return code_of_arkit(np.eye(NUM_ARKIT, dtype=np.float32))
