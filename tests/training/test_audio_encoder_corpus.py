import numpy as np
import pytest

from msmd.audio.phone_network import PHONES
from msmd.core.errors import FormatError
from msmd.training.audio_encoder.flite import has_flite, speak_with_flite
from msmd.training.audio_encoder.phone_corpus import (
    PhoneClip,
    align_ravdess,
    load_clips,
    make_espeak,
    save_clips,
)


def names(spans: list[tuple[float, float, int]]) -> list[str]:
    return [PHONES[phone] for _, _, phone in spans if PHONES[phone] != "SIL"]


@pytest.fixture(scope="module")
def espeak():
    pytest.importorskip("espeakng_loader")
    from msmd.training.audio_encoder.espeak import start_espeak

    return start_espeak()


def test_espeak_says_what_it_is_told_with_times_in_order(espeak):
    samples, spans = espeak.speak("Bob, map it.", "en-us")
    assert names(spans)[:3] == ["B", "AA", "B"]
    assert names(spans)[3:6] == ["M", "AE", "P"]
    times = [time for start, end, _ in spans for time in (start, end)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(len(samples) / 16000, abs=0.01)


def test_espeak_is_quiet_where_the_lips_are_closed_before_a_burst(espeak):
    samples, spans = espeak.speak("apa", "de")
    loudness: dict[str, float] = {}
    for start, end, phone in spans:
        part = samples[round(start * 16000) : round(end * 16000)]
        if len(part):
            loudness[PHONES[phone]] = float(np.abs(part).mean())
    assert loudness["P"] < 0.5 * loudness["AA"]


def test_flite_says_what_it_is_told():
    if not has_flite():
        pytest.skip("flite is not installed")
    samples, spans = speak_with_flite("Bob, map it.", "slt")
    assert names(spans) == ["B", "AA", "B", "M", "AE", "P", "IH", "T"]
    assert spans[-1][1] == pytest.approx(len(samples) / 16000, abs=0.1)


def test_the_aligner_finds_the_phones_that_espeak_placed(espeak):
    pytest.importorskip("pocketsphinx")
    from msmd.training.audio_encoder.align import Aligner

    text = "please bring the small blue box before noon"
    samples, truth = espeak.speak(text, "en-us", words_per_minute=130)
    spans = Aligner().align(samples, text)
    assert spans is not None
    closures = [start for start, _, phone in truth if PHONES[phone] == "B"]
    found = [start for start, _, phone in spans if PHONES[phone] == "B"]
    assert np.abs(np.array(closures) - np.array(found)).max() < 0.08


def test_the_aligner_does_not_place_words_it_does_not_know():
    pytest.importorskip("pocketsphinx")
    from msmd.training.audio_encoder.align import Aligner

    assert Aligner().align(np.zeros(16000, np.float32), "zzxqy") is None


def test_espeak_clips_have_a_label_for_every_20_ms_and_hold_finnish_out():
    pytest.importorskip("espeakng_loader")
    pytest.importorskip("pocketsphinx")
    clips = list(make_espeak(0.5))
    assert sum(len(clip.samples) for clip in clips) >= 30 * 16000
    for clip in clips:
        assert len(clip.labels) == -(-len(clip.samples) // 320)
        assert (clip.split == "val") == clip.speaker.startswith("fi")


def test_a_corpus_comes_back_as_it_was_saved(tmp_path):
    samples = np.linspace(-0.5, 0.5, 700, dtype=np.float32)
    clip = PhoneClip("a", "espeak", "en", "train", samples, np.array([0, 5, 255], np.uint8))
    save_clips(tmp_path / "espeak.safetensors", [clip])
    (loaded,) = load_clips(tmp_path)
    assert (loaded.name, loaded.speaker, loaded.split) == ("a", "en", "train")
    assert np.array_equal(loaded.labels, clip.labels)
    assert np.abs(loaded.samples - samples).max() < 3e-4


def test_what_a_kill_left_beside_a_corpus_is_no_part_of_it(tmp_path):
    clip = PhoneClip("a", "espeak", "en", "train", np.zeros(320, np.float32), np.zeros(1, np.uint8))
    save_clips(tmp_path / "espeak.safetensors", [clip])
    (tmp_path / ".espeak.1f2e.safetensors").write_bytes(b"half")
    assert len(load_clips(tmp_path)) == 1
    assert load_clips(tmp_path, ("ravdess",)) == []


def test_other_files_among_the_actors_are_left_alone(tmp_path):
    (tmp_path / "Actor_01").mkdir()
    for name in (".DS_Store", "._03-01-01-01-01-01-01.wav", "notes.txt"):
        (tmp_path / "Actor_01" / name).write_text("")
    assert list(align_ravdess(tmp_path)) == []


def test_a_folder_without_a_corpus_is_refused(tmp_path):
    with pytest.raises(FormatError, match="no corpus"):
        load_clips(tmp_path)
