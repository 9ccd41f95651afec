import numpy as np
import pytest
import torch
from torch.nn import functional

from msmd.audio.speech_model import FIELD_SAMPLES, HOP_SAMPLES, SpeechModel, SpeechModelConfig
from msmd.core.errors import FormatError

SMALL = SpeechModelConfig(width=16, num_layers=2, num_heads=2, reach_frames=5)


@pytest.fixture
def model() -> SpeechModel:
    torch.manual_seed(0)
    return SpeechModel(SMALL).eval().requires_grad_(False)


def noise(num_samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).normal(size=num_samples)).astype(np.float32)


def test_convolutions_are_those_of_the_recogniser_wherever_their_frames_meet(model):
    """Its hops of 64, 3 and 2 give a frame every 384 samples: every fifth of these is a sixth of ours."""
    samples = torch.from_numpy(noise(24_000))
    facts = model.measure(samples)
    frames = (len(samples) - FIELD_SAMPLES) // HOP_SAMPLES + 1
    model.layers = torch.nn.ModuleList()
    ours = model(samples[: (frames - 1) * HOP_SAMPLES + FIELD_SAMPLES], facts)
    first = functional.conv1d(facts.gain * samples[None, None], model.first.weight, stride=64).tanh()
    second = functional.gelu(
        functional.conv1d(model.first_norm(first), model.second.weight, model.second.bias, stride=3)
    )
    theirs = functional.gelu(functional.conv1d(second, model.third.weight, model.third.bias, stride=2))[0].T
    count = min(len(ours[::6]), len(theirs[::5]))
    torch.testing.assert_close(ours[::6][:count], theirs[::5][:count], atol=2e-3, rtol=0)


def test_attention_in_blocks_is_attention_to_what_is_near(model):
    """Written out for one layer over all pairs of frames, with positions of 24 ms."""
    from msmd.audio.speech_model import _Near

    layer = model.layers[0]
    x = torch.randn(23, 16)
    heard = torch.rand(23) > 0.3
    query, key, value = (
        project(layer.attention_norm(x)).view(23, 2, 8) for project in (layer.query, layer.key, layer.value)
    )
    at = torch.arange(23) * (320 / 384)
    size = 2 * int(0.9 * 8 / 2)
    angle = (at[:, None] * 10_000.0 ** -(torch.arange(0, size, 2) / size))[:, None]

    def turn(values: torch.Tensor) -> torch.Tensor:
        pairs = torch.view_as_complex(values[..., :size].unflatten(-1, (-1, 2)).contiguous())
        turned = torch.view_as_real(pairs * torch.exp(1j * angle)).flatten(-2)
        return torch.cat((turned, values[..., size:]), -1)

    scores = torch.einsum("qhd,khd->hqk", turn(query), turn(key)) / 8**0.5
    far = (torch.arange(23)[:, None] - torch.arange(23)).abs()
    allowed = ((far <= 5) & heard) | (far == 0)
    weights = scores.masked_fill(~allowed, -torch.inf).softmax(-1)
    y = x + layer.out(torch.einsum("hqk,khd->qhd", weights, value).flatten(1))
    expected = y + layer.narrow(functional.gelu(layer.widen(layer.mlp_norm(y))))
    torch.testing.assert_close(layer(x, _Near(heard, SMALL, x.device)), expected, atol=1e-5, rtol=0)


def test_nothing_beyond_the_context_changes_a_frame(model):
    samples = noise(32_000)
    other = samples.copy()
    other[: 40 * HOP_SAMPLES] = noise(40 * HOP_SAMPLES, seed=1)
    facts = model.measure(torch.from_numpy(samples))
    first, second = (
        model(torch.from_numpy(x[: 90 * HOP_SAMPLES + FIELD_SAMPLES]), facts) for x in (samples, other)
    )
    changed = (first - second).abs().amax(1) > 1e-6
    assert changed[:40].all()
    assert not changed[40 + SMALL.context_frames :].any()


def test_silence_is_not_attended_to_and_counts_nothing(model):
    samples = noise(20_000)
    around = np.pad(samples, (100 * HOP_SAMPLES, 50_000))
    torch.testing.assert_close(
        model.hear(around, 250)[90:173], model.hear(samples, 63, 10), atol=1e-4, rtol=0
    )


def test_the_level_of_a_recording_changes_nothing(model):
    samples = noise(16_000)
    torch.testing.assert_close(model.hear(0.02 * samples, 50), model.hear(samples, 50), atol=1e-3, rtol=0)


def test_frames_are_centred_on_their_20_ms(model):
    """The 20 ms of one frame are heard in it and in its neighbours, whose convolutions reach there."""
    model.layers = torch.nn.ModuleList()
    sound = np.zeros(101 * HOP_SAMPLES, np.float32)
    sound[50 * HOP_SAMPLES : 51 * HOP_SAMPLES] = noise(HOP_SAMPLES)
    heard = model.hear(sound, 101)
    touched = torch.nonzero((heard - heard[0]).abs().sum(1) > 1e-4).flatten()
    assert touched.tolist() == [49, 50, 51]


@pytest.mark.parametrize("wrong", [{"width": 15}, {"num_layers": 0}, {"reach_frames": 0}])
def test_sizes_that_cannot_be_are_refused(wrong):
    with pytest.raises(FormatError, match="cannot have"):
        SpeechModelConfig(**wrong)
