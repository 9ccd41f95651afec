"""The face around the mouth: held expressions, brows, lids, head."""

import numpy as np
import pytest

from msmd.core.errors import MsmdError
from msmd.core.units import ARKIT_NAMES, EXPRESSION, HEAD_ROTATION
from msmd.data.mirror import mirror_matrix
from msmd.evaluation.dynamics import count_blinks
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.expression_space import load_expression_space
from msmd.face.lip_closure import lip_gap_direction
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.synthesis.performer.accents import Accent, find_accents
from msmd.synthesis.performer.articulation import without_gap
from msmd.synthesis.performer.blinks import draw_blinks
from msmd.synthesis.performer.noise import wander
from msmd.synthesis.performer.perform import perform
from msmd.synthesis.performer.phones import SILENCE, fill_silence
from msmd.synthesis.performer.style import STYLES, PerformerStyle, draw_style
from msmd.synthesis.performer.upper_face import brow_raises

SCALES = load_expression_space().scales


def test_the_same_seed_gives_the_same_performance_and_another_does_not(say) -> None:
    line = say("SIL AA P IY T UW SIL")
    first, again, other = (perform(*line, STYLES["happy"], seed).values for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_two_styles_with_one_seed_articulate_alike(say) -> None:
    line = say("SIL AA P IY T UW L EY M SIL")
    calm, sad = (
        perform(*line, PerformerStyle(name, dict(STYLES[name].expression)), 5).values[:, EXPRESSION]
        for name in ("neutral", "sad")
    )
    assert np.allclose(calm @ lip_gap_direction(), sad @ lip_gap_direction(), atol=0.02)


@pytest.mark.parametrize("name", sorted(set(STYLES) - {"neutral", "calm", "tired"}))
def test_the_held_expression_is_in_the_mean(long_line, name: str) -> None:
    style = STYLES[name]
    same_mouth = PerformerStyle(name, jaw=style.jaw, lips=style.lips)
    held = without_gap(code_of_arkit(style.weights()[None]))[0] * SCALES
    shift = perform(*long_line, style).values[:, EXPRESSION].mean(axis=0)
    shift = (shift - perform(*long_line, same_mouth).values[:, EXPRESSION].mean(axis=0)) * SCALES
    assert shift @ held / (np.linalg.norm(shift) * np.linalg.norm(held)) > 0.9
    assert 0.75 < shift @ held / (held @ held) < 1.25


def test_blinks_come_at_the_rate_asked_for_and_last_as_long_as_blinks_do(long_line) -> None:
    filled = fill_silence(long_line[1], 40.0)
    for rate in (10.0, 20.0, 30.0):
        found = [
            count_blinks(draw_blinks(np.random.default_rng(seed), filled, 40.0, rate)) for seed in range(20)
        ]
        assert np.mean([one.per_minute for one in found]) == pytest.approx(rate, rel=0.25)
        assert 0.12 <= np.median([one.median_seconds for one in found]) <= 0.3


def test_lids_close_faster_than_they_open() -> None:
    steps = np.concatenate(
        [
            np.diff(draw_blinks(np.random.default_rng(seed), fill_silence([], 60.0), 60.0, 20.0))
            for seed in range(5)
        ]
    )
    assert -steps.min() < 0.7 * steps.max()


def test_blinks_are_drawn_to_the_ends_of_phrases(long_line) -> None:
    filled = fill_silence(long_line[1], 40.0)
    ends = np.array([one.start_seconds for one in filled if one.name == SILENCE])
    near, total = 0, 0
    for seed in range(10):
        closure = draw_blinks(np.random.default_rng(seed), filled, 40.0, 17.0)
        starts = np.flatnonzero((closure[1:] > 0.5) & (closure[:-1] <= 0.5)) / 25
        near += sum(np.abs(start - 0.1 - ends).min() < 0.25 for start in starts)
        total += len(starts)
    by_chance = 0.5 / (filled[-1].end_seconds / len(ends))
    assert near / total > 1.5 * by_chance


def test_a_stare_does_not_blink() -> None:
    assert draw_blinks(np.random.default_rng(0), fill_silence([], 10.0), 10.0, 0.0).max() == 0


def test_blinks_survive_the_way_to_arkit_weights_and_a_squint_is_none(long_line) -> None:
    names = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]
    for name in ("neutral", "happy"):
        motion = perform(*long_line, STYLES[name], 1)
        blinks = count_blinks(arkit_of_motion(motion)[:, names].mean(axis=1))
        assert 8 <= blinks.per_minute <= 30


def test_a_symmetric_style_shows_a_symmetric_face_but_for_small_life(long_line) -> None:
    values = perform(*long_line, STYLES["happy"]).values[:, EXPRESSION].mean(axis=0)
    mirrored = mirror_matrix()[EXPRESSION, EXPRESSION] @ values
    assert np.linalg.norm((mirrored - values) * SCALES) < 0.15 * np.linalg.norm(values * SCALES)


