"""The corpus as the speech model hears it, plain and in changed voices: what the phone network learns from.

The speech model learns nothing, so each clip is heard once, and not at every step. A copy is in another
voice, at another tempo, in another room, in noise (`voiced_recordings.draw_revoicing`); what is said when
in it stays known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float16, Int64, UInt8
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from msmd.audio.changed_voice import change_voice
from msmd.audio.channel import send_through
from msmd.audio.speech_model import HOP_SAMPLES, SpeechModel
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.voiced_recordings import Revoicing, draw_revoicing

COPIES: Final = 2
"""In changed voices, of each clip."""

AROUND: Final = 32
"""Frames of 20 ms of silence on either side of every clip."""

_SEED: Final = 7
_BABBLE: Final = 4


@dataclass(frozen=True)
class HeardClip:
    """A clip of the corpus in the states of a speech model, at 50 Hz, read from its file when asked for.

    Attributes:
        source, name: of the `PhoneClip`.
        labels: with `AROUND` frames of silence on either side.
        speeds: of the copies.
        file: holds the states.
    """

    source: str
    name: str
    labels: UInt8[np.ndarray, "frames"]
    speeds: tuple[float, ...]
    file: Any

    def plain(self, frames: slice) -> Float16[Tensor, "frames width"]:
        return self.file.get_slice(f"0/{self.name}")[frames]

    def changed(self, copy: int, frames: slice) -> Float16[Tensor, "frames width"]:
        """Of copy 0, 1, ...; it has `count_changed` frames."""
        return self.file.get_slice(f"{copy + 1}/{self.name}")[frames]

    def count_changed(self, copy: int) -> int:
        return _count(len(self.labels) - 2 * AROUND, self.speeds[copy]) + 2 * AROUND

    def plain_frames(self, copy: int) -> Int64[np.ndarray, "changed_frames"]:
        """For each frame of a copy the frame of the plain clip in which the same is said."""
        moments = np.arange(self.count_changed(copy)) - AROUND + 0.5
        frames = np.floor(moments * self.speeds[copy]).astype(np.int64) + AROUND
        return frames.clip(0, len(self.labels) - 1)


def hear_corpus(
    clips: Sequence[PhoneClip], out: Path, model: SpeechModel, progress: Progress = no_progress
) -> None:
    """Write `<out>/<source>.safetensors` for the sources of the train clips; those that are there are kept.

    Args:
        clips: of `load_clips`, those of a source together.
        out: folder for the files, some 310 MB for each hour of the corpus.
        model: hears.
        progress: told the source, clips done and their number.
    """
    for source, group in groupby(clips, lambda clip: clip.source):
        path, chosen = out / f"{source}.safetensors", [clip for clip in group if clip.split == "train"]
        if path.exists() or not chosen:
            continue
        tensors: dict[str, Tensor] = {}
        for number, clip in enumerate(chosen):
            for copy, samples in enumerate(_versions(clip, chosen)):
                count = _count(len(clip.labels), 1.0 if copy == 0 else _draw(clip, copy).speed)
                tensors[f"{copy}/{clip.name}"] = model.hear(samples, count, AROUND).half()
            progress(source, number + 1, len(chosen))
        with whole_file(path) as aside:
            save_file(tensors, aside)


def open_heard(clips: Iterable[PhoneClip], folder: Path) -> list[HeardClip]:
    """The train clips in the files that `hear_corpus` wrote for them."""
    files: dict[str, Any] = {}
    heard = []
    for clip in clips:
        if clip.split != "train":
            continue
        if clip.source not in files:
            files[clip.source] = safe_open(folder / f"{clip.source}.safetensors", framework="pt")
        speeds = tuple(_draw(clip, copy + 1).speed for copy in range(COPIES))
        labels = np.pad(clip.labels, AROUND)
        heard.append(HeardClip(clip.source, clip.name, labels, speeds, files[clip.source]))
    return heard


def _versions(clip: PhoneClip, others: Sequence[PhoneClip]) -> Iterator[np.ndarray]:
    whole = clip.samples[: len(clip.labels) * HOP_SAMPLES]
    yield whole
    for copy in range(1, COPIES + 1):
        revoicing = _draw(clip, copy)
        rng = np.random.default_rng(revoicing.channel.seed)
        voices = [others[number].samples for number in rng.choice(len(others), min(_BABBLE, len(others)))]
        changed = change_voice(whole, revoicing.semitones, revoicing.speed)
        yield send_through(changed, revoicing.channel, voices)


def _draw(clip: PhoneClip, copy: int) -> Revoicing:
    return draw_revoicing(f"{clip.source}/{clip.name}", copy, _SEED)


def _count(frames: int, speed: float) -> int:
    return round(frames / speed)
