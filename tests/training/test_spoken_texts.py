import gzip

import numpy as np
import pytest

from msmd.audio.phone_network import PHONES
from msmd.training.audio_encoder.align import is_plausible
from msmd.training.audio_encoder.festvox_ru import read_festvox_ru
from msmd.training.audio_encoder.phone_corpus import play_faster
from msmd.training.audio_encoder.random_text import TextMaker, load_vocabulary
from msmd.training.audio_encoder.spoken_texts import read_asterisk, read_fillets

AA, B = PHONES.index("AA"), PHONES.index("B")


def test_announcements_without_a_sound_or_words_are_left_out(tmp_path):
    (tmp_path / "asterisk-core-sounds-fr").mkdir()
    with gzip.open(tmp_path / "asterisk-core-sounds-fr" / "core-sounds-fr.txt.gz", "wt") as listing:
        listing.write("; Sons\n\nbeep: [un bip]\nbye: au revoir\ndigits/1: un\nlost: perdu\n")
    sounds = tmp_path / "fr"
    for name in ("beep", "bye", "digits/1"):
        (sounds / name).parent.mkdir(parents=True, exist_ok=True)
        (sounds / f"{name}.g722").touch()
    found = list(read_asterisk(sounds=tmp_path, texts=tmp_path))
    assert [(spoken.name, spoken.text, spoken.language) for spoken in found] == [
        ("fr-bye", "au revoir", "fr"),
        ("fr-digits-1", "un", "fr"),
    ]


def test_dialogue_is_read_with_its_role_and_the_language_of_the_file(tmp_path):
    (tmp_path / "script" / "city").mkdir(parents=True)
    (tmp_path / "script" / "city" / "dialogs_cs.lua").write_text(
        'dialogId("a", "font_big", "It \\"is\\".")\ndialogStr("Je \\"to\\" ono.")\n\n'
        'dialogId("b", "font_small", "Gone.")\ndialogStr("Pryč.")\n'
    )
    (tmp_path / "sound" / "city" / "cs").mkdir(parents=True)
    (tmp_path / "sound" / "city" / "cs" / "a.ogg").touch()
    (spoken,) = read_fillets(tmp_path)
    assert spoken.text.split() == ["Je", "to", "ono."]
    assert spoken.speaker == "fillets-cs-font_big"
    assert spoken.language == "cs"


def test_the_russian_segments_follow_each_other_from_zero(tmp_path):
    for folder in ("lab", "wav"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lab" / "ru_0001.lab").write_text("#\n0.30 125 pau\n0.40 125 bb\n0.55 125 aa\n")
    (tmp_path / "wav" / "ru_0001.wav").touch()
    ((_, spans),) = read_festvox_ru(tmp_path)
    assert spans == [(0.0, 0.3, 0), (0.3, 0.4, B), (0.4, 0.55, AA)]


def test_a_text_forced_onto_too_little_sound_is_not_plausible():
    squeezed = [(0.03 * i, 0.03 * (i + 1), B) for i in range(20)]
    spoken = [(0.08 * i, 0.08 * (i + 1), AA) for i in range(20)]
    assert is_plausible(spoken)
    assert not is_plausible(squeezed)
    assert not is_plausible([*spoken, (1.6, 3.0, B)])
    assert not is_plausible([(0.0, 1.0, 0)])


def test_a_voice_played_faster_is_shorter_and_its_phones_with_it():
    samples = np.sin(2 * np.pi * 200 * np.arange(16000) / 16000).astype(np.float32)
    played, spans = play_faster(samples, [(0.2, 0.6, AA)], 1.25)
    assert len(played) == 12800
    assert spans == [(pytest.approx(0.16), pytest.approx(0.48), AA)]
    spectrum = np.abs(np.fft.rfft(played))
    assert spectrum.argmax() * 16000 / len(played) == pytest.approx(250, abs=2)


def test_random_texts_do_not_repeat_and_use_words_of_the_language():
    pytest.importorskip("wordfreq")
    pytest.importorskip("pocketsphinx")
    texts, rng = TextMaker(), np.random.default_rng(0)
    for language in ("en-us", "de", "ja"):
        drawn = [texts.draw(language, rng) for _ in range(40)]
        assert len(set(drawn)) == 40
    common = load_vocabulary("de")
    assert "und" in common[:20]
    assert not any(letter.isdigit() for word in common for letter in word)


def test_the_aligner_places_words_of_another_language():
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("espeakng_loader")
    from msmd.training.audio_encoder.align import Aligner
    from msmd.training.audio_encoder.espeak import start_espeak

    text = "Mama baut morgen ein braunes Boot."
    samples, truth = start_espeak().speak(text, "de", words_per_minute=130)
    spans = Aligner().align(samples, text, "de")
    assert spans is not None
    closures = [start for start, _, phone in truth if phone == B]
    found = [start for start, _, phone in spans if phone == B]
    assert np.abs(np.array(closures) - np.array(found)).max() < 0.08
