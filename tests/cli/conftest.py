"""The command line as a user meets it: arguments in, exit code and text out."""

import sys
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from msmd.cli.main import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Msmd = Callable[..., Outcome]


@pytest.fixture
def msmd(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Msmd:
    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["msmd", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
            raise SystemExit(0)
        text = capsys.readouterr()
        assert "Traceback" not in text.err
        return Outcome(int(ended.value.code or 0), text.out, text.err)

    return call


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """1.2 s of something like speech: bursts of noise, 16 kHz mono wav."""
    seconds = np.arange(int(1.2 * 16_000)) / 16_000
    noise = np.random.default_rng(0).normal(size=len(seconds))
    return write_wave(tmp_path / "line.wav", 0.2 * noise * (np.sin(2 * np.pi * 4 * seconds) > 0))


def write_wave(path: Path, samples: np.ndarray, rate_hz: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_video(path: Path, num_frames: int = 30) -> Path:
    """Noise: a picture, but no face and no sound."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width = stream.height = 128
        stream.pix_fmt = "yuv420p"
        for _ in range(num_frames):
            picture = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return path
