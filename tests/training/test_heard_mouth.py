"""What no tracker sees of the lips is put into recordings where it is heard."""

import numpy as np
import pytest
from tests.training.test_voiced_recordings import describe

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.load import load_sound
from msmd.audio.phone_network import MOUTH_CLASSES
from msmd.core.units import EXPRESSION
from msmd.data.packed import PackedDataset
from msmd.data.packing import write_packed
from msmd.evaluation.mouth_shapes import tucked_at
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.bundle import load_bundle
from msmd.synthesis.performer.articulation import load_articulation, tuck_lower_lip, tuck_measure
from msmd.training.heard_mouth import complete_mouth, heard_phones
from msmd.training.voiced_recordings import make_voiced

FRAMES = 50


class Hears(EmbeddedEncoder):
    """It hears one class of mouth in a stretch of frames of 20 ms, else an f from 1.0 to 1.2 s."""

    def __init__(self, mouth_class="labiodental", start=50, stop=60):
        self._stretch, self._class = slice(start, stop), MOUTH_CLASSES.index(mouth_class)

    def hear(self, samples):
        mouth = np.zeros((len(samples) // 320, 9), np.float32)
        mouth[self._stretch, self._class] = 0.9
        return np.zeros((len(mouth), 64), np.float32), mouth


def half_open() -> np.ndarray:
    motion = np.zeros((FRAMES, 67), np.float32)
    motion[:, EXPRESSION] = 4.0 * load_articulation().opening_direction
    return motion


def test_the_rig_tucks_its_lip_where_an_f_is_heard_and_nowhere_else():
    sound = np.zeros(FRAMES * 640, np.float32)
    completed = complete_mouth(half_open(), sound, Hears())
    assert not any(tucked_at(half_open(), [0.5, 1.1]))
    assert tucked_at(completed, [0.5, 1.1, 1.7]) == [False, True, False]
    changed = np.flatnonzero(np.abs(completed - half_open()).max(axis=1) > 1e-6)
    assert changed.min() >= 23 and changed.max() <= 31
    opening = completed[:, EXPRESSION] @ lip_gap_direction()
    assert opening[27] == pytest.approx(1.2, abs=0.05) and opening[10] == pytest.approx(4.0, abs=0.01)


def opening_of(motion: np.ndarray) -> np.ndarray:
    return motion[:, EXPRESSION] @ lip_gap_direction()


def test_lips_close_where_a_p_is_heard_and_are_what_they_were_elsewhere():
    sound = np.zeros(FRAMES * 640, np.float32)
    opening = opening_of(complete_mouth(half_open(), sound, Hears("bilabial", 50, 56)))
    assert opening[25:27] == pytest.approx(0, abs=0.05)
    assert np.delete(opening, range(22, 30)) == pytest.approx(4.0, abs=1e-3)


def test_lips_that_are_closed_more_than_at_rest_stay():
    pressed = -0.1 * half_open()
    completed = complete_mouth(pressed, np.zeros(FRAMES * 640, np.float32), Hears("bilabial", 50, 56))
    np.testing.assert_array_equal(completed, pressed)


def test_lips_rest_in_a_pause_if_the_recording_cannot_tell():
    sound = np.zeros(FRAMES * 640, np.float32)
    pause = Hears("silence", 40, 70)  # 0.8 to 1.4 s
    assert opening_of(complete_mouth(half_open(), sound, pause)) == pytest.approx(4.0, abs=1e-3)
    opening = opening_of(complete_mouth(half_open(), sound, pause, rests=True))
    assert opening[22:31] == pytest.approx(0, abs=0.1)
    assert opening[:16] == pytest.approx(4.0, abs=1e-3) and opening[36:] == pytest.approx(4.0, abs=1e-3)
    short = complete_mouth(half_open(), sound, Hears("silence", 40, 52), rests=True)
    assert opening_of(short) == pytest.approx(4.0, abs=1e-3)


def test_a_lip_that_is_tucked_already_stays():
    once = tuck_lower_lip(half_open()[:, EXPRESSION], np.ones(FRAMES))
    np.testing.assert_allclose(once @ tuck_measure(), 1, atol=0.25)
    twice = tuck_lower_lip(once, np.ones(FRAMES))
    assert np.abs((twice - once) @ tuck_measure()).max() < 0.25


def test_vowels_hardly_look_like_a_tuck():
    shapes = load_articulation().shapes.numpy()
    assert np.abs(shapes @ tuck_measure()).max() < 0.2


def test_clips_that_are_not_judged_are_completed_and_copies_with_them(tmp_path):
    clips = [describe("a1"), describe("b1", has_lips=False), describe("c1", "val"), describe("d1", "test")]
    motion = {clip.id: np.tile(half_open()[:1], (clip.frames, 1)) for clip in clips}
    sound = {clip.id: np.zeros(clip.frames * 640, np.float32) for clip in clips}
    write_packed(tmp_path / "in", clips, motion, sound)
    make_voiced(tmp_path / "in", tmp_path / "out", copies=1, encoder=Hears())
    packed = PackedDataset(tmp_path / "out")
    assert {clip.id for clip in packed.clips} == {"made/a1", "made/a1~1", "made/b1", "made/c1", "made/d1"}
    tucks = {clip.id: (packed.motion(clip.id)[:, EXPRESSION] @ tuck_measure()).max() for clip in packed.clips}
    assert min(tucks[name] for name in ("made/a1", "made/a1~1", "made/c1")) > 0.7
    assert max(tucks["made/b1"], tucks["made/d1"]) < 0.2


def test_the_packages_encoder_hears_the_f_of_a_recording_and_little_else(data_folder):
    spoken = load_sound(data_folder / "grid" / "video" / "bbaf2n.mp4").samples  # bin blue at f two now
    encoder = load_bundle().audio_encoder
    assert 1 <= len(heard_phones(spoken, encoder, "labiodental")) <= 2
    assert len(heard_phones(spoken, encoder, "bilabial")) == 2
