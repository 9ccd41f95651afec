"""The same line in a changed voice: does the mouth still say the same?

Pitch moves with the whole spectrum, as a tape played at another speed and then brought back to its
length; tempo is changed by overlapping waveforms (libav's `asetrate` and `atempo`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import av
import av.filter
import numpy as np
from jaxtyping import Float, Float32

from msmd.core.units import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.evaluation.lip_sync import correlate

NOISE_DB: Final = 10.0
"""Signal to noise."""

SEMITONES: Final = 4.0
TELEPHONE_HZ: Final = (300, 3400)

Samples = Float32[np.ndarray, "_"]


@dataclass(frozen=True)
class VoiceChange:
    """What is done to a voice.

    Attributes:
        name: in tables.
        semitones: that its pitch and formants are raised by.
        speed: that it is spoken at; 1.25 takes four fifths of the time.
        noise: "" or what is added at `NOISE_DB`: "white" noise, or a "babble" of other voices.
        telephone: whether only the band of a telephone is left.
    """

    name: str
    semitones: float = 0.0
    speed: float = 1.0
    noise: str = ""
    telephone: bool = False


CHANGES: Final = (
    VoiceChange("pitch -4 semitones", semitones=-SEMITONES),
    VoiceChange("pitch +4 semitones", semitones=SEMITONES),
    VoiceChange("babble, 10 dB", noise="babble"),
    VoiceChange("noise, 10 dB", noise="white"),
    VoiceChange("telephone band", telephone=True),
    VoiceChange("speed 0.8", speed=0.8),
    VoiceChange("speed 1.25", speed=1.25),
)


def change_voice(
    samples: Samples, change: VoiceChange, others: Sequence[Samples] = (), seed: int = 0
) -> Samples:
    """The line in the changed voice, whole motion frames of 16 kHz mono.

    Args:
        samples: 16 kHz mono.
        change: what is done.
        others: lines of other people, for babble; each is repeated as long as it takes.
        seed: of the noise, and of where the others begin.
    """
    chain = []
    if change.semitones:
        ratio = 2 ** (change.semitones / 12)
        chain += [
            f"asetrate={round(SAMPLE_RATE_HZ * ratio)}",
            f"aresample={SAMPLE_RATE_HZ}",
            f"atempo={1 / ratio:.6f}",
        ]
    if change.speed != 1.0:
        chain.append(f"atempo={change.speed:.6f}")
    if change.telephone:
        low, high = TELEPHONE_HZ
        chain += [f"highpass=f={low}"] * 2 + [f"lowpass=f={high}"] * 2
    changed = _filter(samples, chain) if chain else samples.copy()
    wanted = -(-round(len(samples) / change.speed) // SAMPLES_PER_FRAME) * SAMPLES_PER_FRAME
    changed = np.pad(changed[:wanted], (0, max(0, wanted - len(changed))))
    if change.noise:
        changed = add_noise(changed, _noise(change.noise, len(changed), others, seed))
    return changed.astype(np.float32)


def add_noise(samples: Samples, noise: Float[np.ndarray, "_"], decibels: float = NOISE_DB) -> Samples:
    """Speech with noise whose power is so many decibels under the speech's."""
    power = float(np.square(samples, dtype=np.float64).mean())
    loud = float(np.square(noise, dtype=np.float64).mean())
    gain = np.sqrt(power / max(loud, 1e-12) / 10 ** (decibels / 10))
    return (samples + gain * noise).astype(np.float32)


def warp_back(
    values: Float[np.ndarray, "_"], speed: float, num_frames: int
) -> Float[np.ndarray, "{num_frames}"]:
    """A curve of a line spoken at `speed`, laid on the frames of the line as it was."""
    moments = (np.arange(num_frames) + 0.5) / speed - 0.5
    return np.interp(moments, np.arange(len(values)), values)


def agreement(clean: Float[np.ndarray, "_"], changed: Float[np.ndarray, "_"], speed: float = 1.0) -> float:
    """Correlation of opening with the clean result, frame by frame, after tempo is taken back.

    A mouth that does not move agrees with nothing: 0.
    """
    found = correlate(warp_back(changed, speed, len(clean)), np.asarray(clean, np.float64)).at_zero
    return float(found) if np.isfinite(found) else 0.0


def _noise(kind: str, length: int, others: Sequence[Samples], seed: int) -> Float[np.ndarray, "_"]:
    rng = np.random.default_rng(seed)
    if kind == "white":
        return rng.normal(size=length)
    if not others:
        raise ValueError("babble needs lines of other people")
    babble = np.zeros(length)
    for one in others:
        level = max(float(np.sqrt(np.square(one, dtype=np.float64).mean())), 1e-6)
        babble += np.resize(np.roll(one, -int(rng.integers(len(one)))), length) / level
    return babble


def _filter(samples: Samples, chain: Sequence[str]) -> Samples:
    """Samples through a chain of libav's filters, each `name=arguments`."""
    graph = av.filter.Graph()
    nodes = [graph.add_abuffer(sample_rate=SAMPLE_RATE_HZ, format="flt", layout="mono", name="in")]
    form = f"aformat=sample_fmts=flt:sample_rates={SAMPLE_RATE_HZ}:channel_layouts=mono"
    for step in (*chain, form):
        name, _, arguments = step.partition("=")
        nodes.append(graph.add(name, arguments))
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None], np.float32), "flt", "mono")
    frame.sample_rate = SAMPLE_RATE_HZ
    graph.push(frame)
    graph.push(None)
    pieces = []
    while True:
        try:
            pieces.append(graph.pull().to_ndarray().ravel())
        except (EOFError, BlockingIOError):
            return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
