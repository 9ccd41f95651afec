# ruff: noqa: RUF001 - other alphabets are meant
import numpy as np
import pytest

from msmd.audio.phone_network import MOUTH_CLASSES, PHONES
from msmd.training.audio_encoder.phones import (
    MOUTH_CLASS_OF_PHONE,
    UNKNOWN,
    label_frames,
    phone_of_arpabet,
    phone_of_ipa,
)


@pytest.mark.parametrize(
    ("ipa", "phone"),
    [
        ("b", "B"),
        ("ˈɑː", "AA"),
        ("tʃ", "CH"),
        ("aɪ", "AY"),
        ("oːɹ", "OW"),
        ("ʁ", "G"),
        ("ɛ̃", "AE"),
        ("yː", "UW"),
        ("ɕ", "SH"),
        ("", "SIL"),
        ("mʲ", "M"),
        ("n̩", "N"),
        ("i5", "IY"),
    ],
)
def test_ipa_goes_to_the_nearest_phone(ipa, phone):
    assert PHONES[phone_of_ipa(ipa)] == phone


def test_what_is_no_phone_is_unknown():
    assert phone_of_ipa("ǃ") == UNKNOWN
    assert phone_of_arpabet("nonsense") == UNKNOWN


def test_arpabet_in_any_spelling():
    assert PHONES[phone_of_arpabet("ah0")] == "AH"
    assert PHONES[phone_of_arpabet("ax")] == "AH"
    assert PHONES[phone_of_arpabet("pau")] == "SIL"


def test_the_lips_close_for_exactly_p_b_and_m():
    closed = [p for p, c in zip(PHONES, MOUTH_CLASS_OF_PHONE, strict=True) if MOUTH_CLASSES[c] == "bilabial"]
    assert sorted(closed) == ["B", "M", "P"]


def test_a_label_is_the_phone_in_the_middle_of_its_20_ms():
    labels = label_frames([(0.0, 0.031, 7), (0.031, 0.1, 9)], num_samples=16 * 110, background=0)
    assert labels.tolist() == [7, 7, 9, 9, 9, 0]
    assert labels.dtype == np.uint8
