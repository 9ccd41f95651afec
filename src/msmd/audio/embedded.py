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

from msmd.audio.eight_bits import from_eight_bits, to_eight_bits
from msmd.audio.encoder import count_frames
from msmd.audio.phone_network import MOUTH_CLASSES, PhoneNetwork, PhoneNetworkConfig
from msmd.audio.prosody import NUM_PROSODY, prosody
from msmd.audio.speech_model import SpeechModel, SpeechModelConfig
from msmd.core.errors import AudioError, BundleError
from msmd.core.files import whole_file

WEIGHTS_NAME: Final = "audio_encoder.safetensors"
SETTINGS_NAME: Final = "audio_encoder.json"

_FORMAT: Final = "msmd-audio-encoder"
_VERSION: Final = 2
_CHUNK_FRAMES: Final = 3000
"""Of 20 ms, one minute, that go through the network at once."""

_SPEECH_MODEL: Final = "speech_model."
_NETWORK: Final = "network."


class EmbeddedEncoder:
    """Features of 16 kHz speech at 25 fps from `SpeechModel`, `PhoneNetwork` and `prosody`.

    One frame is: the network's features of its first and of its second 20 ms, the chances of the
    mouth classes in each, and the columns of `prosody`. All have a size of about one.

    Attributes:
        speech_model: hears.
        network: says which phones these are.
        notes: JSON-ready facts about its training, kept with the weights.
    """

    name = "embedded"

    def __init__(
        self, speech_model: SpeechModel, network: PhoneNetwork, notes: Mapping[str, object] | None = None
    ) -> None:
        self.speech_model = speech_model.eval().requires_grad_(False)
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
        context, count = self.network.config.context_frames, 2 * count_frames(len(samples))
        states = self.speech_model.hear(samples, count, context)
        pieces = []
        for start in range(0, count, _CHUNK_FRAMES):
            length = min(_CHUNK_FRAMES, count - start)
            outputs = self.network(states[None, start : start + length + 2 * context])
            pieces.append([out[0, context : context + length] for out in outputs])
        features, phones, mouth = (torch.cat(parts) for parts in zip(*pieces, strict=True))
        return features, phones, mouth

    def save(self, folder: Path) -> None:
        """Write `audio_encoder.safetensors` and `audio_encoder.json` into a folder.

        The network is written at half precision, the matrices of the speech model in eight bits.
        """
        settings = {
            "format": _FORMAT,
            "version": _VERSION,
            "name": self.name,
            "dim": self.dim,
            "speech_model": asdict(self.speech_model.config),
            "network": asdict(self.network.config),
            "notes": self.notes,
        }
        tensors = {_NETWORK + name: value.half() for name, value in self.network.state_dict().items()}
        for name, value in to_eight_bits(self.speech_model.state_dict()).items():
            tensors[_SPEECH_MODEL + name] = value
        with whole_file(Path(folder) / WEIGHTS_NAME) as aside:
            save_file(tensors, aside)
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
            tensors = load_file(Path(folder) / WEIGHTS_NAME)
            speech_model = SpeechModel(SpeechModelConfig(**settings["speech_model"]))
            speech_model.load_state_dict(from_eight_bits(_part(tensors, _SPEECH_MODEL)))
            network = PhoneNetwork(PhoneNetworkConfig(**settings["network"]))
            network.load_state_dict(_part(tensors, _NETWORK))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise BundleError(
                f"the audio encoder in {folder} cannot be read ({error}). Install or copy the bundle again."
            ) from error
        return cls(speech_model, network, settings.get("notes"))


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
