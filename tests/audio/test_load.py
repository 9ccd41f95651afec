import wave
from pathlib import Path

import av
import numpy as np
import pytest

from msmd.audio.load import load_sound
from msmd.core.errors import AudioError

TONE_HZ = 440.0


def tone(rate_hz: int, seconds: float = 1.0, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * TONE_HZ * np.arange(round(rate_hz * seconds)) / rate_hz)).astype(
        np.float32
    )


def write(path: Path, channels: np.ndarray, rate_hz: int, codec: str, layout: str) -> Path:
    """channels (num_channels, num_samples) -> any container that FFmpeg writes."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=0)
        packed = np.ascontiguousarray(channels.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate = rate_hz
        fifo = av.AudioFifo()
        for converted in resampler.resample(frame):
            fifo.write(converted)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def tone_level(samples: np.ndarray, rate_hz: int) -> float:
    """Amplitude of the tone in the middle half."""
    part = samples[len(samples) // 4 : 3 * len(samples) // 4]
    carrier = np.exp(-2j * np.pi * TONE_HZ * np.arange(len(part)) / rate_hz)
    return float(2 * np.abs((part * carrier).mean()))


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "layout"),
    [
        ("a.wav", "pcm_s16le", 44100, "mono"),
        ("a.wav", "pcm_u8", 16000, "mono"),
        ("a.wav", "pcm_s24le", 96000, "stereo"),
        ("a.wav", "pcm_f32le", 48000, "mono"),
        ("a.flac", "flac", 48000, "stereo"),
        ("a.mp3", "libmp3lame", 44100, "stereo"),
        ("a.m4a", "aac", 44100, "mono"),
        ("a.ogg", "libopus", 48000, "mono"),
        ("a.mp4", "aac", 48000, "stereo"),
        ("a.mkv", "flac", 22050, "mono"),
        ("a.wav", "pcm_s16le", 8000, "5.1"),
        ("a.wav", "pcm_s16le", 48000, "7.1"),
        ("a.mkv", "pcm_s16le", 16000, "hexadecagonal"),
    ],
)
def test_every_container_gives_the_same_tone_at_16_khz(tmp_path, name, codec, rate_hz, layout):
    num_channels = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8, "hexadecagonal": 16}[layout]
    path = write(tmp_path / name, np.tile(tone(rate_hz), (num_channels, 1)), rate_hz, codec, layout)
    sound = load_sound(path)
    assert sound.sample_rate_hz == 16000
    assert sound.samples.dtype == np.float32
    assert abs(sound.duration_seconds - 1.0) < 0.08  # mp3 and aac pad to whole frames
    assert abs(tone_level(sound.samples, 16000) - 0.5) < 0.04  # lossy codecs


def test_the_sample_rate_can_be_chosen(tmp_path):
    path = write(tmp_path / "a.wav", tone(16000)[None], 16000, "pcm_s16le", "mono")
    sound = load_sound(path, sample_rate_hz=48000)
    assert len(sound.samples) == 48000
    assert abs(tone_level(sound.samples, 48000) - 0.5) < 0.01


def test_the_low_frequency_channel_is_not_heard(tmp_path):
    channels = np.zeros((6, 16000), np.float32)
    channels[3] = tone(16000)  # L R C LFE Ls Rs
    path = write(tmp_path / "a.wav", channels, 16000, "pcm_f32le", "5.1")
    assert not load_sound(path).samples.any()


def test_loud_float_samples_are_scaled_into_range(tmp_path):
    path = write(tmp_path / "a.wav", 4 * tone(16000)[None], 16000, "pcm_f32le", "mono")
    assert np.abs(load_sound(path).samples).max() == pytest.approx(1.0)


def test_a_constant_offset_is_no_sound(tmp_path):
    path = write(tmp_path / "a.wav", np.full((1, 16000), 0.01, np.float32), 16000, "pcm_f32le", "mono")
    assert np.abs(load_sound(path).samples).max() < 1e-6


def test_silence_is_no_error(tmp_path):
    path = write(tmp_path / "a.wav", np.zeros((1, 16000), np.float32), 16000, "pcm_s16le", "mono")
    assert not load_sound(path).samples.any()


def test_a_missing_file_a_folder_and_an_empty_file_are_named(tmp_path):
    (tmp_path / "empty.wav").touch()
    for path, said in [
        (tmp_path / "no.wav", "no file"),
        (tmp_path, "folder"),
        (tmp_path / "empty.wav", "empty"),
    ]:
        with pytest.raises(AudioError, match=said):
            load_sound(path)


def test_text_and_noise_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("this is no sound at all\n" * 20)
    (tmp_path / "a.wav").write_bytes(np.random.default_rng(0).bytes(5000))
    for name in ("a.txt", "a.wav"):
        with pytest.raises(AudioError, match=name):
            load_sound(tmp_path / name)


def test_a_video_without_sound_is_refused(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match="no sound track"):
        load_sound(path)


def test_too_short_is_refused_with_its_length(tmp_path):
    path = write(tmp_path / "a.wav", tone(16000, 0.15)[None], 16000, "pcm_s16le", "mono")
    with pytest.raises(AudioError, match=r"0\.150 s"):
        load_sound(path)


def test_too_long_is_refused_with_its_length(tmp_path):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 1, 2000, 0, "NONE", ""))
        out.writeframes(b"\x80" * 2000 * 3660)
    with pytest.raises(AudioError, match=r"61\.0 minutes"):
        load_sound(path)


def test_nan_is_refused_and_located(tmp_path):
    samples = tone(16000)
    samples[8000] = np.nan
    path = write(tmp_path / "a.wav", samples[None], 16000, "pcm_f32le", "mono")
    with pytest.raises(AudioError, match=r"NaN.*0\.500 s"):
        load_sound(path)