def test_a_mirrored_style_is_the_mirror_image(long_line) -> None:
    style = STYLES["contemptuous"]
    plain, other = (
        perform(*long_line, one).values.mean(axis=0).astype(np.float64) for one in (style, style.mirrored())
    )
    seen = mirror_matrix() @ plain
    difference = np.linalg.norm((seen - other)[EXPRESSION] * SCALES)
    assert difference < 0.35 * np.linalg.norm((plain - other)[EXPRESSION] * SCALES)
    assert style.mirrored().mirrored() == style


def test_brows_rise_at_accents_and_only_there() -> None:
    accents = [Accent(1.0, 1.0, 0.5), Accent(4.0, 1.0, 0.5)]
    raised = np.max([brow_raises(accents, 150, np.random.default_rng(seed)) for seed in range(20)], axis=0)
    times = np.arange(150) / 25
    away = np.minimum(np.abs(times - 1), np.abs(times - 4)) > 0.7
    assert raised[25] > 0.5 and raised[100] > 0.5 and raised[away].max() == 0


def test_a_louder_and_higher_vowel_is_an_accent(say) -> None:
    samples, phones = say("SIL T AA T AA T AA T AA T AA T SIL", 0.2)
    from msmd.audio.prosody import prosody

    heard = prosody(samples)
    target = phones[6]
    span = slice(int(target.start_seconds * 25), round(target.end_seconds * 25))
    heard[span, :2] += 0.3
    heard[span, 7] += 1.0
    accents = find_accents(fill_silence(phones, len(samples) / 16_000), heard)
    strongest = max(accents, key=lambda one: one.strength)
    assert strongest.seconds == pytest.approx(target.middle_seconds)


def test_silence_has_no_accents_and_yet_the_face_lives() -> None:
    motion = perform(np.zeros(16_000 * 10, np.float32), [], STYLES["neutral"], 0).values
    assert np.isfinite(motion).all() and len(motion) == 250
    assert np.abs(motion[:, EXPRESSION] @ lip_gap_direction()).max() < 0.05
    assert np.rad2deg(motion[:, HEAD_ROTATION]).std(axis=0).min() > 0.1


def test_the_head_moves_with_the_spectrum_of_recorded_heads(long_line) -> None:
    degrees = np.concatenate(
        [np.rad2deg(perform(*long_line, seed=seed).values[:, HEAD_ROTATION]) for seed in range(4)]
    )
    hz = np.fft.rfftfreq(128, 1 / 25)
    parts = degrees[: len(degrees) // 128 * 128].reshape(-1, 128, 3)
    power = np.square(
        np.abs(np.fft.rfft((parts - parts.mean(axis=1, keepdims=True)) * np.hanning(128)[:, None], axis=1))
    )
    level = 10 * np.log10(power.mean(axis=0))
    low, high = (level[(hz > a) & (hz < b)].mean(axis=0) for a, b in ((0.4, 0.8), (2.0, 4.0)))
    # Recordings: 13 to 17 dB (docs/performer.md).
    assert ((low - high > 9) & (low - high < 21)).all()
    assert ((degrees.std(axis=0) > 0.7) & (degrees.std(axis=0) < 4)).all()


def test_a_style_without_activity_keeps_the_head_where_it_is_held(say) -> None:
    still = PerformerStyle("still", head=0.0, head_degrees=(3.0, -2.0, 1.0))
    head = np.rad2deg(perform(*say("SIL AA P IY SIL"), still).values[:, HEAD_ROTATION])
    assert np.allclose(head, [3, -2, 1], atol=1e-4)


def test_wander_has_deviation_one_and_is_slow() -> None:
    curve = wander(np.random.default_rng(0), 20_000, 2, 0.5)
    assert curve.std(axis=0) == pytest.approx([1, 1], rel=0.1)
    assert np.diff(curve, axis=0).std() < 0.3


def test_drawn_styles_are_faces_and_differ() -> None:
    styles = [draw_style(np.random.default_rng(seed), f"s{seed}") for seed in range(40)]
    weights = np.stack([style.weights() for style in styles])
    assert weights.min() >= 0 and weights.max() <= 1
    assert (np.linalg.norm(weights[:-1] - weights[1:], axis=1) > 0.1).all()
    assert (
        0.5 <= min(style.jaw for style in styles) < 0.85 and 1.15 < max(style.jaw for style in styles) <= 1.6
    )


def test_a_style_of_unknown_shapes_is_an_error() -> None:
    with pytest.raises(MsmdError, match="no shape 'grin'"):
        PerformerStyle("x", {"grin": 0.5})
    with pytest.raises(MsmdError, match="give 0 to 1"):
        PerformerStyle("x", {"mouthSmile": 1.5})
    with pytest.raises(MsmdError, match="jaw of style 'x'"):
        PerformerStyle("x", jaw=-1.0)


def test_motion_covers_the_sound_to_a_whole_frame(say) -> None:
    samples, phones = say("SIL AA SIL")
    assert perform(samples[:-100], phones).num_frames == -(-(len(samples) - 100) // 640)
