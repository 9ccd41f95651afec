"""HuBERT features (sections 4.2, 5.2) through `transformers`; wav2vec2 and WavLM come by the same door.

The library is an extra ("hubert") and imported only when such an encoder is loaded.
"""

import hashlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float32

from msmd.audio.encoder import count_frames
from msmd.core.errors import AudioError, MsmdError
from msmd.core.units import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME

HUB_NAMES: Final[Mapping[str, str]] = {
    "hubert-base": "facebook/hubert-base-ls960",
    "wav2vec2-base": "facebook/wav2vec2-base-960h",
    "wavlm-base": "microsoft/wavlm-base",
}
"""Short names, under which features are stored and presets ask for them."""

FAMILIES: Final = ("hubert", "wav2vec2", "wavlm")

CHUNK_SECONDS: Final = 120
"""A recording up to this long is encoded at once (method.md). A longer one goes in pieces of this length,
for attention costs memory by the square of it."""

CONTEXT_SECONDS: Final = 10
"""Sound on either side of a piece that is heard with it and thrown away."""

_ONLY_FOR_TRAINING: Final = "masked_spec_embed"
"""Stands for masked frames; many published models lack it and get random numbers in its place."""

_HOP_SAMPLES: Final = SAMPLES_PER_FRAME // 2


class HubertEncoder:
    """A frozen speech model of the HuBERT family: 50 features a second, averaged in pairs to 25.

    Sound is brought to zero mean and unit variance if the model was trained so, and padded so that
    its frames are exactly two for each motion frame: 80 samples for a receptive field of 400 at a
    hop of 320, half on each side, which centres each feature on the 20 ms that it stands for. 4 s
    give exactly 200 features, 100 frames.

    Args:
        model: of `transformers`, with its last hidden state as the feature.
        source: hub name or folder that it came from.
        normalises: whether the model expects zero mean and unit variance.
    """

    def __init__(self, model: Any, source: str, normalises: bool = True) -> None:
        self._model = model.eval().requires_grad_(False)
        self._normalises = normalises
        self._margin = _margin_samples(model.config, source)
        self.source = source
        self.name = short_name(source)

    @property
    def dim(self) -> int:
        return int(self._model.config.hidden_size)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights that generation uses: what a cache and a bundle know the encoder by."""
        digest = hashlib.sha256() if self._normalises else hashlib.sha256(b"sound as it is")
        for name, value in sorted(self._model.state_dict().items()):
            if name == _ONLY_FOR_TRAINING:
                continue
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def encode(self, samples: Float32[np.ndarray, "num_samples"]) -> Float32[np.ndarray, "frames dim"]:
        """Features of 16 kHz sound at 25 fps; see `AudioEncoder`.

        Raises:
            AudioError: there is not one sample.
        """
        if not len(samples):
            raise AudioError("there is no sound to encode: 0 samples.")
        count = count_frames(len(samples))
        if self._normalises:
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        padded = np.pad(samples.astype(np.float32), (0, count * SAMPLES_PER_FRAME - len(samples)))
        chunk, context = (seconds * 25 for seconds in (CHUNK_SECONDS, CONTEXT_SECONDS))
        pieces = []
        for start in range(0, count, chunk):
            stop = min(start + chunk, count)
            first, last = max(0, start - context), min(count, stop + context)
            heard = self._encode_piece(padded[first * SAMPLES_PER_FRAME : last * SAMPLES_PER_FRAME])
            pieces.append(heard[start - first : stop - first])
        return np.concatenate(pieces)

    @torch.inference_mode()
    def _encode_piece(
        self, samples: Float32[np.ndarray, "whole_frames"]
    ) -> Float32[np.ndarray, "frames dim"]:
        before = self._margin // 2
        padded = np.pad(samples, (before, self._margin - before))
        device = next(self._model.parameters()).device
        hidden = self._model(torch.from_numpy(padded)[None].to(device)).last_hidden_state[0]
        return hidden.float().unflatten(0, (-1, 2)).mean(1).cpu().numpy()

    def save(self, folder: Path) -> None:
        """Write the model as `transformers` does (safetensors and JSON), and how its sound is prepared."""
        from transformers import Wav2Vec2FeatureExtractor

        self._model.save_pretrained(folder)
        Wav2Vec2FeatureExtractor(do_normalize=self._normalises).save_pretrained(folder)

    @classmethod
    def load(cls, source: str | Path, device: str = "cpu") -> "HubertEncoder":
        """From a short name (`HUB_NAMES`), a hub name, or a local folder; a folder needs no network.

        A model from the hub is downloaded once and then found in the library's own cache; with
        HF_HUB_OFFLINE=1 nothing is ever asked for.

        Raises:
            MsmdError: `transformers` is not installed, or there is no such model.
        """
        try:
            from transformers import AutoConfig, AutoModel
            from transformers.utils import logging
        except ImportError as error:
            raise MsmdError(
                f"HuBERT features need the package transformers: {error}. "
                'Install it with: pip install "msmd[hubert]".'
            ) from error
        where = HUB_NAMES.get(str(source), str(source))
        local = Path(where).is_dir()
        logging.disable_progress_bar()
        try:
            config = AutoConfig.from_pretrained(where, local_files_only=local)
            if config.model_type not in FAMILIES:
                raise MsmdError(
                    f"{where} is a {config.model_type} model; audio features come from one of "
                    f"{', '.join(FAMILIES)}. Give such a model."
                )
            model = AutoModel.from_pretrained(
                where, config=config, local_files_only=local, dtype=torch.float32
            )
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).strip().splitlines()[0]
            raise MsmdError(
                f"no speech model can be loaded from {where!r}: {reason} Give a folder that holds "
                "config.json and model.safetensors, or a name on the hub and a network."
            ) from error
        try:
            model = model.to(device)
        except (RuntimeError, AssertionError) as error:
            raise MsmdError(f"device {device!r} cannot be used here: {error}. Use device='cpu'.") from error
        return cls(model, str(source), _normalises(where, local))


def short_name(source: str) -> str:
    """The name that features of a model are stored under: "hubert-base" for it and for its copies."""
    last = Path(source).name
    for name, hub_name in HUB_NAMES.items():
        if source == name or last == hub_name.split("/")[1]:
            return name
    return last


def _normalises(where: str, local: bool) -> bool:
    from transformers import Wav2Vec2FeatureExtractor

    try:
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(where, local_files_only=local)
    except (OSError, ValueError):
        return True
    return bool(extractor.do_normalize)


def _margin_samples(config: Any, source: str) -> int:
    """Receptive field less hop: samples that n hops need beyond n * hop to give n features."""
    hop, field = 1, 1
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        field += (kernel - 1) * hop
        hop *= stride
    if prod(config.conv_stride) != _HOP_SAMPLES or field < hop:
        rate = SAMPLE_RATE_HZ / hop
        raise MsmdError(
            f"{source} gives {rate:g} features a second over {field} samples; 50 a second are needed. "
            "Give a model with the convolutions of HuBERT."
        )
    return field - hop
