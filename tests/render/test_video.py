from fractions import Fraction

import av
import numpy as np
import pytest

from msmd.core.animation import Animation, Motion, Sound
from msmd.core.errors import OutputError
from msmd.render.video import write_pictures, write_video


def write_flash(path, fps: Fraction, sample_rate_hz: int = 16_000, frames: int = 30, pad: int = 0) -> None:
    """A video that turns white when its sound clicks."""
    flash = frames // 3
    pictures = (np.full((64, 64, 3), 235 if index >= flash else 16, np.uint8) for index in range(frames))
    samples = np.zeros(round(frames / fps * sample_rate_hz) + pad, np.float32)
    start = round(flash / fps * sample_rate_hz)
    samples[start : start + 1000] = 0.5 * np.sin(np.arange(1000) * 0.4)
    write_pictures(path, pictures, fps, Sound(samples, sample_rate_hz), frames)


def decode(path):
    with av.open(str(path)) as container:
        pictures = [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    with av.open(str(path)) as container:
        blocks = [(f.time, f.to_ndarray()[0], f.sample_rate) for f in container.decode(audio=0)]
    return pictures, blocks


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(60)])
def test_every_frame_is_there_at_its_exact_time(tmp_path, fps):
    write_flash(tmp_path / "a.mp4", fps)
    pictures, _ = decode(tmp_path / "a.mp4")
    assert len(pictures) == 30
    np.testing.assert_allclose([time for time, _ in pictures], np.arange(30) / float(fps), atol=1e-4)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == fps
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.duration * stream.time_base) == pytest.approx(30 / float(fps), abs=1e-4)


@pytest.mark.parametrize(("fps", "rate_hz"), [(Fraction(25), 16_000), (Fraction(30000, 1001), 44_100)])
def test_sound_and_picture_change_together(tmp_path, fps, rate_hz):
    write_flash(tmp_path / "a.mp4", fps, rate_hz)
    pictures, blocks = decode(tmp_path / "a.mp4")
    flash = next(time for time, picture in pictures if picture.mean() > 128)
    rate = blocks[0][2]
    assert rate == rate_hz
    samples = np.concatenate([block for time, block, _ in blocks])
    click = blocks[0][0] + np.flatnonzero(np.abs(samples) > 0.2)[0] / rate
    assert abs(click - flash) < 0.010


def test_a_rate_unknown_to_aac_is_made_48_khz(tmp_path):
    write_flash(tmp_path / "a.mp4", Fraction(25), 17_000)
    assert decode(tmp_path / "a.mp4")[1][0][2] == 48_000


def test_sound_is_kept_to_its_end(tmp_path):
    write_flash(tmp_path / "a.mp4", Fraction(25), pad=-300)
    _, blocks = decode(tmp_path / "a.mp4")
    kept = sum(len(block) for _, block, _ in blocks)
    assert 30 * 640 - 300 <= kept <= 30 * 640 - 300 + 2048


def test_colours_survive(tmp_path):
    color = np.tile(np.array([222, 172, 146], np.uint8), (64, 64, 1))
    write_pictures(tmp_path / "a.mp4", iter([color] * 3), Fraction(25), None, 3)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)  # BT.709, limited
        shown = frame.to_ndarray(format="rgb24", src_colorspace="ITU709")
    assert np.abs(shown.astype(int) - color).max() <= 5


def test_the_index_stands_before_the_data(tmp_path):
    write_flash(tmp_path / "a.mp4", Fraction(25))
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.fixture
def animation() -> Animation:
    values = np.zeros((4, 67), np.float32)
    empty = np.zeros((4, 0), np.float32), np.zeros((0, 67), np.float32)
    sound = Sound(np.zeros(2560, np.float32), 16_000)
    return Animation(Motion(values), values, *empty, seed=0, sound=sound)


def test_an_animation_becomes_a_video_and_tells_how_far_it_is(tmp_path, animation):
    told = []
    write_video(animation, tmp_path / "take.mp4", 128, lambda *news: told.append(news))
    pictures, blocks = decode(tmp_path / "take.mp4")
    assert len(pictures) == 4
    assert pictures[0][1].shape == (128, 128, 3)
    assert blocks
    assert told[-1][1:] == (4, 4)


def test_an_odd_size_is_refused_in_words(tmp_path, animation):
    with pytest.raises(OutputError, match="even"):
        write_video(animation, tmp_path / "take.mp4", 127)
    assert not list(tmp_path.iterdir())
