"""The audio encoder inside the package: what is said, how loud, and in which melody."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Float32
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from msmd.audio.acoustic_model import centre_cepstra, cepstral_bands
from msmd.audio.encoder import count_frames
from msmd.audio.mel import HOP_SAMPLES, mel_of_power, power_spectrum
from msmd.audio.phone_network import MOUTH_CLASSES, PhoneNetwork, PhoneNetworkConfig, normalize_mel
from msmd.audio.prosody import NUM_PROSODY, prosody
from msmd.core.errors import AudioError, BundleError
from msmd.core.files import whole_file
from msmd.core.units import SAMPLES_PER_FRAME

WEIGHTS_NAME: Final = "audio_encoder.safetensors"
SETTINGS_NAME: Final = "audio_encoder.json"

_FORMAT: Final = "msmd-audio-encoder"
_VERSION: Final = 1
_CHUNK_FRAMES: Final = 1500
"""Motion frames, one minute, that go through the network at once."""

_SAMPLES_PER_OUTPUT: Final = SAMPLES_PER_FRAME // 2


class EmbeddedEncoder:
    """Features of 16 kHz speech at 25 fps from `PhoneNetwork` and `prosody`.

    One frame is: the network's features of its first and of its second 20 ms, the chances of the
    mouth classes in each, and the columns of `prosody`. All have a size of about one.

    Attributes:
        network: hears phones.
        notes: JSON-ready facts about its training, kept with the weights.
    """

    name = "embedded"

    def __init__(self, network: PhoneNetwork, notes: Mapping[str, object] | None = None) -> None:
        self.network = network.eval().requires_grad_(False)
        self.notes = dict(notes or {})

    @property
    def dim(self) -> int:
        return 2 * (self.network.config.bottleneck_dim + len(MOUTH_CLASSES)) + NUM_PROSODY

    def encode(self, samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames dim"]:
        """Features, ceil(num_samples / 640) frames; frame i belongs to samples [640 i, 640 (i + 1)).

        Silence after (or before) the speech changes no frame that is further from it than the
        network looks, and no other than silence would: what lies outside the file counts as silence.

        Raises:
            AudioError: there is not one sample.
        """
        if not len(samples):
            raise AudioError("there is no sound to encode: 0 samples.")
        count = count_frames(len(samples))
        features, mouth = self.hear(samples)
        columns = (features.reshape(count, -1), mouth.reshape(count, -1), prosody(samples))
        return np.concatenate(columns, axis=1)

    def hear(
        self, samples: Float32[np.ndarray, "num_samples"]
    ) -> tuple[Float32[np.ndarray, "label_frames bottleneck"], Float32[np.ndarray, "label_frames 9"]]:
        """The network's features, and chances of `MOUTH_CLASSES`, at 50 Hz: two for each motion frame."""
        features, _, mouth = self._run(samples)
        return features.numpy(), mouth.softmax(dim=-1).numpy()

    def phone_logits(
        self, samples: Float32[np.ndarray, "num_samples"]
    ) -> tuple[Float32[np.ndarray, "label_frames 40"], Float32[np.ndarray, "label_frames 9"]]:
        """Logits of `PHONES` and of `MOUTH_CLASSES` at 50 Hz, two for each motion frame."""
        _, phones, mouth = self._run(samples)
        return phones.numpy(), mouth.numpy()

    @torch.inference_mode()
    def _run(
        self, samples: Float32[np.ndarray, "num_samples"]
    ) -> tuple[Float[Tensor, "frames d"], Float[Tensor, "frames phones"], Float[Tensor, "frames classes"]]:
        """Minute by minute, each with as much context as the network looks at."""
        count = count_frames(len(samples))
        context = self.network.config.context_frames
        outside = context * _SAMPLES_PER_OUTPUT
        padded = np.pad(samples, (outside, count * SAMPLES_PER_FRAME - len(samples) + outside))
        mel, bands = _spectra_by_minutes(padded)
        normal, centred = normalize_mel(mel), centre_cepstra(bands)
        pieces = []
        for start in range(0, 2 * count, 2 * _CHUNK_FRAMES):
            stop = min(start + 2 * _CHUNK_FRAMES, 2 * count)
            part = slice(2 * start, 2 * (stop + 2 * context))
            outputs = self.network(normal[None, part], centred[None, part])
            pieces.append([out[0, context : context + stop - start] for out in outputs])
        features, phones, mouth = (torch.cat(parts) for parts in zip(*pieces, strict=True))
        return features, phones, mouth

    def save(self, folder: Path) -> None:
        """Write `audio_encoder.safetensors`, at half precision, and `audio_encoder.json` into a folder."""
        settings = {
            "format": _FORMAT,
            "version": _VERSION,
            "name": self.name,
            "dim": self.dim,
            "network": asdict(self.network.config),
            "notes": self.notes,
        }
        with whole_file(Path(folder) / WEIGHTS_NAME) as aside:
            save_file({name: value.half() for name, value in self.network.state_dict().items()}, aside)
        with whole_file(Path(folder) / SETTINGS_NAME) as aside:
            aside.write_text(json.dumps(settings, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "EmbeddedEncoder":
        """What `save` wrote.

        Raises:
            BundleError: a file is missing, damaged, or of another version.
        """
        path = Path(folder) / SETTINGS_NAME
        try:
            settings = json.loads(path.read_text())
            if settings["format"] != _FORMAT or settings["version"] != _VERSION:
                raise BundleError(
                    f"{path} is {settings['format']} version {settings['version']}; this program reads "
                    f"{_FORMAT} version {_VERSION}. Take a bundle made for it."
                )
            network = PhoneNetwork(PhoneNetworkConfig(**settings["network"]))
            network.load_state_dict(load_file(Path(folder) / WEIGHTS_NAME))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise BundleError(
                f"the audio encoder in {folder} cannot be read ({error}). Install or copy the bundle again."
            ) from error
        return cls(network, settings.get("notes"))


def _spectra_by_minutes(
    samples: Float32[np.ndarray, "num_samples"],
) -> tuple[Float[Tensor, "mel_frames 80"], Float[Tensor, "mel_frames 25"]]:
    """`mel_of_power` and `cepstral_bands` of whole hops; spectra of an hour at once would take gigabytes."""
    minute = _CHUNK_FRAMES * SAMPLES_PER_FRAME
    margin_frames = 2  # more than half a window
    margin = margin_frames * HOP_SAMPLES
    padded = torch.from_numpy(np.pad(samples, margin))
    mels, bands = [], []
    for start in range(0, len(samples), minute):
        power = power_spectrum(padded[start : start + min(minute, len(samples) - start) + 2 * margin])
        power = power[margin_frames:-margin_frames]
        mels.append(mel_of_power(power))
        bands.append(cepstral_bands(power))
    return torch.cat(mels), torch.cat(bands)
