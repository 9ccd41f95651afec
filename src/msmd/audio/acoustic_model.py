"""What mixtures of Gaussians, fitted to the speech of many people, make of a sound.

The phone network learns from few people. An acoustic model of the recognisers of old was fitted to
thousands of hours of many: its scores are beside the spectrogram as a second input. The model is CMU
Sphinx's for American English ("en-us", phonetically tied mixtures; BSD licence of Alpha Cephei), of which
the states without context are kept: 42 phones and noises x 3 states, 128 Gaussians for each phone in each
of three streams (cepstra, their slopes, the slopes of these). `training.audio_encoder.sphinx` reads it.
"""

import math
from functools import cache
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from msmd.audio.mel import NUM_BINS, hz_to_mel, mel_to_hz
from msmd.core.units import SAMPLE_RATE_HZ

NUM_PHONES: Final = 42
NUM_STATES: Final = 3
NUM_SCORES: Final = NUM_PHONES * NUM_STATES
NUM_CEPSTRA: Final = 13

_NUM_STREAMS: Final = 3
_NUM_GAUSSIANS: Final = 128
_NUM_BANDS: Final = 25
_MIN_HZ: Final = 130.0
_MAX_HZ: Final = 6800.0
_LIFTER: Final = 22
_PRE_EMPHASIS: Final = 0.97

_FLOOR: Final = 1e-14
_GATE: Final = 6.9  # nats, 30 dB
_QUIETEST_LEVEL: Final = -21.0  # nats; pre-emphasis takes 3 nats of speech
_LOWEST: Final = -11.5

_REACH: Final = 3  # frames to either side that slopes of slopes look at
_TEMPERATURE: Final = 3.0  # streams are not independent: their joint log-likelihood is too sure
_LOWEST_SCORE: Final = -9.0
_MEAN_SCORE: Final = 6.0
_SPREAD: Final = 2.0
_LEAST_SHARE: Final = 1e-26
_CHUNK_FRAMES: Final = 512  # so many frames' densities stay in a processor's cache


def cepstral_bands(power: Float[Tensor, "*batch mel_frames bins"]) -> Float[Tensor, "*batch mel_frames 25"]:
    """Natural logarithm of the power in 25 triangular bands of 130 to 6800 Hz, after pre-emphasis of 0.97.

    Args:
        power: of `mel.power_spectrum`.
    """
    return (power @ _filters()).clamp(min=_FLOOR).log()


def centre_cepstra(bands: Float[Tensor, "*batch mel_frames 25"]) -> Float[Tensor, "*batch mel_frames 13"]:
    """Mel cepstra as Sphinx makes them (cosine transform, liftering by 22), less their mean over the speech.

    Speech is what lies within 30 dB of the loudest frame, so that silence around it changes nothing.

    Args:
        bands: of `cepstral_bands`, one whole sound for each of the batch.
    """
    loudness = bands.mean(-1)
    speech = loudness > loudness.amax(-1, keepdim=True) - _GATE
    count = speech.sum(-1, keepdim=True)
    level = (loudness * speech).sum(-1, keepdim=True) / count
    coefficients = (bands - level.clamp(min=_QUIETEST_LEVEL)[..., None]).clamp(min=_LOWEST) @ _cosines()
    mean = (coefficients * speech[..., None]).sum(-2, keepdim=True) / count[..., None]
    return coefficients - mean


