import math

import torch

from msmd.audio.acoustic_model import AcousticModel, centre_cepstra, cepstral_bands
from msmd.audio.mel import power_spectrum


def noise(num_samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(num_samples, generator=torch.Generator().manual_seed(seed))


def test_the_level_of_a_recording_changes_no_cepstra():
    samples = noise(16_000)
    loud, quiet = (centre_cepstra(cepstral_bands(power_spectrum(gain * samples))) for gain in (1.0, 0.05))
    assert torch.allclose(loud, quiet, atol=1e-3)


def test_silence_around_the_speech_changes_no_cepstra_of_it():
    little, much = (torch.nn.functional.pad(noise(16_000), ends) for ends in ((480, 480), (3680, 8000)))
    first, second = (centre_cepstra(cepstral_bands(power_spectrum(samples))) for samples in (little, much))
    assert torch.allclose(first, second[20 : 20 + len(first)], atol=1e-3)


def test_a_state_whose_gaussian_is_where_the_sound_is_scores_highest():
    """Answer known in advance: a steady sound has cepstra at their mean and no slopes."""
    model = AcousticModel()
    model.means.fill_(5.0)
    model.means[7] = 0.0
    scores = model(torch.zeros(1, 40, 13)).view(20, 42, 3)
    assert (scores.amax(2).argmax(1) == 7).all()
    assert torch.allclose(scores[:, 7], torch.full((20, 3), (6 - math.log(3)) / 2), atol=1e-3)


def test_mixtures_weigh_their_gaussians():
    """log sum_g w_g N(x; g), written out for one frame and one state."""
    model = AcousticModel()
    rng = torch.Generator().manual_seed(0)
    model.means.copy_(torch.randn(model.means.shape, generator=rng))
    model.log_weights.copy_(torch.randn(model.log_weights.shape, generator=rng).log_softmax(-1))
    scores = model(torch.zeros(1, 2, 13))[0, 0]
    distance = -0.5 * model.means.square().sum(-1)
    expected = (model.log_weights + distance[:, None]).logsumexp(-1).sum(-1).flatten()
    expected = (expected / 3).log_softmax(-1).clamp(min=-9) / 2 + 3
    assert torch.allclose(scores, expected, atol=1e-4)


def test_bfloat16_around_it_does_not_blur_the_scores():
    model = AcousticModel()
    model.means.normal_(0, 10, generator=torch.Generator().manual_seed(0))
    centred = 10 * torch.randn(1, 40, 13, generator=torch.Generator().manual_seed(1))
    with torch.autocast("cpu", torch.bfloat16):
        inside = model(centred)
    assert torch.allclose(inside, model(centred), atol=1e-4)
