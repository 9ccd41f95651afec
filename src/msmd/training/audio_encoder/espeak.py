"""Speech from espeak-ng with exact phone times, through its C library in the package espeakng-loader."""

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from jaxtyping import Float32

from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ
from msmd.training.audio_encoder.phones import phone_of_ipa

Spans = list[tuple[float, float, int]]
"""(start seconds, end seconds, index into PHONES), in order."""

# speak_lib.h
_RETRIEVE: Final = 1  # hand the samples to the callback, wait until all are made
_PHONEME_EVENTS_IPA: Final = 0x0001 | 0x0002
_UTF8: Final = 1
_LIST_END, _PHONEME = 0, 7
_RATE, _PITCH, _RANGE = 1, 3, 4


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_void_p), ("text", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The synthesiser. Its state is the process's, and starting it twice hangs: take `start_espeak`.

    Attributes:
        phonemes: of the line spoken last, as IPA with its marks of stress and length, one for each span.

    Raises:
        MsmdError: espeakng-loader is not installed, or its library does not start.
    """

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise MsmdError('espeak-ng is needed: pip install "msmd[train]"') from error
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        folder = str(Path(espeakng_loader.get_data_path()).parent).encode()
        self._rate_hz = self._library.espeak_Initialize(_RETRIEVE, 100, folder, _PHONEME_EVENTS_IPA)
        if self._rate_hz <= 0:
            raise MsmdError("espeak-ng does not start; install espeakng-loader again.")
        self.phonemes: tuple[str, ...] = ()
        self._pieces: list[np.ndarray] = []
        self._events: list[tuple[int, str]] = []
        self._callback: Callable = _Callback(self._receive)  # kept: C calls it
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples, count: int, events) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        i = 0
        while events[i].type != _LIST_END:
            if events[i].type == _PHONEME:
                name = bytes(events[i].id.text).decode(errors="ignore")
                if not name.startswith("("):  # "(en)": the voice goes over to another language
                    self._events.append((events[i].sample, name))
            i += 1
        return 0

    def speak(
        self, text: str, voice: str, *, words_per_minute: int = 160, pitch: int = 50, pitch_range: int = 50
    ) -> tuple[Float32[np.ndarray, "num_samples"], Spans]:
        """16 kHz speech and its phones.

        Args:
            text: what to say.
            voice: language and optional voice variant, as "en-us" or "de+f3".
            words_per_minute: 80 to 450.
            pitch, pitch_range: 0 to 100; 50 is the voice's own.

        Raises:
            MsmdError: there is no such voice.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise MsmdError(f"espeak-ng has no voice {voice!r}.")
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces, self._events = [], []
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        self.phonemes = tuple(ipa for _, ipa in self._events)
        if not self._pieces:
            return np.zeros(0, np.float32), []
        samples = np.concatenate(self._pieces).astype(np.float32) / 32768
        starts = [sample for sample, _ in self._events] + [len(samples)]
        spans = [
            (starts[i] / self._rate_hz, starts[i + 1] / self._rate_hz, phone_of_ipa(ipa))
            for i, (_, ipa) in enumerate(self._events)
        ]
        return soxr.resample(samples, self._rate_hz, SAMPLE_RATE_HZ).astype(np.float32), spans


@cache
def start_espeak() -> Espeak:
    """The one synthesiser of this process.

    Raises:
        MsmdError: espeakng-loader is not installed, or its library does not start.
    """
    return Espeak()
