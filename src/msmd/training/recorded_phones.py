"""The recordings of the phone corpus as phones in time, for the performer."""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from msmd.audio.phone_network import PHONES
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.synthesis.performer.phones import SILENCE, TimedPhone
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.audio_encoder.phones import UNKNOWN

_SAMPLES_PER_LABEL: Final = SAMPLE_RATE_HZ // 50
_QUIET_DB: Final = -32.0
_MOST_UNKNOWN: Final = 0.12
_LONGEST_SECONDS: Final = 20.0


def phones_of_clip(clip: PhoneClip) -> list[TimedPhone]:
    """Runs of labels as phones; empty where too much is unknown.

    What is unknown and quiet is silence; what is unknown and loud belongs to the phone before it.
    """
    labels = clip.labels.copy()
    unknown = labels == UNKNOWN
    quiet = _quiet(clip.samples, len(labels))
    labels[unknown & quiet] = PHONES.index(SILENCE)
    lost = unknown & ~quiet
    if lost.mean() > _MOST_UNKNOWN or len(clip.samples) > _LONGEST_SECONDS * SAMPLE_RATE_HZ:
        return []
    for i in np.flatnonzero(lost):
        labels[i] = labels[i - 1] if i else PHONES.index(SILENCE)
    return _runs(labels)


def _runs(labels: UInt8[np.ndarray, "label_frames"]) -> list[TimedPhone]:
    starts = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
    ends = np.append(starts[1:], len(labels))
    return [
        TimedPhone(PHONES[labels[start]], start / 50, end / 50)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        if PHONES[labels[start]] != SILENCE
    ]


def _quiet(samples: Float32[np.ndarray, "num_samples"], count: int) -> Bool[np.ndarray, "label_frames"]:
    """Frames of 20 ms that lie 32 dB under the loud ones."""
    padded = np.zeros(count * _SAMPLES_PER_LABEL, np.float32)
    padded[: len(samples)] = samples[: len(padded)]
    power = np.square(padded).reshape(count, -1).mean(1)
    loud = np.quantile(power, 0.95)
    return power < loud * 10 ** (_QUIET_DB / 10)
