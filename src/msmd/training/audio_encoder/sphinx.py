"""Reading the acoustic model that comes with `pocketsphinx`: the states without context."""

from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float32

from msmd.audio.acoustic_model import NUM_SCORES, AcousticModel
from msmd.core.errors import FormatError

_SHAPE: Final = (42, 3, 128, 13)  # phones, streams, Gaussians, coefficients
_NUM_SENONES: Final = 5126
_NATS_OF_WEIGHT: Final = -1024 * float(np.log(1.0001))  # one step of a weight's eight bits
_LEAST_VARIANCE: Final = 1e-4


def load_acoustic_model(folder: Path | None = None) -> AcousticModel:
    """Sphinx's `en-us`, of which `means`, `variances` and `sendump` are read.

    Args:
        folder: of the model; None: the one in the package `pocketsphinx`.

    Raises:
        FormatError: the files are of another model.
    """
    if folder is None:
        import pocketsphinx

        folder = Path(pocketsphinx.get_model_path("en-us/en-us"))
    model = AcousticModel()
    model.means.copy_(torch.tensor(_read_gaussians(folder / "means")))
    variances = np.maximum(_read_gaussians(folder / "variances"), _LEAST_VARIANCE)
    model.precisions.copy_(torch.from_numpy(1 / variances))
    model.log_weights.copy_(torch.tensor(_read_weights(folder / "sendump")))
    return model


def _read_gaussians(path: Path) -> Float32[np.ndarray, "42 3 128 13"]:
    """A header in words that ends with `endhdr`, eight integers, and the numbers."""
    content = path.read_bytes()
    start = content.find(b"endhdr\n") + len(b"endhdr\n")
    count = int(np.prod(_SHAPE))
    head = np.frombuffer(content, "<i4", 8, start)
    if head[1:].tolist() != [42, 3, 128, 13, 13, 13, count]:
        raise FormatError(f"{path} holds {head[1:].tolist()}; the phonetically tied model en-us is needed.")
    return np.frombuffer(content, "<f4", count, start + head.nbytes).reshape(_SHAPE)


def _read_weights(path: Path) -> Float32[np.ndarray, "42 3 3 128"]:
    """(streams, Gaussians, senones) of eight bits at the file's end; states without context come first."""
    size = 3 * 128 * _NUM_SENONES
    content = path.read_bytes()
    if len(content) < size:
        raise FormatError(f"{path} holds {len(content)} bytes; the model en-us has {size} and a header.")
    bits = np.frombuffer(content, np.uint8, size, len(content) - size).reshape(3, 128, _NUM_SENONES)
    weights = bits[:, :, :NUM_SCORES].astype(np.float32) * _NATS_OF_WEIGHT
    return weights.transpose(2, 0, 1).reshape(42, 3, 3, 128)
