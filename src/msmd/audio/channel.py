"""What lies between a mouth and a file: a room, a microphone, other people, noise, a telephone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from msmd.core.units import SAMPLE_RATE_HZ

_DIRECT_SECONDS: Final = 0.003
"""After the direct sound nothing comes back from a wall for so long."""

_KNOTS_HZ: Final = (80.0, 250.0, 700.0, 1800.0, 4000.0, 7600.0)
_TELEPHONE_HZ: Final = (300.0, 3400.0)
_COMPANDING: Final = 255.0  # of mu-law, G.711
_LEAST_POWER: Final = 1e-10


@dataclass(frozen=True)
class Channel:
    """Attributes:
    room_seconds: in which the room's echo falls by 60 dB; 0: none.
    room_db: the echo's power against the direct sound's.
    equalisation_db: of the microphone, at six frequencies from 80 Hz to 7.6 kHz.
    babble_db, noise_db: speech's power above that of other voices and of noise; None: there is none.
    noise_slope_db: of the noise, for each octave; -3 is pink.
    telephone: whether only 300 to 3400 Hz are left, in the 8 bits of G.711.
    seed: of echo, noise and where other voices begin.
    """

    room_seconds: float = 0.0
    room_db: float = 0.0
    equalisation_db: tuple[float, ...] = (0.0,) * len(_KNOTS_HZ)
    babble_db: float | None = None
    noise_db: float | None = None
    noise_slope_db: float = 0.0
    telephone: bool = False
    seed: int = 0


def draw_channel(rng: np.random.Generator) -> Channel:
    """Two in five have a room, one in four other voices, one in three noise (both at 5 to 20 dB), one in
    eight a telephone, most a microphone of their own.
    """
    return Channel(
        room_seconds=float(rng.uniform(0.12, 0.6)) if rng.random() < 0.4 else 0.0,
        room_db=float(rng.uniform(-14, 0)),
        equalisation_db=tuple(
            float(gain) for gain in rng.normal(0, 4, len(_KNOTS_HZ)) * (rng.random() < 0.7)
        ),
        babble_db=float(rng.uniform(5, 20)) if rng.random() < 0.25 else None,
        noise_db=float(rng.uniform(5, 20)) if rng.random() < 0.35 else None,
        noise_slope_db=float(rng.uniform(-6, 1)),
        telephone=bool(rng.random() < 0.125),
        seed=int(rng.integers(2**31)),
    )


def send_through(
    samples: Float32[np.ndarray, "num_samples"],
    channel: Channel,
    others: Sequence[Float32[np.ndarray, "_"]] = (),
) -> Float32[np.ndarray, "num_samples"]:
    """Speech at the far end of a channel, as loud as before and not later.

    Args:
        samples: at 16 kHz.
        channel: what it passes.
        others: lines of other voices, for babble, each repeated as long as it takes.
    """
    rng = np.random.default_rng(channel.seed)
    length = len(samples)
    heard = samples.astype(np.float64)
    power = np.square(heard).mean() if length else 0.0
    if power < _LEAST_POWER:
        return samples
    if channel.room_seconds:
        heard = _convolve(heard, _echo(channel, rng))[:length]
    spoken = np.square(heard).mean()
    for noise, below_db in (
        (_babble(length, others, rng), channel.babble_db),
        (_noise(length, channel.noise_slope_db, rng), channel.noise_db),
    ):
        loud = np.square(noise).mean()
        if below_db is not None and loud > 0:
            heard = heard + noise * np.sqrt(spoken / loud / 10 ** (below_db / 10))
    heard = _equalise(heard, channel)
    heard *= np.sqrt(power / max(float(np.square(heard).mean()), _LEAST_POWER))
    if channel.telephone:
        heard = _compand(heard)
    return np.clip(heard, -1, 1).astype(np.float32)


def _echo(channel: Channel, rng: np.random.Generator) -> Float64[np.ndarray, "taps"]:
    """Direct sound, then noise that falls by 60 dB in the room's time."""
    taps = round(channel.room_seconds * SAMPLE_RATE_HZ)
    seconds = np.arange(taps) / SAMPLE_RATE_HZ
    tail = rng.standard_normal(taps) * 10 ** (-3 * seconds / channel.room_seconds)
    tail[: round(_DIRECT_SECONDS * SAMPLE_RATE_HZ)] = 0
    tail *= np.sqrt(10 ** (channel.room_db / 10) / np.square(tail).sum())
    tail[0] = 1.0
    return tail


def _babble(
    length: int, others: Sequence[Float32[np.ndarray, "_"]], rng: np.random.Generator
) -> Float64[np.ndarray, "length"]:
    babble = np.zeros(length)
    for other in others:
        level = np.sqrt(np.square(other, dtype=np.float64).mean()) if len(other) else 0.0
        if level > 0:
            babble += np.resize(np.roll(other, -int(rng.integers(len(other)))), length) / level
    return babble


def _noise(length: int, slope_db: float, rng: np.random.Generator) -> Float64[np.ndarray, "length"]:
    """Steady noise whose power changes by so many dB an octave."""
    size = _fast_size(length)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 50.0) / 1000)
    spectrum = rng.standard_normal((2, size // 2 + 1)) * 10 ** (slope_db * octaves / 20)
    return np.fft.irfft(spectrum[0] + 1j * spectrum[1], size)[:length]


def _equalise(heard: Float64[np.ndarray, "length"], channel: Channel) -> Float64[np.ndarray, "length"]:
    """Gains over the logarithm of frequency; a telephone's edges fall by 24 dB an octave. No phase."""
    size = _fast_size(len(heard) + SAMPLE_RATE_HZ // 10)
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 1.0)
    gain_db = np.interp(np.log(hz), np.log(_KNOTS_HZ), channel.equalisation_db)
    if channel.telephone:
        low, high = _TELEPHONE_HZ
        gain_db -= 24 * (np.maximum(np.log2(low / hz), 0) + 3 * np.maximum(np.log2(hz / high), 0))
    return np.fft.irfft(np.fft.rfft(heard, size) * 10 ** (gain_db / 20), size)[: len(heard)]


def _compand(heard: Float64[np.ndarray, "length"]) -> Float64[np.ndarray, "length"]:
    scale = np.log1p(_COMPANDING)
    packed = np.sign(heard) * np.log1p(_COMPANDING * np.minimum(np.abs(heard), 1)) / scale
    steps = np.round(packed * 127) / 127
    return np.sign(steps) * np.expm1(np.abs(steps) * scale) / _COMPANDING


def _convolve(
    heard: Float64[np.ndarray, "length"], taps: Float64[np.ndarray, "taps"]
) -> Float64[np.ndarray, "_"]:
    size = _fast_size(len(heard) + len(taps))
    return np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(taps, size), size)


def _fast_size(length: int) -> int:
    """The next multiple of a power of two near it: quick for the FFT, little waste."""
    step = 1 << max(0, length.bit_length() - 4)
    return -(-length // step) * step + (step % 2)
