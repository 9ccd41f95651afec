"""People's own voices for the performer: the recordings of the phone corpus, cut into sessions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from msmd.audio.phone_network import PHONES
from msmd.core.units import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.synthesis.performer.phones import SILENCE, TimedPhone
from msmd.training.audio_encoder.phone_corpus import PhoneClip, load_clips
from msmd.training.audio_encoder.phones import UNKNOWN

SYNTHETIC: Final = frozenset({"espeak", "flite"})
"""Sources that are no people: the performer speaks with them at first hand, stress included."""

_SAMPLES_PER_LABEL: Final = SAMPLE_RATE_HZ // 50
_QUIET_DB: Final = -32.0
_MOST_UNKNOWN: Final = 0.12
_SESSION_SECONDS: Final = 12.0
_LONGEST_SECONDS: Final = 20.0


def recorded_sessions(corpus: Path, seed: int = 0) -> Iterator[list[tuple[np.ndarray, list[TimedPhone]]]]:
    """Lines of one speaker, 12 s or more together, of the clips that teach the audio encoder; none twice.

    Clips with more than 12 % of sound that nobody could name, or longer than 20 s, are left out.

    Args:
        corpus: folder of `make_corpus`.
        seed: of the order of clips and sessions.

    Yields:
        (samples at 16 kHz in whole motion frames, phones) of each line.

    Raises:
        FormatError: the folder has no corpus.
    """
    chance = np.random.default_rng(seed)
    speakers: dict[tuple[str, str], list[PhoneClip]] = {}
    for clip in load_clips(corpus):
        if clip.split == "train" and clip.source not in SYNTHETIC:
            speakers.setdefault((clip.source, clip.speaker), []).append(clip)
    sessions: list[list[PhoneClip]] = []
    for clips in speakers.values():
        session: list[PhoneClip] = []
        for i in chance.permutation(len(clips)):
            session.append(clips[i])
            if sum(len(clip.samples) for clip in session) >= _SESSION_SECONDS * SAMPLE_RATE_HZ:
                sessions.append(session)
                session = []
    for i in chance.permutation(len(sessions)):
        lines = [(_whole_frames(clip.samples), phones_of_clip(clip)) for clip in sessions[i]]
        kept = [(samples, phones) for samples, phones in lines if phones]
        if sum(len(samples) for samples, _ in kept) >= 0.75 * _SESSION_SECONDS * SAMPLE_RATE_HZ:
            yield kept


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


def _whole_frames(samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "whole"]:
    return np.pad(samples, (0, -len(samples) % SAMPLES_PER_FRAME))
