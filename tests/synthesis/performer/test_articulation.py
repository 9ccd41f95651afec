"""What the lips must do, they do."""

import numpy as np
import pytest

from msmd.audio.phone_network import PHONES
from msmd.audio.prosody import prosody
from msmd.core.errors import MsmdError
from msmd.core.units import EXPRESSION
from msmd.data.mirror import mirror_matrix
from msmd.face.arkit_weights import landmarks_of_motion
from msmd.face.expression_space import load_expression_space
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.performer.articulation import (
    articulate,
    articulation_card,
    load_articulation,
    without_gap,
)
from msmd.synthesis.performer.perform import perform
from msmd.synthesis.performer.phones import SILENCE, TimedPhone, fill_silence, name_phones
from msmd.synthesis.performer.style import STYLES


def opening(motion) -> np.ndarray:
    return motion.values[:, EXPRESSION] @ lip_gap_direction()


def frame(phone: TimedPhone) -> int:
    return round(phone.middle_seconds * 25)


@pytest.mark.parametrize("seconds", [0.03, 0.05, 0.08, 0.15, 0.3])
@pytest.mark.parametrize("style", ["neutral", "happy", "surprised"])
def test_bilabials_close_at_any_speaking_rate_in_any_style(say, seconds: float, style: str) -> None:
    samples, phones = say("SIL AA P AA B EH M AY B R AE M P L AO SIL", seconds)
    gap = opening(perform(samples, phones, STYLES[style]))
    for phone in phones:
        if phone.name in "PBM":
            near = gap[max(0, frame(phone) - 2) : frame(phone) + 3]
            assert near.min() < 0.05
    assert gap.max() > 2.0


@pytest.mark.parametrize("style", sorted(STYLES))
def test_lips_rest_in_silence_whatever_the_expression(say, style: str) -> None:
    samples, phones = say("SIL AA L EH SIL AY T AA SIL", 0.15, silence=0.8)
    gap = opening(perform(samples, phones, STYLES[style]))
    for phone in phones:
        if phone.name == SILENCE:
            inside = gap[round((phone.start_seconds + 0.16) * 25) : round((phone.end_seconds - 0.16) * 25)]
            assert np.abs(inside).max() < 0.1 * np.percentile(gap, 95)


def test_the_lower_lip_goes_under_the_teeth_at_f_and_v(say) -> None:
    from msmd.evaluation.mouth_shapes import tucked_at

    samples, phones = say("SIL AA F AA T AA V IY SIL", 0.24)
    motion = perform(samples, phones).values
    at = {name: [one.middle_seconds for one in phones if one.name == name] for name in ("F", "V", "AA")}
    assert all(tucked_at(motion, at["F"] + at["V"]))
    assert not any(tucked_at(motion, [at["AA"][1], phones[5].middle_seconds]))


def test_rounded_vowels_are_narrower_than_spread_ones_and_begin_early(say) -> None:
    def width(names: str) -> np.ndarray:
        samples, phones = say(names, 0.16)
        marks = landmarks_of_motion(perform(samples, phones))
        return marks[:, 291, 0] - marks[:, 61, 0]

    spread, rounded = width("SIL T IY T IY T SIL"), width("SIL T IY T UW T SIL")
    vowel = round((0.5 + 3.5 * 0.16) * 25)
    assert rounded[vowel] < spread[vowel] - 1.0
    consonant = round((0.5 + 2.8 * 0.16) * 25)
    assert rounded[consonant] < spread[consonant] - 0.3


def test_tongue_phones_leave_the_lips_to_their_neighbours(say) -> None:
    def shape_at_middle(consonant: str, vowel: str) -> np.ndarray:
        samples, phones = say(f"SIL {vowel} {consonant} {vowel} SIL", 0.1)
        mouth = articulate(fill_silence(phones, len(samples) / 16_000), 30, prosody(samples))
        return mouth.shape[frame(phones[2])] * load_expression_space().scales

    for consonant in "KGN":
        own = np.linalg.norm(shape_at_middle(consonant, "UW") - shape_at_middle(consonant, "IY"))
        vowels = np.linalg.norm(shape_at_middle("UW", "UW") - shape_at_middle("IY", "IY"))
        assert own > 0.4 * vowels


def test_stressed_vowels_open_more(say) -> None:
    samples, phones = say("SIL T AA T SIL", 0.15)
    size = {}
    for stressed in (False, True):
        marked = [TimedPhone(p.name, p.start_seconds, p.end_seconds, stressed) for p in phones]
        size[stressed] = opening(perform(samples, marked)).max()
    assert size[True] > 1.1 * size[False]


