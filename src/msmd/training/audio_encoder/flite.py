"""Speech from flite, whose voices are built from recordings of people, with its own segment times.

flite is a program (Debian package "flite"), not a Python package; without it this source is left out.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.load import load_sound
from msmd.core.errors import MsmdError
from msmd.training.audio_encoder.phones import phone_of_arpabet

FLITE_VOICES: Final = ("slt", "awb", "rms", "kal16")
"""Voices compiled into the program: US woman, Scottish man, US man, US man (diphones)."""

_SEGMENT = re.compile(r"([a-z#]+\d?):([\d.]+)")


def has_flite() -> bool:
    return shutil.which("flite") is not None


def speak_with_flite(
    text: str, voice: str, *, stretch: float = 1.0, pitch_hz: float | None = None
) -> tuple[Float32[np.ndarray, "num_samples"], list[tuple[float, float, int]]]:
    """16 kHz speech and its phones as (start seconds, end seconds, index into PHONES).

    Args:
        text: English.
        voice: one of `FLITE_VOICES`.
        stretch: of all durations.
        pitch_hz: mean pitch; None is the voice's own.

    Raises:
        MsmdError: flite is not installed or fails.
    """
    command = ["flite", "-voice", voice, "-psdur", "--setf", f"duration_stretch={stretch}"]
    if pitch_hz is not None:
        command += ["--setf", f"int_f0_target_mean={pitch_hz}"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        try:
            result = subprocess.run(
                [*command, "-t", text, "-o", str(path)], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise MsmdError(f"flite failed ({error}); install it, or leave this source out.") from error
        sound = load_sound(path)
    spans, start = [], 0.0
    for name, end in _SEGMENT.findall(result.stdout):
        spans.append((start, float(end), phone_of_arpabet(name)))
        start = float(end)
    return sound.samples, spans