class AcousticModel(nn.Module):
    """Scores of the states of phones in every 20 ms; nothing in it is learned here.

    Attributes:
        means, precisions: of the Gaussians, (42 phones, 3 streams, 128, 13).
        log_weights: of the Gaussians in each state's mixtures, (42, 3 states, 3 streams, 128).
    """

    means: Tensor
    precisions: Tensor
    log_weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        shape = (NUM_PHONES, _NUM_STREAMS, _NUM_GAUSSIANS, NUM_CEPSTRA)
        self.register_buffer("means", torch.zeros(shape))
        self.register_buffer("precisions", torch.ones(shape))
        weights = torch.full(
            (NUM_PHONES, NUM_STATES, _NUM_STREAMS, _NUM_GAUSSIANS), -math.log(_NUM_GAUSSIANS)
        )
        self.register_buffer("log_weights", weights)

    @torch.no_grad()
    def forward(self, centred: Float[Tensor, "batch mel_frames 13"]) -> Float[Tensor, "batch frames 126"]:
        """Log-posterior of each state, flattened by 3 and cut at -9, about mean 0 and deviation 1.

        The log-likelihood is the sum over streams of log sum_g w_g N(x; mean_g, variance_g); all states
        are held to be equally likely beforehand. The features of two frames of 10 ms are averaged.

        Args:
            centred: of `centre_cepstra`, an even number of frames at 100 Hz.
        """
        streams = _with_slopes(centred.float())
        pairs = 0.5 * (streams[:, 0::2] + streams[:, 1::2]).flatten(0, 1)
        with torch.autocast(centred.device.type, enabled=False):  # squares of cepstra need their digits
            tables = [self._table(stream) for stream in range(_NUM_STREAMS)]
            scores = torch.cat([_mixture_scores(chunk, tables) for chunk in pairs.split(_CHUNK_FRAMES)])
        posterior = (scores / _TEMPERATURE).log_softmax(-1)
        score = (posterior.clamp(min=_LOWEST_SCORE) + _MEAN_SCORE) / _SPREAD
        return score.unflatten(0, (len(centred), -1))

    def _table(self, stream: int) -> tuple[Float[Tensor, "27 gaussians"], Float[Tensor, "42 128 3"]]:
        """[x^2, x, 1] times the first is each Gaussian's log-density; the second weighs them."""
        mean, precision = self.means[:, stream].float(), self.precisions[:, stream].float()
        constant = 0.5 * (precision.log() - math.log(2 * math.pi) - mean.square() * precision).sum(-1)
        rows = torch.cat([-0.5 * precision, mean * precision, constant[..., None]], -1)
        return rows.flatten(0, 1).T.contiguous(), self.log_weights[:, :, stream].float().exp().mT.contiguous()


def _mixture_scores(
    x: Float[Tensor, "frames 3 13"], tables: list[tuple[Tensor, Tensor]]
) -> Float[Tensor, "frames 126"]:
    """sum over streams of log sum_g w_g N(x; g); what lies 60 nats under a frame's best counts as that."""
    total = torch.zeros(len(x), NUM_SCORES, device=x.device)
    for stream, (matrix, weights) in enumerate(tables):
        row = x[:, stream]
        density = torch.cat([row.square(), row, torch.ones_like(row[:, :1])], -1) @ matrix
        top = density.amax(-1, keepdim=True)
        density.sub_(top).exp_()
        shares = torch.bmm(density.view(len(x), NUM_PHONES, -1).transpose(0, 1), weights)
        total += top + shares.transpose(0, 1).flatten(1).clamp(min=_LEAST_SHARE).log()
    return total


def _with_slopes(centred: Float[Tensor, "batch frames 13"]) -> Float[Tensor, "batch frames 3 13"]:
    """x[t], x[t + 2] - x[t - 2], and the slope of that from one frame before to one after."""
    count = centred.shape[1]
    padded = nn.functional.pad(centred.transpose(1, 2), (_REACH, _REACH), mode="replicate").transpose(1, 2)

    def at(shift: int) -> Tensor:
        return padded[:, _REACH + shift : _REACH + shift + count]

    return torch.stack([at(0), at(2) - at(-2), (at(3) - at(-1)) - (at(1) - at(-3))], dim=2)


@cache
def _filters() -> Float[Tensor, "bins 25"]:
    """Triangles of unit area with edges on bins, times the power that pre-emphasis passes."""
    low, high = hz_to_mel(_MIN_HZ), hz_to_mel(_MAX_HZ)
    bin_hz = SAMPLE_RATE_HZ / (2 * (NUM_BINS - 1))
    steps = range(_NUM_BANDS + 2)
    edges_hz = torch.tensor([mel_to_hz(low + (high - low) * i / (_NUM_BANDS + 1)) for i in steps])
    edges_hz = (edges_hz / bin_hz).round() * bin_hz
    left, centre, right = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    hz = torch.arange(NUM_BINS)[:, None] * bin_hz
    rising, falling = (hz - left) / (centre - left), (right - hz) / (right - centre)
    triangles = torch.minimum(rising, falling).clamp(min=0) * 2 / (right - left)
    turn = 2 * math.pi * hz / SAMPLE_RATE_HZ
    passed = 1 + _PRE_EMPHASIS**2 - 2 * _PRE_EMPHASIS * turn.cos()
    return triangles * passed


@cache
def _cosines() -> Float[Tensor, "25 13"]:
    order = torch.arange(NUM_CEPSTRA)
    angles = math.pi * (torch.arange(_NUM_BANDS)[:, None] + 0.5) * order / _NUM_BANDS
    size = torch.where(order == 0, math.sqrt(1 / _NUM_BANDS), math.sqrt(2 / _NUM_BANDS))
    lifter = 1 + _LIFTER / 2 * (math.pi * order / _LIFTER).sin()
    return angles.cos() * size * lifter