def test_louder_vowels_open_more(say) -> None:
    samples, phones = say("SIL T AA T SIL T AA T SIL", 0.15)
    faint = samples.copy()
    faint[: len(faint) // 2] *= 0.1
    half = len(samples) // 2 // 640
    plain, other = (opening(perform(one, phones))[:half].max() for one in (samples, faint))
    assert other < 0.97 * plain


def test_the_opening_is_never_negative_and_the_shape_has_no_gap(say) -> None:
    samples, phones = say("SIL " + " ".join(name for name in PHONES if name != SILENCE) + " SIL", 0.1)
    count = len(samples) // 640
    mouth = articulate(fill_silence(phones, len(samples) / 16_000), count, prosody(samples))
    assert mouth.opening_mm.min() >= 0
    assert np.abs(mouth.shape @ lip_gap_direction()).max() < 0.02
    assert np.allclose(mouth.code() @ lip_gap_direction(), mouth.opening_mm, atol=0.03)


def test_the_axes_of_jali_scale_opening_and_shape_apart(say) -> None:
    samples, phones = say("SIL AA T UW L IY SIL", 0.12)
    filled, heard = fill_silence(phones, len(samples) / 16_000), prosody(samples)
    plain, wide, pursed = (
        articulate(filled, 40, heard, jaw=jaw, lips=lips)
        for jaw, lips in ((1.0, 1.0), (1.5, 1.0), (1.0, 1.5))
    )
    assert np.allclose(wide.opening_mm, 1.5 * plain.opening_mm, atol=1e-4)
    assert np.allclose(wide.shape, plain.shape)
    assert np.allclose(pursed.shape, 1.5 * plain.shape, atol=1e-4)
    assert np.allclose(pursed.opening_mm, plain.opening_mm)


def test_the_measured_mouth_is_the_same_left_and_right() -> None:
    own = load_articulation()
    mirror = mirror_matrix()[EXPRESSION, EXPRESSION]
    codes = np.concatenate([own.shapes.numpy(), own.opening_direction[None]])
    scales = load_expression_space().scales
    assert np.linalg.norm((codes @ mirror.T - codes) * scales) < 0.02 * np.linalg.norm(codes * scales)


def test_the_constants_are_of_the_expression_space_in_use() -> None:
    assert articulation_card()["expression_space"] == load_expression_space().fingerprint


def test_taking_the_gap_out_leaves_lips_as_at_rest() -> None:
    codes = np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32)
    assert np.abs(without_gap(codes) @ lip_gap_direction()).max() < 1e-3


def test_frames_do_not_depend_on_what_is_said_seconds_later(say) -> None:
    samples, phones = say("SIL AA P EH L IY SIL SIL UW M AA SIL", 0.12, silence=1.0)
    heard = prosody(samples)
    whole = articulate(fill_silence(phones, len(samples) / 16_000), 40, heard)
    first = articulate(fill_silence(phones[:7], 2.6), 40, heard)
    assert np.allclose(whole.opening_mm, first.opening_mm, atol=0.02)


def test_a_phone_nobody_knows_is_an_error_that_lists_them() -> None:
    with pytest.raises(MsmdError, match="no phone 'XX'"):
        perform(np.zeros(16_000, np.float32), [TimedPhone("XX", 0.1, 0.2)])


def test_phones_on_top_of_each_other_are_an_error() -> None:
    with pytest.raises(MsmdError, match="does not follow"):
        perform(np.zeros(16_000, np.float32), [TimedPhone("AA", 0.1, 0.5), TimedPhone("T", 0.2, 0.6)])


def test_silence_fills_what_no_phone_claims() -> None:
    phones = [TimedPhone("AA", 0.5, 0.7), TimedPhone("T", 0.7, 0.8), TimedPhone("T", 3.0, 3.2)]
    filled = fill_silence(phones, 2.0)
    assert [one.name for one in filled] == ["SIL", "AA", "T", "SIL"]
    assert filled[0].start_seconds == 0 and filled[-1].end_seconds == 2.0


def test_a_sound_of_no_known_shape_leaves_no_hole() -> None:
    named = name_phones([(0.0, 0.1, 1), (0.1, 0.2, 255), (0.2, 0.2, 3), (0.2, 0.3, 2)])
    assert [(one.name, one.end_seconds) for one in named] == [("AA", 0.2), ("AE", 0.3)]
