import jaxtyping
import pytest
import torch

from msmd.core.config import ConfigError, ModelConfig
from msmd.core.presets import PRESETS
from msmd.model.assemble import build_model
from msmd.model.layers import BandCrossAttention


def changed(model, window, name, value):
    """How much the motion changes when one argument is replaced."""
    before = model.denoise(**window).motion
    return (before - model.denoise(**{**window, name: value}).motion).abs().amax((1, 2))


def test_permuting_the_batch_permutes_the_result(make_model, window):
    model, order = make_model(), torch.tensor([2, 0, 1])
    out = model.denoise(**window).motion[order]
    permuted = model.denoise(**{name: value[order] for name, value in window.items()}).motion
    torch.testing.assert_close(out, permuted)


@pytest.mark.parametrize(
    "name", ["x_t", "audio_features", "style_code", "prev_motion", "prev_audio_features"]
)
def test_every_condition_matters(make_model, window, name):
    assert bool((changed(make_model(), window, name, window[name] + 1) > 1e-4).all())


def test_the_timestep_matters(make_model, window):
    assert bool((changed(make_model(), window, "timestep", torch.tensor([900, 100, 10])) > 1e-4).all())


def test_positions_begin_nearer_the_nearer_two_frames_are(make_model):
    position = make_model().denoiser.position
    apart = [(position[gap:] - position[:-gap]).norm(dim=1).mean() for gap in (1, 2, 3)]
    assert apart[0] < 0.7 * apart[1] < 0.7 * apart[2]


def test_dropping_the_previous_frames_changes_the_result(make_model, window):
    model = make_model()
    without = {**window, "prev_motion": None, "prev_audio_features": None}
    assert (model.denoise(**window).motion - model.denoise(**without).motion).abs().max() > 1e-3


def test_null_style_uses_the_null_basis(make_model, window):
    model = make_model()
    flags = torch.tensor([True, False, True])
    conditions = model.prepare(window["audio_features"], window["style_code"], style_null=flags)
    null_basis = model.style_basis(model.null_style(1))[0]
    own_basis = model.style_basis(window["style_code"])
    torch.testing.assert_close(conditions.basis[0], null_basis)
    torch.testing.assert_close(conditions.basis[1], own_basis[1])
    torch.testing.assert_close(conditions.style_code[2], model.null_style(1)[0])


def test_null_style_forgets_the_style(make_model, window):
    model = make_model()
    gone = {**window, "style_null": torch.ones(3, dtype=torch.bool)}
    assert not changed(model, gone, "style_code", window["style_code"] + 1).any()


def test_null_audio_forgets_the_audio_of_both_windows(make_model, window):
    model = make_model()
    gone = {**window, "audio_null": torch.ones(3, dtype=torch.bool)}
    assert not changed(model, gone, "audio_features", window["audio_features"] + 1).any()
    assert not changed(model, gone, "prev_audio_features", window["prev_audio_features"] + 1).any()


def test_what_lies_after_the_end_changes_no_valid_frame(make_model, window):
    model = make_model()
    valid = (torch.arange(12) < 8).expand(3, -1)
    before = model.denoise(**window, valid_mask=valid).motion[:, :8]
    noisy = {**window, "x_t": window["x_t"].clone(), "audio_features": window["audio_features"].clone()}
    noisy["x_t"][:, 8:] += 5
    noisy["audio_features"][:, 8:] -= 5
    torch.testing.assert_close(before, model.denoise(**noisy, valid_mask=valid).motion[:, :8])


def test_the_model_sees_where_the_end_is(make_model, window):
    model = make_model()
    whole = model.denoise(**window).motion[:, :8]
    cut = model.denoise(**window, valid_mask=(torch.arange(12) < 8).expand(3, -1)).motion[:, :8]
    assert (whole - cut).abs().max() > 1e-4


def test_preparing_once_equals_denoising_at_once(make_model, window):
    model = make_model()
    rest = {name: value for name, value in window.items() if name not in ("x_t", "timestep")}
    conditions = model.prepare(**rest)
    once = model.predict(window["x_t"], window["timestep"], conditions)
    torch.testing.assert_close(once.motion, model.denoise(**window).motion)


@pytest.mark.parametrize("name", ["x_t", "audio_features", "prev_motion"])
def test_swapping_time_and_dimensions_fails(make_model, window, name):
    with pytest.raises((jaxtyping.TypeCheckError, RuntimeError)):
        make_model().denoise(**{**window, name: window[name].transpose(1, 2)})


@pytest.mark.parametrize(("width", "reach"), [(1, 0), (3, 1), (5, 2)])
def test_a_frame_hears_only_the_band_around_it(width, reach):
    torch.manual_seed(0)
    attention = BandCrossAttention(8, 2, width).requires_grad_(False)
    frames, audio = torch.randn(1, 9, 8), torch.randn(1, 9, 8)
    louder = audio.clone()
    louder[:, 4] += 1
    change = attention(frames, attention.prepare(audio)) - attention(frames, attention.prepare(louder))
    moved = (change.abs().amax((0, 2)) > 1e-6).nonzero().flatten().tolist()
    assert moved == list(range(4 - reach, 4 + reach + 1))


def test_frames_beyond_the_window_have_no_weight():
    torch.manual_seed(0)
    attention = BandCrossAttention(8, 2, 3).requires_grad_(False)
    torch.nn.init.zeros_(attention.key.weight), torch.nn.init.zeros_(attention.key.bias)
    audio = torch.randn(1, 5, 8)
    value = attention.value(audio)
    wanted = attention.out(torch.stack([value[:, :2].mean(1), value[:, :3].mean(1)], 1))
    heard = attention(torch.randn(1, 5, 8), attention.prepare(audio))
    torch.testing.assert_close(heard[:, :2], wanted)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_describes_a_model(name):
    with torch.device("meta"):
        model = build_model(PRESETS[name].model)
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    assert 2 < millions < 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"audio_mask_width": 2},
        {"num_basis": -1},
        {"hidden_dim": 30, "num_heads": 4},
        {"style_encoder": "contrast"},
        {"num_frames": 5},
    ],
)
def test_a_contradictory_configuration_is_refused(wrong):
    with pytest.raises((ConfigError, jaxtyping.TypeCheckError)):
        ModelConfig(audio_dim=4, **wrong)
