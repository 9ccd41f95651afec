"""Stage `sound`: the sound of a clip as 16 kHz mono, how loud it is, and how long somebody speaks."""

from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.load import load_sound
from msmd.audio.voice_activity import speech_seconds
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.data.corpora.recording import Recording
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, Number, StageResult
from msmd.data.curation.store import finite

NAME, VERSION = "sound", 2

_BLOCK_SAMPLES: Final = SAMPLE_RATE_HZ // 10


def listen(recording: Recording) -> StageResult:
    """Samples (float16) and what is heard in them.

    Raises:
        AudioError: the sound cannot be read.
    """
    samples = load_sound(recording.sound_path, SAMPLE_RATE_HZ).samples
    if recording.span_seconds is not None:
        begin, end = (round(seconds * SAMPLE_RATE_HZ) for seconds in recording.span_seconds)
        samples = samples[begin:end]
    stored = samples.astype(np.float16)
    heard = stored.astype(np.float32)
    seconds = len(heard) / SAMPLE_RATE_HZ
    spoken = speech_seconds(heard)
    numbers = {
        "sound_seconds": seconds,
        "level_db": loudest_db(heard),
        "speech_seconds": spoken,
        "speech_share": spoken / max(seconds, 1e-9),
    }
    return StageResult(numbers=finite(numbers), arrays={"samples": stored})


def judge_sound(numbers: dict[str, Number], limits: Limits) -> tuple[Fault, ...]:
    """Silence, or sound in which nobody speaks."""
    level, spoken, share = (float(numbers[name]) for name in ("level_db", "speech_seconds", "speech_share"))
    if level < limits.min_level_db:
        return (Fault("silent", f"its loudest moment is at {level:.0f} dB"),)
    if spoken < limits.min_speech_seconds or share < limits.min_speech_share:
        return (Fault("no_speech", f"speech is heard for {spoken:.1f} s, {share:.0%} of the clip"),)
    return ()


def loudest_db(samples: Float32[np.ndarray, "num_samples"]) -> float:
    """Level of the loudest tenth of a second; full scale is 0, digital silence -120."""
    whole = max(len(samples) // _BLOCK_SAMPLES, 1) * _BLOCK_SAMPLES
    blocks = np.pad(samples, (0, max(0, whole - len(samples))))[:whole].reshape(-1, _BLOCK_SAMPLES)
    return float(10 * np.log10(np.square(blocks, dtype=np.float64).mean(axis=1).max() + 1e-12))
