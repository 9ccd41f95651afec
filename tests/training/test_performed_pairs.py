"""Performed pairs are a dataset like any other, in which only the reference tells the style."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason='needs the extra "train"')
pytest.importorskip("pocketsphinx", reason='needs the extra "train"')

from msmd.audio.phone_network import PHONES
from msmd.core.errors import FormatError, MsmdError
from msmd.core.units import EXPRESSION
from msmd.data.packed import PackedDataset, measure_statistics
from msmd.data.packing import write_features
from msmd.data.pairs import CORPUS_WEIGHTS, TwoWindowSampler
from msmd.face.lip_closure import lip_gap_direction
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.performed_pairs import draw_styles, make_pairs
from msmd.training.performed_takes import LINES, SessionMaker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    out = tmp_path_factory.mktemp("performed")
    made = make_pairs(out, 1.5, seed=1)
    assert made["minutes"] >= 1.5
    return out


def test_the_folder_is_whole_and_says_what_it_is(folder) -> None:
    packed = PackedDataset(folder)
    packed.verify()
    assert {clip.corpus for clip in packed.clips} == {"performed"}
    assert all(clip.has_lips and clip.has_upper and clip.has_head for clip in packed.clips)
    assert all("CC BY 4.0" in clip.licence for clip in packed.clips)
    assert all(clip.language != "unknown" for clip in packed.clips)


def test_every_line_is_there_in_two_styles_that_articulate_alike(folder) -> None:
    packed = PackedDataset(folder)
    lines: dict[str, list] = {}
    for clip in packed.clips:
        lines.setdefault(clip.sentence, []).append(clip)
    for pair in lines.values():
        first, second = pair
        assert np.array_equal(packed.sound(first.id), packed.sound(second.id))
        gaps = [packed.motion(clip.id)[:, EXPRESSION] @ lip_gap_direction() for clip in pair]
        assert np.corrcoef(gaps[0], gaps[1])[0, 1] > 0.97
        assert first.speaker != second.speaker
        means = [packed.motion(clip.id)[:, EXPRESSION].mean(axis=0) for clip in pair]
        assert np.linalg.norm(means[0] - means[1]) > 0.2


def test_training_draws_pairs_of_windows_from_it(folder, tiny_encoder) -> None:
    write_features(folder, tiny_encoder)
    packed = PackedDataset(folder)
    statistics = measure_statistics(packed, CORPUS_WEIGHTS)
    sampler = TwoWindowSampler(packed, tiny_encoder.name, statistics, batch_size=4)
    batch = sampler.batch(0)
    assert batch.valid.mean() > 0.95 and batch.has_lips.all() and batch.has_upper.all()
    assert 0.3 < batch.motion.std() < 3


def test_the_same_seed_makes_the_same_session_and_another_does_not() -> None:
    first, again, other = (SessionMaker(seed).takes(3) for seed in (5, 5, 6))
    names = [[[one.name for one in take.phones] for take in takes] for takes in (first, again, other)]
    assert names[0] == names[1] != names[2]
    assert draw_styles(5, 3) == draw_styles(5, 3) != draw_styles(6, 3)


def test_takes_are_speech_between_silences_at_whole_frames() -> None:
    maker = SessionMaker(2)
    for session in range(6):
        takes = maker.takes(session)
        assert 1 <= len(takes) <= LINES
        for take in takes:
            assert len(take.samples) % 640 == 0 and np.abs(take.samples).max() <= 1
            assert take.phones[0].start_seconds >= 0.15
            assert take.phones[-1].end_seconds < len(take.samples) / 16_000
            told = [one.stressed for one in take.phones if one.stressed is not None]  # flite tells none
            assert not told or any(told) or take.language in ("ja", "cmn", "fr", "tr", "hi")


def _hiss(rng: np.random.Generator, length: int) -> np.ndarray:
    return rng.normal(0, 0.1, length).astype(np.float32)


def test_people_speak_with_the_phones_of_their_recordings_in_the_same_order(monkeypatch) -> None:
    monkeypatch.setattr("msmd.training.performed_takes._PEOPLE_SHARE", 1.0)
    rng = np.random.default_rng(0)
    silence, vowel, stop = (PHONES.index(name) for name in ("SIL", "AA", "B"))
    labels = np.repeat([silence, vowel, stop, vowel, silence], [10, 20, 10, 20, 10]).astype(np.uint8)
    clips = [
        PhoneClip(str(i), "asterisk", "asterisk-fr", "train", _hiss(rng, 70 * 320), labels) for i in range(3)
    ]
    held_out = [replace(clip, split="val") for clip in clips]
    spoken = SessionMaker(4, clips).takes(0)
    assert len(spoken) == 3
    for take in spoken:
        assert [one.name for one in take.phones] == ["AA", "B", "AA"]
        assert take.voice == "asterisk/asterisk-fr" and take.language == "fr"
        length = take.phones[-1].end_seconds - take.phones[0].start_seconds
        assert 1.0 / 1.25 < length < 1.0 / 0.8
    assert "asterisk/asterisk-fr" not in {take.voice for take in SessionMaker(4, held_out).takes(0)}


def test_recordings_can_be_joined_and_stay_as_they_were(folder, tmp_path) -> None:
    make_pairs(tmp_path / "both", 0.2, seed=9, join=folder)
    both, one = PackedDataset(tmp_path / "both"), PackedDataset(folder)
    assert {clip.id for clip in one.clips} < {clip.id for clip in both.clips}
    clip = one.clips[0]
    assert np.array_equal(both.motion(clip.id), one.motion(clip.id))


def test_bad_wishes_are_errors_before_anything_is_written(tmp_path) -> None:
    with pytest.raises(MsmdError, match="0 minutes cannot be made"):
        make_pairs(tmp_path / "a", 0.0)
    with pytest.raises(FormatError):
        make_pairs(tmp_path / "a", 1.0, join=tmp_path / "nothing")
    with pytest.raises(MsmdError, match="cannot be joined to itself"):
        make_pairs(tmp_path / "a", 1.0, join=tmp_path / "a")
    assert not (tmp_path / "a").exists()
