import numpy as np

from msmd.audio.phone_network import PHONES
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.audio_encoder.phones import UNKNOWN
from msmd.training.recorded_phones import phones_of_clip

SIL, AA, M = (PHONES.index(name) for name in ("SIL", "AA", "M"))


def clip(labels: list[int], *, name: str = "a", source: str = "asterisk", split: str = "train") -> PhoneClip:
    """Loud wherever the label is not silence; labels of 20 ms."""
    rng = np.random.default_rng(0)
    loud = np.repeat(np.array(labels) != SIL, 320)
    samples = (rng.normal(0, 0.1, len(loud)) * np.where(loud, 1, 1e-3)).astype(np.float32)
    return PhoneClip(name, source, "x", split, samples, np.array(labels, np.uint8))  # type: ignore[arg-type]


def test_runs_of_labels_are_phones_and_silence_is_none():
    phones = phones_of_clip(clip([SIL] * 10 + [M] * 5 + [AA] * 20 + [SIL] * 5))
    assert [(phone.name, phone.start_seconds, phone.end_seconds) for phone in phones] == [
        ("M", 0.2, 0.3),
        ("AA", 0.3, 0.7),
    ]


def test_what_is_unknown_and_loud_belongs_to_the_phone_before():
    phones = phones_of_clip(clip([AA] * 20 + [UNKNOWN] * 2 + [M] * 10))
    assert [(phone.name, phone.end_seconds) for phone in phones] == [("AA", 0.44), ("M", 0.64)]


def test_what_is_unknown_and_quiet_is_silence():
    one = clip([AA] * 20 + [SIL] * 20)
    one.labels[20:] = UNKNOWN
    assert [(phone.name, phone.end_seconds) for phone in phones_of_clip(one)] == [("AA", 0.4)]


def test_a_clip_of_which_much_is_unknown_is_left_out():
    assert phones_of_clip(clip([AA] * 20 + [UNKNOWN] * 10)) == []
